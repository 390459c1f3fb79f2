#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 180
#
# The mount of an ordinary user: by fusermount3, and in a user namespace.
#
# /dev/fuse may be closed to all but root.  So these run in a mount namespace of
# their own, in which it is open, and the machine's stays as it is.

bats_require_minimum_version 1.5.0
load helper
load fuse_helper

setup() {
	private_setup
	require_fuse
	[ "$(id -u)" -eq 0 ] || skip "only root can be another"
	command -v fusermount3 >/dev/null || skip "no fusermount3"
	unshare --mount true 2>/dev/null || skip "no mount namespaces"
	chmod 711 "$private"
	mkdir "$private/dev" "$private/home" "$private/home/mnt"
	chown -R 65534:65534 "$private/home"
	rmdir "$XDG_RUNTIME_DIR"
	PORTICO_KERNEL=$private/home/kernel
}

# Run commands, of standard input, as an ordinary user where /dev/fuse is open: as_user [LAUNCHER...]
as_user() {
	cat >"$private/commands"
	# shellcheck disable=SC2016 # for the inner shell
	timeout 60 unshare --mount --propagation private bash -c '
		mount -t tmpfs -o mode=755 fuse "$1/dev" && mknod -m 666 "$1/dev/fuse" c 10 229 &&
			mount --bind "$1/dev/fuse" /dev/fuse || exit 99
		cd "$1/home" && exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "${@:3}" bash -euc "
			eventually() { for i in {1..500}; do \"\$@\" 2>/dev/null && return; sleep 0.02; done; return 1; }
			another() { local p; p=\$(cat mnt/kernel/pid) && [ -n \"\$p\" ] && [ \"\$p\" != \"\$1\" ]; }
			$(cat "$2")"' - "$private" "$private/commands" "$@"
}

@test "an ordinary user mounts by fusermount3, the daemon is started again, and unmounts" {
	as_user <<-'END'
		portico mount mnt
		echo kept >mnt/mbox/x
		[ "$(stat -c %u mnt/mbox/x)" -eq 65534 ]
		supervisor=$(cat mnt/kernel/supervisor)
		for i in 1 2 3; do
			pid=$(cat mnt/kernel/pid)
			kill -KILL "$pid"
			eventually another "$pid"
		done
		[ "$(cat mnt/kernel/supervisor)" = "$supervisor" ]
		[ "$(timeout 5 cat mnt/mbox/x)" = kept ]
		portico doctor | grep -q "past .*is the new daemon of a mount"
		[ "$(grep -c " $PWD/mnt " /proc/self/mountinfo)" -eq 1 ]
		portico umount mnt
		if grep " $PWD/mnt " /proc/self/mountinfo; then exit 1; fi
		eventually test ! -e "/proc/$supervisor"
	END
}

@test "fusermount3 -u ends daemon and supervisor of an ordinary user; a dead mount is replaced, and taken away" {
	as_user <<-'END'
		portico mount mnt
		supervisor=$(cat mnt/kernel/supervisor) pid=$(cat mnt/kernel/pid)
		fusermount3 -u mnt
		eventually test ! -e "/proc/$supervisor"
		[ ! -e "/proc/$pid" ]
		for way in "portico mount mnt" "portico umount mnt"; do
			[ -e mnt/kernel ] || portico mount mnt
			pid=$(cat mnt/kernel/pid)
			kill -KILL "$(cat mnt/kernel/supervisor)"
			kill -KILL "$pid"
			eventually test ! -e "/proc/$pid"
			if ls mnt 2>/dev/null; then exit 1; fi
			$way
		done
		if grep " $PWD/mnt " /proc/self/mountinfo; then exit 1; fi
	END
}

@test "an ordinary user's mount in use is refused, with who uses it" {
	as_user <<-'END'
		portico mount mnt
		exec 7<mnt/kernel/version
		status=0
		portico umount mnt 2>error || status=$?
		[ "$status" -eq 1 ]
		grep -q "is in use by .*(pid $$)" error
		portico umount --lazy mnt
		if grep " $PWD/mnt " /proc/self/mountinfo; then exit 1; fi
	END
}

@test "portico run of an ordinary user has its mount" {
	as_user <<-'END'
		portico run sh -c 'test -e "$PORTICO_KERNEL"/mnt/kernel/pid'
		if grep kernel/mnt /proc/self/mountinfo; then exit 1; fi
	END
}

@test "in a user namespace, its root mounts without fusermount3, and is supervised" {
	setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user --mount true 2>/dev/null ||
		skip "an ordinary user has no user namespaces here"
	as_user unshare --user --map-root-user --mount -- <<-'END'
		portico mount mnt
		echo kept >mnt/mbox/x
		pid=$(cat mnt/kernel/pid)
		kill -KILL "$pid"
		eventually another "$pid"
		[ "$(timeout 5 cat mnt/mbox/x)" = kept ]
		portico umount mnt
		if grep " $PWD/mnt " /proc/self/mountinfo; then exit 1; fi
	END
}

@test "where /dev/fuse is closed to a user, mount and the doctor name it, and what to do" {
	# shellcheck disable=SC2016 # for the inner shell
	closed() {
		timeout 30 unshare --mount --propagation private bash -c '
			mount -t tmpfs -o mode=755 fuse "$1/dev" && mknod -m 600 "$1/dev/fuse" c 10 229 &&
				mount --bind "$1/dev/fuse" /dev/fuse || exit 99
			cd "$1/home" && exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "${@:2}"' - "$private" "$@"
	}
	run closed portico mount mnt
	[ "$status" -eq 1 ]
	[[ $output = *"/dev/fuse is closed to you; \`chmod 0666 /dev/fuse\` as root"* ]]
	run closed portico doctor
	[[ $output = *"limited  FUSE: no files and named pipes: /dev/fuse is closed to you; \`chmod 0666 /dev/fuse\` as root"* ]]
}
