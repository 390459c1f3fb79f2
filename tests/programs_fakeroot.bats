#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# fakeroot-sysv, by which Debian's packages are built.  It matters because a
# daemon and every program that is run inside share two queues and a
# semaphore, ask and answer thousands of times by type, and come with a
# preloaded object of their own, before or behind which ours has to work.

load programs_helper

setup() {
	private_setup
	require fakeroot-sysv fakeroot
	work=$private/work
	mkdir "$work"
	cd "$work" || return
}

in_fakeroot() { on_portico timeout 600 fakeroot-sysv -- "$@"; }

# A tree of that many files below $1, as a package has it, with owners by number: the tree's, or root.
make_tree() {
	mkdir -p "$1/DEBIAN" "$1/usr/share/portico" "$1/dev"
	seq "$2" | split -l 1 -d -a 5 - "$1/usr/share/portico/file"
	printf '%s\n' 'Package: portico-tree' 'Version: 1' 'Architecture: all' 'Maintainer: Nobody <nobody@localhost>' \
		'Description: many files' >"$1/DEBIAN/control"
}

# The half with odd names to the games, a device that nobody but root may make, and all of it as root in an archive.
# shellcheck disable=SC2016 # for the shells that run it
build='
	set -e
	chown -R 0:0 tree
	find tree -name "file*[13579]" -exec chown 5:60 {} +
	mknod tree/dev/null c 1 3
	chmod 4755 tree/usr/share/portico/file00001
	tar -cf tree.tar tree
	dpkg-deb --build -Znone tree tree.deb >/dev/null
'

# What root would see there: $1 files, half of them 5's.
check_tree() {
	local count=$1 list
	list=$(tar --numeric-owner -tvf tree.tar)
	[ "$(grep -c '^-.* 5/60 ' <<<"$list")" -eq $((count / 2)) ]
	[ "$(grep -cE '^[-d].* 0/0 ' <<<"$list")" -gt $((count / 2)) ]
	grep -qE '^crw.* 0/0 +1,3 .* tree/dev/null$' <<<"$list"
	grep -qE '^-rwsr-xr-x 5/60 .*file00001$' <<<"$list"
	[ "$(dpkg-deb --contents tree.deb | grep -c 'games/games')" -eq $((count / 2)) ]
}

@test "fakeroot: a package is built with the owners, modes and devices that it ought to have" {
	require dpkg-deb dpkg
	local count
	count=$(amount 400 5000)
	make_tree tree "$count"
	in_fakeroot sh -c "$build"
	check_tree "$count"
	all_gone
}

# Eight daemons, sixteen queues; none may take another's message.
@test "fakeroot: eight packages are built at once" {
	local each pids=() pid
	for each in 1 2 3 4 5 6 7 8; do
		make_tree "$each/tree" 100
		(cd "$each" && in_fakeroot sh -c "$build") &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	for each in 1 2 3 4 5 6 7 8; do
		(cd "$each" && check_tree 100)
	done
	all_gone
}

# Each reply goes to the type of who asked; one more is killed in the middle of asking, and leaves the semaphore as
# SEM_UNDO has it.
@test "fakeroot: eight clients of one daemon, and some that are killed" {
	mkdir tree
	# shellcheck disable=SC2016 # for the shell that it starts
	in_fakeroot sh -c '
		for victim in 1 2 3 4 5; do
			(while :; do touch tree/v$victim; chown $victim:0 tree/v$victim; done) & pid=$!
			sleep 0.05
			kill -KILL $pid
		done 2>/dev/null
		seq '"$(amount 200 5000)"' | xargs -P 8 -I N sh -c "touch tree/N && chown N:1 tree/N" &&
		cd tree && stat -c "%n %u %g" [0-9]*' >owners
	[ "$(wc -l <owners)" -eq "$(amount 200 5000)" ]
	awk '$1 != $2 || $3 != 1 { print "wrong: " $0; bad = 1 } END { exit bad }' owners
	all_gone
}
