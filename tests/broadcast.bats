#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# One to many, and task to task: tests/core_direct.c, core_broadcast.c and crash_broadcast.c say what each asserts.

load helper

# ---- direct communication

@test "direct: a task has a name, which is stale when it has ended" { case_of core_direct names; }
@test "direct: two tasks name each other" { case_of core_direct symmetric; }
@test "direct: from a named sender, past others' messages, or from anybody" { case_of core_direct from-whom; }
@test "direct: many to one, each sender's in its order" { case_of core_direct many-to-one; }
@test "direct: an inbox has limits, one receiver, and ends with its task" { case_of core_direct inbox; }
@test "direct: the end of a named sender is told, after what it had sent" { case_of core_direct sender-dies; }
@test "direct: the end of a receiver is told, to who waits for room too" { case_of core_direct receiver-dies; }
