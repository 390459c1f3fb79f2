#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The protocol's model: it holds in every state, and would notice if it didn't.
# tests/model/README.md explains it.
# limit_seconds: 600

load helper

# Two at a time: while the tests go on from the first to the last, another goes
# from the last to the first, until they meet.
setup_file() {
	command -v spin >/dev/null || return 0
	from_the_last 3>&- & # bats waits for who has its descriptor 3
}

teardown_file() {
	: >"$BATS_FILE_TMPDIR/enough"
	wait
}

from_the_last() {
	local name mutant
	while read -r name mutant && ! [ -e "$BATS_FILE_TMPDIR/enough" ] && kill -0 $$; do
		check "$name" "$mutant"
	done < <(sed -n 's/^@test .* { model \(.*\); }$/\1/p' "$BATS_TEST_FILENAME" | tac)
}

# Check what nobody checks yet, or did, and leave what came of it in a directory.
check() {
	local result=$BATS_FILE_TMPDIR/$1-$2 status=0
	mkdir "$result" 2>/dev/null || return 0
	TMPDIR=$result timeout 100 "$root/tests/model/check" "$1" ${2:+"$2"} >"$result/report" 2>&1 || status=$?
	echo "$status" >"$result/status"
}

model() {
	local result=$BATS_FILE_TMPDIR/$1-${2:-}
	command -v spin >/dev/null || skip "no spin: install the package spin"
	check "$1" "${2:-}"
	eventually 110 test -s "$result/status"
	cat "$result/report"
	return "$(cat "$result/status")"
}

@test "alive: nobody is overtaken, and no wake-up is lost" { model alive; }
@test "one death among senders, and somebody gives up: nothing is lost or doubled" { model senders; }
@test "one death among receivers, and somebody gives up: nothing is lost or doubled" { model receivers; }
@test "two deaths, one of them perhaps of the reaper or of who repairs" { model twice; }
@test "two deaths at a rendezvous" { model rendezvous; }
@test "a lock has one owner, and is inherited by one" { model lock; }
@test "of many who sleep for a lock none is forgotten" { model crowd; }
@test "of threads that share a task, and leave locks in both ways, none is forgotten" { model threads; }
@test "each completion is told once, or its wait was cancelled, though one dies" { model completion; }
@test "a slot that is posted again is told of for what it is now" { model again; }
@test "each completion is told once, though two die" { model settlers; }
@test "who sees to deadlines settles no wait that took another's slot" { model expiry; }
@test "a group is told of once, whichever member settled it" { model told_once; }
@test "a group has one outcome; what comes too late goes to the next, or stays queued" { model group; }
@test "one death about a group: nothing is lost or doubled" { model members; }
@test "the slots of a dead group go to others, though its reaper dies" { model heirs; }

@test "a send-once right: the port gets the message, or is told that it is lost" { model once; }
@test "a send-once right, and two deaths" { model used_twice; }
@test "rights are counted, in one place, and told of, whoever dies" { model rights; }
@test "rights that move whole" { model moved; }
@test "rights, and the death of who inherits or reaps" { model heritage; }
@test "a receipt says what is true, and is given" { model receipt; }
@test "a receipt, though its sender dies, or who consumes, or who tells" { model signed; }
@test "a receipt, though the port ends, and whoever ends it" { model unsigned; }
@test "a receipt, and two deaths" { model told_twice; }
@test "nobody else is in a port's fields, whichever lock guards it" { model guard; }
@test "nobody else writes a port's flags" { model flags; }
@test "a port and its set, and two deaths" { model guards; }
@test "an operation on semaphores is done whole, or not at all" { model set; }
@test "semaphores, and who gives up waiting" { model impatient; }
@test "semaphores, set anew while others hold them" { model set_anew; }
@test "semaphores that are waited for until they are zero" { model zero; }
@test "semaphores, and two deaths" { model set_twice; }
@test "a lock that one thread has to itself: two that do, in turn, and who takes it" { model reserve; }
@test "a lock that one thread has to itself, and one death" { model taken; }
@test "a lock that any may have to itself, and two deaths" { model bereft; }

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
@test "mutant: a sleeper doesn't fence (L3)" { model lock NO_FENCE; }
@test "mutant: a sleeper doesn't look after it has set the flag (L3)" { model lock SLEEP_UNSEEING; }
@test "mutant: a sleeper looks for the owner, not for its flag" { model lock SLEEP_ON_THE_OWNER; }
@test "mutant: who was woken forgets that others sleep (L3)" { model lock FORGET_THE_OTHERS; }
@test "mutant: who spins forgets that others sleep (L3)" { model lock SPIN_FORGETS_THE_OTHERS; }
@test "mutant: who unlocks looks for sleepers first (L3)" { model lock LOOK_BEFORE_LEAVING; }
@test "mutant: who unlocks clears the flag though another holds the lock" { model lock CLEAR_ANOTHERS_FLAG; }
@test "mutant: who unlocks wakes one before it clears the flag" { model lock WAKE_BEFORE_CLEARING; }
@test "mutant: a completion is queued before the wait is settled (W5)" { model completion TELL_BEFORE_SWAP; }
@test "mutant: who inherits an object tells nobody (W5)" { model completion REPAIR_TELLS_NOBODY; }
@test "mutant: a released message still tells of its wait" { model completion TELLS_STAYS; }
@test "mutant: a message is claimed again before it tells of no wait" { model completion CLAIMED_BEFORE_TELLS; }
@test "mutant: a completion stands in the queue before its word says so (P4)" { model completion COMPLETE_LEAVES_CLAIMED; }
@test "mutant: who inherits an object tells of what was cancelled" { model completion TELL_THE_WITHDRAWN; }
@test "mutant: who gives up stays in line" { model completion STAY_IN_LINE; }
@test "mutant: repair puts in line what was posted elsewhere meanwhile" { model again REBUILD_LOOKS_ONCE; }
@test "mutant: repair tells of the wait that is in that slot now" { model again ANY_GENERATION; }
@test "mutant: repair tells of the wait that isn't posted yet" { model again TELL_THE_UNPOSTED; }
@test "mutant: a deadline fails the wait that is in that slot now" { model expiry EXPIRE_ANOTHER; }
@test "mutant: two tell of a group, each under the lock of its own object" { model told_once LOOK_ONCE; }
@test "mutant: repair tells no leader that stands in another line" { model told_once TELL_ITS_OWN_ONLY; }
@test "mutant: the member is settled, not the leader" { model group SETTLE_THE_MEMBER; }
@test "mutant: a message is granted to the member" { model group WORD_NAMES_THE_MEMBER; }
@test "mutant: who granted too late leaves the message granted" { model group LOSER_KEEPS_THE_WORD; }
@test "mutant: who granted too late asks nobody else" { model group LOSER_STOPS; }
@test "mutant: members stay in their lines" { model group MEMBERS_STAY; }
@test "mutant: repair drops what was granted to a group in vain" { model members DROP_REQUEUE; }
@test "mutant: a dead leader whose members are gone stays in line (D2)" { model members GROUPS_ONLY_LEAVE; }
@test "mutant: a leader's slot is freed before its members'" { model heirs FREE_IN_ORDER; }
@test "mutant: a right is the message's before the message names it (R6)" { model once VIA_AFTER_SWAP; }
@test "mutant: two threads use a right by a load and a store (R2)" { model once SIGN_BY_STORE; }
@test "mutant: a right is given up by a load and a store (R2)" { model once DROP_BY_STORE; }
@test "mutant: what wasn't sent stays signed" { model once STAY_SIGNED; }
@test "mutant: a right whose message was never sent is used up (R6)" { model once USED_THOUGH_UNSENT; }
@test "mutant: a message is consumed before its right is used up (R6)" { model once CONSUMED_BEFORE_USED; }
@test "mutant: a message forgets its right before that is used up" { model once UNNAMED_BEFORE_USED; }
@test "mutant: who inherits the rights' lock finishes nothing (R3)" { model once FINISH_NOTHING; }
@test "mutant: who finishes a notice sends it again (R4)" { model used_twice TELL_AGAIN; }
@test "mutant: a right that was used is lost with its receiver (R6)" { model once USED_IS_LOST; }
@test "mutant: a receipt is given before the message is consumed (Q2)" { model signed TELL_BEFORE_CONSUMED; }
@test "mutant: a message is freed before its receipt is given (Q2)" { model signed FREE_BEFORE_TELL; }
@test "mutant: a message is queued before it names its sender's wait (Q1)" { model signed NAMED_AFTER_QUEUED; }
@test "mutant: repair tells a sender who wants a receipt that its message is queued" { model signed REPAIR_GRANTS; }
@test "mutant: the reaper of who consumed tells nobody (Q2)" { model signed REAPER_TELLS_NOBODY; }
@test "mutant: a receipt is given to who has that wait now" { model receipt ANY_MESSAGE; }
@test "mutant: a sender takes back what a receiver has (Q4)" { model receipt TAKE_BACK_WHAT_IS_HELD; }
@test "mutant: what was taken back counts as sent" { model receipt PURPOSE_STAYS; }
@test "mutant: a port's end forgets who waits for a receipt (Q3)" { model receipt DESTROY_FORGETS; }
@test "mutant: who waits for a receipt stays among the senders" { model receipt STAY_AMONG_SENDERS; }
@test "mutant: who has a set's lock doesn't look whether the port left (A3)" { model guard LOOK_ONCE; }
@test "mutant: a port leaves its set, and then takes its messages (A1)" { model guard LEAVE_FIRST; }
@test "mutant: who leaves clears the flag, by the set's lock (A2)" { model guard LEAVER_CLEARS_FLAG; }
@test "mutant: a port joins by the set's lock alone (A1)" { model guard JOIN_WITHOUT_OWN_LOCK; }
@test "mutant: who inherits a member's own lock repairs it (A4)" { model guard REPAIR_IS_BLIND; }
@test "mutant: who inherits a member's own lock writes its flags (A4)" { model flags REPAIR_WRITES_FLAGS; }
@test "mutant: who inherits a member's own lock settles its bell (A4)" { model guard REPAIR_SETTLES_BELL; }
@test "mutant: who inherits a set repairs no members (J4)" { model guard MEMBERS_FORGOTTEN; }
@test "mutant: nobody looks whether a port is in a set (A2)" { model guard FLAG_UNSEEN; }
@test "mutant: an operation isn't written down first (S1)" { model set NO_INTENT; }
@test "mutant: a semaphore is changed before the intent is committed" { model set COMMIT_LATE; }
@test "mutant: a step is a difference (S2)" { model set DIFFERENCES; }
@test "mutant: who inherits a set finishes nothing" { model set FINISH_NOTHING; }
@test "mutant: an adjustment is stored when the intent is cleared" { model set ADJUST_LATER; }
@test "mutant: a wait is granted before the intent is committed (S3)" { model set GRANT_FIRST; }
@test "mutant: who inherits a set does what wasn't granted (S3)" { model set_twice STANDS_ALWAYS; }
@test "mutant: a granted wait is ended before its operation is seen done (S3)" { model set END_UNSEEN; }
@test "mutant: of those who can go on only one does (S4)" { model set ONE_ONLY; }
@test "mutant: who inherits a set lets nobody go on (S4)" { model zero REPAIR_LETS_NOBODY_GO; }
@test "mutant: a task's end lets nobody go on (S4)" { model zero END_LETS_NOBODY_GO; }
@test "mutant: SETVAL forgets adjustments when its intent is cleared" { model set_anew FORGET_LATER; }
@test "mutant: a right is the message's before its list names it (R1)" { model rights NAMED_AFTER_ITS_WORD; }
@test "mutant: who inherits the rights' lock counts nothing (R3)" { model rights COUNT_NOTHING; }
@test "mutant: who inherits the rights' lock finishes no right (R3)" { model rights FINISH_NOTHING; }
@test "mutant: who inherits the rights' lock tells of nothing else that is due (R3)" { model rights TELL_WHAT_IS_DYING_ONLY; }
@test "mutant: a notification is sent twice (R4)" { model rights TELL_AGAIN; }
@test "mutant: a task is told of a right that it has no more" { model moved REQUEST_STAYS; }
@test "mutant: what couldn't be sent is asked about no more" { model moved REQUEST_GOES_AT_ONCE; }
@test "mutant: a message is freed with its rights" { model rights FREED_WITH_ITS_RIGHTS; }
@test "mutant: the rights of the dead are freed, and not given up" { model rights REAPED_SILENTLY; }
@test "mutant: who takes a reserved lock doesn't fence (RS2)" { model reserve NO_FENCE; }
@test "mutant: a reserved lock is asked for after the fence (RS2)" { model reserve ASK_AFTER_THE_FENCE; }
@test "mutant: who takes a reserved lock doesn't wait until its owner is outside (RS2)" { model reserve DONT_WAIT; }
@test "mutant: two take a reserved lock at once (RS2)" { model reserve MANY_TAKERS; }
@test "mutant: who has taken a reserved lock still says that it does" { model reserve TAKER_STAYS; }
@test "mutant: who says that it is inside doesn't look again (RS1)" { model reserve NO_SECOND_LOOK; }
@test "mutant: a lock is reserved though who had it may yet say that it is inside (RS5)" { model reserve ANYBODY_RESERVES; }
@test "mutant: who takes a lock isn't told that its owner died inside (RS3)" { model taken INHERITANCE_UNTOLD; }
@test "mutant: what a dead thread said stands when the lock is reserved (RS4)" { model bereft INSIDE_STAYS; }
