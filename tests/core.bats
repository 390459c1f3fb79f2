#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The message kernel, case by case: tests/core_*.c and tests/crash_*.c say what each asserts.
# limit_seconds: 600

load helper

# ---- the instance

@test "instance: of many who come first at once one makes it, and leaves no litter" { case_of core_region race; }
@test "instance: nobody else may enter it" { case_of core_region private; }
@test "instance: is not made unless asked" { case_of core_region not-made; }
@test "instance: one of another version is refused, with the reason" { case_of core_region version; }
@test "instance: a file that is no region is refused" { case_of core_region no-region; }
@test "instance: another user's is refused" { case_of core_region owner; }
@test "instance: root may use one it names, not one it finds" { case_of core_region root-may-name-one; }
@test "instance: a place that can't be is refused, with the reason" { case_of core_region no-place; }
@test "instance: a path mistyped makes nothing, and what is missing is said" { case_of core_region mistyped; }
@test "instance: a file, or a directory of other things, is refused" { case_of core_region other-things; }
@test "instance: a limit on files' sizes is an error with a remedy, and no signal" { case_of core_region file-size-limit; }
@test "instance: what a killed maker left is removed, what a living one makes stays" { case_of core_region leftovers; }
@test "instance: whether one could be made is told without making it" { case_of core_region could-be-made; }
@test "instance: too few addresses is an error with a remedy" { case_of core_region no-addresses; }
@test "instance: a full file system at the start leaves nothing behind" { case_of core_region full-at-start; }
@test "instance: a full file system later is an error of the send, and loses nothing" { case_of core_region full-later; }

# ---- mailboxes

@test "mailbox: first in, first out, empty messages too" { case_of core_mailbox order; }
@test "mailbox: slots, bytes and capacity hold, and can be changed" { case_of core_mailbox limits; }
@test "mailbox: a message too long for its receiver stays" { case_of core_mailbox buffer-too-small; }
@test "mailbox: with zero slots sender and receiver meet" { case_of core_mailbox rendezvous; }
@test "mailbox: receive by type, by the lowest type, by any but a type" { case_of core_mailbox types; }
@test "mailbox: a receiver that waits for a type gets that" { case_of core_mailbox waiting-for-a-type; }
@test "mailbox: every message names its sender, and can be selected by it" { case_of core_mailbox sender; }
@test "mailbox: receivers are served in order" { case_of core_mailbox receivers-in-order; }
@test "mailbox: senders are served in order, and none overtakes" { case_of core_mailbox senders-in-order; }
@test "mailbox: its end wakes who waits, and makes its id stale" { case_of core_mailbox destroyed; }
@test "mailbox: names are unique, checked, and free again" { case_of core_mailbox names; }
@test "mailbox: a signal handler interrupts a wait, and nothing is lost" { case_of core_mailbox interrupted; }
@test "mailbox: so does one that comes just as the sleeper looks round" { case_of core_mailbox interrupted-at-the-tick; }
@test "mailbox: deadlines" { case_of core_mailbox deadline; }
@test "mailbox: messages of every size up to 1 MiB" { case_of core_mailbox sizes; }
@test "mailbox: messages over 1 MiB, whose pages go back with them" { case_of core_mailbox large; }
@test "mailbox: 150 000 messages queued" { case_of core_mailbox many; }

@test "index: finds what a search would, and is dropped with the last message" { case_of core_index as-a-search; }
@test "index: grows with the types there are" { case_of core_index grows; }

# ---- asynchronous transfers, and several mailboxes at once

@test "async: a receive, and its completion" { case_of core_async receive; }
@test "async: sends, and the end of the mailbox under one" { case_of core_async send; }
@test "async: a rendezvous of two posts" { case_of core_async rendezvous; }
@test "async: cancelled, it did nothing and nothing comes" { case_of core_async cancel; }
@test "async: a cancel and a send race, and the message is in one place" { case_of core_async cancel-race; }
@test "async: deadlines" { case_of core_async deadline; }
@test "async: 10 000 waits, one thread" { case_of core_async ten-thousand; }
@test "async: what is refused, and a port for completions destroyed under a post" { case_of core_async refused; }
@test "async: a poster dies" { case_of core_async poster-dies; }
@test "any: a wait on several mailboxes is settled once, and leaves all lines" { case_of core_async any; }
@test "any: posted, and the next in line isn't passed by" { case_of core_async any-posted; }
@test "any: a port for completions among them" { case_of core_async any-completions; }

# ---- tasks

@test "task: a fork's child is a new task" { case_of core_task fork; }
@test "task: a zombie is dead" { case_of core_task zombie-is-dead; }
@test "task: a stopped process isn't" { case_of core_task stopped-is-alive; }
@test "task: nor one whose main thread has gone" { case_of core_task leader-gone; }
@test "task: a message granted to one that is killed goes to the next waiter" { case_of core_task waiter-notices; }
@test "task: a killed sender leaves the line" { case_of core_task dead-sender; }
@test "task: exec ends one and begins another" { case_of core_task exec; }
@test "task: what a thread waited for when another calls exec goes to the next in line" { case_of core_task exec-under-a-waiter; }
@test "task: two handles in one process are two tasks" { case_of core_task two-handles; }
@test "task: a program that closes all descriptors goes on" { case_of core_task closes-everything; }
@test "task: threads share it" { case_of core_task threads; }
@test "task: 3 000 in turn don't take 3 000 slots" { case_of core_task many-in-turn; }
@test "task: death is seen across pid namespaces" { case_of core_task pid-namespaces; }

# ---- threads that share a handle

@test "threads: all at once, every operation" { all_of core_threads; }

# ---- kill -9

@test "kill -9: 1 000 rounds of eight processes, one killed; the ledger agrees" { case_of core_ledger 1000; }
@test "kill -9 at each point of a send, and of its repair" { case_of crash_core send; }
@test "kill -9 at each point of a receive, and of its repair" { case_of crash_core receive; }
@test "kill -9 at each point of a hand-over, and of its repair" { case_of crash_core hand-over; }
@test "kill -9 at each point of a send under a watcher, and of its repair" { case_of crash_core watch; }
@test "kill -9 at each point of a completion, and of its repair" { case_of crash_core completion; }
@test "kill -9 at each point of admitting a sender, and of its repair" { case_of crash_core admit; }
@test "kill -9 at each point of a rendezvous, and of its repair" { case_of crash_core rendezvous; }
@test "kill -9 at each point of waiting to receive, and of its repair" { case_of crash_core wait-to-receive; }
@test "kill -9 at each point of waiting to send, and of its repair" { case_of crash_core wait-to-send; }
@test "kill -9 at each point of giving up, and of its repair" { case_of crash_core give-up; }
@test "kill -9 at each point of destroying a mailbox, and of its repair" { case_of crash_core destroy; }
@test "kill -9 at each point of destroying one with a waiter, and of its repair" { case_of crash_core destroy-under-waiter; }
@test "kill -9 at each point of making a mailbox, and of its repair" { case_of crash_core create; }
@test "kill -9 at each point of giving a message back, and of its repair" { case_of crash_core give-back; }
@test "kill -9 at each point of consuming a message whose data leaves core, and of its repair" { case_of crash_core consume; }
@test "kill -9 at each point of posting a receive, and of its repair" { case_of crash_async post-receive; }
@test "kill -9 at each point of posting a send, and of its repair" { case_of crash_async post-send; }
@test "kill -9 at each point of collecting, and of its repair" { case_of crash_async collect; }
@test "kill -9 at each point of cancelling, and of its repair" { case_of crash_async cancel; }
@test "kill -9 at each point of a deadline, and of its repair" { case_of crash_async expire; }
@test "kill -9 at each point of a send to a group, and of its repair" { case_of crash_async send-to-group; }
@test "kill -9 at each point of waiting in a group, and of its repair" { case_of crash_async wait-in-group; }
@test "kill -9 at each point of making and using an index, and of its repair" { case_of crash_async index; }
@test "kill -9 at each point of a send of 1 MiB and more, and of its repair" { case_of crash_async send-long; }
@test "kill -9 at each point of receiving it, and of its repair" { case_of crash_async receive-long; }
@test "kill -9 at each point of making a pipe, and of its repair" { case_of crash_pipe create; }
@test "kill -9 at each point of a write, and of its repair" { case_of crash_pipe write; }
@test "kill -9 at each point of a read, and of its repair" { case_of crash_pipe read; }
@test "kill -9 at each point of a write under a watcher, and of its repair" { case_of crash_pipe write-under-watcher; }
@test "kill -9 at each point of a read under a watcher, and of its repair" { case_of crash_pipe read-under-watcher; }
@test "kill -9 at each point of emptying a pipe with a watcher, and of its repair" { case_of crash_pipe empty-under-watcher; }
@test "kill -9 at each point of a write that completes a watch, and of its repair" { case_of crash_pipe completion; }
@test "kill -9 at each point of giving up a watch, and of its repair" { case_of crash_pipe give-up; }
@test "kill -9 at each point of giving a pipe another ring, and of its repair" { case_of crash_pipe resize; }
@test "kill -9 at each point of destroying a pipe, and of its repair" { case_of crash_pipe destroy; }
@test "kill -9 at each point of destroying one with a watcher, and of its repair" { case_of crash_pipe destroy-under-watcher; }
@test "kill -9 at each point of taking a pipe's name away, and of its repair" { case_of crash_pipe unname; }
@test "kill -9 before each change of making an instance, and then of the next comer's" { case_of crash_region make; }
@test "kill -9 so where the file system has no files without names" { case_of crash_region make-with-names; }
