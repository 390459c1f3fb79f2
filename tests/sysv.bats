#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# System V IPC: programs that know nothing of Portico, run on the real kernel
# (which says what is right), preloaded under each libc, and linked statically.

load helper

test_limit_seconds=200

# Each case of a program, in an instance of its own.
every_case() {
	local case cases failed=0
	cases=$("${@: -1}")
	[ -n "$cases" ] || return 1
	for case in $cases; do
		rm -rf "$PORTICO_KERNEL"
		timeout 60 "$@" "$case" || { echo "$case: failed with $?"; failed=1; }
	done
	return "$failed"
}

preloaded() { every_case env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$1"; }

# The same; an instance was made, and the real kernel's own objects stay as they were.
emulated() {
	sysvipc_unchanged "$@"
	[ -s "$PORTICO_KERNEL/region" ]
}

require_kernel() { [ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC to compare with"; }
require_musl() { [ -x "$BUILD/tests/musl/sysv_msg" ] || skip "no musl-gcc beside this build"; }

@test "queues: what is asked holds on the real kernel" {
	require_kernel
	every_case env -u LD_PRELOAD "$BUILD/tests/sysv_msg"
}
@test "queues: under glibc, preloaded" { emulated preloaded "$BUILD/tests/sysv_msg"; }
@test "queues: under musl, preloaded" {
	require_musl
	emulated preloaded "$BUILD/tests/musl/sysv_msg"
}
@test "queues: linked statically" {
	require_musl
	emulated every_case "$BUILD/tests/static/sysv_msg"
}

@test "semaphores: what is asked holds on the real kernel" {
	require_kernel
	every_case env -u LD_PRELOAD "$BUILD/tests/sysv_sem"
}
@test "semaphores: under glibc, preloaded" { emulated preloaded "$BUILD/tests/sysv_sem"; }
@test "semaphores: under musl, preloaded" {
	require_musl
	emulated preloaded "$BUILD/tests/musl/sysv_sem"
}
@test "semaphores: linked statically" {
	require_musl
	emulated every_case "$BUILD/tests/static/sysv_sem"
}

@test "shared memory: what is asked holds on the real kernel" {
	require_kernel
	every_case env -u LD_PRELOAD "$BUILD/tests/sysv_shm"
}
@test "shared memory: under glibc, preloaded" { emulated preloaded "$BUILD/tests/sysv_shm"; }
@test "shared memory: under musl, preloaded" {
	require_musl
	emulated preloaded "$BUILD/tests/musl/sysv_shm"
}
@test "shared memory: linked statically" {
	require_musl
	emulated every_case "$BUILD/tests/static/sysv_shm"
}

@test "nothing is left in the instance by programs that clean up" {
	local program
	for program in sysv_msg sysv_sem sysv_shm; do
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

@test "kill -9 at each point of each operation on sets and segments, and of its repair" {
	every_case "$BUILD/tests/crash_sysv"
}
