#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mailboxes of <portico/mbox.h>, and the pool of messages: tests/core_mbox.c and tests/crash_pool.c say what
# each case asserts.

load helper

# Run a case of a test program: case_of PROGRAM CASE
case_of() { timeout -k 1 100 "$BUILD/tests/$1" "$2"; }

@test "mbox: what can be made" { case_of core_mbox create; }
@test "mbox: MAXMBOX of them, and numbers in turn" { case_of core_mbox most; }
@test "mbox: a released one is gone, with what it held" { case_of core_mbox release; }
@test "mbox: its release tells each who waits" { case_of core_mbox release-wakes; }
@test "mbox: illegal arguments send and receive nothing" { case_of core_mbox illegal; }
@test "mbox: messages of no bytes, and of MAX_MESSAGE" { case_of core_mbox sizes; }
@test "mbox: a waiting receiver with too small a buffer loses nothing" { case_of core_mbox small-buffer; }
@test "mbox: the conditional forms never wait" { case_of core_mbox conditional; }
@test "mbox: blocked senders are served in order" { case_of core_mbox senders-in-order; }
@test "mbox: blocked receivers are served in order" { case_of core_mbox receivers-in-order; }
@test "mbox: strangers meet by its number" { case_of core_mbox stranger; }
@test "mbox: threads share it" { case_of core_mbox threads; }
@test "mbox: a receiver killed in line is passed over" { case_of core_mbox killed; }
@test "mbox: a signal ends no call" { case_of core_mbox interrupted; }
@test "mbox: without an instance every call fails" { case_of core_mbox no-instance; }

@test "pool: a send that finds room and no slot is refused" { case_of core_mbox exhausted; }
@test "pool: who meets needs no slot" { case_of core_mbox exhausted-meeting; }
@test "pool: a freed slot goes to who waits there" { case_of core_mbox exhausted-in-line; }
@test "pool: who finds room later, and no slot, is told so" { case_of core_mbox exhausted-room; }
@test "pool: contended, it loses nothing" { case_of core_mbox contended; }

@test "kill -9 at each point of a send that takes a place of the pool" { case_of crash_pool send; }
@test "kill -9 at each point of a receive that gives one back" { case_of crash_pool receive; }
@test "kill -9 at each point of a send that finds none" { case_of crash_pool refused; }
@test "kill -9 at each point of passing one to who waits" { case_of crash_pool in-line; }
@test "kill -9 at each point of a meeting without one" { case_of crash_pool meeting; }
@test "kill -9 at each point of giving a message back to the pool's count" { case_of crash_pool give-back; }
@test "kill -9 at each point of destroying a mailbox of the pool" { case_of crash_pool destroy; }
@test "kill -9 at each point of making a mailbox with a number" { case_of crash_pool number; }
