#!/bin/bash
# SPDX-License-Identifier: MIT
#
# `make demo`: programs that know nothing of Portico, at work on it.  Each step
# says what it does and proves what it claims; the first claim that doesn't
# hold ends the demo with status 1.  Nothing is left running or mounted.

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/helper.bash
. tests/helper.bash # processes_of, clean_up, sysvipc_objects
ASAN_OPTIONS=

files=4000      # in the tree that is archived
messages=100000 # from Perl to PHP
megabytes=128   # through the pipe

here=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/portico-demo.XXXXXX") || exit 1
instance=$(mktemp -d /dev/shm/portico-demo.XXXXXX 2>/dev/null || mktemp -d "$work/instance.XXXXXX") || exit 1
export PORTICO_KERNEL=$instance/kernel
mount=$work/files

# ---- telling

step() { printf '\n\033[1m%s. %s\033[0m\n' "$1" "$2" | strip; }
say() { printf '   %s\n' "$*"; }
proven() { printf '   ok: %s\n' "$*"; }
indent() { sed 's/^/   | /'; }
strip() { if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }

fail() {
	printf '\n   NOT SO: %s\n' "$*" >&2
	exit 1
}

# The command is shown as one would type it, and its output below it.
show() {
	printf '   $ %s\n' "$*"
	"$@" 2>&1 | indent || fail "\`$*\` failed"
}

# Wait for a condition, with a dot a second: await SECONDS WHAT COMMAND...
await() {
	local left=$(($1 * 10)) what=$2
	shift 2
	until "$@" 2>/dev/null; do
		[ $((left -= 1)) -gt 0 ] || fail "$what: not within the time it may take"
		[ $((left % 10)) -ne 0 ] || printf '.' >&2
		sleep 0.1
	done
}

finish() {
	status=$?
	trap - EXIT
	cd "$here" || exit 1
	[ -d "$mount" ] && mountpoint -q "$mount" && portico umount "$mount" >/dev/null 2>&1
	local left
	left=$(clean_up "$instance")
	left+=$(clean_up "$work")
	rm -rf --one-file-system "$work" "$instance"
	if [ "$status" -eq 0 ] && [ -n "$left" ]; then
		printf '\n   NOT SO: the demo leaves nothing; it %s\n' "$left" >&2
		status=1
	fi
	[ "$status" -ne 0 ] || printf '\nAll of it held, and nothing is left running or mounted.  %d s.\n' "$SECONDS"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Of the kernel's System V objects before and after, none is new: kernel_gained_nothing BEFORE AFTER KEY...
# Somebody else's may be; none with these keys.
kernel_gained_nothing() {
	local gained key
	gained=$(comm -13 <(sort <<<"$1") <(sort <<<"$2"))
	for key in "${@:3}"; do
		! grep -qE "^(msg|sem) $key " <<<"$gained" || fail "the kernel's /proc/sysvipc gained these: $gained"
	done
	if [ -z "$gained" ]; then
		proven "the kernel's /proc/sysvipc/{msg,sem,shm} gained nothing"
	else
		proven "the kernel's /proc/sysvipc gained none of these keys, though another program's meanwhile"
	fi
}

# ---- 1: fakeroot

# How many files an archive says an owner has: owned ARCHIVE UID:GID
owned() { tar --numeric-owner -tvf "$1" | awk -v owner="${2/:/\/}" '$2 == owner { n++ } END { print n + 0 }'; }

make_tree() {
	local each=$((files / 4)) part
	for part in root www alice bob; do
		mkdir -p "$work/tree/$part"
		(cd "$work/tree/$part" && seq "$each" | split -l 1 -a 4 -d - file-)
	done
}

# Runs under fakeroot: gives the files away, archives them, and waits to be looked at.
inside_fakeroot() {
	cat <<-'EOS'
		set -e
		chown -R 0:0 tree
		chown -R 33:33 tree/www
		chown -R 1001:1001 tree/alice
		chown -R 1002:100 tree/bob
		mknod tree/null c 1 3
		tar -cf tree.tar tree
		echo "$FAKEROOTKEY" >key
		until [ -e looked ]; do sleep 0.1; done
	EOS
}

archive_owners_are_right() {
	local each=$((files / 4 + 1)) owner expected
	for owner in 0:0 33:33 1001:1001 1002:100; do
		expected=$each
		[ $owner != 0:0 ] || expected=$((each + 2)) # the top directory and the device
		[ "$(owned "$work/tree.tar" $owner)" -eq $expected ] || fail "the archive gives $owner another count of files"
		printf '   |  %5d of %s\n' $expected $owner
	done
}

step_fakeroot() {
	local before during queues ipcs key pid
	step 1 "fakeroot archives $files files of four owners, over Portico's System V queues"
	make_tree
	before=$(sysvipc_objects)
	say "\$ portico run fakeroot-sysv sh -c 'chown ...; mknod ...; tar -cf tree.tar tree'"
	(cd "$work" && FAKEROOTDONTTRYCHOWN=1 exec portico run --no-mount fakeroot-sysv sh -c "$(inside_fakeroot)") &
	pid=$!
	await 60 "fakeroot's archive" eval "[ -s '$work/key' ] || ! kill -0 $pid"
	during=$(sysvipc_objects)
	queues=$(portico ls) || queues="portico ls failed"
	ipcs=$(portico run --no-mount ipcs -q) || ipcs="ipcs failed"
	: >"$work/looked"
	wait $pid || fail "fakeroot failed: status $?"

	key=$(cat "$work/key")
	kernel_gained_nothing "$before" "$during" "$key" $((key + 1)) $((key + 2))
	printf '   while it ran, Portico had\n'
	printf '%s\n' "$queues" | indent
	key=$(printf '0x%08x' "$key")
	printf '%s' "$queues" | grep "$key" >/dev/null || fail "fakeroot's queue $key isn't among them"
	printf '%s' "$ipcs" | grep "$key" >/dev/null || fail "ipcs doesn't list it"
	proven "fakeroot's key, $key, is Portico's, and there ipcs lists it, too"

	say "the archive lists"
	archive_owners_are_right
	tar -tvf "$work/tree.tar" tree/null | grep '^c.* 1,3 ' >/dev/null || fail "the archive has no device"
	[ -z "$(find "$work/tree" ! -user "$(id -u)")" ] || fail "a file on the disk has another owner"
	proven "four owners and a device in the archive; on the disk all is still $(id -un)'s"
}

# ---- 2: Perl and PHP

step_interpreters() {
	local before pid began ended key
	step 2 "Perl sends $messages messages of mixed types and sizes, PHP receives and checks each"
	: >"$work/queue"
	key=$(perl -MIPC::SysV=ftok -e 'print ftok($ARGV[0], ord "Q")' "$work/queue")
	before=$(sysvipc_objects)
	began=$(date +%s%N)
	say "\$ portico run perl examples/producer.pl FILE $messages"
	portico run --no-mount perl examples/producer.pl "$work/queue" $messages >"$work/producer.out" &
	pid=$!
	say "\$ portico run php examples/consumer.php FILE $messages"
	portico run --no-mount php examples/consumer.php "$work/queue" $messages | indent ||
		fail "the consumer found a fault"
	wait $pid || fail "the producer failed"
	ended=$(date +%s%N)
	indent <"$work/producer.out"
	kernel_gained_nothing "$before" "$(sysvipc_objects)" "$key"
	portico ls | grep "$(printf '0x%08x' "$key")" >/dev/null || fail "the queue isn't Portico's"
	proven "every message checked, $((messages * 1000000 / ((ended - began) / 1000))) a second"
}

# ---- 3: files

# In a session of its own, with nothing of ours but where the files are.
unrelated() { (cd / && env -u PORTICO_KERNEL setsid -w sh -c "$1"); }

step_mailboxes() {
	local got
	step 3 "mailboxes and named pipes are files"
	mkdir "$mount"
	say "\$ portico mount $mount"
	portico mount "$mount" || fail "it can't be mounted; \`portico doctor\` says what is missing"
	say "\$ echo 'hello, there' >mbox/greetings     in one shell"
	unrelated "echo 'hello, there' >'$mount/mbox/greetings'" || fail "echo failed"
	say "\$ cat mbox/greetings                      in another"
	got=$(unrelated "timeout 10 cat '$mount/mbox/greetings'") || fail "cat failed"
	[ "$got" = 'hello, there' ] || fail "it printed '$got'"
	proven "cat printed '$got' and ended"

	unrelated "timeout 10 cat '$mount/mbox/greetings'" >"$work/answer" &
	sleep 0.3
	unrelated "echo 'at last' >'$mount/mbox/greetings'" || fail "echo failed"
	wait $! || fail "the waiting cat failed"
	[ "$(cat "$work/answer")" = 'at last' ] || fail "it printed '$(cat "$work/answer")'"
	proven "a cat that waited at the empty mailbox printed what came"
	unrelated "echo 'still here' >'$mount/mbox/greetings'" || fail "echo failed"
}

step_fifo() {
	local through began ended expected bytes
	head -c "${megabytes}M" /dev/urandom >"$work/big"
	say "\$ mkfifo fifo/bulk; gzip -1 <$megabytes-megabyte-file >fifo/bulk &  sha256sum <fifo/bulk"
	unrelated "mkfifo '$mount/fifo/bulk'" || fail "mkfifo failed"
	gzip -1n <"$work/big" | tee >(wc -c >"$work/bytes") | sha256sum >"$work/expected" &
	expected=$!
	began=$(date +%s%N)
	unrelated "exec gzip -1n <'$work/big' >'$mount/fifo/bulk'" &
	through=$(unrelated "timeout 120 sha256sum <'$mount/fifo/bulk'") || fail "sha256sum failed"
	wait $! || fail "gzip failed"
	ended=$(date +%s%N)
	wait "$expected"
	[ "$through" = "$(cat "$work/expected")" ] || fail "the sums differ"
	bytes=$(cat "$work/bytes")
	[ "$bytes" -ge 100000000 ] || fail "only $bytes bytes went through"
	proven "$((bytes / 1000000)) MB through the pipe at $((bytes / ((ended - began) / 1000))) MB/s, the same sum as through a kernel's"
	say "  ${through%% *}"
}

# ---- 4: the view

step_view() {
	local perl
	step 4 "what there is, and who waits for what"
	: >"$mount/mbox/answers"
	unrelated "exec timeout 20 cat '$mount/mbox/answers' >/dev/null" &
	# shellcheck disable=SC2016 # Perl's variable
	portico run --no-mount perl -e 'msgrcv(msgget(0x1234, 0600 | 01000), my $message, 100, 7, 0)' &
	perl=$!
	await 10 "the waiting receivers" eval "portico ps | grep perl >/dev/null && portico ls | grep answers >/dev/null"
	show portico ls
	show portico ps
	portico ls | grep 'greetings' >/dev/null || fail "ls doesn't show the mailbox"
	portico ls | grep 'bulk' >/dev/null || fail "ls doesn't show the pipe"
	portico ls | grep '0x00001234' >/dev/null || fail "ls doesn't show the queue"
	portico ps | grep perl | grep 'receive' >/dev/null || fail "ps doesn't show what perl waits for"
	proven "mailboxes, pipe and queues are listed, and the Perl that waits for a message of type 7"

	echo 'that is all' >"$mount/mbox/answers"
	kill "$perl"
	wait 2>/dev/null
	say "\$ portico umount $mount"
	portico umount "$mount" || fail "it can't be unmounted"
	! mountpoint -q "$mount" || fail "it is still mounted"
}

printf 'Portico at work on unmodified programs, as %s, on %s.\n' "$(id -un)" "$(uname -sr)"
step_fakeroot
step_interpreters
step_mailboxes
step_fifo
step_view
