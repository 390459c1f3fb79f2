#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 280
#
# Random operations on a mount, by several processes at once: tests/fuse_fuzz.c
# says what must hold.  A seed that fails can be played again: FUZZ_SEED=N.

load helper
load fuse_helper

test_limit_seconds=150

setup() {
	private_setup
	require_fuse
}

fuzzed() { timeout $(($1 + 60)) "$BUILD/tests/fuse_fuzz" "$mnt" "$1" "${FUZZ_SEED:-$RANDOM$RANDOM}"; }

# With a daemon that was built with a sanitizer, which reports to files.
sanitized() {
	local report
	daemon=$BUILD/$1/libexec/portico/portico-fuse
	[ -x "$daemon" ] || skip "no $1 build beside this one: make build-$1"
	export "$2=log_path=$private/report:exitcode=99${3:+:$3}"
	mounted
	fuzzed 15
	dismounted
	for report in "$private"/report*; do
		[ ! -e "$report" ] || { head -n 60 "$report"; return 1; }
	done
}

@test "a minute of random operations, against a model" {
	mounted
	fuzzed 60
	[ "$(ps -o nlwp= -p "$(daemon_pid)")" -lt 10 ]
	dismounted
	run portico doctor
	[ "$status" -eq 0 ]
}

@test "address, undefined: the daemon under random operations" { sanitized asan ASAN_OPTIONS; }
@test "thread: the daemon under random operations" { sanitized tsan TSAN_OPTIONS "suppressions=$root/tests/tsan.supp"; }
