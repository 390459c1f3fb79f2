#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Seconds of what `make torture` does for minutes: tests/torture.c, tests/scribble.c; and big loads, tests/core_load.c.

load helper

# Its seed is in what it says first: give it that again with --seed.
torture() { timeout -k 1 100 "$BUILD/tests/torture" "$@"; }
scribble() { timeout -k 1 100 "$BUILD/tests/scribble" "$@"; }
load_of() { timeout -k 1 100 "$BUILD/tests/core_load" "$@"; }

@test "torture: random operations, kill -9 every few milliseconds; the ledger agrees" { torture --epochs 8; }
@test "torture: the same with a seed of its own" { torture --epochs 4 --seed 1; }
@test "torture: its ledger would notice" {
	run torture --epochs 2 --lie 20
	[ "$status" -eq 1 ]
	[[ $output = *"lost"* ]]
}
@test "scribbled region: bystanders get errors, but don't crash, nor hang" { scribble --rounds 12; }
@test "load: 100 000 mailboxes are made, found, used and destroyed" { load_of mailboxes; }
@test "load: one thread has 10 000 waits" { load_of waits; }
@test "load: 10 000 waits of the dead leave their lines" { load_of waits-of-the-dead; }
@test "load: 1 000 tasks at once, all answered, then all killed" { load_of tasks; }
@test "load: a million messages, in order" { load_of messages; }
@test "load: a million messages, found again by a repair" { load_of messages-repaired; }
