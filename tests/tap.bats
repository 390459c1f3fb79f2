#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Looking on: tests/core_tap.c and crash_tap.c say what each asserts.

load helper

@test "tap: each has a copy of what comes, and the messages stay" { case_of core_tap copies; }
@test "tap: what is handed over, or taken from who waits, is copied when it is accepted" { case_of core_tap accepted; }
@test "tap: one that is full misses, and is told how many" { case_of core_tap missed; }
@test "tap: as much of the data as it wants, and how much there was" { case_of core_tap cut; }
@test "tap: beside listeners, sets and pauses" { case_of core_tap others; }
@test "tap: it ends with its source, its port, its task" { case_of core_tap ends; }
@test "tap: all see one order, the queue's" { case_of core_tap order; }
@test "tap: what is refused" { case_of core_tap refused; }

@test "kill -9 at each point of sending to a tapped port, and of its repair" { case_of crash_tap send; }
@test "kill -9 at each point of handing over what is tapped, and of its repair" { case_of crash_tap send-to-receiver; }
@test "kill -9 at each point of taking from a sender at a tapped port, and of its repair" { case_of crash_tap take-from-sender; }
@test "kill -9 at each point of beginning and ending a tap, and of its repair" { case_of crash_tap open-close; }
@test "kill -9 at each point of destroying what is tapped, and of its repair" { case_of crash_tap destroy-source; }
@test "kill -9 at each point of finding a tap's port gone, and of its repair" { case_of crash_tap find-port-gone; }

# ---- from the shell

# Until somebody looks on at jobs: taps N
taps() { [ "$(portico ls -a | grep -c '^tap ')" -eq "${1:-1}" ]; }

@test "tap: portico tap prints a line a message, and ends with the mailbox" {
	portico create jobs
	timeout 20 portico tap jobs >"$private/seen" &
	eventually 5 taps
	portico send jobs 'hello there'
	printf 'a\nb' | portico send jobs
	[ "$(portico recv --no-wait jobs)" = 'hello there' ]
	eventually 5 grep -q ' pid [0-9]*  type 0  3 bytes  a.b$' "$private/seen"
	portico rm jobs
	wait $!
	grep -qE '^20..-..-.. ..:..:..\.[0-9]{6}  pid [0-9]+  type 0  11 bytes  hello there$' "$private/seen"
	[ "$(wc -l <"$private/seen")" -eq 2 ]
}

@test "tap: what preloaded programs send to a System V queue is seen, too" {
	preload "$BUILD/tests/sysv_tool" make 4711
	timeout 20 portico tap -n 1 --msg 0x1267 >"$private/seen" &
	eventually 5 taps
	preload "$BUILD/tests/sysv_tool" send 4711 hello
	wait $!
	grep -q 'type 1  5 bytes  hello$' "$private/seen"
	[ "$(preload "$BUILD/tests/sysv_tool" receive 4711)" = hello ]
	preload "$BUILD/tests/sysv_tool" remove 4711
}
