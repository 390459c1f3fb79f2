#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# System V semaphores: what programs see, as on the real kernel.

load sysv_helper

test_limit_seconds=200

@test "semaphores: what is asked holds on the real kernel" { on_the_kernel sysv_sem; }
@test "semaphores: under glibc, preloaded" { under_glibc sysv_sem; }
@test "semaphores: under musl, preloaded" { under_musl sysv_sem; }
@test "semaphores: linked statically" { linked_statically sysv_sem; }
