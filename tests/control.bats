#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Control of tasks by others: tests/core_control*.c and tests/crash_control.c say what each asserts.

load helper

@test "control: a task is suspended and resumed" { case_of core_control suspend; }
@test "control: suspensions are counted" { case_of core_control counted; }
@test "control: a suspended task holds no lock, wherever it was" { case_of core_control holds-no-lock; }
@test "control: one that is never outside of a lock goes on" { case_of core_control busy; }
@test "control: two may suspend each other" { case_of core_control each-other; }
@test "control: a suspension stays when who made it dies" { case_of core_control suspender-dies; }
@test "control: one stopped in a lock by who dies then is let go on by who wants the lock" { case_of core_control rescued; }
@test "control: a suspended task may die, and its place begins anew" { case_of core_control target-dies; }
@test "control: a process that is two tasks goes on when both are resumed" { case_of core_control one-process; }
@test "control: what a task is and has" { case_of core_control inspect; }
@test "control: a task is ended, suspended or not" { case_of core_control end; }
@test "control: misuse is an error" { case_of core_control misused; }
@test "control: another user's task is left alone" { case_of core_control foreign; }
@test "control: a server may do what its client may, by whose the process is now" { case_of core_control_acting acting; }
@test "control: of another pid namespace, too" { case_of core_control namespace; }

@test "control: kill -9 at each point of a suspension, and of its repair" { case_of crash_control suspend; }
@test "control: kill -9 at each point of a resume, and of its repair" { case_of crash_control resume; }

# ---- portico suspend, resume, end

@test "suspend, resume, end: a receiver is stopped, shown, goes on, and is ended" {
	portico create jobs
	portico recv --timeout 100 jobs >"$private/got" 3>&- &
	local pid=$!
	listed() { portico ps --json | grep -q "\"pid\": *$pid"; }
	eventually 10 listed
	portico suspend "$pid"
	is_in_state T "$pid"
	portico ps | grep -q "^$pid .* be resumed; it is suspended"
	portico ps --json | grep -q '"suspended": *1'
	portico doctor | grep -q "suspended tasks.*1, such as process $pid"
	portico send jobs hello
	portico resume "$pid"
	wait "$pid"
	[ "$(cat "$private/got")" = hello ]
	portico recv --timeout 100 jobs 3>&- &
	pid=$!
	eventually 10 listed
	portico end "$pid"
	wait_killed TERM "$pid"
}

@test "suspend, resume, end: a mistake is told, and what to do" {
	portico create jobs
	run portico suspend $$
	[ "$status" -eq 1 ]
	[[ $output == *"process $$ doesn't use the instance"*'portico ps'* ]]
	run portico end frob
	[ "$status" -eq 2 ]
	[[ $output == *"'frob' is no pid"* ]]
	portico recv --timeout 100 jobs 3>&- &
	local pid=$!
	listed() { portico ps --json | grep -q "\"pid\": *$pid"; }
	eventually 10 listed
	run portico resume "$pid"
	[ "$status" -eq 1 ]
	[[ $output == *"process $pid isn't suspended"* ]]
	portico end --kill "$pid"
	wait_killed KILL "$pid"
}
