#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The portico command: mailboxes from the shell, listings, errors and exit statuses.

bats_require_minimum_version 1.5.0
load tools_helper

# ---- the command itself

@test "tools: no command, and an unknown one, are usage errors that say what there is" {
	p
	[ "$status" -eq 2 ]
	[[ $stderr = *"usage: portico COMMAND"* ]]
	[ -z "$output" ]
	p craete x
	[ "$status" -eq 2 ]
	[ "$stderr" = "portico: no command 'craete'; did you mean 'create'?" ]
	p frobnicate
	[ "$status" -eq 2 ]
	[ "$stderr" = "portico: no command 'frobnicate'; see \`portico help\`" ]
}

@test "tools: every command has help, by --help and by help" {
	p help
	[ "$status" -eq 0 ]
	local commands
	commands=$(awk '/^  [a-z]/ { print $1 }' <<<"$output")
	[ "$(wc -w <<<"$commands")" -ge 12 ]
	for command in $commands; do
		p "$command" --help
		[ "$status" -eq 0 ]
		[[ $output = *"usage: portico "* ]]
		[ -z "$stderr" ]
		local said=$output
		p help "$command"
		[ "$status" -eq 0 ]
		[ "$output" = "$said" ]
	done
	p help nonsuch
	[ "$status" -eq 2 ]
}

@test "tools: --version" {
	p --version
	[ "$status" -eq 0 ]
	[[ $output =~ ^portico\ [0-9]+\.[0-9]+\.[0-9]+\ \(ABI\ [0-9]+\)$ ]]
}

@test "tools: wrong options are usage errors, and name the option" {
	p ls --nonsuch
	[ "$status" -eq 2 ]
	[[ $stderr = "portico ls: no option --nonsuch"*"\`portico ls --help\`" ]]
	p ls operand
	[ "$status" -eq 2 ]
	[[ $stderr = *"'operand' is one word too many"* ]]
	p ls --json=yes
	[ "$status" -eq 2 ]
	[[ $stderr = *"--json takes no value"* ]]
	p ls -k
	[ "$status" -eq 2 ]
	[[ $stderr = *"-k wants DIR"* ]]
	p create
	[ "$status" -eq 2 ]
	[[ $stderr = *"NAME missing"* ]]
	for wrong in --slots=x --slots=-1 --slots=5000000000 --bytes=2G --bytes=1T --bytes= --mode=8 --mode=1777; do
		p create "$wrong" box
		[ "$status" -eq 2 ] && [[ $stderr = "portico create: ${wrong%%=*}"* ]] || { echo "$wrong: $stderr"; return 1; }
	done
	p send --type 1x box text
	[ "$status" -eq 2 ]
	p recv --timeout soon box
	[ "$status" -eq 2 ]
	[[ $stderr = *"--timeout wants seconds"* ]]
	p recv --timeout -1 box
	[ "$status" -eq 2 ]
}

@test "tools: options that exclude each other are usage errors" {
	for options in "send --timeout 1 --no-wait b t" "send --lines b text" "recv --timeout 1 --no-wait b" \
		"recv --count 1 --all b" "recv --type 1 --except 2 b" "recv --at-most 1 --from 2 b" "rm --msg --sem 1"; do
		# shellcheck disable=SC2086 # words
		p $options
		[ "$status" -eq 2 ] && [[ $stderr = *"exclude each other"* || $stderr = *"takes no TEXT"* ]] ||
			{ echo "$options: $status $stderr"; return 1; }
	done
}

@test "tools: output that can't be written is an error" {
	portico create box
	run bash -c 'timeout 5 portico ls > /dev/full'
	[ "$status" -eq 1 ]
	[[ $output = *"portico ls: standard output can't be written"* ]]
}

# ---- instances

@test "tools: only what makes something makes an instance" {
	for command in ls ps stat "send b t" "recv b" "rm b"; do
		# shellcheck disable=SC2086 # words
		p $command
		[ "$status" -eq 1 ]
		[[ $stderr = "portico ${command%% *}: instance $PORTICO_KERNEL: there is none;"* ]]
		[ ! -e "$PORTICO_KERNEL" ]
	done
	p create box
	[ "$status" -eq 0 ]
	[ -e "$PORTICO_KERNEL/region" ]
}

@test "tools: -k names the instance, and two don't see each other" {
	portico create -k "$private/a" box
	portico create --kernel "$private/b" box
	portico create --kernel="$private/b" other
	portico send -k"$private/a" box for-a
	p recv -k "$private/b" --no-wait box
	[ "$status" -eq 3 ]
	[ -z "$output$stderr" ]
	p recv -k "$private/a" --no-wait box
	[ "$status" -eq 0 ]
	[ "$output" = for-a ]
	p stat -k "$private/a" other
	[ "$status" -eq 1 ]
	p ls -k ''
	[ "$status" -eq 1 ]
	[[ $stderr = *"-k ''"* ]]
}

@test "tools: without -k or PORTICO_KERNEL it is in XDG_RUNTIME_DIR" {
	unset PORTICO_KERNEL
	portico create box
	[ -e "$XDG_RUNTIME_DIR/portico/region" ]
}

@test "tools: an instance that is none says so" {
	mkdir -p "$PORTICO_KERNEL"
	echo nonsense >"$PORTICO_KERNEL/region"
	p ls
	[ "$status" -eq 1 ]
	[[ $stderr = "portico ls: instance "*"is no region; remove the directory" ]]
}

@test "tools: of a path only the last part is made; what is missing is said" {
	p create -k "$private/no/such/place" box
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico create: instance $private/no/such/place: there is no directory $private/no; make it first, or see how the path is spelt" ]
	[ ! -e "$private/no" ]
	mkdir "$private/no"
	p run -k "$private/no/such/place" true
	[ "$status" -eq 125 ]
	[[ $stderr = *": there is no directory $private/no/such; "* ]]
	p create -k "$private/no/last/" box
	[ "$status" -eq 0 ]
}

@test "tools: a file, and a directory of other things, are no places for an instance" {
	: >"$private/file"
	for how in "-k $private/file" ""; do
		# shellcheck disable=SC2086 # words
		PORTICO_KERNEL=$private/file p create $how box
		[ "$status" -eq 1 ]
		[[ $stderr = "portico create: instance $private/file: is no directory; name one "* ]]
	done
	mkdir "$private/letters"
	: >"$private/letters/one"
	p create -k "$private/letters" box
	[ "$status" -eq 1 ]
	[[ $stderr = *": holds other things, and no instance; name "* ]]
	[ "$(ls "$private/letters")" = one ]
}

@test "tools: a limit on files' sizes is an error with a remedy, and kills nobody" {
	run --separate-stderr bash -c 'ulimit -f 100; timeout 10 portico create box'
	[ "$status" -eq 1 ]
	[[ $stderr = "portico create: instance $PORTICO_KERNEL: its region, a sparse file of "*"\`ulimit -f unlimited\`"* ]]
	# a preloaded program has no instance then, and what it asks for goes to the kernel
	run preload bash -c 'ulimit -f 100; perl -e "msgget(0x7fff1234, 0); print qq(alive)"'
	[ "$status" -eq 0 ]
	[ "$output" = alive ]
	[ ! -e "$PORTICO_KERNEL/region" ]
	# with one it has no memory for a segment
	portico create box
	run preload bash -c 'ulimit -f 100; perl -e "print defined shmget(0, 10 << 20, 01600) ? qq(made) : \$!{ENOMEM} ? qq(no memory) : \$!"'
	[ "$status" -eq 0 ]
	[ "$output" = "no memory" ]
	portico send box 'and the mailbox works'
}

# ---- create and rm

@test "tools: create makes a mailbox with the limits and the mode asked for" {
	portico create --slots 3 --bytes 1K --capacity 2M --mode 640 box
	p stat --json box
	json_says 'it["limit_slots"] == 3 and it["limit_bytes"] == 1024 and it["limit_capacity"] == 2 << 20'
	json_says 'it["mode"] == "0640" and it["name"] == "box" and it["uid"] == '"$(id -u)"
	portico create plain
	p stat --json plain
	json_says 'it["limit_slots"] == 1024 and it["limit_bytes"] == 1 << 20 and it["limit_capacity"] == 64 << 20'
	json_says 'it["mode"] == "0600" and it["messages"] == 0 and it["send_time"] == 0'
}

@test "tools: create refuses a name that is taken or none" {
	portico create box
	p create box
	[ "$status" -eq 1 ]
	[[ $stderr = "portico create: mailbox box: that name is taken; "* ]]
	for name in a//b /a a/ '' . .. a/..; do
		p create "$name"
		[ "$status" -eq 1 ]
		[[ $stderr = *"is no name"* ]]
	done
	p create box/in
	[ "$status" -eq 1 ]
	[[ $stderr = "portico create: mailbox box/in: a part of the name that should be a directory is none; "* ]]
	p create none/in
	[ "$status" -eq 1 ]
	[[ $stderr = "portico create: mailbox none/in: the directory isn't there; "* ]]
	p create "$(printf 'x%.0s' {1..201})"
	[ "$status" -eq 1 ]
	[[ $stderr = *"too long"* ]]
	p create "$(printf 'x%.0s' {1..200})"
	[ "$status" -eq 0 ]
}

@test "tools: rm removes mailboxes, goes on after one that isn't there, and says it" {
	portico create one
	portico create two
	p rm one nonsuch two
	[ "$status" -eq 1 ]
	[[ $stderr = "portico rm: mailbox nonsuch: nothing has that name; "* ]]
	p ls --json
	json_says 'it == []'
}

@test "tools: rm ends who waits" {
	portico create box
	timeout 10 portico recv box 2>"$private/said" &
	local receiver=$!
	eventually 5 receivers_wait box 1
	portico rm box
	run wait "$receiver"
	[[ $(cat "$private/said") = "portico recv: mailbox box: the object was removed; "* ]]
}

@test "tools: rm removes System V objects by id, and only those of that kind" {
	local id
	preload ipcmk -Q >"$private/out"
	id=$(grep -o '[0-9]*$' "$private/out")
	p rm --sem "$id"
	[ "$status" -eq 1 ]
	[[ $stderr = "portico rm: semaphore set $id: "* ]]
	p rm --msg "$id"
	[ "$status" -eq 0 ]
	p rm --msg "$id"
	[ "$status" -eq 1 ]
	id=$(preload ipcmk -S 2 | grep -o '[0-9]*$')
	portico rm --sem "$id"
	id=$(preload ipcmk -M 100 | grep -o '[0-9]*$')
	portico rm --shm "$id"
	p ls --json
	json_says 'it == []'
	p rm --msg abc
	[ "$status" -eq 2 ]
	p rm --fifo nonsuch
	[ "$status" -eq 1 ]
	[[ $stderr = "portico rm: fifo nonsuch: nothing has that name;"* ]]
}

# ---- send and recv

@test "tools: a message is the words, or standard input, byte for byte" {
	portico create box
	portico send box hello  world
	p recv box
	[ "$output" = "hello world" ]
	head -c 100000 /dev/urandom >"$private/data"
	portico send box <"$private/data"
	portico recv box | cmp - "$private/data"
	portico send box </dev/null
	p recv --verbose box
	[ -z "$output" ]
	[[ $stderr = "type 0, priority 0, pid "*", uid $(id -u), 0 bytes" ]]
	portico send box -- -dash
	p recv box
	[ "$output" = -dash ]
}

@test "tools: lines are messages, and messages lines" {
	portico create box
	printf 'one\n\nthree' | portico send --lines box
	p recv --all --lines box
	[ "$status" -eq 0 ]
	[ "$output" = $'one\n\nthree' ]
	printf 'one\ntwo\n' | portico send --lines box
	p recv --all box
	[ "$output" = onetwo ]
}

@test "tools: recv selects by type" {
	portico create box
	for type in 5 3 4; do portico send --type $type box "t$type"; done
	p recv --type 4 box
	[ "$output" = t4 ]
	p recv --type=4 --no-wait box
	[ "$status" -eq 3 ]
	p recv --at-most 9 box
	[ "$output" = t3 ]
	p recv --except 5 --no-wait box
	[ "$status" -eq 3 ]
	p recv -t 5 -v box
	[ "$output" = t5 ]
	[[ $stderr = "type 5, "* ]]
}

@test "tools: recv selects by sender" {
	portico create --slots 2 box
	portico send box early
	# a sender that lives on: the second of its lines waits for room
	(printf 'mine\nthen\nmore\n' | timeout 10 portico send --lines box) &
	eventually 5 senders_wait box 1
	local pid
	pid=$(portico ps --json | python3 -c 'import json, sys
print([task["pid"] for task in json.load(sys.stdin) if task["waits"]][0])')
	p recv --from "$pid" box
	[ "$output" = mine ]
	p recv --count 3 --timeout 5 --lines box
	[ "$output" = $'early\nthen\nmore' ]
	wait $!
	p recv --from 1 box
	[ "$status" -eq 1 ]
	[[ $stderr = "portico recv: pid 1: is no task"* ]]
}

@test "tools: a message over 1 MiB, by the command" {
	head -c 5000000 /dev/urandom >"$private/long"
	p create --bytes 8M box
	[ "$status" -eq 0 ]
	portico send box <"$private/long"
	portico recv box | cmp - "$private/long"
	portico create other
	p send other <"$private/long"
	[ "$status" -eq 1 ]
	[[ $stderr = *"longer than the mailbox allows"*"--bytes (1G at most)"* ]]
	p create --bytes 1025M too
	[ "$status" -eq 2 ]
}

@test "tools: recv --count takes so many, and what came in time is written" {
	portico create box
	printf 'a\nb\nc\n' | portico send --lines box
	p recv -n 2 box
	[ "$status" -eq 0 ]
	[ "$output" = ab ]
	p recv --count 2 --timeout 0.1 box
	[ "$status" -eq 3 ]
	[ "$output" = c ]
}

@test "tools: nothing in time is exit status 3, for both" {
	portico create --slots 1 box
	p recv --no-wait box
	[ "$status" -eq 3 ]
	[ -z "$output$stderr" ]
	p recv --all --no-wait box
	[ "$status" -eq 3 ]
	p recv --timeout 0.05 box
	[ "$status" -eq 3 ]
	portico send box full
	p send --no-wait box more
	[ "$status" -eq 3 ]
	[[ $stderr = "portico send: mailbox box: would have to wait"* ]]
	p send --timeout 0.05 box more
	[ "$status" -eq 3 ]
	[[ $stderr = "portico send: mailbox box: the time came"* ]]
	p recv --all --lines box
	[ "$output" = full ]
}

@test "tools: send says which line it couldn't" {
	portico create --bytes 3 box
	run --separate-stderr bash -c 'printf "abc\nabcd\nx\n" | timeout 5 portico send --lines box'
	[ "$status" -eq 1 ]
	[[ $stderr = "portico send: mailbox box: line 2: the message is longer"* ]]
	p recv --all --lines box
	[ "$output" = abc ]
	head -c 1048577 /dev/zero >"$private/data"
	portico create large
	p send large <"$private/data"
	[ "$status" -eq 1 ]
	[[ $stderr = *"longer than the mailbox allows"* ]]
	head -c 1048576 "$private/data" | portico send large
	[ "$(portico recv large | wc -c)" -eq 1048576 ]
}

@test "tools: rendezvous: a send waits for its receive" {
	portico create --slots 0 box
	timeout 10 portico send box hello &
	eventually 5 senders_wait box 1
	p recv box
	[ "$output" = hello ]
	wait $!
}

@test "tools: a message that can't be written out stays in the mailbox" {
	portico create box
	printf 'first\nsecond\n' | portico send --lines box
	run bash -c 'timeout 5 portico recv box > /dev/full'
	[ "$status" -eq 1 ]
	[[ $output = *"the message is back in the mailbox" ]]
	p recv --all --lines box
	[ "$output" = $'first\nsecond' ]
}

# ---- ls, ps, stat

@test "tools: of one byte it is said that it is one" {
	portico create --slots 1 box
	timeout 20 portico tap --count 1 box >"$private/seen" &
	watching() { portico ls --all | grep -q "^tap "; }
	eventually 5 watching
	portico send box x
	wait $!
	grep -q '  type 0  1 byte  x$' "$private/seen"
	preload ipcmk -M 1 >/dev/null
	p ls
	grep -Eq ' 1 message, 1 byte +1 of ' <<<"$output"
	grep -Eq ' 1 byte, 0 attached ' <<<"$output"
	p recv --verbose box
	[[ $stderr = *", 1 byte" ]]
}

@test "tools: ls shows each kind of object in one table" {
	portico create 'my box'
	portico send 'my box' hello
	preload ipcmk -Q >/dev/null
	preload ipcmk -S 3 >/dev/null
	preload ipcmk -M 8192 >/dev/null
	p ls
	[ "$status" -eq 0 ]
	grep -Eq '^KIND +NAME OR KEY +ID +OWNER +MODE +HOLDS +LIMITS: COUNT OF BYTES +WAITING +MADE BY$' <<<"$output"
	grep -Eq '^mailbox +my box +- +\S+ +rw------- +1 message, 5 bytes +1024 of 1M, 64M in all +- +portico [0-9]+$' <<<"$output"
	grep -Eq '^queue +0x[0-9a-f]{8} +[0-9]+ +\S+ +rw-r--r-- +0 messages, 0 bytes +16K bytes +- +ipcmk [0-9]+ gone$' <<<"$output"
	grep -Eq '^semaphores +0x[0-9a-f]{8} +[0-9]+ +\S+ +rw-r--r-- +3 semaphores +- +- +ipcmk [0-9]+ gone$' <<<"$output"
	grep -Eq '^segment +0x[0-9a-f]{8} +[0-9]+ +\S+ +rw-r--r-- +8K bytes, 0 attached +- +- +ipcmk [0-9]+ gone$' <<<"$output"
	p ls --json
	json_says '[o["kind"] for o in it] == ["mailbox", "queue", "semaphores", "segment"]'
	json_says 'it[0]["bytes"] == 5 and it[2]["semaphores"] == 3 and it[3]["size"] == 8192'
}

@test "tools: ls isn't as wide as the longest name in all its rows" {
	portico create a
	portico create "$(printf '%0200d' 0)"
	p ls
	grep -Eq '^mailbox  a {1,40}  - ' <<<"$output"
	grep -Eq '^mailbox  0{200}  - ' <<<"$output"
}

@test "tools: a name of any bytes is listed as text" {
	portico create $'a\tb\e[31m\xff"\\é'
	p ls
	[[ $output = *'a?b?[31m?"\é'* ]]
	p ls --json
	json_says 'it[0]["name"] == "a\tb\x1b[31m\ufffd\"\\é"'
	json_says 'bytes.fromhex(it[0]["name_bytes"]) == b"a\tb\x1b[31m\xff\"\\\xc3\xa9"'
}

@test "tools: ps shows who waits for what, and since when" {
	portico create box
	timeout 10 portico recv --type 7 box &
	eventually 5 receivers_wait box 1
	p ps
	grep -Eq "^[0-9]+ +\S+ +[0-9-]+ [0-9:]+ +portico +receive mailbox box, type 7, for [0-9.]+ s$" <<<"$output"
	p ps --json
	json_says 'len(it) == 1 and it[0]["command"] == "portico" and not it[0]["supervisor"]'
	json_says 'it[0]["waits"][0]["for"] == "receive" and it[0]["waits"][0]["object"] == "box"'
	json_says 'it[0]["waits"][0]["waited_ns"] > 0 and it[0]["uid"] == '"$(id -u)"
	portico send --type 7 box "done"
	wait $!
}

@test "tools: ps shows no dead" {
	portico create box
	portico recv box &
	local receiver=$!
	eventually 5 receivers_wait box 1
	kill -KILL "$receiver"
	wait_killed KILL "$receiver"
	p ps --json
	json_says 'it == []'
	p stat --json box
	json_says 'it["receivers_waiting"] == 0'
}

@test "tools: stat tells all about a mailbox" {
	portico create box
	portico send box hello
	p stat box
	[ "$status" -eq 0 ]
	grep -Eq '^messages +1$' <<<"$output"
	grep -Eq '^bytes +5$' <<<"$output"
	grep -Eq "^owner +\S+ \(uid $(id -u), gid $(id -g)\)$" <<<"$output"
	grep -Eq '^last sent +[0-9]{4}-' <<<"$output"
	grep -Eq '^last received +never$' <<<"$output"
	p stat --json box
	json_says 'it["messages"] == 1 and it["last_sender_pid"] > 0 and it["send_time"] > 0 and it["receive_time"] == 0'
	p stat nonsuch
	[ "$status" -eq 1 ]
	[[ $stderr = "portico stat: mailbox nonsuch: nothing has that name; "* ]]
}

@test "tools: stat without a name tells all about the instance" {
	portico create box
	p stat
	[ "$status" -eq 0 ]
	[[ $output = *"$PORTICO_KERNEL"* ]]
	grep -Eq '^ports +1 used, [0-9]+ have memory, [0-9]+ at most$' <<<"$output"
	p stat --json
	json_says 'it["directory"] == "'"$PORTICO_KERNEL"'" and it["memory_bytes"] > 0 and it["abi"] >= 1'
	json_says 'all(0 <= t["used"] <= t["committed"] <= t["most"] for t in it["tables"]) and len(it["tables"]) > 20'
	json_says '[t["used"] for t in it["tables"] if t["name"] == "tasks"] == [1]'
}

@test "tools: stat counts messages, waits, the dead and what was repaired" {
	portico create box
	portico create --slots 1 other
	printf 'a\nb\nc\n' | portico send --lines box
	portico send other x
	portico recv --all box
	p stat --json
	json_says 'it["messages_sent"] == 4 and it["waits_posted"] == 0 and it["repairs"] == 0'
	p send --timeout 0.01 other y
	[ "$status" -eq 3 ]
	p stat --json
	json_says 'it["waits_posted"] == 1'
	json_says 'it["sleeps"] >= 0 and it["spins"] >= 0'
	"$BUILD/tests/tools_damage" lock
	p stat --json
	json_says 'it["repairs"] == 1 and it["reaped"] >= 1'
	# whoever has waited, and is still there, has counted that
	timeout 10 portico recv --count 2 box &
	eventually 5 receivers_wait box 1
	portico send box one
	eventually 5 somebody_has_waited
	portico send box two
	wait $!
	p stat
	grep -Eq '^messages sent +6$' <<<"$output" # not the one that was given up
	grep -Eq '^repairs +1$' <<<"$output"
}

somebody_has_waited() { [ "$(portico stat --json | python3 -c 'import json, sys
it = json.load(sys.stdin)
print(it["sleeps"] + it["spins"])')" -gt 0 ]; }

# ---- examples

@test "examples: hello" {
	run timeout 10 "$BUILD/examples/hello"
	[ "$status" -eq 0 ]
	[[ $output = "hello, 6 bytes of type 1 from process "* ]]
}

@test "examples: workers" {
	run timeout 30 "$BUILD/examples/workers" 4 2000
	[ "$status" -eq 0 ]
	[ "$output" = "2000 jobs, 4 workers: the squares' sum is 2668667000" ]
	p ls --json
	json_says 'it == []'
}

@test "examples: async" {
	run timeout 30 "$BUILD/examples/async" 4 500
	[ "$status" -eq 0 ]
	[ "$output" = "2000 answers were fetched, 1 was not; 1 client never asked" ]
	p ls --json
	json_says 'it == []'
}
