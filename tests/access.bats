#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whom an instance serves: its owner, a group, or everybody.

load tools_helper

setup() {
	private_setup
	[ "$(id -u)" = 0 ] || skip "only root can be others"
	as 10009 10009 test -x "$BUILD/bin/portico" || skip "others may not enter $BUILD"
	chmod 711 "$private"
}

# as UID GID PROGRAM...
as() { setpriv --reuid "$1" --regid "$2" --clear-groups -- "${@:3}"; }
guest() { as 10009 20009 timeout 20 "$@"; }
modes() { (cd "$PORTICO_KERNEL" && stat -c '%a %n' . region shm bells mnt 2>/dev/null | tr '\n' ' '); }

@test "access: it is the owner's unless told otherwise" {
	portico create box
	[ "$(modes)" = "700 . 600 region 700 shm 700 mnt " ]
	[[ $(portico limits) = *"access           owner"* ]]
	run guest portico ls
	[ "$status" -eq 1 ]
	[[ $output = *"belongs to uid 0, not to you"*"portico limits access=all"* ]]
}

@test "access: all use the mailboxes whose modes let them" {
	portico limits access=all
	[ "$(modes)" = "755 . 666 region 777 shm 777 bells 700 mnt " ]
	portico create --mode 666 open
	portico create closed
	guest portico send open hello
	[ "$(portico recv open)" = hello ]
	run guest portico send closed hello
	[ "$status" -eq 1 ]
	run guest portico rm open
	[ "$status" -eq 1 ]
	portico doctor | grep -q "access: it serves every user, and root"
}

@test "access: a group is its members, and no others" {
	portico limits access=group:20009
	[ "$(modes)" = "750 . 660 region 777 shm 777 bells 700 mnt " ]
	[[ $(portico limits) = *"access           group:20009"* ]]
	portico create --mode 666 box
	guest portico send box hello
	[ "$(portico recv box)" = hello ]
	run as 10009 10009 timeout 20 portico send box hello
	[ "$status" -eq 1 ]
	[[ $output = *"not to you"* ]]
}

@test "access: closed again, it is closed to who comes, and what guests made is still the owner's to use" {
	portico limits access=all
	id=$(guest env LD_PRELOAD="$BUILD/lib/libportico-preload.so" ipcmk -M 4096 -p 0666 | grep -o '[0-9]*$')
	portico limits access=owner
	[ "$(modes)" = "700 . 600 region 700 shm 700 bells 700 mnt " ]
	run guest portico ls
	[ "$status" -eq 1 ]
	preload perl -e 'shmread($ARGV[0], $x, 0, 8) or die "$!"' "$id"
	preload ipcrm -m "$id"
	[ -z "$(ls "$PORTICO_KERNEL/shm")" ]
}

@test "access: files that were made before it opened are opened with it" {
	id=$(preload ipcmk -M 4096 -p 0666 | grep -o '[0-9]*$')
	[ "$(stat -c %a "$PORTICO_KERNEL"/shm/*)" = 600 ]
	portico limits access=all
	[ "$(stat -c %a "$PORTICO_KERNEL"/shm/*)" = 666 ]
	guest env LD_PRELOAD="$BUILD/lib/libportico-preload.so" \
		perl -e 'shmread($ARGV[0], $x, 0, 8) or die "$!"' "$id"
}

@test "access: what root makes in another's instance is its owner's to open" {
	mkdir "$private/theirs"
	chown 10009:20009 "$private/theirs"
	export PORTICO_KERNEL=$private/theirs/kernel
	guest portico create box
	id=$(preload ipcmk -M 4096 -p 0666 | grep -o '[0-9]*$')
	guest env LD_PRELOAD="$BUILD/lib/libportico-preload.so" \
		perl -e 'shmread($ARGV[0], $x, 0, 8) or die "$!"' "$id"
}

@test "access: only its owner and root say whom it serves" {
	portico limits access=all
	run guest portico limits access=owner
	[ "$status" -eq 1 ]
	[[ $(portico limits) = *"access           all"* ]]
	run portico limits access=most
	[ "$status" -eq 2 ]
}

@test "access: a directory that others may write isn't used by those whose it isn't" {
	portico limits access=all
	chmod 777 "$PORTICO_KERNEL"
	run guest portico ls
	[ "$status" -eq 1 ]
	[[ $output = *"not to you"* ]]
}

@test "access: what isn't named, but found, has to be one's own" {
	portico limits -k "$XDG_RUNTIME_DIR/portico" access=all
	chmod 711 "$XDG_RUNTIME_DIR"
	unset PORTICO_KERNEL
	run guest portico ls
	[ "$status" -eq 1 ]
	run guest portico ls -k "$XDG_RUNTIME_DIR/portico"
	[ "$status" -eq 0 ]
}

@test "access: who may not come in gets the real kernel and sees no difference; the doctor tells of it" {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC"
	mkfifo "$private/go"
	portico run sh -c "setpriv --reuid 10009 --regid 10009 --clear-groups -- sh -c \
		'id=\$(ipcmk -Q); echo \$id; ipcrm -q \${id##* }; read x' <$private/go" >"$private/said" 2>&1 &
	exec {hold}>"$private/go"
	eventually 10 grep -q "Message queue id: [0-9]" "$private/said"
	eventually 10 sh -c "portico doctor | grep -q 'other users: .*uid 10009'"
	[ "$(wc -l <"$private/said")" = 1 ]
	portico limits access=all
	[[ $(portico doctor) != *"other users: "* ]]
	exec {hold}>&-
	wait_status 1 $! # that of read at the end
}
