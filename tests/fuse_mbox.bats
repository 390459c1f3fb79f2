#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 120
#
# Mailboxes as files: how they may be opened, their limits as extended attributes, and what df says.

load helper
load fuse_helper

test_limit_seconds=30

setup() {
	mounted_setup
	cd "$mnt/mbox" || return
}

# Python with what is to be said of FILE in f: each call of say() prints what comes of it, or why not.
python() {
	timeout 20 python3 -c '
import errno, fcntl, os, sys
f = sys.argv[1]
def say(call, *arguments):
	try: print(call(*arguments), flush=True)
	except OSError as error: print(errno.errorcode[error.errno], flush=True)
def get(name): return int(os.getxattr(f, "user.portico." + name))
def set(name, value): os.setxattr(f, "user.portico." + name, value.encode())
'"$2" "$1"
}


# ---- opening

@test "for writing it makes no difference how a mailbox is opened: > and >> send, and nothing is cut off" {
	echo one >x
	echo two >x
	echo three >>x
	: >x
	: >>x
	truncate -s 0 x
	echo four | tee -a x >/dev/null
	echo five | dd of=x status=none
	echo six | dd of=x conv=notrunc oflag=append status=none
	[ "$(timeout 5 cat x)" = $'one\ntwo\nthree\nfour\nfive\nsix' ]
}

@test "a mailbox is made once where that is asked for" {
	set -C
	echo one >x
	run bash -c 'set -C; echo two >x'
	[ "$status" -ne 0 ]
	set +C
	run python x '
say(os.open, f, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
os.close(os.open(f + "2", os.O_CREAT | os.O_EXCL | os.O_WRONLY))'
	[ "$output" = EEXIST ]
	[ -f x2 ]
	[ "$(timeout 5 cat x)" = one ]
}

@test "an open file is cut off harmlessly, sought in vain, and may become O_NONBLOCK" {
	run python x '
fd = os.open(f, os.O_CREAT | os.O_RDWR)
os.write(fd, b"kept")
os.ftruncate(fd, 0)
os.ftruncate(fd, 1000)
say(os.lseek, fd, 0, os.SEEK_SET)
say(os.read, fd, 2)
say(os.read, fd, 10)
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
say(os.read, fd, 10)
say(os.pread, fd, 10, 0)'
	echo "$output"
	[ "$output" = $'ESPIPE\nb\'ke\'\nb\'pt\'\nEAGAIN\nESPIPE' ]
}

@test "two that read one mailbox get each message once" {
	: >x
	timeout 10 sh -c 'exec 9>x; touch "$1"; sleep 0.1; for i in $(seq 200); do echo "$i" >&9; done' - \
		"$private/open" &
	writer=$!
	eventually 5 test -e "$private/open"
	timeout 10 cat x >"$private/one" &
	timeout 10 cat x >"$private/two"
	wait_status 0 $writer $!
	[ "$(sort -n "$private/one" "$private/two" | tr '\n' ' ')" = "$(seq 200 | tr '\n' ' ')" ]
}

@test "a message longer than the mailbox takes is EMSGSIZE, and nothing is sent" {
	portico create --bytes 10 small
	run probe step small w w10 w11 w1
	[ "$output" = $'write: 10\nwrite: EMSGSIZE\nwrite: 1' ]
	run dd if=/dev/zero of=small bs=11 count=1
	[ "$status" -ne 0 ]
	[[ $output = *"Message too long"* ]]
	[ "$(stat -c %s small)" -eq 11 ]
}

# ---- limits

@test "limits are extended attributes: listed, shown, and changed by what programs know" {
	: >x
	run python x '
say(os.listxattr, f)
for name in "slots", "bytes", "capacity": say(get, name)
set("slots", "5"); set("bytes", "100"); set("capacity", "1000\n")
for name in "slots", "bytes", "capacity": say(get, name)'
	echo "$output"
	[ "$output" = "['user.portico.slots', 'user.portico.bytes', 'user.portico.capacity']
1024
1048576
67108864
5
100
1000" ]
	portico stat --json x | grep -q '"limit_slots": 5'
	portico stat --json x | grep -q '"limit_bytes": 100'
	portico stat --json x | grep -q '"limit_capacity": 1000'
}

@test "what is no limit is refused, and changes nothing" {
	: >x
	mkdir d
	run python x '
for value in "", "x", "-1", "1 ", "0x10", "1.5": say(set, "slots", value)
for value in "4294967296", "99999999999999999999", "9" * 60: say(set, "slots", value)
say(set, "bytes", "4294967295")
say(set, "none", "1")
say(os.setxattr, f, "user.other", b"1")
say(os.setxattr, f, "user.portico.slots", b"1", os.XATTR_CREATE)
say(os.removexattr, f, "user.portico.slots")
say(os.removexattr, f, "user.portico.none")
say(get, "none")
say(os.listxattr, "d")
say(os.setxattr, "d", "user.portico.slots", b"1")
say(get, "slots")'
	echo "$output"
	[ "$(tr '\n' ' ' <<<"$output")" = "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL ERANGE ERANGE ERANGE ERANGE \
ENOTSUP ENOTSUP EEXIST EPERM ENODATA ENODATA [] ENOTSUP 1024 " ]
}

@test "a limit that is raised lets go on who waits to send; one that is lowered takes nothing away" {
	portico create --slots 1 x
	echo one >x
	echo two >x &
	local writer=$!
	eventually 5 senders_wait x 1
	python x 'set("slots", "3")'
	wait "$writer"
	echo three >x
	python x 'set("slots", "1"); set("bytes", "2"); set("capacity", "1")'
	[ "$(stat -c %s x)" -eq 14 ]
	run probe step x wn w1
	[ "$output" = "write: EAGAIN" ]
	run probe step x rn r10 r10 r10
	[ "$output" = $'read: 4\nread: 4\nread: 6' ]
}

@test "limits are changed by a mailbox's owner, and seen by who may read it" {
	mounted_for_others
	cd "$mnt/mbox"
	: >mine
	: >shared
	chmod 600 mine
	chmod 666 shared
	$as_nobody touch his
	become='os.setgroups([]); os.setgid(65534); os.setuid(65534); '
	other() { python "$1" "$become"'say(get, "slots"); say(set, "slots", "7")' | tr '\n' ' '; }
	[ "$(other mine)" = "EACCES EACCES " ]
	[ "$(other shared)" = "1024 EPERM " ]
	[ "$(other his)" = "1024 None " ]
	[ "$(other his)" = "7 None " ]
}

# ---- df

@test "df tells the space of the instance's file system, and how many mailboxes there may be" {
	[ "$(stat -f -c '%b %S %l' .)" = "$(stat -f -c '%b %S' "$PORTICO_KERNEL") 200" ]
	local free
	free=$(stat -f -c %d .)
	[ "$free" -gt 100000 ]
	[ "$free" -lt "$(stat -f -c %c .)" ]
	touch a b c
	[ "$(stat -f -c %d .)" -eq $((free - 3)) ]
	rm a b c
	[ "$(stat -f -c %d .)" -eq "$free" ]
	df "$mnt" | grep -q "^portico"
}
