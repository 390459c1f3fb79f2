#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 120
#
# Names of mailboxes in the mount: directories, links, and what rm, rmdir, chmod and stat do to them.

load helper
load fuse_helper

test_limit_seconds=30

setup() {
	mounted_setup
	cd "$mnt/mbox" || return
}

# Two directories of root's, as they say; and a mailbox of root's in the one.
make_public_and_private() {
	cd "$mnt/mbox" || return
	mkdir private public
	chmod 700 private
	chmod 777 public
	: >public/root
}

# ---- directories

@test "directories are made, filled, listed and removed, and programs see the same names" {
	mkdir -p a/b/c
	echo one >a/b/c/x
	portico create a/made
	[ "$(portico recv a/b/c/x)" = one ]
	[ "$(find . | sort | tr '\n' ' ')" = ". ./a ./a/b ./a/b/c ./a/b/c/x ./a/made " ]
	[ "$(portico name ls -R | grep -c c/x)" -eq 1 ]
	portico name mkdir a/too
	[ -d a/too ]
	fails_with "Directory not empty" rmdir a/b/c
	fails_with "Is a directory" unlink a/b/c
	fails_with "Not a directory" rmdir a/b/c/x
	fails_with "File exists" mkdir a/b/c/x
	fails_with "File exists" mkdir a
	fails_with "No such file" mkdir none/d
	fails_with "Not a directory" mkdir a/b/c/x/d
	rm -r a
	says_nothing ls
	[ -z "$(portico name ls -R | tail -n +2)" ]
}

@test "a directory has owner, mode and times, and changes of them hold for programs" {
	(umask 027 && mkdir d)
	[ "$(stat -c '%F %a %u' d)" = "directory 750 $(id -u)" ]
	chmod 700 d
	[ "$(stat -c %a d)" = 700 ]
	[ "$(portico name ls --json | grep -c '"mode": *"0700"')" -eq 1 ]
	chmod 777 d # of others' names nobody may take one away
	[ "$(stat -c %a d)" = 1777 ]
	made=$(stat -c %Y d)
	[ $(($(date +%s) - made)) -lt 20 ]
	changes() { touch d/x && rm d/x && [ "$(stat -c %Y d)" -gt "$made" ]; }
	eventually 5 changes
	[ "$(id -u)" -eq 0 ] || skip "only root gives things away"
	chown 65534:65533 d
	[ "$(stat -c %u:%g d)" = 65534:65533 ]
}

@test "who lies in a directory that was removed finds nothing there" {
	mkdir d
	cd d
	rmdir "$mnt/mbox/d"
	mkdir "$mnt/mbox/d"
	fails_with "No such file" ls
	fails_with "No such file" touch x
	says_nothing ls "$mnt/mbox/d"
}

@test "other users make what is theirs, and are held to the modes of directories" {
	mounted_for_others
	make_public_and_private
	$as_nobody mkdir public/d top
	$as_nobody sh -c ': >public/d/x; : >public/y; echo m >top/z'
	[ "$(stat -c %u:%g public/d public/d/x public/y top top/z | sort -u)" = 65534:65534 ]
	[ "$(portico name ls --json public | grep -c '"uid": *65534')" -eq 2 ]
	fails_with "Permission denied" $as_nobody mkdir private/d
	fails_with "Permission denied" $as_nobody ls private
	fails_with "not permitted" $as_nobody rm -f public/root
	fails_with "not permitted" $as_nobody rmdir public
	fails_with "not permitted" $as_nobody chmod 777 private
	$as_nobody chmod 700 top
	$as_nobody chmod 600 top/z
	rm public/y # its directory's owner
	$as_nobody rm -r public/d top
}

@test "a directory's group puts names there" {
	mounted_for_others
	cd "$mnt/mbox"
	mkdir d
	chown 0:12345 d
	chmod 770 d
	fails_with "Permission denied" $as_nobody mkdir d/x
	setpriv --reuid=65534 --regid=65534 --groups=12345 mkdir d/x
	setpriv --reuid=65534 --regid=65534 --groups=12345 touch d/y
	[ "$(ls d | tr '\n' ' ')" = "x y " ]
}

# ---- renaming

@test "mv renames a mailbox within and across directories, and who has it open notices nothing" {
	mkdir d
	printf 0123456789 >x
	exec 7<x
	dd bs=4 count=1 status=none <&7 >"$private/out"
	mv x y
	mv y d/z
	[ ! -e x ] && [ ! -e y ]
	cat <&7 >>"$private/out"
	exec 7<&-
	[ "$(cat "$private/out")" = 0123456789 ]
	probe step d/z r r10 >"$private/out" &
	local reader=$!
	eventually 5 receivers_wait d/z 1
	mv d/z back
	printf tenletters >back
	wait "$reader"
	[ "$(cat "$private/out")" = "read: 10" ]
	fails_with "No such file" mv none d/x
	fails_with "not permitted" mv -T back "$mnt/fifo/x"
}

@test "mv over a mailbox replaces it: who waited there learns it" {
	echo new >a
	echo old >b
	: >c
	probe step c r r10 >"$private/out" &
	local reader=$!
	eventually 5 receivers_wait c 1
	mv b c
	wait "$reader"
	[ "$(cat "$private/out")" = "read: EIDRM" ]
	mv -n a c
	[ -e a ]
	mv -f a c
	[ "$(timeout 5 cat c)" = new ]
	[ "$(ls)" = c ]
	mkdir d
	fails_with "annot overwrite directory" mv -T c d
	fails_with "annot overwrite non-directory" mv -T d c
}

@test "mv of a directory takes all below it along, and who is in it stays there" {
	mkdir -p a/b empty full/x
	echo deep >a/b/c
	exec 7>>a/b/c
	cd a/b
	mv "$mnt/mbox/a" "$mnt/mbox/moved"
	[ "$(ls)" = c ]
	echo more >d
	echo still >&7
	exec 7>&-
	cd "$mnt/mbox"
	[ "$(find . -type f | sort | tr '\n' ' ')" = "./moved/b/c ./moved/b/d " ]
	[ "$(timeout 5 cat moved/b/c)" = $'deep\nstill' ]
	mv -T moved empty
	[ "$(timeout 5 cat empty/b/d)" = more ]
	fails_with "not empty" mv -T empty full
	fails_with "subdirectory of itself" mv empty empty/b
	run portico name ls -R
	[ "$status" -eq 0 ]
	[[ $'\n'$output != *$'\n'moved* ]]
	local long
	long=$(printf 'n%.0s' {1..199})
	fails_with "too long" mv empty "$long"
	fails_with "No such file" touch "$long/x"
	mv empty short
	[ -f short/b/c ]
}

@test "renameat2 keeps what is there, or exchanges both, and refuses what it doesn't know" {
	mkdir d
	echo one >x
	echo two >d/y
	change() {
		python3 - "$@" <<'END'
import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
result = libc.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), int(sys.argv[3]))
print(errno.errorcode[ctypes.get_errno()] if result else 0)
END
	}
	[ "$(change x d/y 1)" = EEXIST ]
	[ "$(change x d/y 2)" = 0 ]
	[ "$(timeout 5 cat x)" = two ]
	[ "$(timeout 5 cat d/y)" = one ]
	[ "$(change x d 2)" = 0 ]
	[ -f d ] && [ -f x/y ]
	[ "$(change x none 2)" = ENOENT ]
	[ "$(change x none 4)" = EINVAL ] # RENAME_WHITEOUT
	[ "$(change x none 1)" = 0 ]
	[ -f none/y ]
}

@test "mv of a named pipe, also over another, and while both are open" {
	cd "$mnt/fifo"
	mkfifo a b
	exec 7<>a 8<>b
	echo in a >&7
	echo in b >&8
	mv a b
	[ "$(ls)" = b ]
	read -r line <&8 # goes on for those who have it open
	[ "$line" = "in b" ]
	read -r line <b
	[ "$line" = "in a" ]
	exec 7>&- 8>&-
	mv b c
	mkfifo b
	mv c b
	[ "$(ls)" = b ]
	rm b
	cd "$mnt/mbox"
}

@test "mv by others: what they own, where they may write" {
	mounted_for_others
	make_public_and_private
	$as_nobody touch public/his
	fails_with "Permission denied" $as_nobody mv public/his private
	fails_with "not permitted" $as_nobody mv public/root public/stolen
	fails_with "not permitted" $as_nobody mv -f public/his public/root
	$as_nobody mv public/his top
	$as_nobody mv top public/again
	mv public/again private
}

# ---- several names

@test "a mailbox may have several names: rm takes one away, and the last takes the mailbox" {
	mkdir d
	echo kept >x
	ln x d/y
	portico name add z x
	[ "$(stat -c %h x d/y z | sort -u)" = 3 ]
	[ "$(stat -c %i x d/y z | sort -u | wc -l)" -eq 1 ]
	timeout 10 cat d/y >"$private/out"
	[ "$(cat "$private/out")" = kept ]
	rm x
	[ "$(stat -c %h d/y)" = 2 ]
	probe step z r r10 >"$private/out" &
	local reader=$!
	eventually 5 receivers_wait z 1
	rm z
	kill -0 "$reader"
	rm d/y
	wait "$reader"
	[ "$(cat "$private/out")" = "read: EIDRM" ]
	says_nothing ls d
	fails_with "not permitted" ln -s d link
	fails_with "not allowed" ln d e
	: >x
	fails_with "File exists" ln x ./x
	fails_with "No such file" ln none y
}

# ---- whatever a name is made of

@test "names are any bytes but slash, up to 200, and none is a file of the mount's own" {
	local long odd name
	long=$(printf 'n%.0s' {1..200})
	odd=$'new\nline'
	for name in status ctl mbox kernel ... -rf "$odd" $'\xff\xfe' "ü ß" '*' '"' "$long"; do
		echo "in $name" >"./$name"
		[ "$(timeout 5 cat "./$name")" = "in $name" ]
		[ -f "./$name" ]
	done
	[ "$(find . -type f -print0 | tr -dc '\0' | wc -c)" -eq 12 ]
	fails_with "too long" touch "n$long"
	fails_with "too long" mkdir "n$long"
	mkdir d
	fails_with "too long" mkdir "d/${long:1}"
	touch "d/${long:2}"
	fails_with "xist" mkdir . # EEXIST, of mkdir(2)
	fails_with "xist" mkdir ..
	find . -type f -delete
	[ "$(ls -A)" = d ]
}

@test "to set the times of a mailbox or a FIFO succeeds, and changes nothing" {
	local file
	mkfifo "$mnt/fifo/f"
	echo one >"$mnt/mbox/x"
	for file in "$mnt/mbox/x" "$mnt/fifo/f"; do
		was=$(stat -c %Y "$file")
		touch -d 2001-01-01 "$file"
		[ "$(stat -c %Y "$file")" -eq "$was" ]
	done
	cp -p "$root/LICENSE" "$mnt/mbox/copied"
}
