#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 300
#
# Semaphore sets from within: tests/core_semaphore.c says what each case asserts.

load helper
load cases_helper

@test "semaphores: as many as the limits allow" { case_of core_semaphore limits; }
@test "reserved: by who uses it alone, and given back" { case_of core_semaphore reserved; }
@test "reserved: taken from an owner that sleeps, and from one that ended" { case_of core_semaphore reserved-by-another; }
@test "reserved: by no other thread while the first lives" { case_of core_semaphore reserved-by-one; }
@test "reserved: what an owner that died inside left half done is finished" { case_of core_semaphore dead-inside; }
@test "reserved: fought over by two threads, it keeps them apart" { case_of core_semaphore fought-over; }
@test "reserved: a handler that comes in between is refused" { case_of core_semaphore in-a-handler; }
