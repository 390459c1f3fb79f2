#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 60
#
# What is told of processes that use an instance through a mount alone: what they wait for, and who they are.

load helper
load fuse_helper

bats_require_minimum_version 1.5.0

says_why() { portico why "$1" | sed 's/^waits [0-9.]* s/waits/' | grep -qxF -- "$2"; }

# Run COMMAND behind a deadline; its process is $client: started COMMAND...
started() {
	timeout 30 "$@" &
	started=$!
	client=
	eventually 10 found
}
found() { client=$(cat "/proc/$started/task/$started/children" 2>/dev/null) && client=${client% } && [ -n "$client" ]; }

@test "why: a process that reads a mailbox of a mount waits to receive from it, there" {
	: >"$mnt/mbox/a"
	started cat "$mnt/mbox/a"
	eventually 10 says_why "$client" "waits to receive from mailbox a through the mount at $mnt; nobody has it open to send"
	sleep 30 >"$mnt/mbox/a" &
	eventually 10 says_why "$client" "waits to receive from mailbox a through the mount at $mnt; pid $! (sleep) has it open to send"
	kill "$!"
	wait_killed TERM "$!"
	portico pause a
	eventually 10 says_why "$client" "waits to receive from mailbox a through the mount at $mnt; it is paused, and nothing is received there until it is resumed"
	kill "$started"
	wait_killed TERM "$started"
}

@test "why: a process that writes to a full mailbox waits to send" {
	portico create --slots 1 b
	echo 1 >"$mnt/mbox/b"
	started sh -c 'echo 2 >"$0"; :' "$mnt/mbox/b"
	eventually 10 says_why "$client" "waits to send to mailbox b through the mount at $mnt; nobody has it open to receive"
	cat "$mnt/mbox/b" >/dev/null
	wait "$started"
}

@test "why: who opens a FIFO, reads, writes or locks it" {
	mkfifo "$mnt/fifo/p"
	started cat "$mnt/fifo/p"
	eventually 10 says_why "$client" "waits to open fifo p for reading through the mount at $mnt; nobody has it open for writing"
	exec 7>"$mnt/fifo/p"
	eventually 10 says_why "$client" "waits to read from fifo p through the mount at $mnt; pid $$ (bash) has it open for writing"
	exec 7>&-
	wait "$started"
	exec 7<>"$mnt/fifo/p"
	started head -c 65537 /dev/zero >&7
	eventually 10 says_why "$client" "waits to write to fifo p through the mount at $mnt; pid $$ (bash) has it open for reading"
	head -c 4096 <&7 >/dev/null
	wait "$started"
	flock 7
	started flock "$mnt/fifo/p" true 7>&-
	eventually 10 says_why "$client" "waits to lock fifo p through the mount at $mnt; whoever has locked it could end it"
	exec 7>&-
	wait "$started"
}

@test "why: a thread of a process waits, and a process that waits for nothing there" {
	: >"$mnt/mbox/a"
	exec 7<"$mnt/mbox/a"
	[ "$(portico why $$)" = "waits for nothing here" ]
	exec 7<&-
	run -1 portico why $$
	started python3 -c 'import sys, threading
thread = threading.Thread(target=lambda: open(sys.argv[1]).read())
thread.start()
thread.join()' "$mnt/mbox/a"
	eventually 10 says_why "$client" "waits to receive from mailbox a through the mount at $mnt; nobody has it open to send"
	kill "$started"
}

@test "why, and task/PID/why of a mount: what its clients wait for, and ps lists them below it" {
	: >"$mnt/mbox/a"
	[ "$(portico why "$(daemon_pid)")" = "waits for nothing here" ]
	started cat "$mnt/mbox/a"
	local daemon_is
	daemon_is=$(daemon_pid)
	eventually 10 says_why "$client" "waits to receive from mailbox a through the mount at $mnt; nobody has it open to send"
	[[ $(portico why "$daemon_is") =~ ^"pid $client (cat) waits "[0-9.]+" s to receive from mailbox a; nobody has it open to send"$ ]]
	[[ $(cat "$mnt/task/$daemon_is/why") =~ ^"pid $client (cat) waits "[0-9.]+" s to receive from mailbox a; nobody has it open to send"$ ]]
	run portico ps
	echo "$output"
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[1]} =~ ^"$daemon_is ".*" portico-fuse "\ *-$ ]]
	[[ ${lines[2]} =~ ^"  $client "\ *"$(id -un) "\ *"through the mount "\ *"cat "\ *"receive mailbox a, for "[0-9.]+" s"$ ]]
	portico ps --json | python3 -c "
import json, sys
client, = json.load(sys.stdin)[0]['clients']
assert (client['pid'], client['command'], client['for'], client['object'], client['mount'], client['openers']) == \
       ($client, 'cat', 'receive', 'a', '$mnt', []), client"
	portico why --json "$client" | python3 -c "
import json, sys
it = json.load(sys.stdin)
assert it['waits'] == [] and [call['object'] for call in it['calls']] == ['a'], it"
	kill "$started"
}

@test "why: a preloaded reader of a FIFO, and who has it open" {
	mkfifo "$mnt/fifo/p"
	exec 7<>"$mnt/fifo/p"
	LD_PRELOAD=$BUILD/lib/libportico-preload.so timeout 30 cat "$mnt/fifo/p" 7>&- &
	started=$!
	eventually 10 found
	reads() { [ "$(portico why "$client")" = "waits to read from fifo p; pid $$ (bash) has it open for writing" ]; }
	eventually 10 reads
	portico ps --json | grep -q '"for": "read"'
	exec 7>&-
	wait "$started"
}

@test "why: a task that is suspended says so" {
	portico create jobs
	timeout 30 portico recv jobs &
	started=$!
	eventually 10 found
	eventually 10 says_why "$client" "waits to receive from mailbox jobs; nobody has it open to send"
	portico suspend "$client"
	[ "$(portico why "$client" | head -n 1)" = "waits to be resumed; it is suspended" ]
	portico resume "$client"
	portico send jobs over
	wait "$started"
}

@test "why: what a daemon that was killed had noted of its clients is forgotten" {
	: >"$mnt/mbox/a"
	started cat "$mnt/mbox/a"
	eventually 10 says_why "$client" "waits to receive from mailbox a through the mount at $mnt; nobody has it open to send"
	daemon_killed
	wait_status 1 "$started"
	portico ps --json | python3 -c "
import json, sys
assert all(person.get('clients', []) == [] for person in json.load(sys.stdin))"
}

@test "who made a mailbox, or used it, through a mount: the client, and never the daemon" {
	local maker
	maker=$(sh -c 'echo $$; echo hello >"$0"; :' "$mnt/mbox/m")
	tells "$mnt/view/mbox/m/status" "maker_command sh"
	tells "$mnt/view/mbox/m/status" "maker_pid $maker"
	tells "$mnt/view/mbox/m/status" "maker_by_file yes"
	portico stat m | grep -Eqx "made by +sh $maker by file"
	portico ls | grep -Eq "^mailbox +m .* sh $maker\$"
	run cat "$mnt/view/mbox/m/holders"
	echo "$output"
	[ "$output" = "sender mount=$(daemon_pid)" ]
	client=$(sh -c 'echo $$; exec cat "$0" >/dev/null' "$mnt/mbox/m")
	tells "$mnt/view/mbox/m/status" "last_receiver_pid $client"
	counts "$mnt/view/mbox/m/holders" "^receiver mount=$(daemon_pid)\$" 1
	counts "$mnt/view/mbox/m/holders" portico-fuse 0
	portico create n
	tells "$mnt/view/mbox/n/status" "maker_by_file no"
	portico ls | grep -Eq "^mailbox +n .* portico [0-9]+\$"
}
