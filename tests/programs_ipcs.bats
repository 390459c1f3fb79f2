#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 300
#
# The tools with which people look at System V and remove what was left: util-linux's and procps's, unmodified.
# They matter since they are what every manual tells one to use; and since each asks in a way of its own:
# ipcs reads /proc/sysvipc, or with -u asks by SHM_INFO; lsipc reads both directories; sysctl writes through stdio.
# A musl tool that is static can't be preloaded, and shows the real kernel's.

load helper

bats_require_minimum_version 1.5.0

need() { command -v "$1" >/dev/null || skip "no $1: apt-get install $2"; }

# Run a command under Portico; nothing it makes is the real kernel's.  Its output is $output.  Where there may be
# a namespace of its own, what others do to the kernel's objects meanwhile isn't seen.
ours() {
	local alone=()
	! unshare --ipc true 2>/dev/null || alone=(unshare --ipc)
	# shellcheck disable=SC2016 # the inner shell's
	run "${alone[@]}" bash -c '. "$0"; sysvipc_unchanged "$@"' "$root/tests/helper.bash" \
		portico run --no-mount -- "$@"
	echo "$output"
}

# The output has a line like that extended regular expression, where one blank stands for many.
has() { tr -s ' ' <<<"$output" | grep -qE -- "$1"; }

# The id that ipcmk says it made.
made() { ours ipcmk "$@" && id=${output##*: }; }

three_objects() {
	need ipcmk util-linux
	made -Q && queue=$id
	made -S 4 -p 0600 && set=$id
	made -M 10000 && segment=$id
}

@test "ipcmk makes, ipcs lists, and ipcrm removes, by id" {
	three_objects
	ours ipcs -a
	has "0x[0-9a-f]{8} $queue $(id -un) 644 0 0"
	has "0x[0-9a-f]{8} $set $(id -un) 600 4"
	has "0x[0-9a-f]{8} $segment $(id -un) 644 10000 0"
	ours ipcrm -q "$queue" -s "$set" -m "$segment"
	[ "$status" -eq 0 ] && [ -z "$output" ]
	ours ipcs -a
	[[ $output != *0x* ]]
	ours ipcrm -q "$queue"
	[ "$status" -ne 0 ]
}

@test "ipcrm removes by key, and all of a kind" {
	three_objects
	ours ipcs -q
	ours ipcrm -Q "$(grep -oE '0x[0-9a-f]{8}' <<<"$output")"
	[ "$status" -eq 0 ]
	ours ipcs -q
	[[ $output != *0x* ]]
	made -M 100
	ours ipcrm --all=shm
	ours ipcs -a
	has "0x[0-9a-f]{8} $set"
	[[ $output != *10000* ]]
	ours ipcrm --all
	ours ipcs -a
	[[ $output != *0x* ]]
}

@test "ipcs: one by its id, times, creators, processes" {
	three_objects
	ours ipcs -q -i "$queue"
	[[ $output == *"msqid=$queue"*"qbytes=16384"*"qnum=0"*"send_time=Not set"* ]]
	ours ipcs -s -i "$set"
	[[ $output == *"semid=$set"*"nsems = 4"*"otime = Not set"* ]]
	ours ipcs -m -i "$segment"
	[[ $output == *"shmid=$segment"*"bytes=10000"*"nattch=0"*"att_time=Not set"* ]]
	ours ipcs -t
	has "$queue $(id -un) Not set Not set [A-Z][a-z]{2}"
	ours ipcs -c
	has "$segment 644 $(id -un)"
	ours ipcs -p -m
	has "$segment $(id -un) [1-9][0-9]* 0"
}

@test "ipcs -l: the limits, as they were set" {
	need ipcs util-linux
	portico limits msgmax=65536 sem="250 32000 100 128" shmmni=77
	ours ipcs -l
	[[ $output == *"max queues system wide = 32000"*"max size of message (bytes) = 65536"* ]]
	[[ $output == *"max number of segments = 77"* ]]
	[[ $output == *"max number of arrays = 128"*"per array = 250"*"system wide = 32000"*"per semop call = 100"* ]]
}

@test "ipcs -u: what is used" {
	three_objects
	ours ipcs -u
	[[ $output == *"allocated queues = 1"*"used headers = 0"*"used space = 0 bytes"* ]]
	[[ $output == *"segments allocated 1"*"pages allocated 3"*"pages resident  3"*"pages swapped   0"* ]]
	[[ $output == *"used arrays = 1"*"allocated semaphores = 4"* ]]
}

@test "lsipc: what there is, and each kind" {
	need lsipc util-linux
	three_objects
	ours lsipc --json
	python3 - "$output" <<-'END'
		import json, sys
		found = {it["resource"]: it for it in json.loads(sys.argv[1])["ipclimits"]}
		assert int(found["MSGMNI"]["used"]) == 1 and int(found["MSGMNI"]["limit"]) == 32000
		assert int(found["SEMMNS"]["used"]) == 4 and int(found["SHMMNI"]["used"]) == 1
	END
	ours lsipc -q -o ID,PERMS,MSGS --noheadings
	has "$queue rw-r--r-- 0"
	ours lsipc -s -o ID,NSEMS --noheadings
	has "$set 4"
	ours lsipc -m -o ID,SIZE,NATTCH --bytes --noheadings
	has "$segment 10000 0"
	ours lsipc -q -i "$queue"
	[[ $output == *"ID:"*"$queue"* ]]
	ours lsipc --global --bytes
	has "MSGMAX.* 8192"
}

@test "sysctl shows and sets limits; what the limit can't have changes nothing, and is in the log" {
	need sysctl procps
	local real
	real=$(cat /proc/sys/kernel/msgmax /proc/sys/kernel/sem)
	ours sysctl -w kernel.msgmax=70000 kernel.sem="250 32000 100 128"
	[ "$status" -eq 0 ]
	ours sysctl -n kernel.msgmax kernel.sem kernel.shm_next_id
	[ "$output" = "$(printf '70000\n250\t32000\t100\t128\n-1')" ]
	portico limits | grep -qx 'msgmax           at most 70000'
	ours sysctl -w kernel.msgmax=many
	ours sysctl -w kernel.sem="250 32000 501 128"
	ours sysctl -n kernel.msgmax kernel.sem
	[ "$output" = "$(printf '70000\n250\t32000\t100\t128')" ]
	run -0 portico doctor
	[[ $output == *"what was written to /proc/sys/kernel is no value that limit may have"* ]]
	[ "$real" = "$(cat /proc/sys/kernel/msgmax /proc/sys/kernel/sem)" ]
}

@test "shells, echo, tee, Perl and Python set limits by the files, and read them" {
	local real value=9000
	real=$(cat /proc/sys/kernel/msgmax)
	export file=/proc/sys/kernel/msgmax
	limit_set_by() {
		value=$((value + 1))
		export value
		ours "$@"
		[ "$status" -eq 0 ] && ours cat "$file" && [ "$output" = "$value" ]
	}
	limit_set_by bash -c 'echo $value >$file'
	limit_set_by bash -c 'echo 1 >$file; set -C; { echo 2 >$file; } 2>/dev/null; printf %s $value >|$file'
	limit_set_by sh -c 'echo $value >$file'
	limit_set_by sh -c '/bin/echo $value >$file'
	limit_set_by sh -c 'echo $value >>$file'
	limit_set_by sh -c 'exec 3>$file; echo 1 >&3; read now <$file; [ "$now" = 1 ]; echo $value >&3'
	limit_set_by sh -c 'echo $value | tee $file >/dev/null'
	limit_set_by sh -c 'echo $value >'"$private/it"'; cp '"$private/it"' $file'
	limit_set_by sh -c 'echo $value | dd of=$file conv=notrunc status=none'
	if command -v perl >/dev/null; then
		limit_set_by perl -e 'open(F, ">", $ENV{file}) or die; print F $ENV{value}; close(F) or die'
		limit_set_by perl -e 'open(F, "+<", $ENV{file}) or die; <F>; seek(F, 0, 0); print F "$ENV{value}\n"; close F'
	fi
	limit_set_by python3 -c 'import os; open(os.environ["file"], "w").write(os.environ["value"])'
	[ "$real" = "$(cat /proc/sys/kernel/msgmax)" ]
}

@test "what reads the files sees the instance's: cat, grep, awk, Perl, Python" {
	three_objects
	ours grep -c "^ *[0-9-]* *$queue " /proc/sysvipc/msg
	[ "$output" = 1 ]
	ours awk 'NR > 1 { print $2, $4 }' /proc/sysvipc/sem
	[ "$output" = "$set 4" ]
	ours python3 -c 'print([l.split()[3] for l in open("/proc/sysvipc/shm")][1:])'
	[ "$output" = "['10000']" ]
	ours perl -ne 'print((split)[1], " ") if $. > 1' /proc/sysvipc/msg
	[ "$output" = "$queue " ]
	ours sh -c 'read a b c d </proc/sys/kernel/sem; echo $a $b $c $d'
	[ "$output" = "32000 1024000000 500 32000" ]
}

@test "to look makes no instance; nothing is in it" {
	need ipcs util-linux
	preload ipcs -a
	preload ipcs -l
	run -0 preload cat /proc/sysvipc/sem
	[ "${#lines[@]}" -eq 1 ]
	run -0 preload cat /proc/sys/kernel/msgmni
	[ "$output" = 32000 ]
	preload test -r /proc/sysvipc/msg
	[ ! -e "$PORTICO_KERNEL" ]
	preload sh -c 'echo 9000 >/proc/sys/kernel/msgmax'
	[ -e "$PORTICO_KERNEL/region" ]
}

@test "on a kernel without System V the files are there, to who opens them or asks access() first" {
	unshare --mount true 2>/dev/null || skip "no namespace of mounts can be had here"
	need lsipc util-linux
	cat >"$private/bare" <<-'END'
		mount -t tmpfs -o ro none /proc/sysvipc && mount -t tmpfs -o ro none /proc/sys/kernel || exit 77
		test ! -r /proc/sysvipc/msg || exit 1
		portico limits msgmax=9000
		portico run --no-mount ipcmk -Q >/dev/null
		portico run --no-mount ipcs -q | grep -c 0x
		portico run --no-mount ipcs -l | grep 9000
		portico run --no-mount lsipc -q | grep -c 0x
		portico run --no-mount cat /proc/sys/kernel/msgmax
		portico run --no-mount bash -c 'test -r /proc/sysvipc/msg'
	END
	run unshare --mount --propagation private bash "$private/bare"
	echo "$output"
	[ "$status" -ne 77 ] || skip "nothing can be mounted here"
	[ "$status" -eq 0 ]
	[ "$output" = "$(printf '1\nmax size of message (bytes) = 9000\n1\n9000')" ]
}

@test "where no instance can be made, the files are the real kernel's" {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC"
	export PORTICO_KERNEL=/dev/null/nowhere
	[ "$(preload cat /proc/sys/kernel/shmmni)" = "$(cat /proc/sys/kernel/shmmni)" ]
	[ "$(preload head -n 1 /proc/sysvipc/msg)" = "$(head -n 1 /proc/sysvipc/msg)" ]
}

@test "limits are the owner's and root's to write, and everybody's to read whom the instance serves" {
	[ "$(id -u)" -eq 0 ] || skip "only root can be two users"
	need setpriv util-linux
	local guest=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chmod 755 "$private"
	portico limits access=all
	preload sh -c 'echo 9000 >/proc/sys/kernel/msgmax'
	run preload "${guest[@]}" cat /proc/sys/kernel/msgmax # and takes it in
	[ "$output" = 9000 ]
	[ ! -s "$PORTICO_KERNEL/sysctl/msgmax" ]
	run preload "${guest[@]}" sh -c 'echo 1 >/proc/sys/kernel/msgmax'
	[ "$status" -ne 0 ]
	[[ $output == *"ermission denied"* ]]
	portico limits access=owner
	run preload "${guest[@]}" sh -c 'echo 1 >/proc/sys/kernel/msgmax'
	[ "$status" -ne 0 ]
	portico limits | grep -qx 'msgmax           at most 9000'
}

@test "a limit that was written holds for who has long been running" {
	cat >"$private/long.py" <<-'END'
		import ctypes, os, sys
		libc = ctypes.CDLL(None, use_errno=True)
		queue = libc.msgget(0, 0o600)
		message = ctypes.create_string_buffer(8 + 10000)
		message[0] = 1
		def send():
		    return libc.msgsnd(queue, message, ctypes.c_size_t(10000), 0)
		assert send() == -1 and ctypes.get_errno() == 22
		assert os.system("echo 10000 >/proc/sys/kernel/msgmax") == 0
		assert send() == 0
		libc.msgctl(queue, 0, None)
	END
	ours python3 "$private/long.py"
	[ "$status" -eq 0 ]
}
