#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 120
#
# Ten thousand who block at one mount.

load helper
load fuse_helper

# Start so many threads that read a mailbox each by a description of its own; their process is $crowd.
crowd() { # MAILBOX COUNT
	: >"$mnt/mbox/$1"
	timeout 60 "$BUILD/tests/fuse_probe" crowd "$mnt/mbox/$1" "$2" >"$private/$1.out" &
	crowd=$!
}

of_daemon() { # FIELD
	sed -n "s/^$1:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$(daemon_pid)/status"
}

@test "ten thousand block in reads: each can be interrupted, each is served, by few threads and little memory" {
	local threads memory box crowds=()
	threads=$(of_daemon Threads)
	memory=$(of_daemon VmRSS)
	for box in a b c d; do
		crowd $box 2500
		crowds+=("$crowd")
	done
	for box in a b c d; do
		eventually 20 receivers_wait $box 2500
	done
	[ "$(of_daemon Threads)" -eq "$threads" ]
	echo "# grown by $(($(of_daemon VmRSS) - memory)) kB"
	[ $(($(of_daemon VmRSS) - memory)) -lt 64000 ]

	# who asks for something else is served meanwhile
	echo hello >"$mnt/mbox/e"
	[ "$(timeout 5 cat "$mnt/mbox/e")" = hello ]

	# the last of them are killed: 2500 reads are interrupted
	pkill -KILL -P "$crowd"
	wait_killed KILL "$crowd"
	eventually 20 receivers_wait d 0

	for box in a b c; do
		timeout 30 dd if=/dev/zero of="$mnt/mbox/$box" bs=1 count=2500 status=none
	done
	wait_status 0 "${crowds[@]:0:3}"
	for box in a b c; do
		[ "$(cat "$private/$box.out")" = "read: 2500" ]
		receivers_wait $box 0
	done
	[ "$(of_daemon Threads)" -eq "$threads" ]
}
