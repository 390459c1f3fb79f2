# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For tests that play transcripts: `load transcript_helper` after `load fuse_helper`.
#
# Named pipes on the mount are the kernel's: a script for several processes
# (tests/fuse_transcript.h) is played on a FIFO of the kernel's and on one of
# the mount's, and each line must be the same.

# Play the script, on a FIFO made anew: played WHERE COMMAND...
played() {
	local fifo=$1
	rm -f "$fifo"
	mkfifo "$fifo"
	"${@:2}" timeout 30 "$BUILD/tests/fuse_transcript" "$fifo" <"$private/script"
}

play() {
	played "$private/f" env >"$private/should"
	played "$mnt/fifo/f" "$@" >"$private/is"
	[ -s "$private/should" ]
	! grep -E 'STUCK|what is' "$private/should"
}

# Where the processors are wanted by others, somebody may come to his line late, on either FIFO.  So a play that
# didn't go as it should is given twice more: alike COMMAND TO RUN THE PLAYERS WITH...
alike() {
	local take
	for take in 1 2 3; do
		play "$@"
		! diff -U 100 "$private/should" "$private/is" || return 0
	done
	return 1
}

script() {
	umask 022
	cat >"$private/script"
}

# The same is written as by the kernel's, and is once more where all are preloaded.
same() {
	script
	alike env
	alike preload
}

same_unless_preloaded() {
	script
	alike env
}

# These are the lines that differ, as diff shows them: differs SCRIPT LINES.
differs() {
	local take
	script <<<"$1"
	for take in 1 2 3; do
		play env
		! diff <(diff "$private/should" "$private/is" | grep '^[<>]') - <<<"$2" || return 0
	done
	return 1
}
