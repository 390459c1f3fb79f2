#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Looking inside: rights, messages in mailboxes, and ports of every kind, of what tests/tools_stage.c has made.

bats_require_minimum_version 1.5.0
load tools_helper

setup() {
	private_setup
	"$BUILD/tests/tools_stage" >"$private/pids" 3>&- &
	stage=$!
	eventually 20 test -s "$private/pids"
	read -r server client <"$private/pids"
}

teardown() {
	if [ -n "$stage" ]; then
		kill -KILL "$stage"
		wait_killed KILL "$stage"
	fi
	private_teardown
}

# A line of $output is this extended regular expression.
line_says() { grep -Eqx -- "$1" <<<"$output" || { echo "no line is $1:"; echo "$output"; return 1; }; }

# ---- ls

@test "look: ls shows mailboxes only, and with -a ports of every kind" {
	p ls
	[ "$status" -eq 0 ]
	[ "$(grep -Ec '^(port|inbox|completions)' <<<"$output")" -eq 0 ]
	p ls -a
	[ "$status" -eq 0 ]
	line_says "port +clock, of pid $server +[0-9]+ .* 0 messages, 0 bytes, 2 references to send +1024 of 1M, .*"
	line_says "port set +of pid $server +[0-9]+ .* 2 messages, 23 bytes, of 2 members +- +- +-"
	line_says "inbox +of pid $client +[0-9]+ .* 2 messages, 6 bytes +.*"
	[ "$(grep -Ec "^completions +of pid $server +" <<<"$output")" -eq 2 ]
	[ "$(grep -Ec '^mailbox ' <<<"$output")" -eq 10 ]
}

@test "look: ls --all --json tells owners, references and members" {
	p ls --json
	json_says 'all(o["kind"] == "mailbox" and "port" not in o for o in it) and len(it) == 10'
	p ls --all --json
	json_says '[(o["name"], o["send_references"]) for o in it if o["kind"] == "port"] == [("clock", 2)]'
	json_says '[(o["members"], o["messages"]) for o in it if o["kind"] == "port set"] == [(2, 2)]'
	json_says '[o["owner_pid"] for o in it if o["kind"] == "inbox"] == ['"$client"']'
	json_says 'all(o["owner_pid"] and o["port"] > 0 and o["mode"] for o in it if o["kind"] != "mailbox")'
}

# ---- rights

@test "look: rights lists who holds which, what it is told of, and what is on its way" {
	p rights
	[ "$status" -eq 0 ]
	line_says "PID +COMMAND +RIGHT +REFERENCES +TO +STATE +TOLD OF"
	line_says "$server +tools_stage +receive +1 +port clock +2 to send +no senders"
	line_says "$server +tools_stage +memory +1 +65536 bytes +- +-"
	line_says "$client +tools_stage +send +1 +port clock +- +dead name"
	line_says "$client +tools_stage +task +1 +pid $server +- +task ended"
	line_says "- +- +send +1 +port clock +in a message at mailbox parcel +-"
	line_says "- +- +send once +1 +port clock +in a message at mailbox parcel +-"
	line_says "- +- +memory +1 +8192 bytes +in a message at mailbox parcel +-"
	line_says "- +- +memory +1 +4096 bytes +in a message at mailbox plain +-"
	[ "$(wc -l <<<"$output")" -eq 9 ]
}

@test "look: rights of one task, and as JSON" {
	p rights "$client"
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 3 ]
	p rights --json
	json_says '[r["kind"] for r in it if r["pid"] == '"$server"'] == ["receive", "memory"]'
	json_says '[(r["to"], r["senders"], r["dead"]) for r in it if r["kind"] == "receive"] == [("port clock", 2, False)]'
	json_says 'sorted(r["kind"] for r in it if r["pid"] == 0 and r["message_at"] == "mailbox parcel") == ["memory", "send", "send once"]'
	json_says 'sum(r["bytes"] for r in it if r["kind"] == "memory") == 65536 + 8192 + 4096'
	json_says '[r["requests"][0]["event"] for r in it if r["pid"] and r.get("requests")] == ["no senders", "dead name", "task ended"]'
	# the pages in which a long message keeps its data are nobody's to send
	portico limits pooled=none
	portico create --bytes 2M long
	head -c 2000000 /dev/zero | portico send long
	p rights --json
	json_says 'sum(r["bytes"] for r in it if r["kind"] == "memory") == 65536 + 8192 + 4096'
	p rights 1
	[ "$status" -eq 1 ]
	[[ $stderr = "portico rights: pid 1: hasn't used the instance "* ]]
	p rights x
	[ "$status" -eq 2 ]
}

@test "look: what has lost its port is dead, and looking gives nobody a right" {
	p rights --json
	local before=$output
	portico peek clock
	portico stat clock
	p rights --json
	[ "$output" = "$before" ]
	kill -KILL "$stage"
	wait_killed KILL "$stage"
	stage=
	eventually 10 no_rights_of_tasks
	p rights
	line_says "- +- +send +1 +port \(gone\) +dead; in a message at mailbox parcel +-"
	p rights --json
	json_says 'all(r["pid"] == 0 and r.get("dead", True) for r in it) and len(it) == 4'
}

no_rights_of_tasks() { portico rights --json | python3 -c 'import json, sys
sys.exit(any(r["pid"] for r in json.load(sys.stdin)))'; }

# ---- peek

@test "look: peek shows what lies in a mailbox, and leaves it there" {
	p peek many
	[ "$status" -eq 0 ]
	line_says "NUMBER +PID +TYPE +PRIORITY +BYTES +STATE +BEGINS"
	line_says "0 +$server +3 +9 +7 +receipt wanted, [0-9.]+ s +receipt"
	line_says "1 +$server +1 +0 +12 +queued +first\\.second"
	line_says "2 +$server +1 +0 +70 +queued +01234567890123456789012345678901\\.\\.\\."
	p peek -n 1 many
	[ "$(wc -l <<<"$output")" -eq 2 ]
	p peek --json -n 2 many
	json_says '[(m["number"], m["type"], m["priority"], m["bytes"], m["text"]) for m in it] == [(0, 3, 9, 7, "receipt"), (1, 1, 0, 12, "first.second")]'
	json_says 'it[0]["receipt_wanted"] and it[0]["age_ns"] > 0 and not it[1]["receipt_wanted"] and "age_ns" not in it[1]'
	p stat --json many
	json_says 'it["messages"] == 3'
}

@test "look: peek says what a message carries" {
	p peek parcel
	line_says "0 +$server +7 +0 +4 +queued +data \[1 right, the right to answer it and 8192 bytes of memory\]"
	p peek --json parcel
	json_says 'it[0]["rights"] == 1 and it[0]["wants_answer"] and it[0]["memory_bytes"] == 8192 and it[0]["bytes"] == 4'
}

@test "look: peek at a member of a set, an inbox by its number, and who waits to send" {
	p peek member
	line_says "0 +$server +1 +0 +11 +queued +to a member"
	[ "$(wc -l <<<"$output")" -eq 2 ] # and not what the other member has
	local inbox
	inbox=$(portico ls -a --json | python3 -c 'import json, sys
print([o["port"] for o in json.load(sys.stdin) if o["kind"] == "inbox"][0])')
	p peek --port --json "$inbox"
	json_says '[m["text"] for m in it] == ["one", "two"]'
	p peek --port 4000
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico peek: port 4000: there is none; \`portico ls -a\` shows which there are" ]
	p peek --port many
	[ "$status" -eq 2 ]
	portico create --slots 0 meet
	timeout 10 portico send meet hello &
	eventually 5 senders_wait meet 1
	p peek meet
	line_says "0 +[0-9]+ +0 +0 +5 +sender waits, [0-9.]+ s +hello"
	portico recv meet
	wait $!
}

@test "look: peek at nothing, and at what isn't there" {
	portico create empty
	p peek empty
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 1 ]
	p peek --json empty
	json_says 'it == []'
	p peek nonsuch
	[ "$status" -eq 1 ]
	[[ $stderr = "portico peek: mailbox nonsuch: nothing has that name; "* ]]
}

@test "look: peek at many more than fit under one lock" {
	portico limits pooled=none
	portico create --slots 2000 box
	seq 1000 | portico send --lines box
	p peek --json -n 900 box
	json_says '[m["text"] for m in it] == [str(i) for i in range(1, 901)]'
	json_says '[m["number"] for m in it] == list(range(900))'
}

# ---- stat

@test "look: stat tells who shares a mailbox, and what is about it" {
	p stat shared
	line_says "shared by +two tasks at most"
	line_says "used by process +$server"
	p stat --json shared
	json_says 'it["shared_by"] == "pair" and it["users"] == ['"$server"']'
	p stat many
	line_says "shared by +any"
	line_says "of priority 9 +1"
	line_says "receipts awaited +1"
	p stat --json many
	json_says 'it["priorities"] == {"9": 1, "0": 2} and it["receipts_awaited"] == 1 and not it["pooled"]'
	p stat bell
	line_says "bell +rings"
	p stat member
	line_says "member of +port set [0-9]+"
	p stat pooled
	line_says "pooled +yes"
	line_says "places of the pool +1"
}

@test "look: stat tells who hears a mailbox, and what was missed" {
	p stat loud
	line_says "heard by +mailbox ear, for process $client: heard 1, missed 1 \\(1 lately\\)"
	line_says "heard by +inbox of pid $client, for process $client: heard 2, missed 0 \\(0 lately\\)"
	p stat --json ear
	json_says '[(h["port"], h["heard"], h["missed"]) for h in it["hears"]] == [("mailbox loud", 1, 1)]'
	json_says 'it["listeners"] == [] and it["bell"] == "none" and it["pooled"]'
}

@test "look: stat of a guarded port, and of one by its number" {
	p stat clock
	line_says "port +clock"
	line_says "receiver +$server"
	line_says "references to send +2"
	local set
	set=$(portico ls -a --json | python3 -c 'import json, sys
print([o["port"] for o in json.load(sys.stdin) if o["kind"] == "port set"][0])')
	p stat -p --json "$set"
	json_says 'it["members"] == 2 and it["owner_pid"] == '"$server"' and it["messages"] == 2'
	p stat -p
	[ "$status" -eq 2 ]
}

@test "look: stat of the instance tells what is held, what is on its way, and what is allowed" {
	p stat
	line_says "rights held +3"
	line_says "rights in messages +2"
	line_says "requests to be told +3"
	line_says "memory held +65536"
	line_says "memory in messages +12288"
	line_says "listeners +2"
	line_says "most ports +16 used, at most 1000"
	line_says "most rights-per-task +2 used, no limit"
	p stat --json
	json_says 'it["rights_held"] == 3 and it["memory_in_messages_bytes"] == 12288 and it["listeners"] == 2'
	json_says 'it["limits"]["ports"] == {"most": 1000, "used": 16} and it["limits"]["pooled"]["used"] == 2'
}

# ---- recv

@test "look: recv writes data and memory of a message with parts" {
	p recv --verbose plain
	[ "$status" -eq 0 ]
	[ "$output" = datamemory ]
	[[ $stderr = *", 4 bytes, 6 bytes of memory" ]]
	p stat --json
	json_says 'it["memory_in_messages_bytes"] == 8192'
}

@test "look: recv leaves a message that carries rights, unless they may be lost" {
	for how in "" --all "--count 2"; do
		# shellcheck disable=SC2086 # words
		p recv --no-wait $how parcel
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[[ $stderr = "portico recv: mailbox parcel: its next message brings 1 right, the right to answer it and 8192 bytes of memory; "*"--drop-rights"* ]]
	done
	p stat --json parcel
	json_says 'it["messages"] == 1'
	[ "$(portico recv --drop-rights parcel | wc -c)" -eq 8196 ]
	p stat --json
	json_says 'it["rights_in_messages"] == 0 and it["memory_in_messages_bytes"] == 4096'
	p stat --json clock
	json_says 'it["send_references"] == 1 and it["messages"] == 1' # it is told that the right to answer is lost
}

@test "look: recv where it may not says so" {
	p recv --no-wait clock
	[ "$status" -eq 1 ]
	[[ $stderr = "portico recv: mailbox clock: only its owner may do that"* ]]
}

@test "look: a file gives no message with parts, and leaves it" {
	require_fuse
	portico mount
	run cat "$PORTICO_KERNEL/mnt/mbox/parcel"
	local status_of_cat=$status said=$output
	portico umount
	[ "$status_of_cat" -eq 1 ]
	[[ $said = *"Bad message"* ]]
	p stat --json parcel
	json_says 'it["messages"] == 1'
	p stat --json
	json_says 'it["rights_in_messages"] == 2'
}

# ---- doctor

# What the doctor finds wrong with that subject.
complaints() { grep -E "^(bad|limited) +$1: " <<<"$output" || true; }

# It finds nothing; then that damage, of which it says this; and it says what it did: doctor_mends DAMAGE FINDING SUBJECT REPAIR
doctor_mends() {
	p doctor
	[ -z "$(complaints "$3")" ]
	"$BUILD/tests/tools_damage" "$1"
	p doctor
	[[ $(complaints "$3") = "$2"* ]] || { echo "$output"; return 1; }
	p doctor --repair
	grep -Eq "^repaired +$3: $4" <<<"$output" || { echo "$output"; return 1; }
	[ -z "$(complaints "$3")" ]
	p doctor --repair
	[ "$(grep -Ec "^repaired +$3: " <<<"$output")" -eq 0 ] || { echo "$output"; return 1; }
}

@test "look: the doctor finds and mends what ports know of rights" {
	doctor_mends receiver bad rights "what their ports say of them is made anew"
	p stat --json clock
	json_says 'it["send_references"] == 2 and it["owner_pid"] == '"$server"
}

@test "look: the doctor finds and mends port sets and lists of listeners" {
	doctor_mends members bad "mailboxes and queues" "port set [0-9]+ is made anew"
	doctor_mends listeners bad "mailboxes and queues" "mailbox loud is made anew"
	p stat --json loud
	json_says 'len(it["listeners"]) == 2'
}

@test "look: the doctor finds and mends the pool, bells, and what is nobody's" {
	doctor_mends pool bad pool "which places are taken is counted anew"
	doctor_mends bell limited bells "1 made to say what their ports have"
	doctor_mends run limited "memory that moves" "1 of messages that are no more: freed"
	: >"$PORTICO_KERNEL/bells/99"
	p doctor
	[[ $output = *"leftovers: 1 file in bells/ of no port"* ]]
	p doctor --repair
	[[ $output = *"leftovers: 1 file in bells/ of no port: removed"* ]]
	[ ! -e "$PORTICO_KERNEL/bells/99" ]
}
