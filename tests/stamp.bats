#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# When messages were sent: tests/core_stamp.c says what each asserts.

load helper

@test "stamp: the second of a message is known by its number" { case_of core_stamp exact; }
@test "stamp: of many seconds, none is told wrong" { case_of core_stamp joined; }
@test "stamp: what no queued message needs is forgotten" { case_of core_stamp forgotten; }
@test "stamp: what was sent before the first is known to be older" { case_of core_stamp before; }
@test "stamp: who looks at messages sees when, and believes nothing" { case_of core_stamp glance; }
