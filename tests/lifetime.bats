#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 420
#
# System V objects that end with their makers, their users, or idle.

load sysv_helper

test_limit_seconds=200

# The cases of a lifetime, in instances that give it: a case's name begins with its lifetime's.
living() {
	local how=$1 case
	shift
	for case in $("${@: -1}" | grep "^${how%%:*}_"); do
		rm -rf "$PORTICO_KERNEL"
		portico limits lifetime="$how"
		timeout 60 "$@" "$case" || { echo "$case: failed with $?"; return 1; }
	done
	[ -s "$PORTICO_KERNEL/region" ]
}

every_way() {
	local program=sysv_life
	living "$1" env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$BUILD/tests/$program" || return
	[ -x "$BUILD/tests/musl/$program" ] || return 0
	living "$1" env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$BUILD/tests/musl/$program" || return
	living "$1" "$BUILD/tests/static/$program"
}

@test "lifetime: for ever, where nothing else is said" {
	[[ $(portico limits -k "$PORTICO_KERNEL.other" ports=none && portico limits -k "$PORTICO_KERNEL.other") = \
		*"lifetime         persist"* ]]
	every_way persist
}

@test "lifetime: with the creator" { every_way creator; }
@test "lifetime: with the last user" { every_way last-user; }
@test "lifetime: until it was idle" { every_way idle:1; }

@test "lifetime: it is that of what is made from then on" {
	old=$(preload ipcmk -Q | grep -o '[0-9]*$')
	portico limits lifetime=creator
	[[ $(portico limits --json) = *'"lifetime": "creator"'* ]]
	preload ipcmk -Q
	eventually 10 sh -c '[ "$(portico ls --json | grep -c queue)" -le 1 ]'
	preload ipcrm -q "$old"
}

@test "lifetime: what is no lifetime is refused" {
	for how in ever idle idle:0 idle:-1 idle:x; do
		run portico limits lifetime=$how
		[ "$status" -eq 2 ]
	done
}

@test "kill -9 at each point of making what ends with its creator, and of its repair" { case_of crash_lifetime creator; }
@test "kill -9 at each point of making what ends with its last user, and of its repair" { case_of crash_lifetime last-user; }
@test "kill -9 at each point of using it, and of its repair" { case_of crash_lifetime use; }
@test "kill -9 at each point of ending what a dead creator made, and of its repair" { case_of crash_lifetime end-of-creator; }
@test "kill -9 at each point of ending what nobody uses any more, and of its repair" { case_of crash_lifetime end-of-last-user; }
@test "kill -9 at each point of inheriting uses over exec, and of its repair" { case_of crash_lifetime inherit; }
