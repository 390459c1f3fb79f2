#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Other users at a mount: what owner, group and mode permit to whom, and no more.

load helper
load fuse_helper

setup() {
	private_setup
	require_fuse
	[ "$(id -u)" -eq 0 ] || skip "only root can be others"
	chmod 711 "$private"
	mounted --allow-other
}

teardown() {
	dismounted
	private_teardown
}

# who: the owner; another who has its group as a supplementary one; a stranger; root
as() {
	case $1 in
	owner) setpriv --reuid 10009 --regid 20009 --clear-groups -- "${@:2}" ;;
	group) setpriv --reuid 10010 --regid 10010 --groups 7,20009 -- "${@:2}" ;;
	other) setpriv --reuid 10011 --regid 10011 --clear-groups -- "${@:2}" ;;
	root) "${@:2}" ;;
	esac
}

# What POSIX says, from the mode alone: permitted WHO MODE OPERATION
permitted() {
	local digit
	[ "$1" != root ] || return 0
	case $1 in owner) digit=${2:1:1} ;; group) digit=${2:2:1} ;; other) digit=${2:3:1} ;; esac
	case $3 in
	read | view) ((digit & 4)) ;;
	write) ((digit & 2)) ;;
	chmod | chgrp | remove) [ "$1" = owner ] ;;
	chown) false ;;
	esac
}

# attempt WHO OPERATION FILE VIEW MODE
attempt() {
	case $2 in
	read) as "$1" perl -MFcntl -e 'sysopen(F, shift, O_RDONLY | O_NONBLOCK) or exit 1' "$3" ;;
	write) as "$1" perl -MFcntl -e 'sysopen(F, shift, O_RDWR | O_NONBLOCK) or $!{EACCES} &&
		sysopen(F, $ARGV[0], O_WRONLY | O_NONBLOCK) or $!{ENXIO} or exit 1' "$3" "$3" ;;
	view) as "$1" cat "$4" ;;
	chmod) as "$1" chmod "$5" "$3" ;;
	chgrp) as "$1" chgrp 20009 "$3" ;;
	chown) as "$1" chown 10009 "$3" ;;
	remove) as "$1" rm -f "$3" ;;
	esac >/dev/null 2>&1
}

# Try everything on what `make` makes, and name each surprise.
check_matrix() {
	local mode who operation may did wrong=0
	for mode in 0600 0640 0644 0660 0666 0400 0000; do
		for who in owner group other root; do
			for operation in read write view chmod chgrp remove; do
				[ -e "$1" ] || { as owner "$3" "$1" && chmod "$mode" "$1"; }
				may=no did=no
				! permitted "$who" "$mode" "$operation" || may=yes
				! attempt "$who" "$operation" "$1" "$2" "$mode" || did=yes
				[ "$may" = "$did" ] || { echo "$who $operation $mode: $did, not $may"; wrong=1; }
			done
		done
	done
	return "$wrong"
}

@test "others: mailboxes" { check_matrix "$mnt/mbox/box" "$mnt/view/mbox/box/peek" touch; }
@test "others: named pipes" { check_matrix "$mnt/fifo/pipe" "$mnt/view/fifo/pipe/status" mkfifo; }

@test "others: nobody gives away what is his, and a group only to one of his own" {
	as owner touch "$mnt/mbox/box"
	run as owner chown 10010 "$mnt/mbox/box"
	[ "$status" -ne 0 ]
	run as owner chgrp 7 "$mnt/mbox/box"
	[ "$status" -ne 0 ]
	as group touch "$mnt/mbox/theirs"
	as group chgrp 7 "$mnt/mbox/theirs"
	[ "$(stat -c '%u %g' "$mnt/mbox/theirs")" = "10010 7" ]
}

@test "others: core judges by the owner of now, where the kernel knows that of before" {
	as owner touch "$mnt/mbox/box"
	mkfifo "$private/go"
	chmod 666 "$private/go"
	as owner perl -e 'open(F, "<", shift) or die; open(G, "<", shift) or die; <G>;
		exit(chmod(0777, *F) ? 1 : 0)' "$mnt/mbox/box" "$private/go" &
	exec {go}>"$private/go"
	chown 10011 "$mnt/mbox/box"
	echo >&"$go"
	exec {go}>&-
	wait $!
	[ "$(stat -c '%u %a' "$mnt/mbox/box")" = "10011 644" ]
}
