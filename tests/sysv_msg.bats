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

@test "queues, each error: on the real kernel" { on_the_kernel sysv_msg_errors; }
@test "queues, each error: under glibc, preloaded" { under_glibc sysv_msg_errors; }
@test "queues, each error: under musl, preloaded" { under_musl sysv_msg_errors; }
@test "queues, each error: linked statically" { linked_statically sysv_msg_errors; }

@test "queues, MSG_COPY: on the real kernel" { on_the_kernel sysv_msg_copy; }
@test "queues, MSG_COPY: under glibc, preloaded" { under_glibc sysv_msg_copy; }
@test "queues, MSG_COPY: under musl, preloaded" { under_musl sysv_msg_copy; }
@test "queues, MSG_COPY: linked statically" { linked_statically sysv_msg_copy; }

@test "queues, waiting: on the real kernel" { on_the_kernel sysv_msg_waits; }
@test "queues, waiting: under glibc, preloaded" { under_glibc sysv_msg_waits; }
@test "queues, waiting: under musl, preloaded" { under_musl sysv_msg_waits; }
@test "queues, waiting: linked statically" { linked_statically sysv_msg_waits; }

@test "queues, times: on the real kernel" { on_the_kernel sysv_msg_times; }
@test "queues, times: under glibc, preloaded" { under_glibc sysv_msg_times; }
@test "queues, times: under musl, preloaded" { under_musl sysv_msg_times; }
@test "queues, times: linked statically" { linked_statically sysv_msg_times; }

@test "queues, where they differ: on the real kernel" { on_the_kernel sysv_msg_differ; }
@test "queues, where they differ: under glibc, preloaded" { under_glibc sysv_msg_differ; }
@test "queues, where they differ: under musl, preloaded" { under_musl sysv_msg_differ; }
@test "queues, where they differ: linked statically" { linked_statically sysv_msg_differ; }

# The real kernel has none.
@test "queues as descriptors: under glibc, preloaded" { under_glibc sysv_msg_fd; }
@test "queues as descriptors: under musl, preloaded" { under_musl sysv_msg_fd; }
@test "queues as descriptors: linked statically" { linked_statically sysv_msg_fd; }
