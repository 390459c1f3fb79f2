#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 180
#
# Named pipes on the mount.

bats_require_minimum_version 1.5.0
load helper
load fuse_helper

setup() {
	mounted_setup
	mkfifo "$mnt/fifo/f"
	f=$mnt/fifo/f
}

script() { timeout 20 bash -c "$1" - "$2" "$BUILD/tests/fuse_probe"; }

# The same commands on a FIFO of the kernel's and on one of ours must say the same.
same_as_kernel() {
	mkfifo "$private/kernel_fifo"
	outcome script "$1" "$private/kernel_fifo" >"$private/should"
	outcome script "$1" "$f" >"$private/is"
	same_outcome
}

@test "mkfifo makes one, ls lists it, rm removes it" {
	[ "$(ls "$mnt/fifo")" = f ]
	run mkfifo "$f"
	[ "$status" -ne 0 ]
	mkfifo -m 640 "$mnt/fifo/g"
	[ "$(stat -c %a "$mnt/fifo/g")" = 640 ]
	rm "$f" "$mnt/fifo/g"
	says_nothing ls "$mnt/fifo"
}

@test "some megabytes through it, between gzip and sha256sum, stay the same" {
	head -c 20000000 /dev/urandom >"$private/blob"
	gzip -1 <"$private/blob" >"$f" &
	sum=$(timeout 30 gzip -d <"$f" | sha256sum)
	wait $!
	[ "$sum" = "$(sha256sum <"$private/blob")" ]
}

@test "a reader gets end-of-file when the last writer closes" {
	(
		exec 7>"$f" 8>"$f"
		echo one >&7
		exec 7>&-
		sleep 0.2
		echo two >&8
	) &
	[ "$(timeout 5 cat "$f")" = $'one\ntwo' ]
	wait $!
}

@test "open waits for the other end, either way" {
	same_as_kernel 'cat "$1" & sleep 0.2; echo woken; echo data >"$1"; wait
		(echo data >"$1"; echo opened) & sleep 0.2; echo now; cat "$1" >/dev/null; wait'
}

@test "a waiting open can be interrupted, and is forgotten" {
	run timeout 0.2 cat "$f"
	[ "$status" -eq 124 ]
	run timeout -s KILL 0.2 sh -c 'echo x >"$1"' - "$f"
	[ "$status" -eq 137 ]
	run probe step "$f" wn w1 # no reader is left
	[ "$output" = "open: ENXIO" ]
}

@test "O_NONBLOCK: ENXIO, EAGAIN, end-of-file, partial writes" {
	same_as_kernel '$2 step "$1" wn w1
		$2 step "$1" rn r1
		exec 7<>"$1"
		$2 step "$1" rn r1
		$2 step "$1" wn w65536 w1
		$2 step "$1" rn r100000 r1
		$2 step "$1" wn w100000 w1'
}

@test "PIPE_BUF is all or nothing without blocking" {
	exec 7<>"$f"
	run probe step "$f" wn w61441 w4096 w4095 w1
	exec 7<&-
	[ "$output" = $'write: 61441\nwrite: EAGAIN\nwrite: 4095\nwrite: EAGAIN' ]
}

@test "yes ends when head has had enough, by SIGPIPE" {
	same_as_kernel '(timeout 5 yes >"$1"; echo "yes: $?") & timeout 5 head -n 1 <"$1" 2>/dev/null; wait'
}

@test "a write without a reader is EPIPE and SIGPIPE" {
	same_as_kernel '$2 sigpipe "$1" 400 & sleep 0.2; : <"$1"; wait
		(trap "" PIPE; $2 step "$1" w s400 w1) & sleep 0.2; : <"$1"; wait'
}

@test "a write that blocks when the last reader closes is EPIPE, or what was read" {
	(trap '' PIPE && exec "$BUILD/tests/fuse_probe" step "$f" w w65536 w10) >"$private/out" &
	sleep 0.2
	timeout 5 sh -c 'sleep 0.3' - <"$f"
	wait $!
	[ "$(cat "$private/out")" = $'write: 65536\nwrite: EPIPE' ]
}

@test "writers of PIPE_BUF bytes don't mix" {
	local writers=()
	exec 7<>"$f"
	for letter in a b c d; do
		probe atomic "$f" $letter 300 &
		writers+=($!)
	done
	timeout 20 head -c $((4 * 300 * 4096)) <&7 2>/dev/null | probe runs 4096 >"$private/out"
	exec 7<&-
	wait_status 0 "${writers[@]}"
	[ "$(cat "$private/out")" = "runs: 1200" ]
}

@test "a large write that is interrupted says how much it wrote" {
	same_as_kernel 'exec 7<>"$1"; $2 interrupted "$1" 200000 200'
}

@test "a FIFO opened for both waits for nobody, and its read waits for its own write" {
	run timeout 5 "$BUILD/tests/fuse_probe" stream "$f"
	[ "$output" = "read: 1" ]
}

@test "what is left when the last reader and writer close is gone" {
	exec 7<>"$f"
	echo left >&7
	[ "$(stat -c %s "$f")" -eq 5 ]
	exec 7<&-
	eventually 2 size_is 0 "$f"
	run probe step "$f" rn r10
	[ "$output" = "read: 0" ]
}

@test "removed while open, it goes on for those who have it open" {
	exec 7<>"$f"
	rm "$f"
	says_nothing ls "$mnt/fifo"
	echo still >&7
	read -r -t 5 line <&7
	[ "$line" = still ]
	mkfifo "$f" # another
	run probe step "$f" rn r10
	[ "$output" = "read: 0" ]
	exec 7<&-
}

@test "a killed reader is EPIPE for the writer, a killed writer end-of-file for the reader" {
	timeout 10 yes >"$f" &
	yes=$!
	sh -c 'exec sleep 10' <"$f" &
	reader=$!
	sleep 0.3
	kill -9 $reader
	wait_killed KILL $reader
	wait_killed PIPE $yes
	sh -c 'echo x; exec sleep 10' >"$f" &
	writer=$!
	timeout 5 cat "$f" >"$private/out" &
	cat=$!
	sleep 0.3
	kill -9 $writer
	wait_killed KILL $writer
	wait $cat
	[ "$(cat "$private/out")" = x ]
}

@test "rm and chmod don't wait for a blocked writer" {
	exec 7<>"$f"
	timeout 5 "$BUILD/tests/fuse_probe" step "$f" w w100000 >/dev/null 7<&- &
	sleep 0.2
	timeout 3 chmod 600 "$f"
	timeout 3 rm "$f"
	exec 7<&-
	wait_killed PIPE $!
}

@test "a pipe that is destroyed ends the opens that wait" {
	local pids=()
	for _ in 1 2 3; do
		timeout 10 cat "$f" 2>>"$private/errors" &
		pids+=($!)
	done
	eventually 5 waiting_to_open 3
	portico rm --fifo f
	wait_status 1 "${pids[@]}"
	[ "$(grep -o 'Identifier removed' "$private/errors" | wc -l)" -eq 3 ] # they may share a line
	[ -d "$mnt/fifo" ] && [ ! -e "$f" ]
}
waiting_to_open() { [ "$(grep -c ' for=open ' "$mnt/view/fifo/f/waiters")" -eq "$1" ]; }

@test "poll says what the kernel's says" {
	same_as_kernel '
		$2 poll "$1" rn i 0
		exec 7<>"$1"
		$2 poll "$1" rn i 50
		$2 poll "$1" wn o 0
		echo x >&7
		$2 poll "$1" rn i 0
		$2 step "$1" rn r10
		$2 step "$1" wn w65536
		$2 poll "$1" wn o 50
		$2 poll "$1" rwn o 5000 & sleep 0.2
		$2 step "$1" rn r65536 >/dev/null
		wait'
}

@test "poll wakes for data and for the end" {
	same_as_kernel '
		sleep 0.6 >"$1" & exec 7<"$1"
		timeout 5 perl -e "open(F, q(<&=7)); \$r = q(); vec(\$r, 7, 1) = 1;
			print scalar(select(\$r, undef, undef, 4)), qq(\n); print sysread(F, \$b, 1), qq(\n)"
		wait
		$2 step "$1" rn r10'
	exec 7<>"$f"
	probe epoll "$f" 1000 >"$private/out" &
	sleep 0.2
	echo x >&7
	wait $!
	exec 7<&-
	[ "$(cat "$private/out")" = $'epoll: 1\nepoll: 1' ]
}

@test "a blocked reader gets an error when the daemon is killed" {
	sleep 5 >"$f" &
	writer=$!
	timeout 5 cat "$f" 2>/dev/null &
	cat=$!
	sleep 0.3
	daemon_killed
	wait_status 1 $cat
	kill $writer
	wait_killed TERM $writer
}

@test "a killed daemon's FIFO is empty and works with the next" {
	exec 7<>"$f"
	echo old >&7
	rm -f "$mnt/fifo/none"
	daemon_killed
	exec 7<&-
	echo new >"$f" &
	[ "$(timeout 5 cat "$f")" = new ]
	wait $!
}

@test "what shells and programs do with pipes works" {
	same_as_kernel '
		seq 1 100000 >"$1" & sort -n "$1" | tail -n 1; wait
		(cd / && tar cf - etc/hostname etc/passwd 2>/dev/null) >"$1" & tar tf "$1"; wait
		(while read -r line; do echo "got $line"; done <"$1") & { echo a; echo b; } >"$1"; wait
		echo through cp >"$1" & cp "$1" /dev/stdout; wait
		seq 1 1000 | tee "$1" >/dev/null & wc -l <"$1"; wait'
}

@test "a write of PIPE_BUF bytes waits for room for all of it, and disturbs nobody" {
	for room in 1 100 4095; do
		mkfifo "$mnt/fifo/p$room"
		exec 8<>"$mnt/fifo/p$room"
		head -c 65536 /dev/zero >&8
		timeout 5 dd bs=$room count=1 status=none <&8 >/dev/null
		timeout 20 dd if=/dev/zero of="$mnt/fifo/p$room" bs=4096 count=1 status=none &
		writer=$!
		sleep 0.2
		[ "$(timeout 5 stat -c %s "$mnt/fifo/p$room")" -eq $((65536 - room)) ]
		timeout 5 dd bs=4096 count=1 iflag=fullblock status=none <&8 >/dev/null
		wait $writer
		[ "$(timeout 5 stat -c %s "$mnt/fifo/p$room")" -eq $((65536 - room)) ]
		exec 8>&-
	done
}

@test "a FIFO's times are of the last write and read, also of one that met a reader who waited" {
	local status=$mnt/view/fifo/f/status
	exec 8<>"$f"
	timeout 10 dd if="$f" bs=3 count=1 status=none >"$private/out" 8>&- &
	eventually 5 grep -q 'for=read' "$mnt/view/fifo/f/waiters"
	[ "$(grep -cx '\(write\|read\)_time 0' "$status")" -eq 2 ]
	printf abc >"$f"
	wait $!
	[ "$(cat "$private/out")" = abc ]
	run -1 grep -x '\(write\|read\)_time 0' "$status"
	exec 8>&-
}
