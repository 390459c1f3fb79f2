#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Ports that are paused: tests/core_pause.c and crash_pause.c say what each asserts.

load helper

@test "pause: nothing is received, sends go on, and resuming gives all" { case_of core_pause holds; }
@test "pause: resuming serves those who wait in order" { case_of core_pause order; }
@test "pause: who waits for a type gets it, whoever stands behind" { case_of core_pause selective; }
@test "pause: a rendezvous waits for the end of it" { case_of core_pause rendezvous; }
@test "pause: a full mailbox stays full" { case_of core_pause full; }
@test "pause: posted receives wait, too" { case_of core_pause posted; }
@test "pause: in a set the messages of others pass" { case_of core_pause member; }
@test "pause: in a set with an index, too" { case_of core_pause member-indexed; }
@test "pause: a set's waiting receiver gets what is resumed first" { case_of core_pause member-waits; }
@test "pause: descriptors and scans say that there is nothing" { case_of core_pause poll; }
@test "pause: a listener keeps its copies" { case_of core_pause listener; }
@test "pause: what is given back stays" { case_of core_pause given-back; }
@test "pause: messages are dropped and injected by hand meanwhile" { case_of core_pause by-hand; }
@test "pause: who waits is told why" { case_of core_pause why; }
@test "pause: what is refused" { case_of core_pause refused; }

@test "kill -9 at each point of pausing, and of its repair" { case_of crash_pause pause; }
@test "kill -9 at each point of resuming, and of its repair" { case_of crash_pause resume; }
@test "kill -9 at each point of resuming a rendezvous, and of its repair" { case_of crash_pause resume-rendezvous; }
@test "kill -9 at each point of resuming a member of a set, and of its repair" { case_of crash_pause resume-member; }

# ---- from the shell

@test "pause: portico pause holds a mailbox, ls and stat say so, unpause lets it go" {
	portico create jobs
	portico send jobs first
	portico pause jobs
	run portico recv --no-wait jobs
	[ "$status" -eq 3 ]
	portico ls | grep -q 'jobs .*1 message, 5 bytes, paused'
	portico stat jobs | grep -qE '^paused +yes'
	portico stat --json jobs | grep -q '"paused": *true'
	portico unpause jobs
	[ "$(portico recv --no-wait jobs)" = first ]
	run portico ls
	[ "$status" -eq 0 ]
	[[ $output != *paused* ]]
	run portico pause nothing
	[ "$status" -eq 1 ]
}

@test "pause: msgrcv waits for a System V queue that is paused, and goes on with it" {
	preload "$BUILD/tests/sysv_tool" make 4711
	portico pause --msg 0x1267
	preload "$BUILD/tests/sysv_tool" send 4711 hello
	preload "$BUILD/tests/sysv_tool" receive 4711 >"$private/got" &
	eventually 5 waits
	portico unpause --msg 0x1267
	wait $!
	[ "$(cat "$private/got")" = hello ]
	preload "$BUILD/tests/sysv_tool" remove 4711
}
waits() { portico ls | grep -q '1 to receive'; }
