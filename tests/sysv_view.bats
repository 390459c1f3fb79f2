#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# What System V's commands tell of objects, limits and usage; and the same calls by libc's syscall().

load sysv_helper

test_limit_seconds=200

@test "view: what is asked holds on the real kernel" { on_the_kernel sysv_view; }
@test "view: under glibc, preloaded" { under_glibc sysv_view; }
@test "view: under musl, preloaded" { under_musl sysv_view; }
@test "view: linked statically" { linked_statically sysv_view; }

@test "syscall(): what is asked holds on the real kernel" { on_the_kernel sysv_syscall; }
@test "syscall(): under glibc, preloaded" { under_glibc sysv_syscall; }
@test "syscall(): under musl, preloaded" { under_musl sysv_syscall; }
@test "syscall(): linked statically" { linked_statically sysv_syscall; }

@test "a vfork by syscall() leaves the parent its stack" {
	under_glibc sysv_vfork
	under_musl sysv_vfork
	linked_statically sysv_vfork
}

@test "the files in /proc: what is asked holds on the real kernel" { on_the_kernel sysv_proc; }
@test "the files in /proc: under glibc, preloaded" { under_glibc sysv_proc; }
@test "the files in /proc: under musl, preloaded" { under_musl sysv_proc; }
