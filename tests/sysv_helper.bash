# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
#
# System V programs that know nothing of Portico, tests/sysv_*.c, run four
# ways: on the real kernel, which says what is right, preloaded under each
# libc, and linked statically.

load helper

# The instances that cases run in serve others, too: serving all.
serving() {
	access=$1
	chmod 711 "$private"
}

# Each case of a program, in an instance of its own; skipped where none can be run here.
every_case() {
	local case cases status failed=0 ran=0
	made_instance=
	cases=$("${@: -1}")
	[ -n "$cases" ] || return 1
	for case in $cases; do
		rm -rf "$PORTICO_KERNEL"
		[ -z "${access:-}" ] || portico limits access="$access"
		status=0
		timeout 60 "$@" "$case" || status=$?
		[ ! -s "$PORTICO_KERNEL/region" ] || made_instance=1
		case $status in
		0) ran=1 ;;
		77) ;;
		*) echo "$case: failed with $status"; failed=1 ;;
		esac
	done
	[ "$failed$ran" != 00 ] || skip "no case of ${*: -1} can be run here, by this user"
	return "$failed"
}

preloaded() { every_case env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$1"; }

# The same; an instance was made, and the real kernel's own objects stay as they were.
emulated() {
	sysvipc_unchanged "$@"
	[ -n "$made_instance" ]
}

require_musl() { [ -x "$BUILD/tests/musl/sysv_msg" ] || skip "no musl-gcc beside this build"; }

on_the_kernel() {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC to compare with"
	every_case env -u LD_PRELOAD "$BUILD/tests/$1"
}

under_glibc() { emulated preloaded "$BUILD/tests/$1"; }

under_musl() {
	require_musl
	emulated preloaded "$BUILD/tests/musl/$1"
}

linked_statically() {
	require_musl
	emulated every_case "$BUILD/tests/static/$1"
}
