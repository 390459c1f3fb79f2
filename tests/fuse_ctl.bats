#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Control by files: view/{mbox,msg}/…/ctl, task/PID/ctl, kernel/limits.

bats_require_minimum_version 1.5.0
load helper
load fuse_helper

setup() {
	mounted_setup
	portico create jobs
	ctl=$mnt/view/mbox/jobs/ctl
}

# In one write; what the program says is the error.
put() { printf '%b' "$1" | dd of="$ctl" bs=1M iflag=fullblock status=none; }
last() { tail -n 1 "$ctl"; }
count() { portico stat --json "${1:-jobs}" | python3 -c 'import json, sys; print(json.load(sys.stdin)["'"$2"'"])'; }

@test "ctl: tells its commands, and no error when there was none" {
	[ "$(cut -d' ' -f1 "$ctl" | cut -f1 | tr '\n' ' ')" = "limit drop inject pause resume " ]
}

@test "ctl: inject, drop, pause, resume and limit do what the commands do" {
	echo 'inject 7 one two' >"$ctl"
	echo 'inject -3 three' >"$ctl"
	[ "$(portico peek --json jobs | python3 -c 'import json, sys
for m in json.load(sys.stdin): print(m["type"], m["bytes"], m["text"])')" = "7 7 one two
-3 5 three" ]
	echo 'drop 1' >"$ctl"
	[ "$(count jobs messages)" -eq 1 ]
	echo pause >"$ctl"
	[ "$(count jobs paused)" = True ]
	run portico recv --no-wait jobs
	[ "$status" -eq 3 ]
	echo resume >>"$ctl"
	[ "$(portico recv --no-wait jobs)" = three ]
	echo 'limit slots=3 bytes=77 capacity=1000' >"$ctl"
	[ "$(count jobs limit_slots) $(count jobs limit_bytes) $(count jobs limit_capacity)" = "3 77 1000" ]
	for i in 1 2 3; do echo "inject 1 $i" >"$ctl"; done
	run put 'inject 1 4\n'
	[[ $status -ne 0 && $output = *"Resource temporarily unavailable"* ]]
	[ "$(last)" = "failed: inject 1 4: there is no room" ]
	echo 'drop all' >"$ctl"
	[ "$(count jobs messages)" -eq 0 ]
}

@test "ctl: raising a limit lets who waits go on" {
	echo 'limit slots=1' >"$ctl"
	portico send jobs first
	timeout 20 portico send jobs second &
	eventually 5 senders_wait jobs 1
	echo 'limit slots=2' >"$ctl"
	wait $!
	[ "$(count jobs messages)" -eq 2 ]
}

@test "ctl: the first line that fails ends the write, and is told" {
	run put 'inject 1 a\ndrop x\ninject 1 b\n'
	[[ $status -ne 0 && $output = *"Invalid argument"* ]]
	[ "$(last)" = "failed: drop x: 'x' is no number of messages" ]
	[ "$(count jobs messages)" -eq 1 ]
	run put 'inject 1 a\nfrobnicate\n'
	[ "$status" -ne 0 ]
	[[ $(last) = "failed: frobnicate: 'frobnicate' is no command;"* ]]
	for line in 'limit' 'limit slots' 'limit slots=x' 'limit slots=-1' 'limit slots=99999999999' 'limit speed=1' \
		'drop' 'drop 1 2' 'drop -1' 'inject' 'inject x y' 'pause now' 'resume 1' 'PAUSE'; do
		run put "$line\n"
		[ "$status" -ne 0 ]
		[[ $(last) = "failed: $line: "* ]]
	done
	run put 'limit bytes=2000000000\n'
	[[ $status -ne 0 && $output = *"Message too long"* ]]
	[ "$(count jobs limit_slots)" -eq 1024 ]
	# each object's errors are its own
	portico create other
	[ "$(grep -c failed "$mnt/view/mbox/other/ctl")" -eq 0 ]
}

@test "ctl: a failure is told until a command succeeds" {
	run put 'drop x\n'
	[ "$(last)" = "failed: drop x: 'x' is no number of messages" ]
	run put '\n'
	[ "$(grep -c ^failed "$ctl")" -eq 1 ] # that is no command
	echo pause >"$ctl"
	run -1 grep ^failed "$ctl"
	run put 'resume\ndrop y\n'
	[[ $(last) = "failed: drop y: "* ]]
}

@test "ctl: a command without what it wants is asked for it" {
	local line
	while IFS=: read -r line answer; do
		run put "$line\n"
		[ "$status" -ne 0 ]
		[ "$(last)" = "failed: $line: $answer" ] || { last; return 1; }
	done <<-'END'
		inject:of which type, and what? TYPE TEXT
		drop:how many? N or all
		limit:which limit, and how much? NAME=N
	END
	ctl=$mnt/task/$(daemon_pid)/ctl
	run put 'signal\n'
	[ "$(last)" = "failed: signal: which signal? a name or a number" ]
	run put 'signal TERM 1\n'
	[ "$(last)" = "failed: signal TERM 1: that is more than one signal" ]
}

@test "ctl: a line may come in pieces, and its newline from the close" {
	exec 5>"$ctl"
	python3 -c 'import os
for piece in b"inj", b"ect 1 in pie", b"ces\ninject 2 ", b"rest": os.write(5, piece)'
	exec 5>&-
	[ "$(portico recv --no-wait jobs)" = "in pieces" ]
	[ "$(portico recv --no-wait jobs)" = rest ]
	printf pause >"$ctl"
	[ "$(count jobs paused)" = True ]
	printf '\n\n  \nresume' >"$ctl"
	[ "$(count jobs paused)" = False ]
}

@test "ctl: a shell's redirection of a builtin ends a line, that of a group doesn't" {
	bash -c 'exec 6>"$1"; { printf "limit "; echo slots=5; } >&6' - "$ctl"
	[ "$(count jobs limit_slots)" -eq 5 ]
	bash -c 'exec 6>"$1"; printf "limit " >&6' - "$ctl" # what a close says isn't heeded
	[ "$(last)" = "failed: limit : which limit, and how much? NAME=N" ]
	fails_with "write error" bash -c 'exec 6>"$1"; printf "limit " >&6; echo slots=6 >&6' - "$ctl"
	[[ $(last) = "failed: slots=6: 'slots=6' is no command"* ]]
	[ "$(count jobs limit_slots)" -eq 5 ]
}

@test "ctl: long lines that never end take no more than so much memory, and leave room for short ones" {
	python3 - "$ctl" <<'END'
import errno, os, sys
def opened(): return os.open(sys.argv[1], os.O_WRONLY)
half = b"inject 1 " + b"a" * 1000000
many = []
while len(many) < 200:
    many.append(opened())
    try: os.write(many[-1], half)
    except OSError as e:
        assert e.errno == errno.ENOMEM, e
        break
assert 10 < len(many) < 100, len(many)
os.write(many[-1], b"more of what was dropped\n")
os.write(many[-1], b"inject 1 short\n")
os.close(many[0])
other = opened()
os.write(other, half + b"\n")
END
	[ "$(portico recv --no-wait jobs)" = short ] # and none that was half there
	portico peek --json jobs | python3 -c 'import json, sys
bytes = [m["bytes"] for m in json.load(sys.stdin)]
assert bytes.count(1000000) == len(bytes) > 0, bytes'
}

@test "ctl: NULs, random bytes and lines of megabytes are errors, and nothing else" {
	run put 'drop\0 all\n'
	[[ $status -ne 0 && $output = *"Invalid argument"* ]]
	[[ $(last) = "failed: drop. all: there is a NUL byte in it" ]]
	noise() { head -c "$1" /dev/urandom >"$ctl"; }
	for i in 1 2 3 4 5 6 7 8; do
		run noise $((i * 5000))
		[[ $status -ne 0 && $output = *"Invalid argument"* ]]
		[[ $(grep -ac failed "$ctl") = 1 && -z $(LC_ALL=C tr -d '[:print:]\n\t' <"$ctl") ]]
	done
	run python3 -c 'import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
failed = 0
for i in range(5):
    try: os.write(fd, b"inject 1 " + b"a" * 1000000)
    except OSError as e: failed = e.errno
print(failed)
os.write(fd, b"\ninject 1 after\n")' "$ctl"
	[ "$output" = 90 ] # EMSGSIZE
	[ "$(portico recv --no-wait jobs)" = after ]
	# as long as a message may be
	python3 -c 'import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, b"inject 1 " + b"a" * 1000000)
os.write(fd, b"a" * 48576 + b"\n")' "$ctl"
	[ "$(count jobs bytes)" -eq 1048576 ]
}

@test "ctl: an object that was removed takes no commands" {
	exec 5<>"$ctl"
	portico rm jobs
	run bash -c 'echo pause >&5'
	[[ $status -ne 0 && $output = *"Identifier removed"* ]]
	exec 5>&-
}

@test "ctl: a mailbox in a directory has one, too" {
	portico name mkdir spool
	portico create spool/in
	echo 'inject 1 x' >"$mnt/view/mbox/spool/in/ctl"
	[ "$(portico recv --no-wait spool/in)" = x ]
}

@test "ctl: a task is suspended, resumed and sent signals" {
	portico recv jobs >"$private/got" &
	pid=$!
	eventually 5 [ -e "$mnt/task/$pid" ]
	[ "$(cut -d' ' -f1 "$mnt/task/$pid/ctl" | cut -f1 | tr '\n' ' ')" = "signal suspend resume " ]
	echo suspend >"$mnt/task/$pid/ctl"
	eventually 5 is_in_state T "$pid"
	echo resume >"$mnt/task/$pid/ctl"
	eventually 5 is_in_state S "$pid"
	ctl=$mnt/task/$pid/ctl
	run put 'resume\n'
	[[ $status -ne 0 && $output = *"Invalid argument"* ]]
	[ "$(last)" = "failed: resume: it isn't suspended" ]
	for line in signal 'signal NONE' 'signal 0' 'signal 99' 'signal TERM 1' 'suspend 1'; do
		run put "$line\n"
		[ "$status" -ne 0 ]
		[[ $(last) = "failed: $line: "* ]]
	done
	echo 'signal STOP' >"$ctl"
	eventually 5 is_in_state T "$pid"
	echo "signal $(kill -l CONT)" >"$ctl"
	echo 'signal SIGTERM' >"$ctl"
	wait_killed TERM "$pid"
}

# A task that nothing can suspend: $slow.
unstoppable() {
	"$BUILD/tests/fuse_unstoppable" >"$private/slow" &
	slow=$!
	eventually 5 [ -s "$private/slow" ]
	eventually 5 is_in_state D "$slow"
}

@test "ctl: a suspend that takes its time holds up nobody else's commands" {
	unstoppable
	eventually 30 overtaken
	[ "$(tail -n 1 "$mnt/task/$slow/ctl")" = "failed: suspend: it couldn't be stopped where it holds no lock" ]
	grep -qx 'suspended 0' "$mnt/task/$slow/status"
	kill -KILL "$slow"
	wait_killed KILL "$slow"
}
# Once it is over nothing is pending any more.
overtaken() {
	local status=0
	echo suspend >"$mnt/task/$slow/ctl" 2>/dev/null &
	eventually 5 being_suspended
	for i in 1 2 3; do echo "inject 1 $i" >"$ctl"; done
	eventually 1 being_suspended || status=1
	wait $! || :
	return "$status"
}
being_suspended() { grep -q '^ShdPnd:.*[1-9a-f]' "/proc/$slow/status"; }

@test "ctl: who is interrupted gets EINTR, or what was done; a suspend is undone" {
	unstoppable
	python3 - "$mnt/task/$slow/ctl" <<-'END'
		import ctypes, errno, os, signal, sys
		libc = ctypes.CDLL(None, use_errno=True)
		signal.signal(signal.SIGALRM, lambda *_: None)
		def interrupted(call, *arguments):
		    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
		    result = call(*arguments)
		    error = ctypes.get_errno()
		    signal.setitimer(signal.ITIMER_REAL, 0)
		    return errno.errorcode.get(error, error) if result < 0 else result
		fd = os.open(sys.argv[1], os.O_RDWR)
		assert interrupted(libc.write, fd, b"suspend\n", 8) == "EINTR"
		# lines before it were done: a short write
		assert interrupted(libc.write, fd, b"signal CONT\nsuspend\nfrob\n", 25) == 12
		# a line that its close ends
		os.write(fd, b"suspend")
		assert interrupted(libc.close, os.dup(fd)) == "EINTR"
		# what hasn't begun isn't done: a read of the same file waits for its turn
		child = os.fork()
		if child == 0:
		    try:
		        os.write(fd, b"suspend\n")
		    except OSError as e:
		        os._exit(e.errno)
		    os._exit(0)
		buffer = ctypes.create_string_buffer(4096)
		for i in range(1000):
		    if interrupted(libc.pread, fd, buffer, 4096, 0) == "EINTR":
		        break
		    assert os.waitpid(child, os.WNOHANG) == (0, 0), "no read was interrupted"
		assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EBUSY
		assert libc.pread(fd, buffer, 4096, 0) > 0
		assert buffer.value.splitlines()[-1].startswith(b"failed: suspend: "), buffer.value
	END
	grep -qx 'suspended 0' "$mnt/task/$slow/status"
	kill -KILL "$slow"
	wait_killed KILL "$slow"
}

@test "ctl: a System V queue takes commands by its id" {
	preload "$BUILD/tests/sysv_tool" make 4711
	ctl=$mnt/view/msg/$(readlink "$mnt/msg/0x00001267")/ctl
	echo pause >"$ctl"
	echo 'inject 5 hello' >"$ctl"
	portico stat --json --msg 0x1267 | grep -q '"paused": *true'
	run put 'inject 0 none\n'
	[[ $status -ne 0 && $(last) = "failed: inject 0 none: a type of a queue is 1 or more" ]]
	run put 'limit slots=1\n'
	[[ $status -ne 0 && $(last) = "failed: limit slots=1: a queue has no limit 'slots': say qbytes=N" ]]
	echo 'limit qbytes=100' >"$ctl"
	tells "${ctl%/ctl}/status" "qbytes 100"
	echo resume >"$ctl"
	[ "$(preload "$BUILD/tests/sysv_tool" receive 4711)" = hello ]
	preload "$BUILD/tests/sysv_tool" remove 4711
}

@test "ctl: kernel/limits is written as it reads, and as portico limits takes it" {
	ctl=$mnt/kernel/limits
	echo 'msgmax=4242' >"$ctl"
	printf 'ports 77\nlifetime idle:60\n' >"$ctl"
	grep -qx 'msgmax 4242' "$ctl"
	grep -qx 'ports 77' "$ctl"
	grep -qx 'lifetime idle:60' "$ctl"
	portico limits | grep -q 'ports .*at most 77'
	echo 'ports=none' >"$ctl"
	grep -qx 'ports none' "$ctl"
	cat "$ctl" >"$private/all"
	cat "$private/all" >"$ctl"
	cmp "$ctl" "$private/all"
	for line in 'speed=1' 'ports' 'ports=x' 'ports=99999999999' 'msgmax=-1' 'semmni=99999999' 'access=nobody' \
		'lifetime=idle' 'lifetime=idle:0' 'lifetime=creator:1'; do
		run put "$line\n"
		[ "$status" -ne 0 ]
		[[ $(last) = "failed: $line: "* ]]
	done
}

@test "ctl: only the owner and root command" {
	mounted_for_others
	[ "$(stat -c %a "$ctl")" = 600 ]
	run $as_nobody cat "$ctl"
	[ "$status" -ne 0 ]
	# whom the kernel let open it core judges still
	python3 - "$ctl" <<-'END'
		import os, sys
		fd = os.open(sys.argv[1], os.O_RDWR)
		os.setresuid(65534, 65534, 65534)
		try:
		    os.write(fd, b"pause\n")
		except PermissionError:
		    sys.exit(0)
		sys.exit("it was let")
	END
	[ "$(count jobs paused)" = False ]
	portico create --mode 0777 theirs
	chown 65534 "$mnt/mbox/theirs"
	$as_nobody sh -c 'echo pause >"$0"' "$mnt/view/mbox/theirs/ctl"
	[ "$(count theirs paused)" = True ]
}
