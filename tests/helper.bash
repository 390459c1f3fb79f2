# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What every test file loads: `load helper`.
#
# Each test has a private directory on tmpfs, $private, and in it an instance
# of its own, $PORTICO_KERNEL.  When the test ends, whatever it left running or
# mounted is removed, and the test fails for having left it.  A file with a
# setup or teardown of its own calls private_setup and private_teardown there.
# Before the first of a file it is seen that the build is of one piece.
#
# A test that takes longer than $test_limit_seconds has its programs killed,
# and fails.  Set it at the top of a file that needs more.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(cd "$root" && realpath -m "${BUILD:-build}")
PATH=$BUILD/bin:$PATH:/usr/sbin:/sbin # an ordinary user has them not always
export BUILD PATH
: "${test_limit_seconds:=120}"

# The preload object comes before a sanitizer's runtime: that is meant.
export ASAN_OPTIONS="verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

setup_file() { preload_fits; }
setup() { private_setup; }
teardown() { private_teardown; }

# Make a directory on tmpfs, and print where.
private_directory() {
	local tmpfs=/dev/shm
	[ -w "$tmpfs" ] || tmpfs=${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}
	mktemp -d "${PORTICO_TEST_ROOT:-$tmpfs}/portico-test.XXXXXX"
}

# The tools and the preload object have one layout.  An object of another, as one that wasn't built again when the
# layout changed, can't enter an instance that a tool or the daemon has made; then it does without, silently, and a test
# that compares with the real kernel would compare that with itself.
preload_fits() {
	local directory fits=no
	[ -x "$BUILD/bin/portico" ] && [ -e "$BUILD/lib/libportico-preload.so" ] || return 0
	directory=$(private_directory)
	local -x PORTICO_KERNEL=$directory/kernel
	portico create any
	# looking at the queues enters the instance, which is mapped from then on
	! preload cat /proc/sysvipc/msg /proc/self/maps 2>&1 | grep -qF "$PORTICO_KERNEL/region" || fits=yes
	rm -rf --one-file-system "$directory"
	[ $fits = yes ] ||
		{ echo "$BUILD is of several builds: its tools' instances refuse its preload object; make it again"; return 1; }
}

private_setup() {
	private=$(private_directory)
	export PORTICO_KERNEL=$private/kernel
	export XDG_RUNTIME_DIR=$private/run # a test that drops PORTICO_KERNEL stays in its own place
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	start_watchdog
}

private_teardown() {
	[ -n "${private:-}" ] || return 0
	stop_watchdog
	local left
	left=$(clean_up "$private")
	if [ -e "$private.overdue" ]; then
		left="took longer than $test_limit_seconds s: its programs were killed
$left"
	fi
	rm -rf --one-file-system "$private" "$private.overdue"
	[ -z "$left" ] || { echo "the test $left"; return 1; }
}

# ---- what tests use

# Run a program with the preload object: preload PROGRAM ARG...
preload() { env LD_PRELOAD="$BUILD/lib/libportico-preload.so${LD_PRELOAD:+:$LD_PRELOAD}" "$@"; }

# Run a case of a test program: case PROGRAM CASE...
case_of() {
	local said status=0
	said=$(timeout -k 1 100 "$BUILD/tests/$1" "${@:2}" 2>&1) || status=$?
	echo "$said"
	[ "$status" -ne 77 ] || skip "$said"
	return "$status"
}

# Run all cases of one.
all_of() {
	local case
	for case in $(PORTICO_KERNEL=$private/list "$BUILD/tests/$1"); do
		PORTICO_KERNEL=$private/$case case_of "$1" "$case"
	done
}

# Wait until a command succeeds: eventually SECONDS COMMAND...
eventually() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || { echo "never came true: $*"; return 1; }
		sleep 0.02
	done
}

# Wait for jobs, each of which has to end with this status, or one of these: wait_status "STATUS..." PID...
# wait alone tells how the last one ended, and without a pid tells nothing.
wait_status() {
	local pid status
	for pid in "${@:2}"; do
		status=0
		wait "$pid" || status=$?
		[[ " $1 " = *" $status "* ]] || { echo "process $pid ended with $status, and not with $1"; return 1; }
	done
}

# Wait for jobs that this signal ended: wait_killed SIGNAL PID...
wait_killed() { wait_status $((128 + $(kill -l "$1"))) "${@:2}"; }

# A command succeeds, and says nothing: says_nothing COMMAND...
says_nothing() {
	local said
	said=$("$@") || { echo "failed: $*"; return 1; }
	[ -z "$said" ] || { echo "$* said: $said"; return 1; }
}

# What a process does: S, R, T, Z …, see proc_pid_stat(5).
state_of() { sed 's/.*) //; s/ .*//' "/proc/$1/stat"; }
is_in_state() { [ "$(state_of "$2")" = "$1" ]; }

# So many wait to receive from a mailbox: receivers_wait NAME COUNT
receivers_wait() { [ "$(portico stat --json "$1" | python3 -c 'import json, sys
print(json.load(sys.stdin)["receivers_waiting"])')" = "$2" ]; }

# So many to send there, or with --msg to a queue: senders_wait [--msg] NAME COUNT
senders_wait() {
	local count=${*: -1}
	[ "$(portico stat --json "${@:1:$#-1}" | python3 -c 'import json, sys
print(json.load(sys.stdin)["senders_waiting"])')" = "$count" ]
}

# Skip the test where nothing can be mounted with FUSE.
require_fuse() {
	local why
	why=$(fuse_missing) || return 0
	skip "$why"
}

# Why FUSE can't be used here, in a sentence; fails where it can.
fuse_missing() {
	local capabilities
	if ! [ -e /dev/fuse ]; then
		echo "no /dev/fuse: modprobe fuse, or give the container that device"
	elif ! { : <>/dev/fuse; } 2>/dev/null; then
		echo "/dev/fuse can't be opened: chmod 0666 /dev/fuse, as root"
	elif [ "$(id -u)" -ne 0 ] && ! command -v fusermount3 >/dev/null; then
		echo "no fusermount3: install the package fuse3"
	else
		capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
		[ "$(id -u)" -eq 0 ] && ! ((0x$capabilities >> 21 & 1)) || return 1
		echo "root without CAP_SYS_ADMIN: it may not mount"
	fi
}

# The System V objects of the real kernel, one a line: kind, key, id.
sysvipc_objects() {
	local kind
	for kind in msg sem shm; do
		# shellcheck disable=SC2016 # awk's fields
		env -u LD_PRELOAD awk -v kind="$kind" 'NR > 1 { print kind, $1, $2 }' "/proc/sysvipc/$kind"
	done
}

# Run a command and fail if it made a System V object that stays: sysvipc_unchanged COMMAND...
sysvipc_unchanged() {
	local before after status=0
	before=$(sysvipc_objects)
	"$@" || status=$?
	after=$(sysvipc_objects)
	if [ "$before" != "$after" ]; then
		echo "the kernel's own System V objects changed:"
		diff <(echo "$before") <(echo "$after")
		return 1
	fi
	return "$status"
}

# ---- what a test leaves

# The processes that run on anything below a directory: their environment names it, or they map it.
processes_of() {
	local file pid
	local -A seen=([$$]=1 [$BASHPID]=1)
	for file in $(cd /proc && env -i grep -lsF "$1" [0-9]*/environ [0-9]*/maps); do
		pid=${file%%/*}
		[ -n "${seen[$pid]:-}" ] || echo "$pid"
		seen[$pid]=1
	done
}

describe() {
	local pid
	for pid; do
		echo "left process $pid running: $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
	done
}

mounts_of() { awk -v below="$1/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | tac; }

# Undo what is left below a directory, and say what it was.  What is just ending gets a second for it.
clean_up() {
	local pids mounts tries=50
	pids=$(processes_of "$1")
	mounts=$(mounts_of "$1")
	while [ -n "$pids$mounts" ] && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.02
		pids=$(processes_of "$1")
		mounts=$(mounts_of "$1")
	done
	# shellcheck disable=SC2086 # a list
	{
		describe $pids
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
	}
	for mount in $mounts; do
		echo "left $mount mounted"
		umount -l "$mount" 2>/dev/null || fusermount3 -uz "$mount"
	done
}

# ---- the time limit

start_watchdog() {
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		exec </dev/null >/dev/null 2>&1
		trap 'kill "$!"; exit' TERM
		env -i sleep "$test_limit_seconds" &
		wait
		: >"$private.overdue"
		# shellcheck disable=SC2046 # a list
		kill -KILL $(processes_of "$private")
	) &
	watchdog=$!
	disown "$watchdog" # so that a test's `wait` doesn't wait for it
}

# A signal that comes just as it begins is lost.
stop_watchdog() {
	local tries=100
	while kill "$watchdog" 2>/dev/null && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.01
	done
}
