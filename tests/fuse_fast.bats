#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 120
#
# Named pipes on the mount, by preloaded programs: through the region.

bats_require_minimum_version 1.5.0
load helper
load fuse_helper

setup() {
	mounted_setup
	mkfifo "$mnt/fifo/f"
	f=$mnt/fifo/f
}

teardown() {
	# it has been killed, where the test came to its end
	[ -z "${stopped:-}" ] || gone "$stopped" || kill -CONT "$stopped"
	mounted_teardown
}

# The program of one libc or the other; preloaded, or not.
plain() { timeout 20 "$BUILD/tests/${libc:+$libc/}fuse_fast" "$@"; }
fast() { LD_PRELOAD=$BUILD/lib/libportico-preload.so plain "$@"; }

# What runs behind a function that was started with &: the program itself.
program_of() {
	local pid=$1 child
	while child=$(pgrep -P "$pid"); do pid=$child; done
	echo "$pid"
}

libcs() { echo glibc; [ ! -x "$BUILD/tests/musl/fuse_fast" ] || echo musl; }
with_libc() { if [ "$1" = musl ]; then libc=musl; else libc=; fi; }

# A command on a FIFO of the kernel's and, preloaded, on one of ours says the same, and ends alike.
same_as_kernel() {
	local name
	mkfifo "$private/kernel_fifo"
	for name in $(libcs); do
		with_libc "$name"
		outcome plain "$1" "$private/kernel_fifo" "$private/file" >"$private/should"
		outcome fast "$1" "$f" "$private/file" >"$private/is"
		same_outcome
	done
}

@test "streams are what was written, whichever ends are preloaded, and of whichever libc" {
	for name in $(libcs); do
		with_libc "$name"
		for each in 1048576 100000 65536 4096 777; do
			fast put "$f" $((each * 60)) "$each" &
			[ "$(fast get "$f" "$each")" = "bytes: $((each * 60))" ]
			wait $!
			plain put "$f" $((each * 60)) "$each" &
			[ "$(fast get "$f" 100000)" = "bytes: $((each * 60))" ]
			wait $!
			fast put "$f" $((each * 60)) "$each" &
			[ "$(plain get "$f" 100000)" = "bytes: $((each * 60))" ]
			wait $!
		done
	done
}

@test "readers and writers of both libcs, fast and not: each record is whole, and there once" {
	local jobs=()
	fast send "$f" 1 3000 &
	jobs+=($!)
	fast send "$f" 2 3000 v &
	jobs+=($!)
	plain send "$f" 3 1000 &
	jobs+=($!)
	libc=$(libcs | tail -n 1)
	with_libc "$libc"
	fast send "$f" 4 3000 &
	jobs+=($!)
	fast take "$f" >"$private/a" &
	jobs+=($!)
	plain take "$f" >"$private/b" &
	jobs+=($!)
	libc=
	fast take "$f" >"$private/c" &
	wait_status 0 "${jobs[@]}" $!
	[ "$(cat "$private"/[abc] | awk '{ sum += $1 } END { print sum }')" -eq 10000 ]
}

# Have both ends open, each in its own process that waits for a line; $1 and $2: how they are run.
hold_both() {
	mkfifo "$private/go_reader" "$private/go_writer"
	exec 8<>"$private/go_reader" 9<>"$private/go_writer"
	"$1" hold "$f" r <&8 >"$private/reader" 2>&1 8<&- 9<&- &
	reader=$!
	"$2" hold "$f" w <&9 >"$private/writer" 2>&1 8<&- 9<&- &
	writer=$!
	eventually 10 grep -q open "$private/reader"
	eventually 10 grep -q open "$private/writer"
}
go() { echo go >&"$1"; }
stop_daemon() {
	stopped=$(daemon_pid)
	kill -STOP "$stopped"
}

@test "bytes go from one preloaded program to another while the daemon is stopped" {
	hold_both fast fast
	stop_daemon
	go 9
	go 8
	eventually 5 grep -q 'read: 65536' "$private/reader"
	kill -CONT "$stopped"
	wait "$reader"
	wait_killed PIPE "$writer" # its reader took no more
}

other_instance() { PORTICO_KERNEL=$private/other fast "$@"; }

@test "who uses another instance goes through the daemon of this one" {
	mkdir "$private/other"
	hold_both fast other_instance
	stop_daemon
	go 8
	go 9
	sleep 0.3
	[ "$(grep -c read "$private/reader")" -eq 0 ] # not without that
	kill -CONT "$stopped"
	eventually 5 grep -q '^read: ' "$private/reader"
	wait "$reader"
	wait_killed PIPE "$writer"
}

@test "a number that libc has closed and used again is another file's" { same_as_kernel reuse; }
@test "O_NONBLOCK that is set later holds" { same_as_kernel nonblock; }
@test "signals interrupt, restart and cut short what waits, as the kernel's do" { same_as_kernel signals; }
@test "a thread that waits to read can be cancelled" { same_as_kernel cancel; }
@test "parent, child and what it executes share a descriptor" { same_as_kernel share; }
@test "EOF, EPIPE and SIGPIPE are there as soon as close() returns" { same_as_kernel ends; }

@test "killed in the middle, a writer is end-of-file, and a reader EPIPE" {
	for _ in 1 2 3 4 5; do
		fast put "$f" 100000000000 1048576 &
		put=$!
		fast get "$f" 1048576 >"$private/out" &
		get=$!
		sleep 0.1
		kill -9 "$(program_of $put)"
		wait_killed KILL $put
		wait $get
		grep -q '^bytes: [1-9]' "$private/out"
	done
	for _ in 1 2 3 4 5; do
		fast put "$f" 100000000000 1048576 &
		put=$!
		fast get "$f" 1048576 >"$private/out" &
		get=$!
		sleep 0.1
		kill -9 "$(program_of $get)"
		wait_killed KILL $get
		wait_killed PIPE $put
	done
	portico doctor
}

@test "one that is stopped in the middle stops nobody but who waits for its bytes" {
	mkfifo "$mnt/fifo/g"
	fast put "$f" 1000000000000 1048576 &
	put=$!
	fast get "$f" 1048576 >"$private/out" &
	get=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.05
		pid=$(program_of $put)
		kill -STOP "$pid"
		timeout 5 stat "$f" >/dev/null
		timeout 5 ls -l "$mnt/fifo" >/dev/null
		(echo here >"$mnt/fifo/g") &
		[ "$(timeout 5 cat "$mnt/fifo/g")" = here ]
		wait $!
		kill -CONT "$pid"
	done
	kill "$(program_of $put)"
	wait_killed TERM $put
	wait $get
}

@test "with the daemon killed, whoever waits gets an error" {
	hold_both fast fast
	go 8
	sleep 0.2
	kill -9 "$(daemon_pid)"
	eventually 5 grep -q '^read: ' "$private/reader"
	[ "$(grep -c '^read: [0-9]' "$private/reader")" -eq 0 ]
	go 9
	wait_status 0 "$reader" "$writer"
	grep -q '^write: [A-Z]' "$private/writer"
}
