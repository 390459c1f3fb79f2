#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 180
#
# The programs that people use in a shell, on mailboxes and named pipes.  Each is
# what its manual says it is on files and FIFOs; none knows of Portico.

load helper
load fuse_helper

test_limit_seconds=60

setup() {
	mounted_setup
	cd "$mnt" || return 1
}

box() { printf '%s\n' "${@:2}" | while IFS= read -r line; do printf '%s\n' "$line" >"mbox/$1"; done; }
got() { timeout 5 cat "mbox/$1"; }

# ---- one message

@test "sh, bash: > and >> both send, noclobber doesn't, < receives" {
	sh -c 'echo one >mbox/x; echo two >>mbox/x'
	run bash -c 'set -C; echo three >mbox/x'
	[ "$status" -ne 0 ]
	[[ $output = *"cannot overwrite"* ]]
	bash -c 'echo four >|mbox/x'
	bash -c 'read -r line <mbox/x; echo "$line"' >"$private/first"
	[ "$(cat "$private/first")" = one ]
	[ "$(got x)" = $'two\nfour' ]
}

@test "bash: a descriptor of one's own, and a here-string" {
	bash -c 'exec 7<>mbox/x; echo 1 >&7; echo 2 >&7; read -r a <&7; read -r b <&7; echo "$a-$b"' >"$private/out"
	bash -c 'cat >mbox/y <<<here'
	[ "$(cat "$private/out")" = 1-2 ]
	[ "$(got y)" = here ]
}

@test "echo, printf: a message a line, with what bytes it has" {
	/bin/echo -n 'no newline' >mbox/x
	/usr/bin/printf 'a\0b\377' >mbox/x
	[ "$(dd if=mbox/x bs=4096 count=1 status=none)" = 'no newline' ]
	[ "$(dd if=mbox/x bs=4096 count=1 status=none | od -An -tx1 | tr -d ' ')" = 610062ff ]
}

@test "cat: several mailboxes in order, - between them" {
	box a 1
	box b 3
	[ "$(echo 2 | timeout 5 cat mbox/a - mbox/b)" = $'1\n2\n3' ]
}

@test "tee: one input to many mailboxes" {
	: >mbox/c # by opening
	printf 'to all\n' | tee mbox/a mbox/b >>mbox/c
	for name in a b c; do [ "$(got $name)" = 'to all' ]; done
}

@test "dd: a block a message, either way" {
	printf 'aabbcc' | dd of=mbox/x bs=2 status=none
	[ "$(dd if=mbox/x bs=10 count=2 status=none)" = aabb ]
	[ "$(got x)" = cc ]
}

@test "cp: to a mailbox sends, from one takes" {
	head -c 200000 /dev/urandom >"$private/blob"
	: >mbox/x
	cp "$private/blob" mbox/x
	timeout 5 cp mbox/x "$private/back"
	cmp "$private/blob" "$private/back"
	[ "$(stat -c %s mbox/x)" -eq 0 ]
}

# ---- what reads lines

@test "head and tail: the rest stays, or is waited for" {
	box x 1 2 3 4
	[ "$(head -c 2 mbox/x)" = 1 ]
	eventually 2 size_is 6 mbox/x
	[ "$(timeout 5 tail -n 2 mbox/x)" = $'3\n4' ]
}

@test "tail -f: follows until it is ended" {
	: >mbox/x
	timeout 20 tail -f mbox/x >"$private/out" &
	tail=$!
	box x first
	eventually 5 grep -q first "$private/out"
	box x second
	eventually 5 grep -q second "$private/out"
	kill $tail
	wait_killed TERM $tail
}

@test "grep, sed, awk, sort, wc: to the end of what there is" {
	box g apple pear plum
	[ "$(timeout 5 grep -c p mbox/g)" -eq 3 ]
	box s apple
	[ "$(timeout 5 sed s/a/A/ mbox/s)" = Apple ]
	box a '1 2' '3 4'
	[ "$(timeout 5 awk '{ sum += $2 } END { print sum }' mbox/a)" -eq 6 ]
	box o c a b
	[ "$(timeout 5 sort mbox/o)" = $'a\nb\nc' ]
	box w one 'two three'
	[ "$(timeout 5 wc -w <mbox/w)" -eq 3 ]
}

@test "xargs: four workers, each job once" {
	box jobs {1..40}
	timeout 10 xargs -a mbox/jobs -n 1 -P 4 echo | sort -n >"$private/done"
	seq 40 | cmp - "$private/done"
}

@test "while read: several shells share a queue of jobs" {
	exec 7>mbox/jobs # as long as somebody may send, who finds no job waits
	for worker in 1 2 3; do
		timeout 10 sh -c 'echo >"$1"; exec dd bs=4096 status=none' - "$private/began$worker" \
			<mbox/jobs >"$private/worker$worker" 7>&- &
		workers+=" $!"
		eventually 5 test -e "$private/began$worker"
	done
	box jobs {1..60}
	exec 7>&-
	wait_status 0 $workers
	cat "$private"/worker? | sort -n >"$private/done"
	seq 60 | cmp - "$private/done"
}

# ---- what makes and unmakes, and looks

@test "ls, stat, find, du: look, and take nothing" {
	box x 12345
	: >mbox/empty
	[ "$(ls mbox)" = $'empty\nx' ]
	[[ $(ls -l mbox/x) = -rw*" 6 "*mbox/x ]]
	[ "$(stat -c '%F %s' mbox/x)" = 'regular file 6' ]
	[ "$(find mbox -type f -size +0c)" = mbox/x ]
	[ "$(find mbox -empty -type f)" = mbox/empty ]
	timeout 10 find . >"$private/found"
	timeout 10 du -a . >"$private/used"
	timeout 10 ls -lR . >"$private/listed"
	[ "$(got x)" = 12345 ]
}

@test "test, [ and touch: a mailbox is a file that is there" {
	touch mbox/x
	[ -f mbox/x ] && [ -r mbox/x ] && [ -w mbox/x ] && [ ! -s mbox/x ]
	box x 1
	[ -s mbox/x ]
	touch mbox/x
	[ "$(got x)" = 1 ]
}

@test "mktemp, rm, install: a mailbox of one's own" {
	name=$(mktemp mbox/job.XXXXXX)
	[ "$(stat -c %a "$name")" = 600 ]
	rm "$name"
	[ ! -e "$name" ]
	install -m 640 /dev/null mbox/made
	[ "$(stat -c %a mbox/made)" = 640 ]
}

@test "timeout: an empty mailbox is waited for, no longer" {
	: >mbox/x
	status=0
	timeout 0.2 cat mbox/x || status=$?
	[ "$status" -eq 124 ]
	box x 'still works'
	[ "$(got x)" = 'still works' ]
}

@test "flock: a mailbox is a lock, too" {
	: >mbox/x
	flock mbox/x sh -c '! flock -n mbox/x true'
	flock -s mbox/x flock -n -s mbox/x true
	flock -n mbox/x true
	flock mbox/x sleep 60 &
	holder=$!
	eventually 5 sh -c '! flock -n mbox/x true'
	timeout 20 flock mbox/x echo mine >"$private/out" &
	waiter=$!
	timeout -s INT 1 flock mbox/x true && return 1 # interruptible
	# shellcheck disable=SC2046 # one of them
	kill -9 $(pgrep -P "$holder") "$holder"
	wait_killed KILL "$holder"
	wait "$waiter"
	[ "$(cat "$private/out")" = mine ]
	echo still a mailbox >mbox/x
	[ "$(got x)" = 'still a mailbox' ]
}

@test "fcntl's locks, of parts of a file, are refused" {
	: >mbox/x
	run python3 -c 'import fcntl; fcntl.lockf(open("mbox/x", "r+b", buffering=0), fcntl.LOCK_EX | fcntl.LOCK_NB)'
	[ "$status" -ne 0 ]
	[[ $output = *"No locks available"* ]]
}

# ---- pipelines

@test "gzip and tar: through a named pipe and through a mailbox" {
	mkfifo fifo/p
	mkdir "$private/tree"
	seq 20000 >"$private/tree/numbers"
	tar -C "$private" -cf fifo/p tree &
	mkdir "$private/out"
	timeout 10 tar -C "$private/out" -xf fifo/p
	wait $!
	cmp "$private/tree/numbers" "$private/out/tree/numbers"
	gzip -c "$private/tree/numbers" >mbox/z
	timeout 5 zcat <mbox/z | cmp - "$private/tree/numbers"
}

@test "mkfifo: the kernel's way of a pipeline, with sort, comm and tee" {
	mkfifo fifo/a fifo/b
	seq 100 | sort >fifo/a &
	sort=$!
	seq 50 150 | sort >fifo/b &
	[ "$(timeout 10 comm -12 fifo/a fifo/b | wc -l)" -eq 51 ]
	wait_status 0 $sort $!
}

@test "socat: between a socket and a mailbox" {
	: >mbox/in
	timeout 20 socat -u "UNIX-LISTEN:$private/socket" "OPEN:mbox/in" &
	eventually 5 test -S "$private/socket"
	echo hello | timeout 5 socat -u - "UNIX-CONNECT:$private/socket"
	wait $!
	[ "$(got in)" = hello ]
}

# ---- languages

@test "perl: open, print, readline, sysread, select, flock" {
	timeout 10 perl -e '
		use Fcntl qw(:flock O_RDONLY O_NONBLOCK);
		open(my $out, ">>", "mbox/x") or die "open: $!";
		$out->autoflush(1);
		print $out "line $_\n" for 1 .. 3;
		close($out) or die "close: $!";
		open(my $in, "<", "mbox/x") or die "open: $!";
		my $bits = ""; vec($bits, fileno($in), 1) = 1;
		select(my $ready = $bits, undef, undef, 5) == 1 or die "select: $!";
		sysread($in, my $first, 100) == 7 or die "sysread: $!";
		print $first, <$in>;
		sysopen(my $try, "mbox/x", O_RDONLY | O_NONBLOCK) or die "sysopen: $!";
		defined(sysread($try, my $none, 1)) and die "read of nothing";
		$!{EAGAIN} or die "not EAGAIN: $!";' >"$private/out"
	[ "$(cat "$private/out")" = $'line 1\nline 2\nline 3' ]
}

@test "python3: os, io, selectors, threads" {
	timeout 20 python3 - >"$private/out" <<'PY'
import os, selectors, threading
with open('mbox/x', 'wb', buffering=0) as out:
    out.write(b'one'); out.write(b'two')
fd = os.open('mbox/x', os.O_RDONLY)
print(os.read(fd, 100), os.read(fd, 100), os.read(fd, 100))
os.close(fd)
got = []
def reader():
    with open('mbox/y', 'rb', buffering=0) as f:
        got.append(f.read(100))
open('mbox/y', 'w').close()
threads = [threading.Thread(target=reader) for _ in range(8)]
for t in threads: t.start()
with open('mbox/y', 'wb', buffering=0) as out:
    for i in range(8): out.write(b'%d' % i)
for t in threads: t.join()
print(sorted(got))
s = selectors.DefaultSelector()
fd = os.open('mbox/x', os.O_RDWR | os.O_NONBLOCK)
s.register(fd, selectors.EVENT_READ)
print(s.select(0))
os.write(fd, b'more')
print(len(s.select(5)), os.read(fd, 10))
PY
	[ "$(cat "$private/out")" = "b'one' b'two' b''
[b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7']
[]
1 b'more'" ]
}

@test "a static program, of another libc" {
	command -v musl-gcc >/dev/null || skip "no musl-gcc: install the package musl-tools"
	cat >"$private/copy.c" <<'C'
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **word)
{
	char text[100];
	int fd = open(word[1], count > 2 ? O_WRONLY | O_CREAT : O_RDONLY, 0600);
	if (count > 2)
		return write(fd, word[2], strlen(word[2])) < 0;
	ssize_t bytes = read(fd, text, sizeof text);
	return bytes < 0 || write(1, text, bytes) != bytes;
}
C
	musl-gcc -static -o "$private/copy" "$private/copy.c"
	timeout 10 "$private/copy" mbox/x 'from afar'
	[ "$(got x)" = 'from afar' ]
	box x back
	[ "$(timeout 10 "$private/copy" mbox/x)" = back ]
}
