#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# Core under the sanitizers, and an ordinary build under valgrind.  What they
# report goes to files, so that it counts, too, in a process that is killed.

load cases_helper

test_limit_seconds=200

# Run a command and fail if a sanitizer reported: unreported COMMAND...
unreported() {
	local status=0 report reports=("log_path=$private/report" "exitcode=99")
	ASAN_OPTIONS="$ASAN_OPTIONS:${reports[0]}:${reports[1]}" UBSAN_OPTIONS="${reports[0]}:print_stacktrace=1" \
		TSAN_OPTIONS="${reports[0]}:${reports[1]}" "$@" || status=$?
	for report in "$private"/report.*; do
		[ -e "$report" ] || continue
		head -n 60 "$report"
		status=1
	done
	return "$status"
}

asan() {
	require_build asan
	unreported all_cases "$BUILD/asan/tests/$1" "${@:2}"
}

asan_kills() {
	require_build asan
	unreported all_cases -o "$BUILD/asan/tests/$1"
}

tsan() {
	require_build tsan
	unreported all_cases "$BUILD/tsan/tests/$1" "${@:2}"
}

# ---- AddressSanitizer and UndefinedBehaviorSanitizer

@test "address, undefined: instances" { asan core_region; }
@test "address, undefined: mailboxes" { asan core_mailbox; }
@test "address, undefined: asynchronous transfers" { asan core_async; }
@test "address, undefined: tasks" { asan core_task but many-in-turn; }
@test "address, undefined: threads" { asan core_threads; }
# Its search for leaks cannot always stop the service, a thread that sleeps.
@test "address, undefined: handlers" { ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" asan core_handler; }
@test "address, undefined: signals of ports" { ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" asan core_port_signal; }
@test "address, undefined: control of tasks" { asan core_control; }
@test "address, undefined: kill -9 at each point of what a mailbox does" { asan_kills crash_core; }
@test "address, undefined: kill -9 at each point of what goes beyond it" { asan_kills crash_async; }
@test "address, undefined: kill -9 at each point of what a pipe does" { asan_kills crash_pipe; }
@test "address, undefined: kill -9 at each point of what a set does" { asan_kills crash_sysv; }
@test "address, undefined: kill -9 at each point of what a segment does" { asan_kills crash_segment; }

@test "address, undefined: 50 rounds of eight processes, one killed" {
	require_build asan
	unreported timeout 100 "$BUILD/asan/tests/core_ledger" 50
}

@test "undefined: System V programs with the preload object" {
	require_build asan
	local program
	for program in sysv_msg sysv_sem sysv_shm; do
		under="env LD_PRELOAD=$BUILD/asan/lib/libportico-preload.so" all_cases "$BUILD/tests/$program"
	done
}

# A mailbox's life by the command, run as `COMMAND... PORTICO`.
every_command() {
	"$@" create --slots 4 letters && "$@" send letters 'a word' && "$@" ls && "$@" stat letters && "$@" ps &&
		[ "$("$@" recv letters)" = 'a word' ] && "$@" doctor && "$@" rm letters
}

@test "address, undefined: the command" {
	require_build asan
	unreported every_command "$BUILD/asan/bin/portico"
}

# ---- ThreadSanitizer: it sees the threads of a process

# A signal's handler runs later under it, so that case has nothing to time.
@test "thread: mailboxes" { tsan core_mailbox but interrupted-at-the-tick; }
@test "thread: asynchronous transfers" { tsan core_async; }
@test "thread: tasks" { tsan core_task but many-in-turn; }
@test "thread: threads that share a handle" { tsan core_threads; }
@test "thread: signals of ports" { tsan core_port_signal; }
@test "thread: handlers" { tsan core_handler but fork; } # it knows no threads after one

@test "thread: 20 rounds of eight processes, one killed" {
	require_build tsan
	unreported timeout 100 "$BUILD/tsan/tests/core_ledger" 20
}

# ---- valgrind

# Without its search for leaks, which reads all that is mapped: so it would give
# memory to the whole of the region.  AddressSanitizer looks for leaks, above.
# fair: else a thread that is busy may keep the others from running at all.
valgrind="valgrind -q --error-exitcode=99 --leak-check=no --fair-sched=try"

require_valgrind() { command -v valgrind >/dev/null || skip "no valgrind: install the package valgrind"; }

memcheck() {
	require_valgrind
	under=$valgrind all_cases "$BUILD/tests/$1" "${@:2}"
}

# Under it, too, a signal's handler runs later than it came.
@test "valgrind: mailboxes" { memcheck core_mailbox but interrupted-at-the-tick many; }
@test "valgrind: asynchronous transfers" { memcheck core_async; }
# Its addresses end at 128 GiB, which is too few for so many handles.
@test "valgrind: threads" { memcheck core_threads but handles reaping; }

@test "valgrind: the command" {
	require_valgrind
	# shellcheck disable=SC2086 # a command
	every_command $valgrind portico
}

@test "valgrind: a System V program with the preload object" {
	require_valgrind
	under="env LD_PRELOAD=$BUILD/lib/libportico-preload.so $valgrind" all_cases "$BUILD/tests/sysv_msg"
}
