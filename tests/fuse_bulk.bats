# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # private, mnt: of the helpers
#
# Much at once through named pipes of the mount.

bats_require_minimum_version 1.5.0
# shellcheck disable=SC2034 # helper.bash looks at it
test_limit_seconds=40
load helper
load fuse_helper

# Asleep in a call.
asleep() { [ "$(cat "/proc/$1/syscall")" != running ]; }

# Writes of so much, reads of so much; the reader waits, or the writer, until the pipe is full.
passes() { # WRITES READS FIRST
	local pipe=$mnt/fifo/p.$1.$2.$3 got=$private/got
	mkfifo "$pipe"
	timeout 20 dd if="$private/data" of="$pipe" bs="$1" conv=notrunc status=none &
	exec 9<"$pipe"
	[ "$3" = reader ] || eventually 5 size_is 65536 "$pipe"
	timeout 20 dd bs="$2" status=none <&9 9<&- >"$got"
	exec 9<&-
	wait $!
	cmp "$got" "$private/data"
}

@test "what is written at once arrives whole and in order, by reads of any size" {
	head -c 7654321 /dev/urandom >"$private/data"
	local first sizes
	for first in reader writer; do
		for sizes in '1M 1M' '1M 70000' '3000000 1M' '70000 3000000' '4097 5000' '1000000 16384'; do
			# shellcheck disable=SC2086 # a list
			passes $sizes $first
		done
	done
}

@test "a read of several megabytes returns what came, and waits for no more" {
	local pipe=$mnt/fifo/p
	mkfifo "$pipe"
	exec 8<>"$pipe"
	head -c 2097152 /dev/urandom >"$private/data"
	timeout 20 dd if="$private/data" of="$pipe" bs=1M count=1 conv=notrunc status=none 8>&- &
	timeout 20 dd if="$pipe" of="$private/got" bs=4M count=1 status=none 8>&-
	wait $!
	[ -s "$private/got" ]
	cmp -n "$(stat -c %s "$private/got")" "$private/got" "$private/data"
	exec 8>&-
}

@test "what a killed reader was waiting for goes to the next" {
	local pipe=$mnt/fifo/p reader
	mkfifo "$pipe"
	exec 8<>"$pipe"
	head -c 3000000 /dev/urandom >"$private/data"
	dd if="$pipe" of=/dev/null bs=1M status=none 8>&- &
	reader=$!
	eventually 5 asleep "$reader"
	kill -KILL "$reader"
	wait_killed KILL "$reader"
	timeout 20 dd if="$private/data" of="$pipe" bs=1M conv=notrunc status=none 8>&- &
	timeout 20 head -c 3000000 "$pipe" | cmp - "$private/data"
	exec 8>&-
	wait $!
}

@test "many writers wait with much in hand, and all of each arrives" {
	local pipe=$mnt/fifo/p writers=() i
	mkfifo "$pipe"
	exec 8<>"$pipe"
	for i in 1 2 3 4 5 6 7 8; do
		head -c 900000 /dev/zero | tr '\0' "$i" >"$private/data.$i"
		timeout 20 dd if="$private/data.$i" of="$pipe" bs=900000 conv=notrunc status=none 8>&- &
		writers+=($!)
	done
	timeout 20 head -c $((8 * 900000)) "$pipe" >"$private/got"
	exec 8>&-
	wait_status 0 "${writers[@]}"
	for i in 1 2 3 4 5 6 7 8; do
		[ "$(tr -dc "$i" <"$private/got" | wc -c)" -eq 900000 ]
	done
}
