#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# System V queues: what programs see, as on the real kernel.

load sysv_helper

test_limit_seconds=200

@test "queues: what is asked holds on the real kernel" { on_the_kernel sysv_msg; }
@test "queues: under glibc, preloaded" { under_glibc sysv_msg; }
@test "queues: under musl, preloaded" { under_musl sysv_msg; }
@test "queues: linked statically" { linked_statically sysv_msg; }

# The real kernel has none.
@test "queues as descriptors: under glibc, preloaded" { under_glibc sysv_msg_fd; }
@test "queues as descriptors: under musl, preloaded" { under_musl sysv_msg_fd; }
@test "queues as descriptors: linked statically" { linked_statically sysv_msg_fd; }
