#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# System V IPC: what holds for queues, semaphores and shared memory alike.

load sysv_helper

test_limit_seconds=200

@test "nothing is left in the instance by programs that clean up" {
	local program
	for program in sysv_msg sysv_sem sysv_shm sysv_shm_attach; do
		preloaded "$BUILD/tests/$program"
		[ -z "$(ls "$PORTICO_KERNEL/shm")" ]
	done
}

@test "a full file system is an error of the call that wants more, never a crash" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount a small file system"
	mkdir "$private/small"
	mount -t tmpfs -o size=6m portico-test "$private/small" || skip "nothing can be mounted here"
	PORTICO_KERNEL=$private/small/kernel
	run preloaded "$BUILD/tests/sysv_full"
	umount "$private/small"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "kill -9 at each point of each operation on sets, and of its repair" {
	every_case "$BUILD/tests/crash_sysv"
}

@test "kill -9 at each point of a change to a queue where somebody waits, and of its repair" {
	every_case "$BUILD/tests/crash_queue"
}
