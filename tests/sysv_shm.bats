#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# System V shared memory: what programs see, as on the real kernel.

load sysv_helper

test_limit_seconds=200

@test "shared memory: what is asked holds on the real kernel" { on_the_kernel sysv_shm; }
@test "shared memory: under glibc, preloaded" { under_glibc sysv_shm; }
@test "shared memory: under musl, preloaded" { under_musl sysv_shm; }
@test "shared memory: linked statically" { linked_statically sysv_shm; }

@test "where and how it is attached: what is asked holds on the real kernel" { on_the_kernel sysv_shm_attach; }
@test "where and how it is attached: under glibc, preloaded" { under_glibc sysv_shm_attach; }
@test "where and how it is attached: under musl, preloaded" { under_musl sysv_shm_attach; }
@test "where and how it is attached: linked statically" { linked_statically sysv_shm_attach; }

@test "who has it attached: what is asked holds on the real kernel" { on_the_kernel sysv_shm_count; }
@test "who has it attached: under glibc, preloaded" { under_glibc sysv_shm_count; }
@test "who has it attached: under musl, preloaded" { under_musl sysv_shm_count; }
@test "who has it attached: linked statically" { linked_statically sysv_shm_count; }

@test "sizes, removal, locking, errors: what is asked holds on the real kernel" { on_the_kernel sysv_shm_control; }
@test "sizes, removal, locking, errors: under glibc, preloaded" { under_glibc sysv_shm_control; }
@test "sizes, removal, locking, errors: under musl, preloaded" { under_musl sysv_shm_control; }
@test "sizes, removal, locking, errors: linked statically" { linked_statically sysv_shm_control; }

@test "kill -9 at each point of each operation on segments, and of its repair" {
	every_case "$BUILD/tests/crash_segment"
}

@test "limits, files and pages that are kept" { every_case "$BUILD/tests/core_segment"; }

@test "shared memory of one killed in fork(): what is asked holds on the real kernel" { on_the_kernel sysv_shm_heir; }
@test "shared memory of one killed in fork(): under glibc, preloaded" { under_glibc sysv_shm_heir; }
@test "shared memory of one killed in fork(): under musl, preloaded" { under_musl sysv_shm_heir; }
@test "shared memory of one killed in fork(): linked statically" { linked_statically sysv_shm_heir; }
