# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For tests of the mount: `load fuse_helper` after `load helper`.
#
# Each test's instance is mounted on $mnt.  A file with a setup or teardown of
# its own calls mounted_setup and mounted_teardown there.

daemon=$BUILD/libexec/portico/portico-fuse

setup() { mounted_setup; }
teardown() { mounted_teardown; }

mounted_setup() {
	private_setup
	require_fuse
	mounted
}

mounted_teardown() {
	cd "$root" || return # a test may stand in the mount
	dismounted
	private_teardown
}

# Mount this test's instance on $mnt: mounted [OPTION...]
# shellcheck disable=SC2120 # options are few tests'
mounted() {
	mnt=$private/mnt
	mkdir -p "$mnt"
	timeout 10 "$daemon" "$@" "$mnt"
}

unmount() {
	if [ "$(id -u)" -eq 0 ]; then umount "$1"; else fusermount3 -u -- "$1"; fi
}

# Take it off again, if it is there, and wait for its daemon.
dismounted() {
	local pid
	[ -n "${mnt:-}" ] && mountpoint -q "$mnt" || return 0
	pid=$(cat "$mnt/kernel/pid" 2>/dev/null) || pid=0 # killed already
	eventually 5 unmount "$mnt" # who looks at all processes may hold it for a moment
	eventually 5 gone "$pid"
}

# Kill the daemon of $mnt, and wait for the one that its supervisor starts.
daemon_killed() {
	local pid
	pid=$(cat "$mnt/kernel/pid")
	kill -KILL "$pid"
	eventually 10 replaced "$pid"
}

replaced() {
	local pid
	pid=$(cat "$mnt/kernel/pid" 2>/dev/null) && [ "$pid" -ne "$1" ]
}

# Kill the daemon of a mount, and its supervisor first: it stays dead.
abandoned() {
	local pid supervisor
	pid=$(cat "${1:-$mnt}/kernel/pid")
	supervisor=$(cat "${1:-$mnt}/kernel/supervisor")
	kill -KILL "$supervisor"
	eventually 5 gone "$supervisor"
	kill -KILL "$pid"
	eventually 5 gone "$pid"
}

# A process that has ended, though nobody may have waited for it yet.
gone() { [[ ! -e /proc/$1/stat || $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) = [ZX]* ]]; }
not_mounted() { ! mountpoint -q "${1:-$mnt}"; }
size_is() { [ "$(stat -c %s "$2")" -eq "$1" ]; }
probe() { timeout 20 "$BUILD/tests/fuse_probe" "$@"; }

# A command fails, and says why: fails_with REASON COMMAND...
fails_with() {
	local error=$1
	shift
	run timeout 5 "$@"
	[ "$status" -ne 0 ]
	[[ $output = *"$error"* ]] || { echo "$output"; return 1; }
}

# Write to a mailbox until it is full.
fill() {
	: >"$1"
	# its 64 MiB: 67 times 1 000 000 bytes and the rest
	# shellcheck disable=SC2046 # a list
	probe step "$1" wn $(yes w1000000 | head -n 67) w108864 >/dev/null
}
