#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The protocol's model: it holds in every state, and would notice if it didn't.
# tests/model/README.md explains it.

load helper

model() {
	command -v spin >/dev/null || skip "no spin: install the package spin"
	TMPDIR=$private timeout 100 "$root/tests/model/check" "$@"
}

@test "alive: nobody is overtaken, and no wake-up is lost" { model alive; }
@test "one death among senders, and somebody gives up: nothing is lost or doubled" { model senders; }
@test "one death among receivers, and somebody gives up: nothing is lost or doubled" { model receivers; }
@test "two deaths, one of them perhaps of the reaper or of who repairs" { model twice; }
@test "two deaths at a rendezvous" { model rendezvous; }
@test "a lock has one owner, and is inherited by one" { model lock; }
@test "of many who sleep for a lock none is forgotten" { model crowd; }
@test "each completion is told once, though wakers die" { model completion; }

@test "mutant: a wait is settled twice" { model senders SETTLE_TWICE; }
@test "mutant: a sleeper doesn't look again before it sleeps" { model alive SKIP_RECHECK; }
@test "mutant: the last in line is served first" { model alive OVERTAKE; }
@test "mutant: a receiver lets no waiting sender go on" { model alive NO_ADVANCE; }
@test "mutant: a receiver is told before the message is its own (W2)" { model senders GRANT_BEFORE_WORD; }
@test "mutant: a sender is told before its message is queued (W3)" { model senders GRANT_BEFORE_QUEUE; }
@test "mutant: repair drops what was granted in vain" { model senders DROP_REQUEUE; }
@test "mutant: repair queues again what was collected meanwhile" { model senders REQUEUE_STORES; }
@test "mutant: repair leaves a receiver asleep beside what it queues again (P1)" { model senders REPAIR_SERVES_NOBODY; }
@test "mutant: repair tells no sender that its message was queued (W3)" { model senders SENDERS_UNTOLD; }
@test "mutant: repair takes a message back by a stale wait" { model rendezvous TAKE_BACK; }
@test "mutant: who inherits a port doesn't repair it" { model senders NO_INHERIT_REPAIR; }
@test "mutant: what the dead held is freed" { model senders LOSE_WHAT_THE_DEAD_HELD; }
@test "mutant: the waits of the dead stay in line (D2)" { model senders FORGET_WAITS; }
@test "mutant: who inherits a lock doesn't repair what it guards" { model lock NO_INHERIT_REPAIR; }
@test "mutant: a lock is inherited by a store (L2)" { model lock INHERIT_BY_STORE; }
@test "mutant: who was woken forgets that others sleep (L3)" { model lock FORGET_THE_OTHERS; }
@test "mutant: a completion is noted as told before it is pushed (W5)" { model bell TOLD_BEFORE_PUSH; }
@test "mutant: a completion is pushed before the wait is settled (W5)" { model bell PUSH_BEFORE_SETTLE; }
@test "mutant: the bell rings before the push" { model bell RING_BEFORE_PUSH; }
@test "mutant: the owner never looks for what a dead waker left" { model bell NEVER_LOOK; }
@test "mutant: the owner takes what it finds, pushed or not" { model bell TAKE_WITHOUT_LOOKING; }
