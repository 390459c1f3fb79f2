#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mailboxes beyond send and receive, case by case: tests/core_mail.c, core_receipt.c, core_look.c,
# core_misuse.c and crash_mail.c say what each asserts.
# limit_seconds: 300

load helper

# ---- priorities

@test "priority: the highest first, and in order within one" { case_of core_mail priority; }
@test "priority: so among those of a type, by search and by index" { case_of core_mail priority-by-type; }
@test "priority: what is given back stands where it stood" { case_of core_mail priority-given-back; }
@test "priority: senders that wait come in as they came" { case_of core_mail priority-of-waiting-senders; }
@test "priority: posted" { case_of core_mail priority-posted; }
@test "priority: many of two in turn" { case_of core_mail priority-many; }

# ---- receipts

@test "receipt: the sender is told who consumed its message" { case_of core_receipt receipt; }
@test "receipt: and only then" { case_of core_receipt receipt-when-consumed; }
@test "receipt: a receiver dies with the message, and the next one is named" { case_of core_receipt receipt-receiver-dies; }
@test "receipt: a sender that dies takes nothing back" { case_of core_receipt receipt-sender-dies; }
@test "receipt: at the deadline the message is taken back, unless somebody has it" { case_of core_receipt receipt-deadline; }
@test "receipt: the mailbox is destroyed" { case_of core_receipt receipt-destroyed; }
@test "receipt: posted, and cancelled" { case_of core_receipt receipt-posted; }
@test "receipt: of a message in pages of its own" { case_of core_receipt receipt-long; }

# ---- by rights

@test "by a right: with a priority, and for a receipt" { case_of core_mail by-right; }

# ---- looking, sharing, asking

@test "peek: sees what a receive would get, and changes nothing" { case_of core_look peek; }
@test "peek: at what a waiting sender brings" { case_of core_look peek-at-a-sender; }
@test "peek: at a message of several MiB" { case_of core_look peek-long; }
@test "share: by two tasks at most, and a place is free again at an end" { case_of core_look share-pair; }
@test "share: by one receiver at a time" { case_of core_look share-one-receiver; }
@test "mailbox: a receive from a named sender leaves what others sent" { case_of core_mail from-one; }
@test "async: how a transfer stands can be asked" { case_of core_mail wait-status; }
@test "mailbox: unbounded" { case_of core_mail unbounded; }

# ---- misuse

@test "misuse: every call says that a port is none, or no more" { case_of core_misuse misuse-ports; }
@test "misuse: what is too long, too late, negative, nothing, or done twice" { case_of core_misuse misuse-arguments; }
@test "misuse: each error is explained in words of its own" { case_of core_misuse explained; }

# ---- kill -9

@test "kill -9 at each point of sends of several priorities, and of its repair" { case_of crash_mail priority; }
@test "kill -9 at each point of receiving for a receipt, and of its repair" { case_of crash_mail receipt-receive; }
@test "kill -9 at each point of that at a rendezvous, and of its repair" { case_of crash_mail receipt-meet; }
@test "kill -9 at each point of that where a completion tells, and of its repair" { case_of crash_mail receipt-completion; }
@test "kill -9 at each point of destroying a mailbox with a receipt to come, and of its repair" { case_of crash_mail receipt-destroy; }
@test "kill -9 at each point of sending for a receipt" { case_of crash_mail receipt-send once; }
@test "kill -9 at each point of taking a message back, and of its repair" { case_of crash_mail receipt-deadline; }
