#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# portico mount and umount: where they mount, what they refuse, and how they say it.

bats_require_minimum_version 1.5.0
load helper
load fuse_helper

p() { run --separate-stderr timeout 20 portico "$@"; }

setup() {
	private_setup
	require_fuse
	[ -x "$BUILD/libexec/portico/portico-fuse" ] || skip "built without FUSE"
}

teardown() { private_teardown; }

@test "mount: the instance's own place, made on first use; umount takes it away, and its daemon" {
	p mount
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	local pid
	pid=$(cat "$PORTICO_KERNEL/mnt/kernel/pid")
	[ -e "/proc/$pid" ]
	p doctor
	[[ $output = *"mount: at $PORTICO_KERNEL/mnt, by process $pid"* ]]
	p umount
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	gone "$pid"
	[ -z "$(mounts_of "$private")" ]
}

@test "mount: a directory that is named, relative or not" {
	mkdir "$private/here"
	cd "$private"
	p mount here
	[ "$status" -eq 0 ]
	portico create box
	[ -e "$private/here/mbox/box" ]
	p umount ./here
	[ "$status" -eq 0 ]
	p mount -k "$private/other" "$private/here"
	[ "$status" -eq 0 ]
	[ ! -e "$private/here/mbox/box" ]
	p umount "$private/here"
	[ "$status" -eq 0 ]
}

@test "mount: --foreground stays until it is ended" {
	timeout 20 portico mount --foreground &
	eventually 5 test -e "$PORTICO_KERNEL/mnt/kernel/pid"
	p umount
	[ "$status" -eq 0 ]
	wait $!
}

@test "mount: --allow-other is passed on" {
	[ "$(id -u)" -eq 0 ] || skip "only root is sure to be allowed"
	p mount --allow-other
	[ "$status" -eq 0 ]
	grep " $PORTICO_KERNEL/mnt " /proc/self/mountinfo | grep -q allow_other
	p umount
}

@test "mount: a mount point that isn't there, or is no directory, says what to do" {
	p mount "$private/nonsuch"
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico mount: $private/nonsuch: No such file or directory; \`mkdir $private/nonsuch\` first" ]
	p mount "$private/nonsuch/below"
	[ "$status" -eq 1 ]
	: >"$private/file"
	p mount "$private/file"
	[ "$status" -eq 1 ]
	[[ $stderr = *"is no directory"* ]]
}

@test "mount: twice in one place is refused" {
	p mount
	p mount
	[ "$status" -eq 1 ]
	[[ $stderr = "portico mount: $PORTICO_KERNEL/mnt: is a mount already"* ]]
	p umount
	[ "$status" -eq 0 ]
}

@test "mount: one whose daemon is dead is replaced" {
	p mount
	abandoned "$PORTICO_KERNEL/mnt"
	p doctor
	[[ $output = *"limited  mount: at $PORTICO_KERNEL/mnt: its daemon is dead"* ]]
	p mount
	[ "$status" -eq 0 ]
	[ -e "$PORTICO_KERNEL/mnt/kernel/pid" ]
	p umount
	[ "$status" -eq 0 ]
}

@test "mount: one whose daemon is dead is told wherever it is, and a repair takes the instance's own away" {
	mkdir "$private/elsewhere"
	p mount
	p mount -k "$private/other" "$private/elsewhere"
	p doctor
	[[ $output != *"$private/elsewhere"* ]]
	abandoned "$PORTICO_KERNEL/mnt"
	abandoned "$private/elsewhere"
	p doctor
	[ "$status" -eq 0 ]
	[[ $output = *"limited  mount: at $private/elsewhere: its daemon is dead"*"-> \`portico umount $private/elsewhere\`"* ]]
	[ "$(grep -c "its daemon is dead" <<<"$output")" -eq 2 ]
	p doctor --repair
	[[ $output = *"repaired mount: the one at $PORTICO_KERNEL/mnt, whose daemon is dead, is taken away"* ]]
	[ "$(mounts_of "$private")" = "$private/elsewhere" ]
	p umount "$private/elsewhere"
	[ "$status" -eq 0 ]
}

@test "umount: one whose daemon is dead goes, and it says so" {
	p mount
	abandoned "$PORTICO_KERNEL/mnt"
	p umount
	[ "$status" -eq 0 ]
	[ "$stderr" = "portico umount: $PORTICO_KERNEL/mnt: its daemon was dead; the mount is gone now" ]
	[ -z "$(mounts_of "$private")" ]
}

@test "umount: nothing there, and what isn't Portico's, are refused" {
	mkdir "$private/here"
	p umount "$private/here"
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico umount: $private/here: nothing is mounted there; \`findmnt\` shows what is where" ]
	p umount "$private/nonsuch/below"
	[ "$status" -eq 1 ]
	p umount /proc
	[ "$status" -eq 1 ]
	[[ $stderr = "portico umount: /proc: is a mount of proc, not Portico's; "* ]]
	[ -e /proc/self ]
}

@test "umount: one in use is refused, with who uses it, and stays; --lazy takes it away" {
	portico create box
	p mount
	exec 7<"$PORTICO_KERNEL/mnt/kernel/version"
	p umount
	[ "$status" -eq 1 ]
	[[ $stderr = *"is in use by"*"(pid $BASHPID)"* ]]
	exec 7<&-
	(cd "$PORTICO_KERNEL/mnt/mbox" && exec sleep 20) &
	local sleeper=$!
	p umount
	[ "$status" -eq 1 ]
	[[ $stderr = *"in use by sleep (pid $sleeper); "* ]]
	local pid
	pid=$(cat "$PORTICO_KERNEL/mnt/kernel/pid")
	p umount --lazy
	[ "$status" -eq 0 ]
	[ -z "$(mounts_of "$private")" ]
	run ! gone "$pid"
	kill $sleeper
	eventually 5 gone "$pid"
	wait_killed TERM $sleeper
}

@test "umount: from within it, it is said that one stands there" {
	p mount
	in_it() { cd "$PORTICO_KERNEL/mnt/mbox" && portico umount "$PORTICO_KERNEL/mnt"; }
	run in_it
	[ "$status" -eq 1 ]
	[[ $output = "portico umount: $PORTICO_KERNEL/mnt: is in use: your working directory is in it; \`cd\` elsewhere"* ]]
	given() { portico umount <"$PORTICO_KERNEL/mnt/kernel/version"; }
	run given
	[ "$status" -eq 1 ]
	[[ $output = *"is in use by a file of it that this command was given"* ]]
	p umount
	[ "$status" -eq 0 ]
}

@test "umount: where another namespace has the mount, too, that is said, and who is in it" {
	[ "$(id -u)" -eq 0 ] || skip "only root makes a namespace"
	local pid holder
	p mount
	pid=$(cat "$PORTICO_KERNEL/mnt/kernel/pid")
	unshare --mount --propagation private sleep 60 &
	holder=$!
	has_its_own() { [ "$(cat "/proc/$holder/comm")" = sleep ]; }
	eventually 5 has_its_own
	p umount
	[ "$status" -eq 0 ]
	[ "$stderr" = "portico umount: $PORTICO_KERNEL/mnt: is gone here, and lives on in another mount namespace, \
that of sleep (pid $holder), at $PORTICO_KERNEL/mnt; its daemon ends with that" ]
	run ! gone "$pid"
	kill $holder
	wait_killed TERM $holder
	eventually 5 gone "$pid"
}

@test "umount: where it is mounted at a second place, that is said" {
	[ "$(id -u)" -eq 0 ] || skip "only root mounts again"
	local pid
	p mount
	pid=$(cat "$PORTICO_KERNEL/mnt/kernel/pid")
	mkdir "$private/second"
	mount --bind "$PORTICO_KERNEL/mnt/mbox" "$private/second"
	p umount
	[ "$status" -eq 0 ]
	[[ $stderr = *"is gone here, and still mounted at $private/second; "* ]]
	umount "$private/second"
	eventually 5 gone "$pid"
}

@test "umount: another's mount is refused, with whose it is" {
	[ "$(id -u)" -eq 0 ] || skip "only root can be another"
	chmod 711 "$private"
	mkdir "$private/here"
	p mount --allow-other "$private/here"
	# shellcheck disable=SC2086 # a list
	run timeout 20 $as_nobody portico umount "$private/here"
	[ "$status" -eq 1 ]
	[ "$output" = "portico umount: $private/here: was mounted by root; only that user and root may take it away" ]
	p umount "$private/here"
}

@test "mount: of a named pipe each command says that it is one, and what removes it" {
	p mount
	mkfifo "$PORTICO_KERNEL/mnt/fifo/t"
	p rm t
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico rm: mailbox t: is a named pipe; a mount has it as fifo/t, \`portico rm --fifo t\` removes it" ]
	p send t x
	[[ $status -eq 1 && $stderr = *"is a named pipe"* ]]
	p rm --fifo t
	[ "$status" -eq 0 ]
	p rm t
	[[ $stderr = *"nothing has that name; "* ]]
	p umount
}

@test "umount: it returns when the daemon and its supervisor have ended" {
	p mount
	local pid supervisor
	pid=$(cat "$PORTICO_KERNEL/mnt/kernel/pid")
	supervisor=$(cat "$PORTICO_KERNEL/mnt/kernel/supervisor")
	p umount
	[ "$status" -eq 0 ]
	gone "$pid"
	gone "$supervisor"
}

@test "umount: a daemon that is stopped doesn't stop it" {
	p mount
	local pid
	pid=$(cat "$PORTICO_KERNEL/mnt/kernel/pid")
	kill -STOP "$pid"
	(sleep 1; kill -CONT "$pid") &
	p umount
	[ "$status" -eq 0 ]
	wait $!
	[ -z "$(mounts_of "$private")" ]
}

@test "mount: without /dev/fuse it says what to do, run goes on without it, and the doctor tells" {
	[ "$(id -u)" -eq 0 ] || skip "only root can hide /dev/fuse"
	# shellcheck disable=SC2016 # for the inner shell
	in_bare_dev() { run unshare -m bash -c 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && "$@"' - "$@"; }
	in_bare_dev timeout 10 portico mount -k /dev/kernel
	[ "$status" -eq 1 ]
	[[ $output = "portico mount: there is no /dev/fuse; \`modprobe fuse\` as root, "* ]]
	in_bare_dev timeout 10 portico run -k /dev/kernel echo fine
	[ "$status" -eq 0 ]
	[ "$output" = fine ]
	in_bare_dev timeout 10 portico doctor -k /dev/kernel
	[ "$status" -eq 0 ]
	[[ $output = *"limited  FUSE: no files and named pipes: there is no /dev/fuse;"* ]]
}
