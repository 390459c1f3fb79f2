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
