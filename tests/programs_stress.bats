#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# Programs that are written to find a kernel's faults: stress-ng, and rt-tests'
# svsematest.  They matter because they do what no other program does: bad ids
# and addresses, odd flags, limits, /proc/sysvipc, mlock() and mincore() of
# segments, mlockall() before anything else, real-time priorities.

load programs_helper

setup() {
	private_setup
	cd "$private" || return
}

# Two workers of a stressor; it says nothing of a failure, and ends as it should.
stress() {
	require stress-ng stress-ng
	run on_portico timeout 800 stress-ng --temp-path "$private" --metrics-brief --verify --"$1" 2 --"$1"-ops "$2"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$(grep -E 'fail:|error:|unsuccessful' <<<"$output")" ]
	grep -qE "^stress-ng: .*metrc.* $1 +[1-9]" <<<"$output"
	all_gone
}

# Types, MSG_EXCEPT, MSG_COPY, msgctl of each kind, and bad ones, while messages that are numbered pass.
@test "stress-ng --msg: messages arrive whole and in order" { stress msg "$(amount 2000 2000000)"; }

# Several processes at one semaphore by semop and semtimedop, with odd operations, GETALL, SETALL, SEM_STAT_ANY.
@test "stress-ng --sem-sysv: semaphores under odd operations" { stress sem-sysv "$(amount 1000 1000000)"; }

# Segments of many sizes, attached at addresses of all kinds, locked, advised, forked, removed while attached.
@test "stress-ng --shm-sysv: segments keep what is written to them" { stress shm-sysv "$(amount 60 600)"; }

# Two semaphores to and fro, in threads and between processes, with all memory locked.
@test "svsematest: threads and processes answer each other" {
	require svsematest rt-tests
	[ "$(id -u)" -eq 0 ] || [ "$(ulimit -l)" = unlimited ] || skip "svsematest locks its memory: ulimit -l unlimited"
	local fork
	for fork in "" --fork; do
		run on_portico timeout 100 svsematest --quiet --smp --loops="$(amount 500 20000)" $fork
		echo "$output"
		[ "$status" -eq 0 ]
		grep -qE "Cycles $(amount 500 20000)\$" <<<"$output"
		grep -qE '^#1 -> #0, Min +[0-9]+, ' <<<"$output"
	done
	all_gone
}
