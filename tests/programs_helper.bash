# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# Real programs, unmodified: what tests/programs_*.bats share.
#
# They run where the real kernel grants nobody a System V object, so that a
# call that isn't Portico's fails.  `make check` runs the short forms; LONG=1,
# which `make check-programs` sets, the long ones.  Whether a test is right
# itself is seen on the real kernel:
#
#   ON_KERNEL=1 unshare --ipc bats tests/programs_php.bats

load helper

test_limit_seconds=${LONG:+900}
: "${test_limit_seconds:=120}"

# A count in the short form and in the long one: amount SHORT LONG
amount() { if [ -n "${LONG:-}" ]; then echo "$2"; else echo "$1"; fi; }

# Skip the test where a program is missing: require PROGRAM PACKAGE
require() { command -v "$1" >/dev/null || skip "no $1: apt-get install $2"; }

# Run a program, and what it starts, on Portico; as whom and with what says $become.
become=()
on_portico() {
	if [ -n "${ON_KERNEL:-}" ]; then
		"${become[@]}" "$@"
	elif may_have_own_tables; then
		without_kernel_ipc "${become[@]}" portico run --no-mount -- "$@"
	else
		sysvipc_unchanged portico run --no-mount -- "$@"
	fi
}

may_have_own_tables() { [ "$(id -u)" -eq 0 ] && unshare --ipc true 2>/dev/null; }

# In a namespace whose tables have no place for anything.
without_kernel_ipc() {
	# shellcheck disable=SC2016 # for the shell that it starts
	unshare --ipc sh -c 'cd /proc/sys/kernel && echo 0 >msgmni && echo 0 >shmmni && echo "0 0 0 0" >sem &&
		cd "$0" && exec "$@"' "$PWD" "$@"
}

# What there is: a line for each queue, set and segment.
objects() {
	if [ -n "${ON_KERNEL:-}" ]; then
		sysvipc_objects
	else
		"${become[@]}" portico ls | tail -n +2
	fi
}

no_objects() { [ -z "$(objects)" ]; }

# No object is left, and it was an instance that had them.
all_gone() {
	[ -n "${ON_KERNEL:-}" ] || [ -s "$PORTICO_KERNEL/region" ] || { echo "no instance was made"; return 1; }
	no_objects || { echo "left:"; objects; return 1; }
}
