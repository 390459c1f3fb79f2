#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# pv, which takes orders by a queue.  It matters because both ends find the
# queue by a key that is made of a process's number, the receiver asks for
# what is there ten times a second and never waits, and the sender looks with
# IPC_STAT whether its message was taken, and takes it back if it wasn't.

load programs_helper

setup() {
	private_setup
	require pv pv
	cd "$private" || return
}

shows() { tr '\r' '\n' <shown | grep -q "$1"; }

@test "pv -R changes what a running pv shows, and how fast it lets go" {
	mkfifo pipe
	on_portico timeout 60 pv --force --interval 0.1 --name first --rate-limit 10k pipe >passed 2>shown &
	local run=$! pv
	exec 9>pipe # opened, so that it goes on
	seq 1 2000 >&9
	eventually 20 shows first:
	pv=$(for pid in $(processes_of "$private"); do [ "$(cat "/proc/$pid/comm")" != pv ] || echo "$pid"; done)
	on_portico timeout 20 pv --remote "$pv" --name second --rate-limit 100m --interval 0.1
	eventually 20 shows second:
	seq 2001 200000 >&9
	exec 9>&-
	wait "$run"
	seq 1 200000 | cmp - passed
	all_gone
}

@test "pv -R of a process that isn't pv takes its message back" {
	sleep 60 &
	local other=$!
	run on_portico timeout 20 pv --remote "$other" --name nobody
	kill "$other"
	[ "$status" -eq 1 ]
	[ "$output" = "pv: $other: message not received" ]
	all_gone
}
