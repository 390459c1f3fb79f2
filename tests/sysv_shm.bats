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
