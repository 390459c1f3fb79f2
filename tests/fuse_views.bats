#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 120
#
# What a mount shows of mailboxes and pipes to look at: it is true, it is bounded, and it touches nothing.

load helper
load fuse_helper

view() { echo "$mnt/view/$1"; }

# ---- status

@test "status tells what portico stat tells, a fact a line" {
	echo hello >"$mnt/mbox/x"
	tells "$(view mbox/x/status)" "name x"
	tells "$(view mbox/x/status)" "messages 1"
	tells "$(view mbox/x/status)" "bytes 6"
	tells "$(view mbox/x/status)" "priorities.0 1"
	# every key of the JSON, but for arrays that are empty
	diff <(portico stat --json x | python3 -c '
import json, sys
for key, value in json.load(sys.stdin).items():
	if value != []:
		print(key)') <(sed 's/[. ].*//' "$(view mbox/x/status)" | grep -v ^open_ | uniq)
}

@test "a name that is no UTF-8 is told in octal, and by its bytes" {
	printf x >"$mnt/mbox/"$'\xff\xfe \xc3\xa9'
	tells "$mnt/view/mbox/"$'\xff\xfe \xc3\xa9/status' 'name \377\376 é'
	tells "$mnt/view/mbox/"$'\xff\xfe \xc3\xa9/status' 'name_bytes fffe20c3a9'
	portico ls --json | grep -q '"name_bytes": "fffe20c3a9"'
	portico create é
	counts "$(view mbox/é/status)" name_bytes 0
}

# By the rule of portico-files(5): a key, then members, of which some values are in double quotes.
@test "lines of members can be parsed by one rule" {
	printf 'zero' >"$mnt/mbox/x"
	printf 'two words' >"$mnt/mbox/x"
	printf 'a"b\\c = d' >"$mnt/mbox/x"
	printf '' | portico send x
	run python3 - "$(view mbox/x/peek)" <<'EOF'
import re, sys
for line in open(sys.argv[1]).read().splitlines():
    member = r'[a-z_]+=(?:"[^"]*"|[^ "]+)'
    assert re.fullmatch(r'[a-z_]+(?: ' + member + ')*', line), line
    text = dict(one.split('=', 1) for one in re.findall(member, line))['text'].strip('"')
    print(re.sub(r'\\([0-7]{3})', lambda octal: chr(int(octal[1], 8)), text))
EOF
	echo "$output"
	[ "$output" = $'zero\ntwo words\na"b\\c = d' ] # and an empty line
}

@test "status of a mailbox in a directory stands in directories" {
	mkdir "$mnt/mbox/a"
	echo hello >"$mnt/mbox/a/b"
	tells "$(view mbox/a/b/status)" "name a/b"
	for file in holders peek status waiters; do [ -r "$(view mbox/a/b)/$file" ]; done
}

@test "status of a pipe tells bytes, size, and who has it open" {
	mkfifo "$mnt/fifo/p"
	exec 7<>"$mnt/fifo/p"
	printf 12345 >&7
	tells "$(view fifo/p/status)" "bytes 5"
	tells "$(view fifo/p/status)" "size 65536"
	tells "$(view fifo/p/status)" "open_readers 1"
	tells "$(view fifo/p/status)" "open_writers 1"
	exec 7>&-
	tells "$(view fifo/p/status)" "open_readers 0"
}

# ---- peek

@test "peek shows each message with its sender, type and beginning, and takes none" {
	echo 'two words' >"$mnt/mbox/x"
	portico send -t 7 -p 3 x urgent
	printf 'a\001b"' >"$mnt/mbox/x"
	run cat "$(view mbox/x/peek)"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} = "message number=0 pid="*" uid=$(id -u) gid=$(id -g) type=7 priority=3 bytes=6 "*" age_s="[0-9]*" text=urgent" ]]
	[[ ${lines[1]} = *" type=0 priority=0 bytes=10 "*' text="two words."' ]]
	[[ ${lines[2]} = *' bytes=4 '*' text="a.b\042"' ]]
	tells "$(view mbox/x/status)" "messages 3"
}

@test "peek tells how long a sender has waited" {
	portico create --slots 1 x
	portico send x first
	timeout 20 portico send x second &
	eventually 5 counts "$(view mbox/x/peek)" "queued=no" 1
	grep -qE "queued=no .*age_ns=[0-9]+ text=second" "$(view mbox/x/peek)"
	portico recv x
	wait $!
	counts "$(view mbox/x/peek)" "queued=yes" 1
}

@test "peek shows a thousand messages and says how many more there are" {
	: >"$mnt/mbox/x"
	seq 1020 | while read -r n; do echo "$n"; done >"$mnt/mbox/x"
	counts "$(view mbox/x/peek)" "^message " 1000
	tail -n 1 "$(view mbox/x/peek)" | grep -qx "more 20"
}

# ---- holders

@test "holders tells who has a mailbox open, and for what" {
	: >"$mnt/mbox/x"
	sleep 20 >>"$mnt/mbox/x" &
	eventually 5 counts "$(view mbox/x/holders)" "^file " 1
	grep -qx "file pid=$! uid=$(id -u) gid=$(id -g) reads=no writes=yes" "$(view mbox/x/holders)"
	kill $!
	eventually 5 counts "$(view mbox/x/holders)" "^file " 0
}

@test "holders tells which tasks have sent to a mailbox, and received there" {
	portico create x
	timeout 20 portico recv -n 2 x >/dev/null &
	receiver=$!
	mkfifo "$private/lines"
	timeout 20 portico send --lines x <"$private/lines" &
	sender=$!
	exec 7>"$private/lines"
	echo one >&7
	eventually 5 counts "$(view mbox/x/holders)" "^receiver pid=.* command=portico" 1
	eventually 5 counts "$(view mbox/x/holders)" "^sender pid=.* command=portico" 1
	portico send x two
	exec 7>&-
	wait_status 0 $receiver $sender
}

@test "holders of a pipe" {
	mkfifo "$mnt/fifo/p"
	timeout 20 cat "$mnt/fifo/p" >/dev/null &
	eventually 5 counts "$(view fifo/p/holders)" "reads=yes writes=no" 1
	: >"$mnt/fifo/p"
	wait $!
	counts "$(view fifo/p/holders)" file 0
}

# ---- waiters

@test "waiters tells of a client of the mount by its own pid, and of a task" {
	: >"$mnt/mbox/x"
	timeout 20 cat "$mnt/mbox/x" >/dev/null &
	cat=$!
	timeout 20 portico recv --type 5 --timeout 15 x >/dev/null &
	eventually 5 counts "$(view mbox/x/waiters)" "for=receive" 2
	cat "$(view mbox/x/waiters)"
	file=$(sed -n 's/.* pid=\([0-9]*\) .*by=file.*/\1/p; s/^waiter pid=\([0-9]*\) .*by=file.*/\1/p' "$(view mbox/x/waiters)")
	[ "$(cat "/proc/$file/comm")" = cat ]
	grep -qE 'by=task for=receive detail="type 5" since_ns=[0-9]+ until_ns=[0-9]+ posted=no' "$(view mbox/x/waiters)"
	rm "$mnt/mbox/x"
	wait_status 1 $cat $!
}

@test "waiters of a pipe: an open, a read, a write" {
	mkfifo "$mnt/fifo/p"
	timeout 20 cat "$mnt/fifo/p" >"$private/out" &
	eventually 5 counts "$(view fifo/p/waiters)" "for=open" 1
	exec 7>"$mnt/fifo/p"
	eventually 5 counts "$(view fifo/p/waiters)" "for=read" 1
	exec 7>&-
	wait $!
	exec 7<>"$mnt/fifo/p"
	timeout 20 head -c 65537 /dev/zero >&7 &
	eventually 5 counts "$(view fifo/p/waiters)" "for=write" 1
	head -c 1000 <&7 >/dev/null
	wait $!
	counts "$(view fifo/p/waiters)" . 0
	exec 7>&-
}

@test "a thousand waiters are listed, and how many more there are" {
	: >"$mnt/mbox/x"
	"$BUILD/tests/fuse_waiters" "$mnt/mbox/x" 1010 &
	eventually 20 grep -qx "more 10" "$(view mbox/x/waiters)"
	counts "$(view mbox/x/waiters)" "^waiter " 1000
	kill $!
	wait_killed TERM $!
	eventually 10 counts "$(view mbox/x/waiters)" . 0
}

# ---- whole trees

# How many messages the mailboxes of a tree hold.
held() { cat "$mnt"/view/mbox/*/status | awk '$1 == "messages" { sum += $2 } END { print sum }'; }

@test "find, du, ls, grep and tar go over everything, end, and consume nothing" {
	local i
	for i in $(seq 300); do echo "message $i" >"$mnt/mbox/box$i"; done
	preload ipcmk -Q -S 3 -M 4096 >/dev/null
	[ "$(held)" -eq 300 ]
	[ "$(timeout 20 find "$mnt/view" | wc -l)" -gt 1500 ]
	timeout 20 du -s "$mnt/view" "$mnt/task" "$mnt/kernel" "$mnt/msg" "$mnt/sem" "$mnt/shm"
	timeout 20 ls -lR "$mnt/view" "$mnt/task" "$mnt/kernel" "$mnt/msg" "$mnt/sem" "$mnt/shm" >/dev/null
	[ "$(timeout 20 grep -r --exclude=tap 'text="message' "$mnt/view" | wc -l)" -eq 300 ]
	timeout 20 grep -r pid "$mnt/task" "$mnt/kernel" >/dev/null
	timeout 20 tar -C "$mnt" -cf "$private/view.tar" --exclude=tap view
	[ "$(tar -xOf "$private/view.tar" view/mbox/box7/peek | grep -c 'text="message 7."')" -eq 1 ]
	tar -xOf "$private/view.tar" view/mbox/box7/status | cmp - "$mnt/view/mbox/box7/status"
	[ "$(held)" -eq 300 ]
}

@test "views can't be written, made or removed" {
	: >"$mnt/mbox/x"
	fails_with "Permission denied" sh -c "echo x >'$(view mbox/x/status)'"
	fails_with "not permitted" sh -c ": >'$(view mbox/x/new)'"
	fails_with "not permitted" sh -c ": >'$(view mbox/y)'"
	fails_with "not permitted" rm -f "$(view mbox/x/status)"
	fails_with "not permitted" rmdir "$(view mbox/x)"
	[ -e "$mnt/mbox/x" ]
}

@test "a view of what is removed is gone, but for who has it open" {
	echo hello >"$mnt/mbox/x"
	exec 7<"$(view mbox/x/status)"
	rm "$mnt/mbox/x"
	read -r line <&7
	exec 7<&-
	[ "$line" = "name x" ]
	[ ! -e "$(view mbox/x)" ]
}
