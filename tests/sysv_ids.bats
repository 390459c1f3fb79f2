#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# Ids and keys of System V objects, as the real kernel gives them.

load sysv_helper

test_limit_seconds=200

@test "ids and keys: what is asked holds on the real kernel" { on_the_kernel sysv_ids; }
@test "ids and keys: under glibc, preloaded" { under_glibc sysv_ids; }
@test "ids and keys: under musl, preloaded" { under_musl sysv_ids; }
@test "ids and keys: linked statically" { linked_statically sysv_ids; }

@test "ids and keys: one that is asked for is given, if it is free" { all_of core_next_id; }
