#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What no test of one family asks: limits of segments, ids that are asked for,
# and errors that the manual pages have and Linux doesn't give.

load sysv_helper

@test "lines: what is asked holds on the real kernel" { on_the_kernel sysv_lines; }
@test "lines: under glibc, preloaded" { under_glibc sysv_lines; }
@test "lines: under musl, preloaded" { under_musl sysv_lines; }
@test "lines: linked statically" { linked_statically sysv_lines; }
