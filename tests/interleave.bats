#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Races, one order of events at a time: tests/interleave_*.c tell each, named for the invariant that it might break.
# limit_seconds: 300

load helper

# Play every script of a program whose name begins so, each in an instance of its own: play PROGRAM PREFIX.
play() {
	local name played=0 failed=0
	for name in $("$BUILD/tests/$1"); do
		[[ $name = "$2"* ]] || continue
		played=$((played + 1))
		PORTICO_KERNEL=$private/$name timeout -k 1 100 "$BUILD/tests/$1" "$name" ||
			{ echo "failed: $1 $name"; failed=$((failed + 1)); }
		rm -rf "${private:?}/$name"
	done
	echo "$played played, $failed failed"
	[ "$played" -gt 0 ] && [ "$failed" -eq 0 ]
}

# ---- one order each

@test "W1: a wait is settled once, and who sleeps is woken" { play interleave_wait W1; }
@test "W2: a granted message is its receiver's, or the port's still" { play interleave_wait W2; }
@test "W3: nobody is told no whose message is queued" { play interleave_wait W3; }
@test "W4: who settles a wait has taken it off its list" { play interleave_wait W4; }
@test "W5: a waker's death delays, and never loses" { play interleave_wait W5; }
@test "P1: no receiver waits for what is there" { play interleave_port P1; }
@test "P2: senders wait only while the first doesn't fit" { play interleave_port P2; }
@test "P3: each message has its place" { play interleave_port P3; }
@test "P4: what was left half done is done again from the words" { play interleave_port P4; }
@test "a port's end under those who use it" { play interleave_port end; }
@test "L1: a lock is never taken from the living" { play interleave_lock L1; }
@test "L2: one inherits from the dead" { play interleave_lock L2; }
@test "L3: no wake of a lock is lost" { play interleave_lock L3; }
@test "L4: no lock names a slot's former task" { play interleave_lock L4; }
@test "T1: tables grow, and never shrink" { play interleave_lock T1; }
@test "T2: no slot is handed out twice" { play interleave_lock T2; }
@test "T3: what the dead claimed is found" { play interleave_lock T3; }
@test "D1: a task's slot is freed last" { play interleave_task D1; }
@test "D2: after a reap nothing names the dead" { play interleave_task D2; }
@test "D3: only the dead are reaped, and only images that are gone" { play interleave_task D3; }
@test "D4: what is undone again is undone once" { play interleave_task D4; }
@test "registering: each gets a slot of its own" { play interleave_task registering; }
@test "N1: an object goes first, and its name after it" { play interleave_name N1; }
@test "N2: nobody finds an object half made" { play interleave_name N2; }
@test "Z1: a region is complete, and never written over" { play interleave_name Z1; }
@test "B1: a pipe's bytes exist when its count does" { play interleave_pipe B1; }
@test "B2: a small write goes in whole" { play interleave_pipe B2; }
@test "B3: no change of a pipe is missed" { play interleave_pipe B3; }
@test "B4: a pipe's ring is nobody's to read or write when it is another's" { play interleave_pipe B4; }
@test "a pipe's end under those who use it" { play interleave_pipe end; }
@test "S1: an operation on semaphores is done whole" { play interleave_set S1; }
@test "S2: done twice it is done once" { play interleave_set S2; }
@test "S3: it is done if and only if its wait is granted" { play interleave_set S3; }
@test "S4: who can go on goes on, in order" { play interleave_set S4; }
@test "S5: adjustments are their task's and their set's" { play interleave_set S5; }
@test "A3: whose port left its set meanwhile" { play interleave_portset A3; }
@test "A4: who inherits a member's lock goes on under the set's" { play interleave_portset A4; }
@test "O3: no place is missed that moves while they are counted" { play interleave_portset O3; }

# ---- every order within bounds

@test "every order of a deadline and a grant" { play interleave_explore deadline; }
@test "every order of two receivers of one message" { play interleave_explore two-receivers; }
@test "every order of giving up and being admitted" { play interleave_explore full; }
@test "every order of a rendezvous and two deadlines" { play interleave_explore rendezvous; }
@test "every order of a send and its sender's death" { play interleave_explore dying-sender; }
@test "every order of a receive and its receiver's death" { play interleave_explore dying-receiver; }
@test "every order of a port's end under two" { play interleave_explore end; }
@test "every order of three at one lock" { play interleave_explore lock; }
@test "every order of two who inherit it" { play interleave_explore dying-owner; }
@test "every order of three who register, and one's death" { play interleave_explore registering; }

# ---- the same of what a message kernel has

@test "R1: a right given up is seen to, whoever dies" { play interleave_explore_right R1; }
@test "R2: a send-once right is used once" { play interleave_explore_right R2; }
@test "R3: who holds rights is known, and when nobody does" { play interleave_explore_right R3; }
@test "R4: a notification is sent exactly once" { play interleave_explore_right R4; }
@test "R5: no receive right waits in its own queue" { play interleave_explore_right R5; }
@test "R6: a port gets the message, or is told of its loss" { play interleave_explore_right R6; }
@test "one message over the limit, of two threads" { play interleave_explore_right send-one; }
@test "A1: a port joins and leaves a set whole" { play interleave_explore_portset A1; }
@test "A3: who comes upon a set looks again" { play interleave_explore_portset A3; }
@test "A4: deaths in a set" { play interleave_explore_portset A4; }
@test "J4: the ends of sets and of their members" { play interleave_explore_portset J4; }
@test "W5: a completion is told once, and never lost" { play interleave_explore_completion W5; }
@test "magazines: no slot is held twice, or lost" { play interleave_explore_magazine G; }
@test "Q2: the sender is told who consumed its message" { play interleave_explore_mail Q2; }
@test "Q3: a receipt's wait ends with its port" { play interleave_explore_mail Q3; }
@test "Q4: a message taken back is nobody's" { play interleave_explore_mail Q4; }
@test "H1: nothing is heard once it doesn't listen" { play interleave_explore_mail H1; }
@test "H2: a listener ends with its source" { play interleave_explore_mail H2; }
@test "H3: who listens hears all" { play interleave_explore_mail H3; }
@test "H5: what was missed is said" { play interleave_explore_mail H5; }
@test "O2: the pool's count is never too low" { play interleave_explore_mail O2; }
@test "O3: no place of the pool is used twice, or lost" { play interleave_explore_mail O3; }
@test "N1: a port goes first, and a name that was registered after it" { play interleave_explore_name N1; }
@test "N3: a name goes with its owner" { play interleave_explore_name N3; }
@test "N6: a name that is changed is found by the old one or the new, whoever dies" { play interleave_explore_name N6; }
