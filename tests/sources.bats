#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# What is true of the sources, whichever way they are built.

load helper

test_limit_seconds=250

# Build everything with another compiler, beside the build under test; tests/libcs.bats runs what those make.
builds_with() {
	local compiler=$1 build=$BUILD/with-$1
	env -u MAKEFLAGS -u MAKELEVEL make -s -j2 -C "$root" CC="$compiler" SAN= BUILD="$build" CFLAGS='-O2 -g -Werror' \
		build-tests V=1
}

@test "the sources have the form that make lint asks for" {
	run "$root/.ci/lint"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "clang builds everything without a warning" {
	[ -z "${SAN:-}" ] || skip "the sanitizers' run builds with one compiler"
	builds_with clang
}

@test "musl-gcc builds everything but the daemon without a warning" {
	[ -z "${SAN:-}" ] || skip "the sanitizers' run builds with one compiler"
	builds_with musl-gcc
}

@test "the preload object asks a libc for nothing that only one of them has" {
	local musl
	musl=$(nm -D --defined-only /lib/ld-musl-*.so.1)
	run nm -D --undefined-only "$BUILD/lib/libportico-preload.so"
	[ "$status" -eq 0 ]
	while read -r _ symbol; do
		[[ $symbol != *@* ]] || { echo "versioned: $symbol"; return 1; }
		grep -qw "$symbol" <<<"$musl" ||
			{ echo "not in musl: $symbol"; return 1; }
	done <<<"$output"
}
