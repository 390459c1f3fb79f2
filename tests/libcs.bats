#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same cases, whoever compiled them and whichever libc serves them.

load cases_helper

of() {
	require_build "$1"
	all_cases "$BUILD/$1/tests/$2" "${@:3}"
}

# With `once` repair isn't killed in turn: core.bats does that.
kills_of() {
	require_build "$1"
	all_cases -o "$BUILD/$1/tests/crash_core"
	all_cases -o "$BUILD/$1/tests/crash_sysv"
	all_cases -o "$BUILD/$1/tests/crash_segment"
}

@test "clang: instances" { of clang core_region; }
@test "clang: mailboxes" { of clang core_mailbox; }
@test "clang: asynchronous transfers" { of clang core_async; }
@test "clang: tasks" { of clang core_task but many-in-turn; }
@test "clang: threads" { of clang core_threads; }
@test "clang: handlers" { of clang core_handler; }
@test "clang: signals of ports" { of clang core_port_signal; }
@test "clang: control of tasks" { of clang core_control; }
@test "clang: kill -9 at each point" { kills_of clang; }

@test "musl: instances" { of musl core_region; }
@test "musl: mailboxes" { of musl core_mailbox; }
@test "musl: asynchronous transfers" { of musl core_async; }
@test "musl: tasks" { of musl core_task but many-in-turn; }
@test "musl: threads" { of musl core_threads; }
@test "musl: handlers" { of musl core_handler; }
@test "musl: signals of ports" { of musl core_port_signal; }
@test "musl: control of tasks" { of musl core_control; }
@test "musl: kill -9 at each point" { kills_of musl; }

@test "gcc, clang and musl: one instance serves all at once" {
	local build programs=()
	require_build clang
	require_build musl
	for build in "$BUILD" "$BUILD/clang" "$BUILD/musl"; do
		timeout 60 "$build/tests/core_mailbox" many &
		programs+=("$!")
	done
	for program in "${programs[@]}"; do
		wait "$program"
	done
	portico doctor
}
