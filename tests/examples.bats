#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What examples/ shows is so.

load helper

# Run one, and check what it prints.
shows() {
	run timeout -k 1 30 "$BUILD/examples/$1"
	[ "$status" -eq 0 ]
	[ "$output" = "$2" ] || { echo "$output"; return 1; }
}

@test "examples: priority" {
	shows priority '255  fire!
255  flood!
  5  a telegram
  0  a letter
  0  another letter'
}

@test "examples: clock" {
	shows clock 'keeps all: 1 2 3 4 5
keeps one: 1
keeps all: 6 7 8 9 10
keeps one: (4 missed) 6
keeps all: heard 10, missed 0
keeps one: heard 2, missed 8'
}

@test "examples: direct" {
	shows direct 'twice 1 is 2
twice 21 is 42
twice 500 is 1000
twice 0 is 0
and then: that task has ended'
}

@test "examples: handler" {
	shows handler '1 squared is 1
2 squared is 4
3 squared is 9'
}

@test "examples: signal" {
	shows signal 'received 1
received 2
received 3'
}

@test "examples: names" {
	shows names "the child sees jail/
the child sees greeter
the child sees jail/warder
the greeter got 'hello'
the child sees jail/
the child sees host
the child sees jail/warder
the greeter got 'hello'
the child sees warder
the greeter got 'hello'"
}

@test "examples: mutex" {
	shows mutex 'empty is free: 4 processes counted to 8000
full is free: 4 processes counted to 8000'
}

@test "examples: wakeup" {
	shows wakeup 'one slot: an early wakeup is kept
one slot: a second adds nothing
no slots: an early wakeup is lost
1000 items through a buffer of 4: their sum is 499500'
}

@test "examples: limits" {
	shows limits 'one more: the instance holds as many of these as it can, or as its limits allow
3 of 3 places taken'
}

@test "examples: sysv_limits" {
	shows sysv_limits 'a message may have 1024 MiB
more operations at once: no such object, or a value out of range
0 of 32000 queues'
}

@test "examples: policy" {
	shows policy 'it serves its owner: mode 700
what is made there lives until they are removed
it serves everybody: mode 755
what is made there lives as long as who made them'
}

@test "examples: receipt" {
	shows receipt 'nobody there: the time came before it could be done
an order went to one of the clerks
an order went to one of the clerks'
}

@test "examples: deadlock" {
	shows deadlock 'likely a deadlock of 2:
  anna waits to send to mailbox ben, which ben made
  ben waits to send to mailbox anna, which anna made
ended; deadlocks now: 0'
}

@test "examples: control" {
	shows control '1 and 1 is 2
the child is suspended: 1
2 and 1 is 3
it was ended by signal 15'
}

@test "examples: sets" {
	shows sets 'order: a chair
complaint: the chair creaks
order: oil'
}

@test "examples: poll" {
	shows poll 'message 1
message 2
message 3
and then it was quiet'
}

@test "examples: rights" {
	shows rights "with the right to receive: that right isn't of the kind that is wanted
rights to send: 1, in a message
the client sent 'one'
the client sent 'two'
the client sent 'three'
nobody is left who could send"
}

@test "examples: call" {
	shows call '3 squared is 9
13: whoever had the request gave it up, or ended, without an answer
12 squared is 144
0: whoever had the request gave it up, or ended, without an answer
4: the object was removed'
}

@test "examples: memory" {
	shows memory 'sent; the parent may free it: no, it has it no more
64 MiB are back, with the sum that they were sent with
they lie where they lay, so nothing was copied: yes
the last word was 8388607, and is 16777214'
}

@test "examples: backup" {
	shows backup 'the server has done job 1
it was killed; its port is ours
the backup has done job 2
the backup has done job 3
the backup has done job 4'
}

@test "examples: share" {
	shows share 'the first sends: success
a third receives: in use otherwise: by as many as share it, or in a port set
the second sends: success
one in its place receives: success
the first claims it: success
another receives: in use otherwise: by as many as share it, or in a port set
another sends: success
another receives, once it is yielded: success'
}

@test "examples: peek" {
	shows peek 'nothing yet: would have to wait, and was told not to
the next has 5 bytes
0: first
1: the second
2: and the third
posted: it goes on, or isn'\''t told of yet
sent: success'
}

@test "examples: sysv_poll" {
	LD_PRELOAD=$BUILD/lib/libportico-preload.so shows sysv_poll '1: letter 1
2: letter 2
3: letter 3
quiet'
	shows sysv_poll "this is the real kernel: its queues have no descriptors"
}

@test "examples: semaphore_poll" {
	LD_PRELOAD=$BUILD/lib/libportico-preload.so shows semaphore_poll 'took 1
took 2
took 3
the worker is gone'
	shows semaphore_poll "this is the real kernel: its semaphores have no descriptors"
}

@test "examples: pause" {
	shows pause "paused: 1, messages: 1
received nothing: would have to wait, and was told not to
received 'a chair'"
}

@test "examples: tap" {
	shows tap 'received a chair
received a table
received a lamp
received a bed
saw a ch..., 7 bytes, of type 0
saw a ta..., 7 bytes, of type 1
saw a la..., 6 bytes, of type 2
and then: the object was removed'
}
