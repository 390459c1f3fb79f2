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
mounted() {
	mnt=$private/mnt
	mkdir -p "$mnt"
	timeout 10 "$daemon" "$@" "$mnt"
}

# Mount it again, and for other users, too: such as that whom $as_nobody COMMAND... runs as.
mounted_for_others() {
	[ "$(id -u)" -eq 0 ] || skip "only root can be another"
	cd "$root" || return
	dismounted
	chmod 755 "$private"
	mounted --allow-other
}
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"

unmount() {
	if [ "$(id -u)" -eq 0 ]; then umount "$1"; else fusermount3 -u -- "$1"; fi
}

# Take it off again, if it is there, and wait for its daemon.
dismounted() {
	local pid
	[ -n "${mnt:-}" ] && mountpoint -q "$mnt" || return 0
	pid=$(daemon_pid 2>/dev/null) || pid=0 # killed already
	eventually 5 unmount "$mnt" # who looks at all processes may hold it for a moment
	eventually 20 gone "$pid"   # and another namespace of mounts as long as it lasts
}

daemon_pid() { cat "${1:-$mnt}/kernel/pid"; }
supervisor_pid() { cat "${1:-$mnt}/kernel/supervisor"; }

# Kill the daemon of $mnt, and wait for the one that its supervisor starts.
daemon_killed() {
	local pid
	pid=$(daemon_pid)
	kill -KILL "$pid"
	eventually 10 replaced "$pid"
}

replaced() {
	local pid
	pid=$(daemon_pid 2>/dev/null) && [ "$pid" -ne "$1" ]
}

# Kill the daemon of a mount, and its supervisor first: it stays dead.
abandoned() {
	local pid supervisor
	pid=$(daemon_pid "$@")
	supervisor=$(supervisor_pid "$@")
	kill -KILL "$supervisor"
	eventually 5 gone "$supervisor"
	kill -KILL "$pid"
	eventually 5 gone "$pid"
}

# A process that has ended, though nobody may have waited for it yet.
gone() { [[ ! -e /proc/$1/stat || $(state_of "$1" 2>/dev/null) = [ZX] ]]; }
not_mounted() { ! mountpoint -q "${1:-$mnt}"; }
size_is() { [ "$(stat -c %s "$2")" -eq "$1" ]; }
probe() { timeout 20 "$BUILD/tests/fuse_probe" "$@"; }

# A file has that line: tells FILE LINE
tells() { grep -qxF -- "$2" "$1" || { echo "no line '$2' in:"; cat "$1"; return 1; }; }
# So many lines of it are like that: counts FILE PATTERN COUNT
counts() { [ "$(grep -c -- "$2" "$1")" -eq "$3" ]; }

# What a command says, and how it ends.
outcome() {
	local status=0
	"$@" 2>&1 || status=$?
	echo "status $status"
}

# Of a FIFO of the kernel's and of one of the mount's the outcomes, $private/should and $private/is, are the same.
same_outcome() {
	[ "$(wc -l <"$private/should")" -gt 1 ]
	run -1 grep -x 'status 124' "$private/should" # which would be a hang
	diff "$private/should" "$private/is"
}

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
