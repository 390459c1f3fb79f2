#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where features meet, case by case: tests/core_meet*.c say what each asserts.
# limit_seconds: 120

load helper

# ---- notifications

@test "meet: a notification to a member of a set" { case_of core_meet notify-member; }
@test "meet: a notification is handed to who waits at the set" { case_of core_meet notify-waiting-set; }
@test "meet: a notification takes a place of the pool" { case_of core_meet notify-pooled; }
@test "meet: a notify port that was destroyed is made anew" { case_of core_meet notify-port-destroyed; }
@test "meet: a notification isn't taken for a completion" { case_of core_meet complete-notification; }

# ---- messages that are too long for who waits

@test "meet: a posted send that is too long for a waiting receiver" { case_of core_meet post-send-too-long; }
@test "meet: a posted receive that is too small for a waiting sender" { case_of core_meet post-receive-too-small; }
@test "meet: a sender joins a set where too small a receiver waits" { case_of core_meet join-too-long; }

# ---- sets, listeners, signals, rights

@test "meet: a listener without slots in a set hears for who waits there" { case_of core_meet listener-member; }
@test "meet: a right's name is never taken for a port's id" { case_of core_meet right-is-no-id; }
@test "meet: a signal for a port that joins and leaves a set" { case_of core_meet signal-member; }
@test "meet: the end of a port that raises signals does not end those of others" { case_of core_meet signal-of-others; }
@test "meet: no signal once the receive right is another's" { case_of core_meet signal-moved; }
@test "meet: who scans a port learns that its receive right has gone" { case_of core_meet scan-moved; }

# ---- looking and sharing

@test "meet: peeking at a set, and at who waits to send to its members" { case_of core_meet_sets peek-set; }
@test "meet: a port with another receiver can't be had by a set" { case_of core_meet_sets rule-keeps-out-of-set; }
@test "meet: a port's rule knows whose set it is in" { case_of core_meet_sets rule-knows-set; }

# ---- sets and the rest

@test "meet: killed with an urgent message out of a set with an index" { case_of core_meet_sets killed-with-urgent; }
@test "meet: receipts of a pooled member of a set" { case_of core_meet_sets receipt-by-set; }
@test "meet: requests to a port in a set are answered" { case_of core_meet_sets call-by-set; }
@test "meet: one message over the limit of a member" { case_of core_meet_sets send-one-by-set; }
@test "meet: a receive right leaves while it is waited for" { case_of core_meet_sets moved-while-awaited; }

# ---- all at once

@test "meet: all that can be done with ports, at random, loses and doubles nothing" { case_of core_random random; }
