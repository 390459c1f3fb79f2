#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Functions that run, and signals that are raised, when a message arrives: tests/core_handler.c says what each asserts.

load helper

case_of() { timeout -k 1 100 "$BUILD/tests/core_handler" "$@"; }

@test "handler: its function runs on each message, in order, until it is taken back" { case_of runs; }
@test "handler: there may be many, of mailboxes of every kind" { case_of many; }
@test "handler: the end of its port is told, and is its own" { case_of port-ends; }
@test "handler: messages of any size" { case_of large; }
@test "handler: whoever takes it back waits for the function that runs" { case_of unhandle-waits; }
@test "handler: what it was granted and didn't run on goes back to its place" { case_of gives-back; }
@test "handler: functions come and go in functions" { case_of from-functions; }
@test "handler: each message is handled or is left, whoever comes and goes" { case_of come-and-go; }
@test "handler: ends when the instance is closed, and keeps nothing" { case_of close; }
@test "handler: a child has its own, and not its parent's" { case_of fork; }
@test "handler: misuse is an error" { case_of misused; }

@test "signal: raised when a message comes to an empty port, again and again" { case_of port-signal; }
@test "signal: raised when a sender waits at a port without slots" { case_of rendezvous-signal; }
@test "signal: raised when a message of the dead comes back" { case_of returned-signal; }
@test "signal: raised when a completion is queued" { case_of completion-signal; }
@test "handler, signal: of a guarded port, by its receive right" { case_of guarded; }
@test "signal: who receives until there is nothing, each time, misses nothing" { case_of none-lost; }
@test "signal: raised a last time when the port is destroyed; misuse is an error" { case_of signal-ends; }
