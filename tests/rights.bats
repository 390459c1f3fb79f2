#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Guarded ports: rights, the messages that carry them, memory that moves.
# limit_seconds: 600

load helper
load cases_helper

@test "rights: each kind is good for what it is, and no more" { case_of core_rights kinds; }
@test "rights: references to send are counted" { case_of core_rights references; }
@test "rights: a dead name says so, and can be dropped once" { case_of core_rights dead-name; }
@test "rights: the number of a guarded port is of no use" { case_of core_rights raw-id; }
@test "rights: a name means nothing in another task" { case_of core_rights names-are-local; }
@test "rights: made in a message, used and dropped by its receiver" { case_of core_rights make-in-message; }
@test "rights: copied and moved" { case_of core_rights copy-and-move; }
@test "rights: what couldn't be sent is given back" { case_of core_rights given-back; }
@test "rights: a receive right moves, and its queue with it" { case_of core_rights move-receive; }
@test "rights: those of a message that nobody receives are given up" { case_of core_rights lost-in-queue; }
@test "rights: a receive right never waits in its own queue" { case_of core_rights not-into-itself; }
@test "rights: used asynchronously, and for several ports" { case_of core_rights posted; }
@test "rights: who waits learns that the port is gone" { case_of core_rights waits; }

@test "message: its header lists its parts" { case_of core_rights typed-parts; }
@test "message: one with parts isn't received as if it had none" { case_of core_rights plain-receive; }

@test "notification: no more senders, once" { case_of core_right_ends no-senders; }
@test "notification: a holder killed" { case_of core_right_ends holder-dies; }
@test "notification: a dead name, where the receiver is killed" { case_of core_right_ends receiver-dies; }
@test "notification: a backup inherits the receive right, and what is queued" { case_of core_right_ends backup; }
@test "notification: what brings a right is received as a message, too" { case_of core_right_ends backup-receives; }
@test "notification: a notify port that was destroyed is made anew" { case_of core_right_ends notify-anew; }
@test "notification: a backup that is gone inherits nothing" { case_of core_right_ends backup-gone; }
@test "notification: what was asked goes when another has taken the right, and not before" { case_of core_right_ends requests-of-the-unsent; }
@test "notification: one message over the limit, and it is accepted" { case_of core_right_ends send-one; }

@test "kernel port: a right by which a task is controlled, and whose end is told" { case_of core_right_ends kernel-port; }
@test "call: answers, and the loss of the right to answer" { case_of core_right_ends call; }

@test "memory: moves there and back, is freed once, and is zero again" { case_of core_right_ends memory; }
@test "memory: that of the dead is given back" { case_of core_right_ends memory-of-the-dead; }
@test "memory: once sent, it is not to be touched by its sender" { case_of fence sent; }
@test "memory: unless it couldn't be sent" { case_of fence not-sent; }
@test "memory: pages that were sent are good again when they are allocated" { case_of fence allocated-again; }

@test "kill -9 at each point of making a port, and of its repair" { case_of crash_rights create; }
@test "kill -9 at each point of making rights, and of its repair" { case_of crash_rights make; }
@test "kill -9 at each point of counting references, and of its repair" { case_of crash_rights keep-and-drop; }
@test "kill -9 at each point of dropping a receive right, and of its repair" { case_of crash_rights drop-receive; }
@test "kill -9 at each point of dropping one with a backup, and of its repair" { case_of crash_rights drop-to-backup; }
@test "kill -9 at each point of asking for a notification, and of its repair" { case_of crash_rights replace-backup; }
@test "kill -9 at each point of dropping a backup, and of its repair" { case_of crash_rights drop-backup; }
@test "kill -9 at each point of a send by a send-once right, and of its repair" { case_of crash_rights send-once; }
@test "kill -9 at each point of dropping a send-once right, and of its repair" { case_of crash_rights drop-once; }
@test "kill -9 at each point of a send in vain by one, and of its repair" { case_of crash_rights send-once-in-vain; }
@test "kill -9 at each point of receiving what was sent by one, and of its repair" { case_of crash_rights receive-sent-once; }
@test "kill -9 of one who holds everything, and at each point of the repair" { case_of crash_rights holder-of-everything; }
@test "kill -9 at each point of sending all kinds of parts, and of its repair" { case_of crash_letter send; }
@test "kill -9 at each point of sending them in vain" { case_of crash_letter send-in-vain once; }
@test "kill -9 at each point of receiving them, and of its repair" { case_of crash_letter receive; }
@test "kill -9 at each point of destroying the mailbox where they wait, and of its repair" { case_of crash_letter destroy-mailbox; }
@test "kill -9 at each point of dropping the port where they wait" { case_of crash_letter drop-port once; }
@test "kill -9 at each point of serving a call, and of its repair" { case_of crash_letter serve; }
@test "kill -9 at each point of a call, and of its repair" { case_of crash_letter call; }
@test "kill -9 at each point of allocating and freeing memory, and of its repair" { case_of crash_letter memory; }

# ---- misuse, as portico_ports(7) has it

@test "misuse: what is no more, or never was" { case_of core_misuse_rights stale; }
@test "misuse: the wrong kind of right or port" { case_of core_misuse_rights wrong-kind; }
@test "misuse: messages of parts" { case_of core_misuse_rights messages; }
@test "misuse: deadlines" { case_of core_misuse_rights deadlines; }
@test "misuse: more rights than a task may have" { case_of core_misuse_rights limits; }
