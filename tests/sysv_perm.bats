#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# Owners and modes of System V objects: the whole matrix, as on the real kernel.

load sysv_helper

test_limit_seconds=200

@test "permissions of queues: what is asked holds on the real kernel" { on_the_kernel sysv_perm_msg; }
@test "permissions of queues: under glibc, preloaded" { under_glibc sysv_perm_msg; }
@test "permissions of queues: under musl, preloaded" { under_musl sysv_perm_msg; }
@test "permissions of queues: linked statically" { linked_statically sysv_perm_msg; }

@test "permissions of sets: what is asked holds on the real kernel" { on_the_kernel sysv_perm_sem; }
@test "permissions of sets: under glibc, preloaded" { under_glibc sysv_perm_sem; }
@test "permissions of sets: under musl, preloaded" { under_musl sysv_perm_sem; }
@test "permissions of sets: linked statically" { linked_statically sysv_perm_sem; }

# To attach a segment is to open a file of the instance: it has to serve those who do.

@test "permissions of segments: what is asked holds on the real kernel" { on_the_kernel sysv_perm_shm; }

@test "permissions of segments: under glibc, preloaded" {
	serving all
	under_glibc sysv_perm_shm
}

@test "permissions of segments: under musl, preloaded" {
	serving all
	under_musl sysv_perm_shm
}

@test "permissions of segments: linked statically" {
	serving all
	linked_statically sysv_perm_shm
}

@test "programs under another uid: what is asked holds on the real kernel" { on_the_kernel sysv_users; }

@test "programs under another uid: under glibc, preloaded" {
	serving all
	under_glibc sysv_users
}

@test "programs under another uid: under musl, preloaded" {
	serving all
	under_musl sysv_users
}

@test "programs under another uid: linked statically" {
	serving all
	linked_statically sysv_users
}
