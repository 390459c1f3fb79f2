#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 180
#
# Clients that are slow, stopped or killed, and what else may befall a mount from outside.

bats_require_minimum_version 1.5.0
load helper
load fuse_helper

@test "Ctrl-C at a terminal ends a blocked cat, and a blocked write" {
	: >"$mnt/mbox/r"
	fill "$mnt/mbox/w"
	# shellcheck disable=SC2016 # for the inner shell
	for command in 'exec cat "$1"/mbox/r' 'exec dd if=/dev/zero of="$1"/mbox/w bs=1000 count=1'; do
		timeout 20 python3 -c '
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", sys.argv[1], "-", sys.argv[2]])
time.sleep(0.5)
os.write(terminal, b"\x03")
os.waitpid(pid, 0)[1] == signal.SIGINT and print("interrupted")' "$command" "$mnt" >"$private/out"
		[ "$(cat "$private/out")" = interrupted ]
	done
	size_is 67108864 "$mnt/mbox/w"
}

@test "a stopped reader, a stopped writer and a thousand that wait disturb nobody" {
	: >"$mnt/mbox/crowd"
	: >"$mnt/mbox/r"
	fill "$mnt/mbox/w"
	mkfifo "$mnt/fifo/f"
	timeout 60 "$BUILD/tests/fuse_probe" crowd "$mnt/mbox/crowd" 1000 >"$private/crowd" &
	crowd=$!
	"$BUILD/tests/fuse_probe" step "$mnt/mbox/r" r r10 >"$private/r" &
	reader=$!
	"$BUILD/tests/fuse_probe" step "$mnt/mbox/w" w w10 >"$private/w" &
	writer=$!
	exec 7<>"$mnt/fifo/f"
	"$BUILD/tests/fuse_probe" step "$mnt/fifo/f" w w200000 7<&- >"$private/f" &
	piper=$!
	for pid in $reader $writer $piper; do
		eventually 5 is_in_state S $pid
		kill -STOP $pid
		eventually 5 is_in_state T $pid
	done
	for i in {1..50}; do
		echo "$i" >"$mnt/mbox/other"
		[ "$(timeout 5 cat "$mnt/mbox/other")" = "$i" ]
	done
	timeout 30 dd if=/dev/zero of="$mnt/mbox/crowd" bs=1 count=1000 status=none
	wait $crowd
	[ "$(cat "$private/crowd")" = "read: 1000" ]
	kill -CONT $reader $writer $piper
	kill -KILL $piper 2>/dev/null || :
	wait_status "0 137" $piper # its stop may have ended the write with a part
	exec 7<&-
	dd if="$mnt/mbox/w" of=/dev/null bs=1M count=1 status=none
	echo late >>"$mnt/mbox/r"
	wait_status 0 $reader $writer
	# continued, both went on, or failed as interrupted: neither hangs
	[[ $(cat "$private/r") = "read: 5" || $(cat "$private/r") = "read: EINTR" ]]
	[[ $(cat "$private/w") = "write: 10" || $(cat "$private/w") = "write: EINTR" ]]
}

@test "a client that never takes its answer: the daemon doesn't wait for it" {
	for i in {1..20}; do
		: >"$mnt/mbox/x"
		"$BUILD/tests/fuse_probe" step "$mnt/mbox/x" r r10 >/dev/null &
		reader=$!
		eventually 5 is_in_state S $reader
		kill -STOP $reader
		timeout 5 sh -c 'echo answer >"$1"' - "$mnt/mbox/x"
		[ "$(timeout 5 cat "$mnt/kernel/version")" = 0.1.0 ]
		kill -KILL $reader
		wait_killed KILL $reader
		timeout 5 rm "$mnt/mbox/x"
	done
}

@test "writers and readers of megabytes are killed in the middle: every message is whole" {
	: >"$mnt/mbox/x"
	head -c 1000000 /dev/urandom >"$private/blob"
	sum=$(sha256sum <"$private/blob")
	for i in {1..30}; do
		dd if="$private/blob" of="$mnt/mbox/x" bs=1000000 count=1 status=none &
		writer=$!
		dd if="$mnt/mbox/x" of=/dev/null bs=1000000 count=1 status=none &
		reader=$!
		sleep 0.00$((RANDOM % 10))
		kill -KILL $writer $reader 2>/dev/null || : # done just before
		wait_status "0 137" $writer $reader
	done
	while timeout 5 dd if="$mnt/mbox/x" of="$private/got" bs=1000000 count=1 iflag=nonblock status=none 2>/dev/null &&
		[ -s "$private/got" ]; do
		[ "$(sha256sum <"$private/got")" = "$sum" ]
	done
	size_is 0 "$mnt/mbox/x"
	timeout 5 dd if="$private/blob" of="$mnt/mbox/x" bs=1000000 count=1 status=none
	[ "$(timeout 5 cat "$mnt/mbox/x" | sha256sum)" = "$sum" ]
}

@test "a full tmpfs under the instance is ENOSPC, loses nothing, and there is room again" {
	[ "$(id -u)" -eq 0 ] || skip "only root mounts a tmpfs"
	dismounted
	mkdir "$private/small"
	mount -t tmpfs -o size=48M small "$private/small"
	PORTICO_KERNEL=$private/small/kernel
	mounted
	: >"$mnt/mbox/x"
	head -c 500000 /dev/urandom >"$private/blob"
	accepted=0
	while timeout 5 dd if="$private/blob" of="$mnt/mbox/x" bs=500000 status=none oflag=nonblock 2>"$private/error"; do
		accepted=$((accepted + 1))
		[ $accepted -lt 200 ]
	done
	grep -q 'No space left on device' "$private/error"
	[ $accepted -gt 10 ]
	size_is $((accepted * 500000)) "$mnt/mbox/x"
	[ "$(timeout 5 cat "$mnt/kernel/version")" = 0.1.0 ] # looking goes on
	for ((i = 0; i < accepted; i++)); do
		timeout 5 dd if="$mnt/mbox/x" bs=500000 count=1 status=none | cmp - "$private/blob"
	done
	timeout 5 dd if="$private/blob" of="$mnt/mbox/x" bs=500000 status=none
	timeout 5 cat "$mnt/mbox/x" | cmp - "$private/blob"
	# full of other things, and the daemon dies: the next works on what it has
	echo kept >"$mnt/mbox/y"
	run ! dd if=/dev/zero of="$private/small/other" bs=1M count=64
	[[ $output = *"No space left on device"* ]]
	daemon_killed
	[ "$(timeout 5 cat "$mnt/mbox/y")" = kept ]
	rm "$private/small/other"
	dismounted
	umount "$private/small"
}

@test "with few descriptors, the daemon serves many files, readers and tasks" {
	dismounted
	(
		ulimit -n 64
		mounted
	)
	mnt=$private/mnt
	pids=()
	for i in {1..100}; do
		: >"$mnt/mbox/m$i"
	done
	timeout 60 "$BUILD/tests/fuse_probe" crowd "$mnt/mbox/m1" 200 >"$private/out" &
	crowd=$!
	for i in {2..20}; do
		timeout 20 portico recv "m$i" >/dev/null & # a task each
		pids+=($!)
	done
	timeout 20 dd if=/dev/zero of="$mnt/mbox/m1" bs=1 count=200 status=none
	wait $crowd
	[ "$(cat "$private/out")" = "read: 200" ]
	for i in {2..20}; do
		echo x >"$mnt/mbox/m$i"
	done
	wait_status 0 "${pids[@]}"
	find "$mnt" >/dev/null
	daemon_killed
	[ -e "$mnt/mbox/m1" ]
}

@test "without memory for what waits, a write fails, and the daemon lives" {
	dismounted
	(
		ulimit -d 65536
		mounted
	)
	mnt=$private/mnt
	mkfifo "$mnt/fifo/f"
	exec 7<>"$mnt/fifo/f"
	head -c 65536 /dev/zero >&7
	for i in {1..80}; do
		"$BUILD/tests/fuse_probe" step "$mnt/fifo/f" w w1000000 >"$private/$i" 7<&- &
		writers+=" $!"
	done
	some_failed() { cat "$private"/[0-9]* | grep -q 'write: .*memory'; }
	eventually 10 some_failed
	echo still >"$mnt/mbox/x"
	[ "$(timeout 5 cat "$mnt/mbox/x")" = still ]
	timeout 5 rm "$mnt/fifo/f"
	# shellcheck disable=SC2046 # a list
	kill $(jobs -p)
	wait_status "0 143" $writers
	exec 7<&-
	[ "$(supervisor_pid)" != lost ]
	run -0 timeout 5 portico doctor
	[[ $output != *"daemon had died"* ]]
}

@test "the instance's directory removed under the mount: it goes on, and its end is clean" {
	echo kept >"$mnt/mbox/x"
	supervisor=$(supervisor_pid)
	rm -rf "$PORTICO_KERNEL"
	[ "$(timeout 5 cat "$mnt/mbox/x")" = kept ]
	kill -KILL "$(daemon_pid)"
	eventually 20 gone "$supervisor" # there is nothing to start another on
	[ ! -e "$PORTICO_KERNEL" ]
	timeout 10 portico umount "$mnt"
	not_mounted
}

@test "the mount point moved with the directory above it: no hang, nothing is mounted elsewhere" {
	mkdir "$private/a" "$private/a/m"
	first=$mnt
	"$daemon" "$private/a/m"
	pid=$(daemon_pid "$private/a/m")
	supervisor=$(supervisor_pid "$private/a/m")
	mv "$private/a" "$private/b"
	[ "$(timeout 5 cat "$private/b/m/kernel/version")" = 0.1.0 ]
	run ! rmdir "$private/b/m"
	kill -KILL "$pid"
	eventually 5 gone "$supervisor"
	timeout 10 portico doctor | grep -q "at $private/b/m: its daemon is dead"
	timeout 10 portico umount "$private/b/m"
	not_mounted "$private/b/m"
	mnt=$first
}
