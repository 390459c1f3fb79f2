#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mailboxes beyond send and receive, case by case: tests/core_mail.c and tests/crash_mail.c say what each asserts.
# limit_seconds: 300

load helper

# ---- priorities

@test "priority: the highest first, and in order within one" { case_of core_mail priority; }
@test "priority: so among those of a type, by search and by index" { case_of core_mail priority-by-type; }
@test "priority: what is given back stands where it stood" { case_of core_mail priority-given-back; }
@test "priority: senders that wait come in as they came" { case_of core_mail priority-of-waiting-senders; }
@test "priority: posted" { case_of core_mail priority-posted; }
@test "priority: many of two in turn" { case_of core_mail priority-many; }
