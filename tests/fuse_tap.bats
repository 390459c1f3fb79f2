#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# view/mbox/NAME/tap and view/msg/ID/tap: what passes, as tail -f would show it.

load helper
load fuse_helper

setup() {
	mounted_setup
	portico create jobs
	tap=$mnt/view/mbox/jobs/tap
}

taps() { [ "$(portico ls -a | grep -c '^tap ')" -eq "$1" ]; }

@test "fuse tap: each reader has a line for each message, whoever sends it, and the messages stay" {
	timeout 20 head -n 3 "$tap" >"$private/one" &
	local one=$!
	timeout 20 cat "$tap" >"$private/two" &
	eventually 5 taps 2
	portico send jobs 'by the library'
	echo hello >"$mnt/mbox/jobs"
	printf 'a\001b\n' >"$mnt/mbox/jobs"
	wait "$one"
	cut -d' ' -f1,6- "$private/one" >"$private/cut"
	diff "$private/cut" - <<-'END'
		message type=0 priority=0 bytes=14 missed=0 text="by the library"
		message type=0 priority=0 bytes=6 missed=0 text=hello.
		message type=0 priority=0 bytes=4 missed=0 text=a.b.
	END
	[ "$(portico recv --no-wait jobs)" = 'by the library' ]
	# the end of the mailbox is that of the other reader
	portico rm jobs
	wait $!
	diff "$private/one" "$private/two"
	eventually 5 taps 0
}

@test "fuse tap: waits are interrupted, and closing ends a tap" {
	run timeout 1 cat "$tap"
	[ "$status" -eq 124 ]
	[ -z "$output" ]
	eventually 5 taps 0
	portico send jobs after
	[ "$(portico recv --no-wait jobs)" = after ]
}

@test "fuse tap: O_NONBLOCK, poll and short reads" {
	python3 - "$tap" "$mnt/mbox/jobs" <<-'END'
		import errno, os, select, sys
		fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
		try:
		    os.read(fd, 100)
		    sys.exit("there was something")
		except BlockingIOError:
		    pass
		poll = select.poll()
		poll.register(fd, select.POLLIN)
		assert poll.poll(0) == []
		box = os.open(sys.argv[2], os.O_WRONLY)
		os.write(box, b"one")
		os.write(box, b"two")
		assert poll.poll(10000)[0][1] & select.POLLIN
		line = b""
		while not line.endswith(b"\n"):
		    line += os.read(fd, 7)
		assert line.endswith(b" text=one\n"), line
		assert os.read(fd, 1000).endswith(b" text=two\n")
		assert poll.poll(0) == []
		os.unlink(sys.argv[2])
		assert poll.poll(10000)[0][1] & select.POLLIN
		assert os.read(fd, 1000) == b""
	END
}

@test "fuse tap: of two who wait with one description the second gets the rest of the line" {
	timeout 20 python3 - "$tap" "$mnt/mbox/jobs" <<-'END'
		import os, subprocess, sys, threading, time
		fd = os.open(sys.argv[1], os.O_RDONLY)
		parts = []
		readers = [threading.Thread(target=lambda: parts.append(os.pread(fd, 8, 0))) for _ in range(2)]
		for reader in readers: reader.start()
		def posted(): return subprocess.run(["portico", "ps"], stdout=subprocess.PIPE).stdout.count(b"receive tap")
		while posted() < 2: time.sleep(0.01)
		with open(sys.argv[2], "wb", 0) as box: box.write(b"one")
		for reader in readers: reader.join()
		assert sorted(parts) == [b"message ", b"time_ns="], parts
	END
}

@test "fuse tap: who doesn't read misses, and is told how many" {
	exec 6<"$tap"
	eventually 5 taps 1
	echo 'limit slots=5000' >"$mnt/view/mbox/jobs/ctl"
	# shellcheck disable=SC2046 # a list
	probe step "$mnt/mbox/jobs" wn $(yes w5 | head -n 1100) >/dev/null
	head -n 1024 <&6 >"$private/seen"
	[ "$(grep -c ' missed=0 ' "$private/seen")" -eq 1024 ]
	portico send jobs more
	head -n 1 <&6 | grep -q ' missed=76 text=more$'
	exec 6<&-
}

@test "fuse tap: a user has so many at one mailbox, and each has room for others" {
	echo taps-per-owner=2 >"$mnt/kernel/limits"
	exec 6<"$tap" 7<"$tap"
	run cat "$tap"
	[[ $status -ne 0 && $output = *"quota exceeded"* ]]
	grep -qx 'taps-per-owner 2' "$mnt/kernel/limits"
	portico limits | grep -qx 'taps-per-owner   2 used, at most 2'
	portico create other
	exec 8<"$mnt/view/mbox/other/tap"
	exec 7<&-
	eventually 5 taps 2
	exec 7<"$tap"
	exec 6<&- 7<&- 8<&-
}

@test "fuse tap: a System V queue's, fed by a preloaded program" {
	preload "$BUILD/tests/sysv_tool" make 4711
	tap=$mnt/view/msg/$(readlink "$mnt/msg/0x00001267")/tap
	timeout 20 head -n 1 "$tap" >"$private/seen" &
	eventually 5 taps 1
	preload "$BUILD/tests/sysv_tool" send 4711 hello
	wait $!
	grep -q ' type=1 priority=0 bytes=5 missed=0 text=hello$' "$private/seen"
	preload "$BUILD/tests/sysv_tool" remove 4711
}

@test "fuse tap: who walks the tree doesn't wait for it" {
	[ "$(find "$mnt/view/mbox/jobs" -name tap | wc -l)" -eq 0 ]
	timeout 20 grep -r nothing "$mnt/view/mbox" || [ $? -eq 1 ]
	[ "$(stat -c %a "$tap")" = 400 ]
	run dd if=/dev/zero of="$tap" count=1
	[ "$status" -ne 0 ]
}
