# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
#
# Running every case of a test program that was built in another way:
# `make build-others` builds them, in $BUILD/clang, musl, asan and tsan.

load helper

setup() {
	[ -z "${SAN:-}" ] || skip "this build is a sanitizer's as a whole"
	private_setup
}

# The programs of that build, or the test is skipped.
require_build() { [ -x "$BUILD/$1/tests/core_mailbox" ] || skip "no $1 build beside this one: make build-$1"; }

# Run each case of a program, but for those named, in an instance of its own:
# all_cases [-o] PROGRAM [but CASE...].  $under may hold a command to run it with; with -o each
# case gets the word `once`.
all_cases() {
	local once program case cases status failed=0
	[ "$1" != -o ] || { once=once; shift; }
	program=$1
	cases=$(PORTICO_KERNEL=$private/list "$program")
	[ -n "$cases" ]
	for case in $cases; do
		[[ " ${*:3} " != *" $case "* ]] || continue
		status=0
		# shellcheck disable=SC2086 # a command
		PORTICO_KERNEL=$private/$case timeout -k 1 60 ${under:-} "$program" "$case" ${once:-} || status=$?
		rm -rf "${private:?}/$case"
		case $status in
		0 | 77) ;;
		*) echo "$program $case: failed with $status"; failed=1 ;;
		esac
	done
	return "$failed"
}
