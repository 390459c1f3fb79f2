#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Waiting for many, case by case: tests/core_set*.c and tests/crash_set.c say what each asserts.
# limit_seconds: 300

load helper

# ---- port sets

@test "set: one order over the members" { case_of core_set order; }
@test "set: a thousand members" { case_of core_set thousand-members; }
@test "set: filters, by search and by index" { case_of core_set filters; }
@test "set: priorities" { case_of core_set priority; }
@test "set: limits are each member's" { case_of core_set limits; }
@test "set: members without slots, and their senders in one line" { case_of core_set rendezvous; }
@test "set: what is queued and who waits comes along" { case_of core_set join; }
@test "set: and is handed to who waits there" { case_of core_set join-serves; }
@test "set: and goes along" { case_of core_set leave; }
@test "set: a member is destroyed" { case_of core_set destroy-member; }
@test "set: its members outlive it" { case_of core_set destroy-set; }
@test "set: it ends with its task" { case_of core_set task-ends; }
@test "set: one of several ports to receive from" { case_of core_set_waits group; }
@test "set: asynchronous transfers" { case_of core_set_waits async; }
@test "set: a message goes back when its receiver is killed" { case_of core_set_waits killed-receiver; }
@test "set: a guarded port is a member while its receive right is here" { case_of core_set_waits guarded; }
@test "set: what is refused" { case_of core_set_waits refused; }
@test "set: members come and go while others send" { case_of core_set_waits shuffle; }

# ---- kill -9

@test "kill -9 at each point of joining a set, and of its repair" { case_of crash_set join; }
@test "kill -9 at each point of leaving it, and of its repair" { case_of crash_set leave; }
@test "kill -9 at each point of destroying it, and of its repair" { case_of crash_set destroy-set; }
@test "kill -9 at each point of receiving from it, and of its repair" { case_of crash_set receive; }
@test "kill -9 at each point of sending to a member, and of its repair" { case_of crash_set send-to-member; }
@test "kill -9 at each point of destroying a member, and of its repair" { case_of crash_set destroy-member; }
@test "kill -9 at each point of handing over at a set, and of its repair" { case_of crash_set hand-over; }
@test "kill -9 at each point of ringing a port's bell, and of its repair" { case_of crash_set bell; }
@test "kill -9 at each point of ringing a member's, and of its repair" { case_of crash_set bell-of-member; }
@test "kill -9 at each point of ringing for the end of a port, and of its repair" { case_of crash_set bell-of-destroyed; }

# ---- scans

@test "scan: says which ports are ready, and which gone" { case_of core_poll scan; }
@test "scan: waits" { case_of core_poll scan-waits; }
@test "scan: what is refused" { case_of core_poll scan-refused; }

# ---- descriptors

@test "fd: readable exactly while there is something to receive, or the port is gone" { case_of core_poll fd; }
@test "fd: of a port without slots" { case_of core_poll fd-rendezvous; }
@test "fd: a message goes back when its receiver is killed" { case_of core_poll fd-given-back; }
@test "fd: of a set, and of its members" { case_of core_poll fd-of-set; }
@test "fd: of a guarded port, and of completions" { case_of core_poll fd-of-others; }
@test "fd: the bell goes when the last is closed" { case_of core_poll fd-closed; }
@test "fd: a sender without descriptors sends, and somebody rings for it" { case_of core_poll fd-no-descriptors; }
@test "fd: true whenever all hold still, after kills too" { case_of core_poll fd-stays-true; }
