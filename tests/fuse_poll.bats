#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# poll, select and epoll on the mount's mailboxes and named pipes: woken by what
# anybody does, through the mount or not, and never in vain asleep.

load helper
load fuse_helper

poller() { timeout 60 "$BUILD/tests/fuse_poll" "$@"; }
has_begun() { grep -q ready "$1"; }

# poll, as tests/fuse_probe.c says it, of a descriptor with O_NONBLOCK; and wait until it sleeps.
poll_begins() {
	probe poll "$@" -1 >"$private/poll" &
	poll=$!
	eventually 5 sleeps_in_poll $poll
}
sleeps_in_poll() {
	local pid
	for pid in $(pgrep -P "$(pgrep -P "$1" timeout || echo "$1")" fuse_probe); do
		grep -q '^State:.S' "/proc/$pid/status" && grep -q '^7 ' "/proc/$pid/syscall" && return
	done
	return 1
}
poll_said() {
	wait $poll
	[ "$(cat "$private/poll")" = "$1" ]
}

@test "poll of a mailbox wakes for a message from the library, from portico send, from the mount" {
	: >"$mnt/mbox/m"
	poll_begins "$mnt/mbox/m" rn i
	probe send m x
	poll_said "poll: IN"
	timeout 5 cat "$mnt/mbox/m" >/dev/null
	poll_begins "$mnt/mbox/m" rn i
	portico send m x
	poll_said "poll: IN"
	timeout 5 cat "$mnt/mbox/m" >/dev/null
	poll_begins "$mnt/mbox/m" rn i
	echo x >"$mnt/mbox/m"
	poll_said "poll: IN"
}

@test "poll of a full mailbox wakes for a receive" {
	portico create --slots 1 m
	portico send m x
	poll_begins "$mnt/mbox/m" wn o
	portico recv m >/dev/null
	poll_said "poll: OUT"
}

@test "poll of a mailbox without slots wakes for who waits on the other side" {
	portico create --slots 0 m
	poll_begins "$mnt/mbox/m" wn o
	poller receive m 1 >"$private/out" &
	receiver=$!
	poll_said "poll: OUT"
	printf 123456789_ >"$mnt/mbox/m"
	wait $receiver
	poll_begins "$mnt/mbox/m" rn i
	poller send m 1 &
	sender=$!
	poll_said "poll: IN"
	[ "$(timeout 5 head -c 9 "$mnt/mbox/m")" = 123456789 ]
	wait $sender
}

@test "poll of a mailbox that is removed says so" {
	: >"$mnt/mbox/m"
	poll_begins "$mnt/mbox/m" rn i
	portico rm m
	poll_said "poll: HUP ERR"
}

@test "by edge, no wake-up is lost: thousands of messages from the library, in bursts" {
	: >"$mnt/mbox/m"
	poller drain "$mnt/mbox/m" 200000 >"$private/out" &
	drain=$!
	eventually 5 has_begun "$private/out"
	poller send m 10000 &
	senders=$!
	poller send m 5000 3 &
	senders+=" $!"
	poller send m 5000 1 &
	senders+=" $!"
	wait $drain
	[ "$(tail -n 1 "$private/out")" = "drained 200000" ]
	wait_status 0 $senders
}

@test "by edge, no room is missed: thousands of messages into a small mailbox" {
	portico create --slots 3 m
	poller receive m 20000 &
	receiver=$!
	poller pour "$mnt/mbox/m" 200000 >"$private/out"
	[ "$(cat "$private/out")" = "poured 200000" ]
	wait $receiver
}

@test "by edge through a named pipe, both sides" {
	mkfifo "$mnt/fifo/f"
	poller drain "$mnt/fifo/f" 2000000 >"$private/out" &
	drain=$!
	eventually 5 has_begun "$private/out"
	poller pour "$mnt/fifo/f" 1000000 &
	pour=$!
	poller pour "$mnt/fifo/f" 1000000 &
	wait_status 0 $pour $! $drain
	[ "$(tail -n 1 "$private/out")" = "drained 2000000" ]
}

@test "EPOLLONESHOT: threads share a mailbox and a pipe, and nothing waits unseen" {
	: >"$mnt/mbox/m"
	mkfifo "$mnt/fifo/f"
	poller share "$mnt/mbox/m" 100000 >"$private/mbox" &
	mailbox=$!
	poller share "$mnt/fifo/f" 1000000 >"$private/fifo" &
	fifo=$!
	eventually 5 has_begun "$private/mbox"
	eventually 5 has_begun "$private/fifo"
	poller send m 10000 7 &
	poller pour "$mnt/fifo/f" 1000000
	wait_status 0 $! $mailbox $fifo
	[ "$(tail -n 1 "$private/mbox")" = "shared 100000" ]
	[ "$(tail -n 1 "$private/fifo")" = "shared 1000000" ]
}
