#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Functions that run, and signals that are raised, when a message arrives: tests/core_handler.c and
# tests/core_port_signal.c say what each asserts.

load helper

@test "handler: its function runs on each message, in order, until it is taken back" { case_of core_handler runs; }
@test "handler: there may be many, of mailboxes of every kind" { case_of core_handler many; }
@test "handler: the end of its port is told, and is its own" { case_of core_handler port-ends; }
@test "handler: messages of any size" { case_of core_handler large; }
@test "handler: whoever takes it back waits for the function that runs" { case_of core_handler unhandle-waits; }
@test "handler: what it was granted and didn't run on goes back to its place" { case_of core_handler gives-back; }
@test "handler: functions come and go in functions" { case_of core_handler from-functions; }
@test "handler: each message is handled or is left, whoever comes and goes" { case_of core_handler come-and-go; }
@test "handler: ends when the instance is closed, and keeps nothing" { case_of core_handler close; }
@test "handler: a child has its own, and not its parent's" { case_of core_handler fork; }
@test "handler: misuse is an error" { case_of core_handler misused; }

@test "signal: raised when a message comes to an empty port, again and again" { case_of core_port_signal port-signal; }
@test "signal: raised when a sender waits at a port without slots" { case_of core_port_signal rendezvous-signal; }
@test "signal: raised when a message of the dead comes back" { case_of core_port_signal returned-signal; }
@test "signal: raised when a completion is queued" { case_of core_port_signal completion-signal; }
@test "handler, signal: of a guarded port, by its receive right" { case_of core_port_signal guarded; }
@test "signal: who receives until there is nothing, each time, misses nothing" { case_of core_port_signal none-lost; }
@test "signal: raised a last time when the port is destroyed; misuse is an error" { case_of core_port_signal signal-ends; }
