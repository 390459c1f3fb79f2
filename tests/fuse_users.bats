#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 120
#
# Every kind of place in a mount, every user, every way in: who may do what.
#
# tests/fuse_users*.c tries.  Where the kernel has such files it says what is
# right: the same is played on its own, and both must tell the same.  Elsewhere
# tables do.

load helper
load fuse_helper

test_limit_seconds=90

setup() {
	private_setup
	require_fuse
	[ "$(id -u)" -eq 0 ] || skip "only root can be others"
	chmod 711 "$private"
	users=$BUILD/tests/fuse_users
	mkdir -m 1777 "$private/plain"
}

teardown() {
	cd "$root" || return
	dismounted
	private_teardown
}

# Users, as fuse_users knows them.
as() {
	case $1 in
	owner) setpriv --reuid 10009 --regid 20009 --groups 10008 -- "${@:2}" ;;
	other) setpriv --reuid 10011 --regid 10011 --groups 10007 -- "${@:2}" ;;
	root) "${@:2}" ;;
	esac
}

# A mount for all, of an instance that the owner and his group use themselves, too.
mounted_for_all() {
	portico limits access=group:20009
	mounted --allow-other
}

require_open_build() { as owner test -x "$BUILD/bin/portico" || skip "others may not enter $BUILD"; }
says() { grep -qE -- "$2" "$1"; }
table() { (cd "$mnt" && timeout 60 "$users" table); }
preloaded() { env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$@"; }
exec_as_owner() { exec setpriv --reuid 10009 --regid 20009 --groups 10008 -- "$@"; }

# ---- as the kernel has it

@test "users: a mailbox, its names and their directories, as files of the kernel's" {
	mounted --allow-other
	timeout 60 "$users" files "$mnt/mbox" "$private/plain"
}

@test "users: a named pipe, as the kernel's FIFOs" {
	mounted --allow-other
	timeout 60 "$users" pipes "$mnt/fifo" "$private/plain"
}

@test "users: the owner of an instance, who isn't root, where all have a mount of it" {
	require_open_build
	mkdir "$private/home"
	chown 10009:20009 "$private/home" "$private/plain"
	export PORTICO_KERNEL=$private/home/kernel
	as owner portico create box
	mounted --allow-other
	timeout 60 "$users" top "$mnt/mbox" "$private/plain"
	timeout 60 "$users" pipes "$mnt/fifo" "$private/plain"
	table <<-'END'
		tries                      on                                                      owner   group   other   root
		read                       kernel/deadlocks                                        ok      EACCES  EACCES  ok
		read                       kernel/limits                                           ok      ok      ok      ok
		write,truncate             kernel/limits                                           ok      EACCES  EACCES  ok
		say                        kernel/limits:ports=none                                ok      EACCES  EACCES  ok
		rmdir                      mbox,fifo,kernel                                        EACCES  EACCES  EACCES  EPERM
		make,mkdir                 kernel/x,view/x,view/mbox/x                             EACCES  EACCES  EACCES  EPERM
		chmod,chown                mbox,fifo,msg,kernel,kernel/limits                      EPERM   EPERM   EPERM   EPERM
	END
}

# As in fuse_user.bats: in a mount namespace of its own, where he may.
@test "users: a mount for all, whose daemon is an ordinary user's" {
	require_open_build
	command -v fusermount3 >/dev/null || skip "no fusermount3"
	unshare --mount true 2>/dev/null || skip "no mount namespaces"
	mkdir -p "$private/dev" "$private/home/mnt"
	chown -R 10009:20009 "$private/home" "$private/plain"
	echo user_allow_other >"$private/fuse.conf"
	{ cat /etc/passwd && echo owner:x:10009:20009::/:/bin/sh; } >"$private/passwd"
	# shellcheck disable=SC2016 # for the inner shell
	cd "$private"
	PORTICO_KERNEL=$private/home/kernel timeout 60 unshare --mount --propagation private bash -euc '
		mount -t tmpfs -o mode=755 fuse dev && mknod -m 666 dev/fuse c 10 229 && mount --bind dev/fuse /dev/fuse
		[ -e /etc/fuse.conf ] && mount --bind fuse.conf /etc/fuse.conf && mount --bind passwd /etc/passwd
		as_owner() { setpriv --reuid 10009 --regid 20009 --groups 10008 -- "$@"; }
		as_owner portico mount --allow-other "$PWD/home/mnt"
		status=0
		"$0" top "$PWD/home/mnt/mbox" "$PWD/plain" && "$0" pipes "$PWD/home/mnt/fifo" "$PWD/plain" &&
			"$0" views "$PWD/home/mnt" || status=$?
		as_owner portico umount "$PWD/home/mnt"
		exit "$status"' "$users"
}

# What differs: at a file the creator of an object that is another's by now has no more than others.
@test "users: a System V object is looked at and removed as by msgctl, semctl, shmctl of the kernel" {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC to compare with"
	portico limits access=all
	mounted --allow-other
	env -u LD_PRELOAD "$users" sysv >"$private/calls"
	sysvipc_unchanged preloaded "$users" sysv "$mnt" >"$private/files"
	[ "$(wc -l <"$private/files")" -eq 594 ]
	diff <(sed '/look by creator/d' "$private/calls") <(sed '/look by creator/d' "$private/files")
	diff <(grep 'look by other' "$private/calls") <(grep 'look by creator' "$private/files" | sed s/creator/other/)
}

@test "users: who may read a mailbox or pipe may look at it, and its owner commands it" {
	mounted --allow-other
	timeout 60 "$users" views "$mnt"
}

# ---- where the kernel has no such files

# Of the owner's, mode 0640: the mailbox `box`, the pipe `pipe`, and by their ids a $queue, $set and $segment.
owner_has_things() {
	local ids
	: >"$mnt/mbox/box"
	mkfifo "$mnt/fifo/pipe"
	chown 10009:20009 "$mnt/mbox/box" "$mnt/fifo/pipe"
	chmod 640 "$mnt/mbox/box" "$mnt/fifo/pipe"
	# shellcheck disable=SC2016 # perl's
	ids=$(preloaded setpriv --reuid 10009 --regid 20009 --clear-groups -- perl -MIPC::SysV=:all -e '
		print join " ", msgget(7, 0640 | IPC_CREAT), semget(7, 1, 0640 | IPC_CREAT), shmget(7, 4096, 0640 | IPC_CREAT)')
	read -r queue set segment <<<"$ids"
}

# A task of the owner's, $task, that waits at a mailbox of his.
owner_waits_at() {
	require_open_build
	as owner portico create --mode 600 "$1"
	exec_as_owner portico recv --timeout 60 "$1" &
	task=$!
	eventually 10 says "$mnt/task/$task/why" 'waits .* to receive from'
}

@test "users: the places that are there once" {
	mounted_for_all
	table <<-'END'
		tries                          on                                             owner   group   other   root
		list                           .,mbox,fifo,msg,sem,shm,view,task,kernel       ok      ok      ok      ok
		list                           view/mbox,view/fifo,view/msg,view/sem          ok      ok      ok      ok
		chmod,chown,chgrp              .,mbox,fifo,msg,sem,shm,view,task,kernel       EPERM   EPERM   EPERM   EPERM
		chmod,chown,chgrp              view/mbox,view/fifo,view/msg,view/sem          EPERM   EPERM   EPERM   EPERM
		make,mkfifo,mkdir,symlink      ./x:y,view/x:y,task/x:y,kernel/x:y             EACCES  EACCES  EACCES  EPERM
		make,mkfifo,mkdir,symlink      view/mbox/x:y,view/fifo/x:y,view/msg/x:y       EACCES  EACCES  EACCES  EPERM
		make,mkfifo,mkdir,symlink      view/sem/x:y,view/shm/x:y                      EACCES  EACCES  EACCES  EPERM
		make,mkfifo,mkdir,symlink      msg/x:y,sem/x:y,shm/x:y                        EPERM   EPERM   EPERM   EPERM
		mkdir                          fifo/x                                         EPERM   EPERM   EPERM   EPERM
		mkfifo                         mbox/x                                         EPERM   EPERM   EPERM   EPERM
		symlink                        mbox/x:y,fifo/x:y                              EPERM   EPERM   EPERM   EPERM
		rmdir                          mbox,msg,view,task,kernel,view/mbox,view/shm   EACCES  EACCES  EACCES  EPERM
		mv,mv-new                      mbox:x,kernel:x,view/mbox:view/x               EACCES  EACCES  EACCES  EPERM
		exchange                       mbox:fifo,view/sem:view/shm                    EACCES  EACCES  EACCES  EPERM

		read                           kernel/version,kernel/instance,kernel/pid      ok      ok      ok      ok
		read                           kernel/supervisor,kernel/limits,kernel/stats   ok      ok      ok      ok
		read                           kernel/deadlocks                               EACCES  EACCES  EACCES  ok
		write,both,truncate,empty      kernel/deadlocks,kernel/stats                  EACCES  EACCES  EACCES  EACCES
		write,both,truncate,empty      kernel/version,kernel/instance,kernel/pid      EACCES  EACCES  EACCES  EACCES
		write,both,truncate,empty      kernel/limits                                  EACCES  EACCES  EACCES  ok
		say                            kernel/limits:ports=none                       EACCES  EACCES  EACCES  ok
		chmod,chown,chgrp,date         kernel/limits,kernel/version,kernel/deadlocks  EPERM   EPERM   EPERM   EPERM
		rm                             kernel/limits,kernel/version                   EACCES  EACCES  EACCES  EPERM
		mv                             kernel/version:kernel/x,kernel/pid:x           EACCES  EACCES  EACCES  EPERM
		getxattr                       kernel/version,kernel/limits                   ENODATA ENODATA ENODATA ENODATA
	END
}

@test "users: a task is its user's and root's; that it is there, and what, everybody sees" {
	mounted_for_all
	owner_waits_at box
	table <<-END
		tries                      on                                                      owner   group   other   root
		list                       task/$task                                              ok      ok      ok      ok
		read                       task/$task/status                                       ok      ok      ok      ok
		read                       task/$task/ports,task/$task/rights,task/$task/waits     ok      EACCES  EACCES  ok
		read                       task/$task/why                                          ok      EACCES  EACCES  ok
		read,write,both,truncate   task/$task/ctl                                          ok      EACCES  EACCES  ok
		say                        task/$task/ctl:suspend,task/$task/ctl:resume            ok      EACCES  EACCES  ok
		say                        task/$task/ctl:signal_CONT                              ok      EACCES  EACCES  ok
		write,both,truncate        task/$task/status,task/$task/why,task/$task/rights      EACCES  EACCES  EACCES  EACCES
		chmod,chown                task/$task,task/$task/status,task/$task/ctl             EPERM   EPERM   EPERM   EPERM
		chgrp                      task/$task,task/$task/status,task/$task/ctl             EPERM   EPERM   EPERM   EPERM
		rm,mv                      task/$task/ctl:task/$task/x                             EACCES  EACCES  EACCES  EPERM
		make,mkdir                 task/$task/x                                            EACCES  EACCES  EACCES  EPERM
		rmdir                      task/$task                                              EACCES  EACCES  EACCES  EPERM
		mv                         task/$task:task/1                                       EACCES  EACCES  EACCES  EPERM
	END
	as owner sh -c 'echo signal TERM >"$0"' "$mnt/task/$task/ctl"
	wait_killed TERM "$task"
}

@test "users: the System V objects of another, and what is to be seen of them" {
	mounted_for_all
	owner_has_things
	table <<-END
		tries                      on                                                      owner   group   other   root
		stat,readlink              msg/0x00000007,sem/0x00000007,shm/0x00000007            ok      ok      ok      ok
		stat                       msg/$queue,sem/$set,shm/$segment                        ok      ok      ok      ok
		read                       msg/$queue,sem/$set,shm/$segment                        ok      ok      EACCES  ok
		read                       msg/0x00000007,sem/0x00000007,shm/0x00000007            ok      ok      EACCES  ok
		write,both,truncate,empty  msg/$queue,sem/$set,shm/0x00000007                      EACCES  EACCES  EACCES  EACCES
		chmod,chown                msg/$queue,sem/$set,shm/$segment                        EPERM   EPERM   EPERM   EPERM
		chgrp,chgrp-foreign        msg/$queue,sem/0x00000007,shm/$segment                  EPERM   EPERM   EPERM   EPERM
		mv,mv-new                  msg/$queue:msg/8,sem/0x00000007:sem/8                   EPERM   EPERM   EPERM   EPERM
		mv                         shm/$segment:fifo/x,msg/$queue:mbox/x                   EPERM   EPERM   EPERM   EPERM
		exchange                   msg/$queue:msg/0x00000007                               EPERM   EPERM   EPERM   EPERM
		rmdir                      msg/$queue                                              ENOTDIR ENOTDIR ENOTDIR ENOTDIR
		rm                         msg/99,sem/0x00000099                                   ENOENT  ENOENT  ENOENT  ENOENT
		getxattr                   msg/$queue                                              ENODATA ENODATA EACCES  ENODATA

		stat                       view/msg/$queue,view/sem/$set,view/shm/0x00000007       ok      ok      ok      ok
		list                       view/msg/$queue,view/sem/0x00000007,view/shm/$segment   ok      ok      EACCES  ok
		stat,read                  view/msg/$queue/status,view/msg/0x00000007/peek         ok      ok      EACCES  ok
		stat,read                  view/msg/$queue/holders,view/msg/$queue/waiters         ok      ok      EACCES  ok
		open                       view/msg/$queue/tap                                     ok      ok      EACCES  ok
		stat,read                  view/sem/$set/status,view/sem/$set/holders              ok      ok      EACCES  ok
		stat,read                  view/sem/$set/waiters,view/shm/$segment/status          ok      ok      EACCES  ok
		stat,read                  view/shm/$segment/holders                               ok      ok      EACCES  ok
		write,both,empty           view/msg/$queue/tap,view/msg/$queue/status              EACCES  EACCES  EACCES  EACCES
		truncate                   view/msg/$queue/status,view/sem/$set/waiters            EACCES  EACCES  EACCES  EACCES
		read,write,truncate        view/msg/$queue/ctl                                     ok      EACCES  EACCES  ok
		say                        view/msg/$queue/ctl:pause                               ok      EACCES  EACCES  ok
		say                        view/msg/$queue/ctl:inject_1_x                          ok      EACCES  EACCES  ok
		say                        view/msg/$queue/ctl:limit_qbytes=100000000              EPERM   EACCES  EACCES  ok
		rm                         view/msg/0x00000007                                     EACCES  EACCES  EACCES  EPERM
		rmdir                      view/msg/$queue,view/sem/$set,view/shm/$segment         EACCES  EACCES  EACCES  EPERM
		rm                         view/msg/$queue/peek                                    EACCES  EACCES  EACCES  EPERM
		chmod,chown                view/msg/$queue,view/sem/$set                           EPERM   EPERM   EPERM   EPERM

		rm                         msg/$queue,sem/0x00000007,shm/$segment                  ok      ENOENT  ENOENT  ENOENT
	END
}

@test "users: nothing goes from one kind of place to another" {
	mounted_for_all
	owner_has_things
	mkdir -m 1777 "$mnt/mbox/d"
	table <<-END
		tries                      on                                                      owner   group   other   root
		mv,mv-new                  mbox/box:fifo/x,mbox/d:fifo/x                           EPERM   EPERM   EPERM   EPERM
		mv                         fifo/pipe:mbox/x,fifo/pipe:mbox/d/x,mbox/box:msg/x      EPERM   EPERM   EPERM   EPERM
		exchange                   mbox/box:fifo/pipe                                      EPERM   EPERM   EPERM   EPERM
		mv                         mbox/box:view/mbox/x,mbox/box:x,fifo/pipe:view/fifo/x   EACCES  EPERM   EPERM   EPERM
		mv                         view/mbox/box:mbox/x,view/mbox/box/peek:mbox/x          EACCES  EACCES  EACCES  EPERM
		rmdir                      view/mbox/d                                             EACCES  EACCES  EACCES  EPERM
		chmod,chown,chgrp          view/mbox/d                                             EPERM   EPERM   EPERM   EPERM
		make,mkdir,symlink         view/mbox/d/x:y                                         EACCES  EACCES  EACCES  EPERM
		mv                         view/mbox/d:view/mbox/e                                 EACCES  EACCES  EACCES  EPERM
	END
	table <<-END
		tries                      on                                                             root
		ln                         mbox/box:fifo/x,fifo/pipe:mbox/x,fifo/pipe:fifo/x,mbox/box:x   EPERM
		ln                         mbox/box:view/mbox/x,view/mbox/box/peek:mbox/x,mbox/box:msg/8  EPERM
		ln                         msg/$queue:msg/8,msg/$queue:mbox/x,sem/$set:fifo/x             EPERM
		ln                         kernel/version:kernel/x,kernel/version:mbox/x                  EPERM
	END
	[ "$(find "$mnt/mbox" "$mnt/fifo" | wc -l)" -eq 5 ]
}

# ---- never a peek

# What a user finds out below $mnt: names, links, attributes, texts; also of the files named.  Root takes nothing.
seen_by() {
	as "$1" timeout 60 /usr/bin/python3 - "$mnt" "${@:2}" <<-'END'
		import os, sys
		top = sys.argv[1]
		def look(path):
		    print(path)
		    if os.path.islink(path): return print(os.readlink(path))
		    for name in os.listxattr(path): print(os.getxattr(path, name))
		    if os.path.isdir(path): return print(os.listdir(path))
		    if os.geteuid() == 0 and os.path.relpath(path, top).split("/")[0] in ("mbox", "fifo"): return
		    print(os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1 << 16))
		def try_to_look(path):
		    try: look(path)
		    except OSError as error: print(error.strerror)
		for directory, names, files in os.walk(top):
		    for name in names + files: try_to_look(os.path.join(directory, name))
		for name in sys.argv[2:]: try_to_look(os.path.join(top, name))
	END
}

@test "users: what somebody may not read he finds nowhere, nor a name in a directory that is closed to him" {
	require_open_build
	mounted_for_all
	# mailboxes: in one a message; one in a directory that is closed, with another name outside
	as owner portico create --mode 600 box
	as owner portico send box secret-message
	as owner sh -c 'umask 022; mkdir -p "$0/secret-directory"; : >"$0/secret-name"' "$mnt/mbox/d"
	ln "$mnt/mbox/d/secret-name" "$mnt/mbox/open"
	chmod 700 "$mnt/mbox/d"
	# a task, and a client of the mount, that wait there
	owner_waits_at d/secret-wait
	exec_as_owner cat "$mnt/mbox/d/secret-name" &
	client=$!
	eventually 10 says "$mnt/task/$(cat "$mnt/kernel/pid")/why" secret-name
	# bytes in a pipe, a queue and a segment
	mkfifo -m 600 "$mnt/fifo/pipe"
	exec {pipe}<>"$mnt/fifo/pipe"
	echo secret-bytes >&"$pipe"
	# shellcheck disable=SC2016 # perl's
	preloaded perl -MIPC::SysV=:all -e 'msgsnd(msgget(7, 0600 | IPC_CREAT), pack("l! a*", 1, "secret-letter"), 0);
		shmwrite(shmget(7, 99, 0600 | IPC_CREAT), "secret-memory", 0, 13)'
	# commands that failed
	run sh -c 'echo drop secret-drop >"$0"' "$mnt/view/mbox/box/ctl"
	[ "$status" -ne 0 ]
	run sh -c 'echo secret-limit=1 >"$0"' "$mnt/kernel/limits"
	[ "$status" -ne 0 ]

	named=(mbox/d/secret-name view/mbox/d/secret-name/status view/{mbox/box,msg/0x00000007}/{peek,tap,ctl})
	seen_by other "${named[@]}" >"$private/other"
	seen_by root >"$private/root"
	for word in message directory name wait letter drop limit; do
		says "$private/root" "secret-$word" || { echo "secret-$word is nowhere to be found"; false; }
	done
	says "$private/other" "/view/mbox/open/status"
	# what he named himself doesn't count
	run grep -n secret- <(sed '\|^/.*/d/secret-name|d' "$private/other")
	echo "$output"
	[ "$status" -eq 1 ]
	exec {pipe}>&-
	kill "$task" "$client"
	wait_killed TERM "$task" "$client"
}
