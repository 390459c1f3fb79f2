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

@test "the order of operations: what is asked holds on the real kernel" { on_the_kernel sysv_sem_order; }
@test "the order of operations: under glibc, preloaded" { under_glibc sysv_sem_order; }
@test "the order of operations: under musl, preloaded" { under_musl sysv_sem_order; }
@test "the order of operations: linked statically" { linked_statically sysv_sem_order; }

@test "SEM_UNDO: what is asked holds on the real kernel" { on_the_kernel sysv_sem_undo; }
@test "SEM_UNDO: under glibc, preloaded" { under_glibc sysv_sem_undo; }
@test "SEM_UNDO: under musl, preloaded" { under_musl sysv_sem_undo; }
@test "SEM_UNDO: linked statically" { linked_statically sysv_sem_undo; }

@test "errors: what is asked holds on the real kernel" { on_the_kernel sysv_sem_errors; }
@test "errors: under glibc, preloaded" { under_glibc sysv_sem_errors; }
@test "errors: under musl, preloaded" { under_musl sysv_sem_errors; }
@test "errors: linked statically" { linked_statically sysv_sem_errors; }

@test "semaphores as descriptors: under glibc, preloaded" { under_glibc sysv_sem_fd; }
@test "semaphores as descriptors: under musl, preloaded" { under_musl sysv_sem_fd; }
@test "semaphores as descriptors: linked statically" { linked_statically sysv_sem_fd; }
