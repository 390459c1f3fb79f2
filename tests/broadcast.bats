#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# One to many, and task to task: tests/core_direct.c, core_broadcast.c and crash_broadcast.c say what each asserts.

load helper

# ---- broadcast

@test "broadcast: each listener gets a copy, and the source queues nothing" { case_of core_broadcast copies; }
@test "broadcast: a full listener misses, and is told how many" { case_of core_broadcast missed; }
@test "broadcast: a listener without slots gets what comes while it waits" { case_of core_broadcast no-slots; }
@test "broadcast: what is too long for a listener it misses; the longest are copied whole" { case_of core_broadcast too-long; }
@test "broadcast: two may listen to each other, and one to itself" { case_of core_broadcast cycles; }
@test "broadcast: copies keep their priority" { case_of core_broadcast priority; }
@test "broadcast: a posted send is complete when all have their copies" { case_of core_broadcast posted; }
@test "broadcast: who waited at the source goes on waiting" { case_of core_broadcast who-waits; }
@test "broadcast: a listener ends with its port, its source, or its task" { case_of core_broadcast ends; }
@test "broadcast: what is refused" { case_of core_broadcast refused; }
@test "broadcast: read at the source, write at the listener's" { case_of core_broadcast permission; }
@test "broadcast: 200 listeners, which come and go" { case_of core_broadcast many-listeners; }
@test "broadcast: many to many, and the counts agree" { case_of core_broadcast many-to-many; }

# ---- direct communication

@test "direct: a task has a name, which is stale when it has ended" { case_of core_direct names; }
@test "direct: two tasks name each other" { case_of core_direct symmetric; }
@test "direct: from a named sender, past others' messages, or from anybody" { case_of core_direct from-whom; }
@test "direct: many to one, each sender's in its order" { case_of core_direct many-to-one; }
@test "direct: an inbox has limits, one receiver, and ends with its task" { case_of core_direct inbox; }
@test "direct: the end of a named sender is told, after what it had sent" { case_of core_direct sender-dies; }
@test "direct: the end of a receiver is told, to who waits for room too" { case_of core_direct receiver-dies; }

# ---- kill -9

@test "kill -9 at each point of a broadcast, and of its repair" { case_of crash_broadcast broadcast; }
@test "kill -9 at each point of a posted broadcast, and of its repair" { case_of crash_broadcast broadcast-posted; }
@test "kill -9 at each point of a broadcast to who waits, and of its repair" { case_of crash_broadcast broadcast-to-waiter; }
@test "kill -9 at each point of missing a message, and of its repair" { case_of crash_broadcast miss; }
@test "kill -9 at each point of telling what was missed, and of its repair" { case_of crash_broadcast tell-missed; }
@test "kill -9 at each point of beginning to listen, and of its repair" { case_of crash_broadcast listen; }
@test "kill -9 at each point of ending it, and of its repair" { case_of crash_broadcast unlisten; }
@test "kill -9 at each point of destroying a source, and of its repair" { case_of crash_broadcast destroy-source; }
@test "kill -9 at each point of destroying a listener's port, and of its repair" { case_of crash_broadcast destroy-port; }
@test "kill -9 at each point of finding it gone, and of its repair" { case_of crash_broadcast find-port-gone; }
@test "kill -9 at each point of sending to a task, and of its repair" { case_of crash_broadcast send-to; }
@test "kill -9 at each point of having an inbox, and of its repair" { case_of crash_broadcast inbox; }
