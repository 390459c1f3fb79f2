#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 180
#
# The mount, and mailboxes as files.

load helper
load fuse_helper

# ---- reading and writing

@test "what echo writes cat reads, in order, and cat ends" {
	echo one >"$mnt/mbox/x"
	echo two >"$mnt/mbox/x"
	run timeout 5 cat "$mnt/mbox/x"
	[ "$status" -eq 0 ]
	[ "$output" = $'one\ntwo' ]
}

@test "cat of an empty mailbox waits for the first message, then ends" {
	: >"$mnt/mbox/x"
	timeout 5 cat "$mnt/mbox/x" >"$private/out" &
	sleep 0.2
	[ ! -s "$private/out" ]
	echo late >"$mnt/mbox/x"
	wait $!
	[ "$(cat "$private/out")" = late ]
}

@test "cat goes on while a writer has the mailbox open, and ends when it closes" {
	: >"$mnt/mbox/x"
	timeout 5 cat "$mnt/mbox/x" >"$private/out" &
	cat=$!
	{
		echo one
		sleep 0.3
		echo two
	} >"$mnt/mbox/x"
	wait $cat
	[ "$(cat "$private/out")" = $'one\ntwo' ]
}

@test "each write is one message, each read takes one" {
	dd if=/dev/zero of="$mnt/mbox/x" bs=100 count=3 status=none
	printf tail >>"$mnt/mbox/x"
	run probe step "$mnt/mbox/x" r r1000 r1000 r1000 r1000 r1000
	[ "$output" = $'read: 100\nread: 100\nread: 100\nread: 4\nread: 0' ]
}

@test "a short read gets the rest of its message with the next" {
	printf 0123456789 >"$mnt/mbox/x"
	printf abc >"$mnt/mbox/x"
	run timeout 5 dd if="$mnt/mbox/x" bs=4 status=none
	[ "$output" = 0123456789abc ]
	printf 0123456789 >"$mnt/mbox/x"
	printf abc >"$mnt/mbox/x"
	run probe step "$mnt/mbox/x" r r4 r4 r4 r4 r4
	[ "$output" = $'read: 4\nread: 4\nread: 2\nread: 3\nread: 0' ]
}

@test "the rest of a message goes back to the front when its reader closes" {
	printf 0123456789 >"$mnt/mbox/x"
	printf abc >"$mnt/mbox/x"
	[ "$(dd if="$mnt/mbox/x" bs=4 count=1 status=none)" = 0123 ]
	eventually 2 size_is 9 "$mnt/mbox/x"
	run timeout 5 cat "$mnt/mbox/x"
	[ "$output" = 456789abc ]
}

@test "a reader killed with half a message returns the other half" {
	printf 0123456789 >"$mnt/mbox/x"
	"$BUILD/tests/fuse_probe" step "$mnt/mbox/x" r r4 s5000 &
	reader=$!
	eventually 2 size_is 0 "$mnt/mbox/x"
	kill -9 $reader
	eventually 2 size_is 6 "$mnt/mbox/x"
	[ "$(timeout 5 cat "$mnt/mbox/x")" = 456789 ]
}

@test "O_NONBLOCK on an empty mailbox is EAGAIN" {
	: >"$mnt/mbox/x"
	run timeout 5 dd if="$mnt/mbox/x" iflag=nonblock status=none
	[ "$status" -ne 0 ]
	[[ $output = *"Resource temporarily unavailable"* ]]
}

@test "a full mailbox is EAGAIN with O_NONBLOCK, and blocks without until there is room" {
	: >"$mnt/mbox/x"
	# shellcheck disable=SC2046 # a list of steps
	run probe step "$mnt/mbox/x" wn $(yes w1000000 | head -n 68)
	[ "$(grep -c 1000000 <<<"$output")" -eq 67 ]
	[ "$(tail -n 1 <<<"$output")" = "write: EAGAIN" ]
	timeout 5 dd if=/dev/zero of="$mnt/mbox/x" bs=1000000 count=1 status=none &
	writer=$!
	sleep 0.2
	kill -0 $writer
	dd if="$mnt/mbox/x" of=/dev/null bs=1M count=1 status=none
	wait $writer
}

@test "a longer message, sent by a program, is read whole" {
	portico create --bytes 8M long
	head -c 5000000 /dev/urandom >"$private/long"
	portico send long <"$private/long"
	timeout 10 cat "$mnt/mbox/long" | cmp - "$private/long"
}

@test "a message written as a file may have 1 MiB less 4 KiB, wherever its buffer begins, and no more" {
	: >"$mnt/mbox/x"
	run probe step "$mnt/mbox/x" w w1044480 w1044481 w1048576 w2000000 w3
	[ "$output" = $'write: 1044480\nwrite: EMSGSIZE\nwrite: EMSGSIZE\nwrite: EMSGSIZE\nwrite: 3' ]
	run probe step "$mnt/mbox/x" rn r2000000 r2000000 r1
	[ "$output" = $'read: 1044480\nread: 3\nread: 0' ]
	head -c 1044480 /dev/urandom >"$private/blob"
	dd if="$private/blob" of="$mnt/mbox/x" bs=1044480 status=none
	timeout 5 cat "$mnt/mbox/x" | cmp - "$private/blob"
}

@test "one that blocks in read doesn't keep its fellow thread from writing" {
	: >"$mnt/mbox/x"
	run timeout 5 "$BUILD/tests/fuse_probe" stream "$mnt/mbox/x"
	[ "$output" = "read: 1" ]
}

@test "thousands block in reads, and each gets a message" {
	: >"$mnt/mbox/x"
	resident() { ps -o rss= -p "$(daemon_pid)"; }
	before=$(resident)
	timeout 30 "$BUILD/tests/fuse_probe" crowd "$mnt/mbox/x" 2000 >"$private/out" &
	crowd=$!
	sleep 1
	timeout 20 dd if=/dev/zero of="$mnt/mbox/x" bs=1 count=2000 status=none
	wait $crowd
	[ "$(cat "$private/out")" = "read: 2000" ]
	grown=$(($(resident) - before))
	echo "# grown by $grown kB"
	[ "$grown" -lt 64000 ]
}

# ---- interruption, removal, death

@test "a blocked cat ends with SIGINT, with SIGTERM and with SIGKILL" {
	: >"$mnt/mbox/x"
	for signal in INT TERM KILL; do
		env --default-signal=INT cat "$mnt/mbox/x" &
		cat=$!
		sleep 0.2
		kill -s $signal $cat
		wait_killed $signal $cat
	done
	echo after >"$mnt/mbox/x" # and took nothing with it
	[ "$(timeout 5 cat "$mnt/mbox/x")" = after ]
}

@test "a blocked write is interrupted, and nothing was sent" {
	fill "$mnt/mbox/x"
	before=$(stat -c %s "$mnt/mbox/x")
	run probe interrupted "$mnt/mbox/x" 1000 200
	[ "$output" = "write: EINTR" ]
	[ "$(stat -c %s "$mnt/mbox/x")" -eq "$before" ]
}

@test "rm under a blocked reader and a blocked writer gives them an error" {
	: >"$mnt/mbox/r"
	fill "$mnt/mbox/w"
	probe step "$mnt/mbox/r" r r10 >"$private/r" &
	reader=$!
	probe step "$mnt/mbox/w" w w10 >"$private/w" &
	writer=$!
	sleep 0.2
	timeout 5 rm "$mnt/mbox/r" "$mnt/mbox/w"
	wait_status 0 $reader $writer
	[ "$(cat "$private/r")" = "read: EIDRM" ]
	[ "$(cat "$private/w")" = "write: EIDRM" ]
	says_nothing ls "$mnt/mbox"
}

@test "chmod and a second writer don't wait for a blocked writer" {
	fill "$mnt/mbox/x"
	probe step "$mnt/mbox/x" w w10 >"$private/w" &
	sleep 0.2
	timeout 5 chmod 600 "$mnt/mbox/x"
	run probe step "$mnt/mbox/x" wn w10
	[ "$output" = "write: EAGAIN" ]
	run timeout 5 "$BUILD/tests/fuse_probe" shared "$mnt/mbox/x"
	[ "$output" = ended ]
	timeout 5 rm "$mnt/mbox/x"
	wait $!
	[ "$(cat "$private/w")" = "write: EIDRM" ]
}

@test "a killed reader and a killed writer leave the mailbox in order" {
	fill "$mnt/mbox/w"
	: >"$mnt/mbox/r"
	before=$(stat -c %s "$mnt/mbox/w")
	"$BUILD/tests/fuse_probe" step "$mnt/mbox/r" r r10 &
	reader=$!
	"$BUILD/tests/fuse_probe" step "$mnt/mbox/w" w w10 &
	writer=$!
	sleep 0.2
	kill -9 $reader $writer
	wait_killed KILL $reader $writer
	echo for another >"$mnt/mbox/r"
	[ "$(timeout 5 cat "$mnt/mbox/r")" = "for another" ]
	dd if="$mnt/mbox/w" of=/dev/null bs=1M count=1 status=none
	[ "$(stat -c %s "$mnt/mbox/w")" -eq $((before - 1000000)) ]
}

@test "when the daemon and its supervisor are killed, a new mount replaces the dead one" {
	echo kept >"$mnt/mbox/y"
	abandoned
	run timeout 5 ls "$mnt"
	[ "$status" -ne 0 ]
	mounted
	[ "$(timeout 5 cat "$mnt/mbox/y")" = kept ]
}

# ---- what stat, ls and chmod see

@test "ls -l shows mode, and the bytes queued as size" {
	: >"$mnt/mbox/x"
	printf 12345 >"$mnt/mbox/x"
	chmod 640 "$mnt/mbox/x"
	run ls -l "$mnt/mbox/x"
	[[ $output = "-rw-r----- 1 "*" 5 "* ]]
	[ "$(stat -c %a "$mnt/mbox/x")" = 640 ]
}

@test "the mode is that of open and umask" {
	(umask 027 && : >"$mnt/mbox/x")
	[ "$(stat -c %a "$mnt/mbox/x")" = 640 ]
}

@test "stat names one object by one inode number, and times move" {
	: >"$mnt/mbox/x"
	[ "$(stat -c %i "$mnt/mbox/x")" = "$(stat -c %i "$mnt/mbox/x")" ]
	before=$(stat -c %Y "$mnt/mbox/x")
	sleep 1.1
	echo m >"$mnt/mbox/x"
	[ "$(stat -c %Y "$mnt/mbox/x")" -gt "$before" ]
}

@test "an unprivileged user is held to owner and mode" {
	mounted_for_others
	: >"$mnt/mbox/mine"
	chmod 600 "$mnt/mbox/mine"
	run $as_nobody sh -c ': >"$1"/mbox/mine' - "$mnt"
	[ "$status" -ne 0 ]
	$as_nobody sh -c 'umask 077; echo hers >"$1"/mbox/hers' - "$mnt"
	[ "$(stat -c '%u %a' "$mnt/mbox/hers")" = "65534 600" ]
	run $as_nobody rm -f "$mnt/mbox/mine"
	[ "$status" -ne 0 ]
	$as_nobody rm "$mnt/mbox/hers"
}

@test "many mailboxes are all listed, once" {
	(cd "$mnt/mbox" && for i in {1..300}; do : >"m$i"; done)
	[ "$(ls "$mnt/mbox" | sort -u | wc -l)" -eq 300 ]
	[ "$(ls "$mnt/mbox" | wc -l)" -eq 300 ]
}

@test "what can't be done is refused" {
	: >"$mnt/mbox/x"
	run mv -T "$mnt/mbox/x" "$mnt/kernel/x"
	[ "$status" -ne 0 ]
	run mkdir "$mnt/fifo/d"
	[ "$status" -ne 0 ]
	run sh -c ': >"$1"' - "$mnt/file"
	[ "$status" -ne 0 ]
	run sh -c ': >"$1"' - "$mnt/mbox/$(printf 'n%.0s' {1..201})"
	[ "$status" -ne 0 ]
	[[ $output = *"too long"* ]]
	: >"$mnt/mbox/$(printf 'n%.0s' {1..200})"
}

@test "kernel/ tells version, instance and pid" {
	[ "$(cat "$mnt/kernel/instance")" = "$PORTICO_KERNEL" ]
	[ "$(cat "$mnt/kernel/version")" = 0.1.0 ]
	[ "$(readlink "/proc/$(daemon_pid)/exe")" = "$(realpath "$daemon")" ]
	run sh -c 'echo 1 >"$1"' - "$mnt/kernel/version"
	[ "$status" -ne 0 ]
}

# ---- poll

@test "poll says whether a message is there, and wakes when one comes" {
	: >"$mnt/mbox/x"
	run probe poll "$mnt/mbox/x" rn i 100
	[ "$output" = "poll: nothing" ]
	probe poll "$mnt/mbox/x" rn i 5000 >"$private/out" &
	sleep 0.2
	echo m >"$mnt/mbox/x"
	wait $!
	[ "$(cat "$private/out")" = "poll: IN" ]
	run probe poll "$mnt/mbox/x" rn i 0 # level
	[ "$output" = "poll: IN" ]
	run probe poll "$mnt/mbox/x" w o 0
	[ "$output" = "poll: OUT" ]
}

@test "poll wakes a writer when a full mailbox has room" {
	fill "$mnt/mbox/x"
	probe poll "$mnt/mbox/x" wn o 5000 >"$private/out" &
	sleep 0.2
	[ ! -s "$private/out" ]
	dd if="$mnt/mbox/x" of=/dev/null bs=1M count=1 status=none
	wait $!
	[ "$(cat "$private/out")" = "poll: OUT" ]
}

@test "select in another language sees a message" {
	: >"$mnt/mbox/x"
	timeout 5 perl -e 'open(F, "<", $ARGV[0]) or die; $r = ""; vec($r, fileno(F), 1) = 1;
		print scalar(select($r, undef, undef, 4)), "\n"' "$mnt/mbox/x" >"$private/out" &
	sleep 0.3
	echo m >"$mnt/mbox/x"
	wait $!
	[ "$(cat "$private/out")" = 1 ]
}

@test "a message sent through the library wakes a blocked cat, and a poll" {
	: >"$mnt/mbox/x"
	timeout 5 cat "$mnt/mbox/x" >"$private/out" &
	cat=$!
	sleep 0.2
	probe send x "from C"
	wait $cat
	[ "$(cat "$private/out")" = "from C" ]
	probe poll "$mnt/mbox/x" rn i 5000 >"$private/out" &
	poll=$!
	sleep 0.2
	probe send x more
	wait $poll
	[ "$(cat "$private/out")" = "poll: IN" ]
}

# ---- mounting

@test "messages survive a remount, and another mount shows the same mailboxes" {
	echo kept >"$mnt/mbox/x"
	dismounted
	mounted
	mkdir "$private/other"
	"$daemon" "$private/other"
	[ "$(timeout 5 cat "$private/other/mbox/x")" = kept ]
	unmount "$private/other"
}

@test "SIGTERM leaves no mount and no process" {
	pid=$(daemon_pid)
	kill -TERM "$pid"
	eventually 5 gone "$pid"
	not_mounted
}

@test "SIGTERM while somebody waits ends that, too" {
	: >"$mnt/mbox/x"
	timeout 5 cat "$mnt/mbox/x" 2>/dev/null &
	cat=$!
	sleep 0.2
	kill -TERM "$(daemon_pid)"
	wait_status 1 $cat
	eventually 5 not_mounted
}

@test "of several who mount at one place at once one does" {
	local pids=() won=0
	mkdir "$private/one"
	for _ in 1 2 3 4; do
		"$daemon" "$private/one" 2>>"$private/errors" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		! wait "$pid" || won=$((won + 1))
	done
	[ "$won" -eq 1 ]
	[ "$(grep -c 'mounted there already' "$private/errors")" -eq 3 ]
	[ "$(grep -c " $private/one " /proc/mounts)" -eq 1 ]
	unmount "$private/one"
}

@test "errors of mounting are for people" {
	run "$daemon" "$private/nowhere"
	[ "$status" -eq 1 ]
	[[ $output = "portico-fuse: can't mount on $private/nowhere: No such file"*mkdir* ]]
	run "$daemon" "$mnt"
	[ "$status" -eq 1 ]
	[[ $output = *"mounted there already"* ]]
	: >"$private/file"
	run "$daemon" "$private/file"
	[ "$status" -eq 1 ]
	[[ $output = *"not a directory"* ]]
	run "$daemon"
	[ "$status" -eq 2 ]
	run "$daemon" --kernel /proc/nowhere "$private"
	[ "$status" -eq 1 ]
	[[ $output = portico-fuse:* ]]
}

@test "in the foreground it stays there, and ends with SIGINT" {
	mkdir "$private/other"
	env --default-signal=INT "$daemon" --foreground "$private/other" &
	pid=$!
	eventually 5 test -e "$private/other/kernel/pid"
	[ "$(cat "$private/other/kernel/pid")" -eq $pid ]
	kill -INT $pid
	wait $pid
	not_mounted "$private/other"
}

@test "--with-runs lasts as long as the last run, however that ends" {
	mkdir "$private/other"
	"$BUILD/tests/fuse_probe" supervise 20000 >"$private/out" &
	run=$!
	eventually 5 grep -q running "$private/out"
	"$daemon" --with-runs "$private/other"
	sleep 0.5
	[ "$(cat "$private/other/kernel/version")" = 0.1.0 ]
	kill -9 $run
	eventually 3 not_mounted "$private/other"
	[ "$(cat "$mnt/kernel/version")" = 0.1.0 ] # one without the option stays
}

# ---- all at once

@test "many write, many read with short reads, some are killed: every message once, or still there" {
	: >"$mnt/mbox/x"
	for writer in 1 2 3; do
		for i in {1..300}; do echo "$writer $i"; done >"$private/$writer"
		perl -ne 'BEGIN { open(M, ">", shift) } syswrite(M, $_)' "$mnt/mbox/x" "$private/$writer" &
		writers+=" $!"
	done
	for reader in 1 2 3 4; do
		(while [ -e "$mnt/mbox/x" ]; do timeout -s KILL 0.05 perl -e '
			open(M, "<", $ARGV[0]); open(L, ">>", $ARGV[1]);
			while (sysread(M, $b, 64)) { syswrite(L, $b) }' "$mnt/mbox/x" "$private/got$reader" || [ $? -eq 137 ]
		done) 2>/dev/null &
		readers+=" $!"
	done
	wait_status 0 $writers
	sleep 0.5
	kill $readers
	wait_killed TERM $readers
	sleep 0.2
	run timeout 5 dd if="$mnt/mbox/x" of="$private/left" iflag=nonblock bs=64 conv=notrunc
	[ "$status" -eq 0 ] || [[ $output = *"Resource temporarily unavailable"* ]]
	cat "$private"/got* "$private/left" | sort >"$private/all"
	sort "$private"/[123] >"$private/sent"
	# none twice, none that wasn't sent; a reader killed between read and note may have taken one
	[ -z "$(uniq -d "$private/all")" ]
	[ -z "$(comm -13 "$private/sent" "$private/all")" ]
	lost=$(comm -23 "$private/sent" "$private/all" | wc -l)
	echo "lost: $lost"
	[ "$lost" -le 10 ]
}
