#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# An instance of another user's, which one reaches through its mount only.

load helper
load fuse_helper

test_limit_seconds=60

setup() {
	private_setup
	require_fuse
	[ "$(id -u)" -eq 0 ] || skip "only root can be others"
	as 10009 test -x "$BUILD/bin/portico" || skip "others may not enter $BUILD"
	chmod 711 "$private"
	unset PORTICO_MOUNT
}

teardown() {
	dismounted
	private_teardown
}

as() { setpriv --reuid "$1" --regid "$1" --clear-groups -- "${@:2}"; }
guest() { as 10009 timeout 20 "$@"; }
remote_case() { mounted --allow-other && guest "$BUILD/tests/remote" "$1"; }

@test "remote: messages are sent and received, whole, in order, now, in time and for ever" { remote_case messages; }
@test "remote: who waits is served, and told when the mailbox goes" { remote_case waits; }
@test "remote: a descriptor for poll() tells when there is something to receive" { remote_case poll; }
@test "remote: the status is what the files tell" { remote_case status; }
@test "remote: what files can't carry or do is refused, by every call there is" { remote_case nothing-else; }

@test "remote: modes hold" {
	for bits in 4 2 0; do portico create --mode "60$bits" "box.$bits"; done
	remote_case modes
}

@test "remote: without a mount that serves others the instance stays closed" {
	portico create box
	run guest portico ls
	[ "$status" -eq 1 ]
	[[ $output = *"belongs to uid 0, not to you"*"portico mount --allow-other"* ]]
	mounted
	run guest portico ls
	[ "$status" -eq 1 ]
}

@test "remote: the commands create, send, recv, peek, stat, ls and rm" {
	mounted --allow-other
	portico create --mode 600 closed
	guest portico create --mode 666 box
	[ "$(stat -c '%u %a' "$mnt/mbox/box")" = "10009 666" ]
	guest portico send box one
	echo two | guest portico send box
	[[ $(guest portico peek box) = *"text=one"*"text=two"* ]]
	guest portico stat box | grep -qx "messages 2"
	[ "$(guest portico ls -q | sort)" = "$(portico ls -q | sort)" ]
	[ "$(guest portico recv --lines box)" = one ]
	[ "$(portico recv box)" = two ]
	run guest portico recv --no-wait box
	[ "$status" -eq 3 ]
	run guest portico send closed x
	[ "$status" -eq 1 ]
	run guest portico peek closed
	[ "$status" -eq 1 ]
	run guest portico rm closed
	[ "$status" -eq 1 ]
	guest portico rm box
	[ "$(portico ls -q)" = "-- closed" ]
	run guest portico ps
	[ "$status" -eq 1 ]
	[[ $output = *"by its mount on $mnt only"* ]]
}

@test "remote: what a command can't do, it names the file for that does; stat tells of the instance" {
	mounted --allow-other
	portico create --mode 666 box
	local line
	while read -r file line; do
		# shellcheck disable=SC2086 # words
		run guest portico $line
		[[ $status -eq 1 && $output = *"by its mount on $mnt only; use $mnt/$file: "* ]] ||
			{ echo "$line: $output"; return 1; }
	done <<-END
		view/ ls --json
		view/ stat --json box
		view/mbox/NAME/tap tap box
		task/ ps
		task/PID/why why $(daemon_pid)
		kernel/limits limits
		view/mbox/NAME/ctl pause box
		mbox/ name ls
	END
	[ "$(guest portico stat | grep ^directory)" = "directory $PORTICO_KERNEL" ]
}

@test "remote: the doctor sees the mount, and nothing bad" {
	mounted --allow-other
	for way in "PORTICO_KERNEL=$PORTICO_KERNEL" "-u PORTICO_KERNEL PORTICO_MOUNT=$mnt"; do
		# shellcheck disable=SC2086 # words
		run guest env $way portico doctor
		[ "$status" -eq 0 ]
		[[ $output = *"ok       instance: another user's, which you reach by its mount on $mnt"* ]]
		[[ $output = *"ok       mount: at $mnt, by process $(daemon_pid)"* ]]
		[[ $output != *"bad "* && $output != *listeners* ]]
	done
	guest portico doctor --repair | grep -qx 'ok       repair: nothing wanted any'
}

@test "remote: a mount in the instance's own directory can be reached, too" {
	portico mount --allow-other
	mnt=$PORTICO_KERNEL/mnt
	guest portico create box
	[ "$(portico ls -q)" = "-- box" ]
	run guest ls "$PORTICO_KERNEL"
	[ "$status" -ne 0 ]
	run guest cat "$PORTICO_KERNEL/region"
	[ "$status" -ne 0 ]
	[[ $(portico limits) = *"access           owner"* ]]
}

@test "remote: PORTICO_MOUNT names the mount where nothing names an instance" {
	mounted --allow-other
	portico create --mode 666 box
	guest env -u PORTICO_KERNEL PORTICO_MOUNT="$mnt" portico send box hello
	[ "$(portico recv box)" = hello ]
	run guest env -u PORTICO_KERNEL PORTICO_MOUNT="$private/nonsuch" portico send box hello
	[ "$status" -eq 1 ]
	[[ $output = *PORTICO_MOUNT* ]]
}

@test "remote: System V of a preloaded program stays the real kernel's" {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC"
	mounted --allow-other
	sysvipc_unchanged guest env LD_PRELOAD="$BUILD/lib/libportico-preload.so" \
		sh -c 'id=$(ipcmk -Q); ipcrm -q ${id##* }'
	[ -z "$(portico ls -q)" ]
}
