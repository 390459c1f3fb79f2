#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where System V's families meet threads, signals, descriptors and each other: tests/sysv_meet.c.
# limit_seconds: 400

load sysv_helper

test_limit_seconds=150

@test "System V meets: what is asked holds on the real kernel" { on_the_kernel sysv_meet; }
@test "System V meets: under glibc, preloaded" { under_glibc sysv_meet; }
@test "System V meets: under musl, preloaded" { under_musl sysv_meet; }
@test "System V meets: linked statically" { linked_statically sysv_meet; }
