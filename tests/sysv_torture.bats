#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# Seconds of what `make torture` does for minutes to System V IPC: random
# operations, kill -9 every few milliseconds, and a ledger that knows what must
# hold.  Its seed is in what it says first: give it that again with --seed.

load sysv_helper

test_limit_seconds=200

torture() { timeout -k 1 100 "${@:2}" "$BUILD/tests/$1" --epochs 8; }

# After the program, of its own there is nothing; of the instance's neither.
nothing_left() { [ -s "$PORTICO_KERNEL/region" ] && [ -z "$(ls "$PORTICO_KERNEL/shm")" ] && portico doctor; }

@test "torture of System V IPC: the ledger agrees with the real kernel" {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC to compare with"
	torture sysv_torture env -u LD_PRELOAD
}

@test "torture of System V IPC: its ledger would notice" {
	local lie
	for lie in 1 2; do
		run preload timeout -k 1 60 "$BUILD/tests/sysv_torture" --epochs 2 --families 5 --lie $lie
		[ "$status" -eq 1 ]
		[[ $output = *" is "*", not "* || $output = *lost* ]]
	done
}

@test "torture of System V IPC: under glibc, preloaded" {
	torture sysv_torture env LD_PRELOAD="$BUILD/lib/libportico-preload.so"
	nothing_left
}

@test "torture of System V IPC: under musl, preloaded" {
	require_musl
	torture musl/sysv_torture env LD_PRELOAD="$BUILD/lib/libportico-preload.so"
	nothing_left
}

@test "torture of System V IPC: linked statically" {
	require_musl
	torture static/sysv_torture env
	nothing_left
}
