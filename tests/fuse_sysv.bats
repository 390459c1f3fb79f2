#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 60
#
# System V objects as files: msg/, sem/, shm/, and what view/ shows of them.

load helper
load fuse_helper

# perl PROGRAM ARG...: with System V calls, on the instance.  As preload(), but $! is the program's.
sysv() { exec env LD_PRELOAD="$BUILD/lib/libportico-preload.so" perl -MIPC::SysV=:all -e "$@"; }
make_queue() { (sysv 'print msgget(oct(shift), IPC_CREAT | oct(shift))' "$@"); }
make_set() { (sysv 'print semget(oct(shift), 3, IPC_CREAT | oct(shift))' "$@"); }
make_segment() { (sysv 'print shmget(oct(shift), 10000, IPC_CREAT | oct(shift))' "$@"); }

@test "an object is a file named by its id, and a link named by its key" {
	local queue set segment
	queue=$(make_queue 0x4d2 640)
	set=$(make_set 0x4d3 600)
	segment=$(make_segment 0x4d4 644)
	[ "$(ls "$mnt/msg")" = $'0x000004d2\n'"$queue" ]
	[ "$(readlink "$mnt/msg/0x000004d2")" = "$queue" ]
	[ "$(readlink "$mnt/sem/0x000004d3")" = "$set" ]
	[ "$(readlink "$mnt/shm/0x000004d4")" = "$segment" ]
	[ "$(stat -c '%F %a %u %g' "$mnt/msg/$queue")" = "regular file 640 $(id -u) $(id -g)" ]
	[ "$(stat -c '%F' "$mnt/msg/0x000004d2")" = "symbolic link" ]
	[ "$(stat -Lc '%a' "$mnt/shm/0x000004d4")" = 644 ]
	tells "$mnt/msg/$queue" "id $queue"
	tells "$mnt/msg/$queue" "key 0x000004d2"
	tells "$mnt/msg/$queue" "creator_uid $(id -u)"
	tells "$mnt/msg/$queue" "qbytes 16384"
	counts "$mnt/msg/$queue" '^name \|^limit_\|^open_' 0
	tells "$mnt/sem/0x000004d3" "semaphores 3"
	tells "$mnt/shm/$segment" "size 10000"
	cmp "$mnt/msg/$queue" "$mnt/view/msg/$queue/status"
	cmp "$mnt/shm/$segment" "$mnt/view/shm/0x000004d4/status"
	[ "$(stat -c %s "$mnt/sem/$set")" -eq "$(wc -c <"$mnt/sem/$set")" ]
	for name in 0x4d2 0x000004D2 "0$queue" "-$queue" x 99999; do [ ! -e "$mnt/msg/$name" ]; done
}

@test "a private object has no link" {
	local queue
	queue=$(make_queue 0 600)
	[ "$(ls "$mnt/msg")" = "$queue" ]
	tells "$mnt/msg/$queue" "key private"
}

@test "rm of the id, or of the key, removes the object" {
	local queue set segment
	queue=$(make_queue 0x4d2 600)
	set=$(make_set 0x4d3 600)
	segment=$(make_segment 0x4d4 600)
	rm "$mnt/msg/$queue" "$mnt/sem/0x000004d3" "$mnt/shm/$segment"
	[ -z "$(ls "$mnt/msg")$(ls "$mnt/sem")$(ls "$mnt/shm")" ]
	[ "$(portico ls --json)" = "[]" ]
	fails_with "No such file" rm "$mnt/msg/$queue"
}

@test "who waits at an object that is removed by its file gets EIDRM" {
	local queue
	queue=$(make_queue 0x4d2 600)
	sysv 'msgrcv(shift, $buffer, 100, 0, 0); print $!{EIDRM} ? "removed" : $!' "$queue" >"$private/out" &
	eventually 5 counts "$mnt/view/msg/$queue/waiters" "by=task for=receive" 1
	rm "$mnt/msg/$queue"
	wait $!
	[ "$(cat "$private/out")" = removed ]
}

@test "a segment that is removed while it is attached goes with its last detach" {
	local segment
	segment=$(make_segment 0x4d4 600)
	sysv 'shmat($id = shift, undef, 0); sleep 20' "$segment" &
	eventually 5 counts "$mnt/view/shm/$segment/holders" "^attachment " 1
	grep -qE "^attachment pid=$! command=perl from=0x[0-9a-f]+$" "$mnt/view/shm/$segment/holders"
	tells "$mnt/shm/$segment" "attached 1"
	rm "$mnt/shm/$segment"
	tells "$mnt/shm/$segment" "removed yes"
	[ ! -L "$mnt/shm/0x000004d4" ]
	kill $!
	wait_killed TERM $!
	eventually 5 test ! -e "$mnt/shm/$segment"
}

@test "values of semaphores, who waits for them, and who holds them" {
	local set
	set=$(make_set 0x4d3 600)
	sysv '$set = shift; semctl($set, 1, SETVAL, 2);
		semop($set, pack("s!3", 1, -1, SEM_UNDO)); sleep 20' "$set" &
	holder=$!
	eventually 5 counts "$mnt/view/sem/$set/holders" "^undo " 1
	sysv 'semop(shift, pack("s!3", 2, -3, 0))' "$set" &
	eventually 5 counts "$mnt/view/sem/$set/waiters" "^waiter " 1
	grep -qx "semaphore number=1 value=1 pid=$holder rising=0 zero=0" "$mnt/sem/$set"
	grep -qE "^semaphore number=2 value=0 pid=[0-9]+ rising=1 zero=0$" "$mnt/sem/$set"
	grep -qE "^undo pid=$holder command=perl semaphore=1 adjust=1 since=[0-9]+$" "$mnt/view/sem/$set/holders"
	grep -qE "^waiter pid=$! uid=[0-9]+ by=task for=operate semaphore=2 change=-3 since_ns=[0-9]+ posted=no$" "$mnt/view/sem/$set/waiters"
	tells "$mnt/sem/$set" "waiting 1"
	kill "$holder" $!
	wait_killed TERM "$holder" $!
}

@test "peek at a System V queue" {
	local queue
	queue=$(make_queue 0x4d2 600)
	(sysv 'msgsnd(shift, pack("l! a*", 9, "hello"), 0)' "$queue")
	grep -qE "^message number=0 .* type=9 .* bytes=5 .* text=hello$" "$mnt/view/msg/0x000004d2/peek"
	tells "$mnt/msg/$queue" "messages 1"
}

@test "objects can't be made, written, renamed or linked as files" {
	local queue
	queue=$(make_queue 0x4d2 600)
	run sh -c ": >'$mnt/msg/7'"
	[[ $output = *"Operation not permitted"* ]]
	run mkdir "$mnt/sem/x"
	[[ $output = *"Operation not permitted"* ]]
	run ln -s x "$mnt/msg/0x00000005"
	[[ $output = *"Operation not permitted"* ]]
	fails_with "not permitted" mv "$mnt/msg/$queue" "$mnt/msg/8"
	fails_with "Permission denied" sh -c "echo x >>'$mnt/msg/$queue'"
	fails_with "not permitted" rm -f "$mnt/view/msg/0x000004d2"
	[ -e "$mnt/msg/$queue" ]
}

@test "portico stat tells of sets and segments, too" {
	local set segment
	set=$(make_set 0x4d3 600)
	segment=$(make_segment 0x4d4 600)
	portico stat --sem 0x4d3 | grep -qE '^semaphore 2 +0, by process [0-9]+; 0 wait for more, 0 for 0$'
	[ "$(portico stat --json --sem "$set" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["semaphore"]))')" -eq 3 ]
	portico stat --shm "$segment" | grep -qE '^bytes +10000$'
	run portico stat --sem "$set" --shm
	[ "$status" -eq 2 ]
}
