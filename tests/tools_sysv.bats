#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The portico command on System V queues: peek, drop, inject, by id and by key.

bats_require_minimum_version 1.5.0
load tools_helper

setup() {
	private_setup
	preload "$BUILD/tests/sysv_tool" make 1234
	id=$(portico ls --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
}

# The types and texts of what is queued, one a line.
queued() { portico peek --msg -n 100 --json "$id" | python3 -c 'import json, sys
for m in json.load(sys.stdin): print(m["type"], m["text"])'; }

fill() {
	local type
	for type in "$@"; do
		portico inject "$id" "$type" "of type $type"
	done
}

receive() { preload timeout 10 "$BUILD/tests/sysv_tool" receive 1234; }

@test "queues by the command: what is injected a program receives" {
	p inject "$id" 3 hello there
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	printf 'of standard\0input' | timeout 10 portico inject 0x4d2 1
	p peek --msg --json 0x4d2
	json_says '[(m["type"], m["bytes"], m["queued"]) for m in it] == [(3, 11, True), (1, 17, True)]'
	[ "$(receive)" = "hello there" ]
	[ "$(receive)" = "of standard" ] # it prints up to the zero byte
}

@test "queues by the command: peek leaves what it shows" {
	preload "$BUILD/tests/sysv_tool" send 1234 "from a program"
	p peek --msg "$id"
	[ "$status" -eq 0 ]
	grep -Eqx '0 +[0-9]+ +1 +0 +14 +queued +from a program' <<<"$output"
	[ "$(receive)" = "from a program" ]
	p peek --msg "$id"
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "queues by the command: drop removes the first, those of a type, or all" {
	fill 5 2 9 2 5 1
	p drop "$id" 1
	[ "$output" = "1 message dropped" ]
	p drop --type 2 "$id"
	[ "$output" = "2 messages dropped" ]
	p drop -t 5 0x4d2 7
	[ "$output" = "1 message dropped" ]
	[ "$(queued)" = $'9 of type 9\n1 of type 1' ]
	fill 4 3
	p drop --type=-4 "$id" 2
	[ "$output" = "2 messages dropped" ]
	[ "$(queued)" = $'9 of type 9\n4 of type 4' ]
	p drop "$id" all
	[ "$output" = "2 messages dropped" ]
	p drop "$id" all
	[ "$status" -eq 0 ]
	[ "$output" = "0 messages dropped" ]
	p drop "$id" 0
	[ "$output" = "0 messages dropped" ]
}

@test "queues by the command: what is dropped makes room for who waits" {
	head -c 8192 /dev/zero | portico inject "$id" 1
	head -c 8192 /dev/zero | portico inject "$id" 1
	p inject --no-wait "$id" 2 late
	[ "$status" -eq 3 ]
	p inject --timeout 0.05 "$id" 2 late
	[ "$status" -eq 3 ]
	[[ $stderr = "portico inject: queue $id: "*"--timeout"* ]]
	timeout 20 portico inject "$id" 2 late &
	eventually 10 senders_wait --msg 0x4d2 1
	p drop "$id" 1
	[ "$output" = "1 message dropped" ]
	wait "$!"
	p drop --type 2 "$id"
	[ "$output" = "1 message dropped" ]
}

@test "queues by the command: stat tells all about one" {
	fill 3 4
	p stat --msg "$id"
	[ "$status" -eq 0 ]
	grep -Eqx 'id +'"$id" <<<"$output"
	grep -Eqx 'key +0x000004d2' <<<"$output"
	grep -Eqx 'limit of bytes +16384' <<<"$output"
	p stat --msg --json 0x4d2
	json_says 'it["messages"] == 2 and it["qbytes"] == 16384 and it["key"] == "0x000004d2" and it["id"] == '"$id"
	json_says '"name" not in it and "limit_slots" not in it'
	p ls --json
	json_says 'it[0]["qbytes"] == 16384 and "limit_slots" not in it[0]'
}

@test "queues by the command: rm takes a key, too, and no mailbox" {
	portico create box
	local slot
	slot=$(portico ls -a --json | python3 -c 'import json, sys
print(len(json.load(sys.stdin)))')
	for other in $(seq 0 "$((slot + 2))"); do
		[ "$other" -eq "$((id % 131072))" ] || ! timeout 10 portico rm --msg "$other" 2>"$private/said"
	done
	portico peek box
	p rm --msg 0x4d2
	[ "$status" -eq 0 ]
	p rm --msg "$id"
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico rm: queue $id: there is none of that id; \`portico ls\` shows which there are" ]
}

@test "queues by the command: mistakes" {
	for operands in "drop" "drop $id" "drop $id some" "drop $id -- -1" "drop no 1" "drop 0x 1" "drop 0x4d2zz 1" \
		"inject $id" "inject $id 0 x" "inject $id -- -3 x" "inject $id one x" "inject --no-wait --timeout 1 $id 1 x" \
		"peek --msg --port $id" "stat --msg --port $id" "stat --msg" "stat --msg box" "peek --msg -- -5" "rm --msg box" "rm --msg 99999999999"; do
		# shellcheck disable=SC2086 # a list
		p $operands
		[ "$status" -eq 2 ] || { echo "$operands: $status $stderr"; return 1; }
	done
	p drop 0x4d3 all
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico drop: queue 0x4d3: there is none of that key; \`portico ls\` shows which there are" ]
	head -c 8193 /dev/zero >"$private/long"
	run --separate-stderr timeout 10 portico inject "$id" 1 <"$private/long"
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico inject: queue $id: a message may have 8192 bytes; \`portico limits\` can change msgmax" ]
	[ -z "$(queued)" ]
}
