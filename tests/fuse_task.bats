#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 60
#
# Tasks, and the instance, as files.

load helper
load fuse_helper

says() { grep -qE -- "$2" "$1"; }
portico_itself() { exec portico "$@"; }

@test "a task has status, ports, waits and why" {
	portico create jobs
	portico_itself recv --timeout 20 jobs &
	eventually 5 says "$mnt/task/$!/why" 'receive from mailbox jobs'
	tells "$mnt/task/$!/status" "pid $!"
	tells "$mnt/task/$!/status" "command portico"
	tells "$mnt/task/$!/status" "uid $(id -u)"
	tells "$mnt/task/$!/status" "mount no"
	[ "$(stat -c '%u %g' "$mnt/task/$!/status")" = "$(id -u) $(id -g)" ]
	says "$mnt/task/$!/waits" '^wait for=receive kind=mailbox object=jobs waited_ns=[0-9]+$'
	says "$mnt/task/$!/why" '^waits [0-9.]+ s to receive from mailbox jobs, for at most [0-9.]+ s more; nobody has it open to send$'
	[ "$(wc -l <"$mnt/task/$!/why")" -eq 1 ]
	portico send jobs one
	wait $!
	eventually 5 test ! -e "$mnt/task/$!"
}

@test "ports tells which a task has, made and used" {
	portico create box
	portico_itself recv --timeout 20 -n 2 box &
	portico send box one
	eventually 5 says "$mnt/task/$!/ports" '^port kind=mailbox name=box owns=no made=no received=yes sent=no messages=0$'
	portico send box two
	wait $!
}

@test "a task that holds rights tells which" {
	"$BUILD/tests/tools_stage" >"$private/pids" &
	eventually 20 test -s "$private/pids"
	cat "$mnt"/task/*/rights >"$private/rights"
	says "$private/rights" '^right pid=[0-9]+ command=.* kind=receive references=1 to='
	kill $!
	wait_killed TERM $!
}

@test "a mount tells of what it waits for its clients, and not of its own thread" {
	: >"$mnt/mbox/x"
	pid=$(daemon_pid)
	[ "$(cat "$mnt/task/$pid/why")" = "waits for nothing here" ]
	timeout 20 cat "$mnt/mbox/x" >/dev/null &
	eventually 5 says "$mnt/task/$pid/why" '^pid [0-9]+ \(cat\) waits [0-9.]+ s to receive from mailbox x;'
	[ "$(wc -l <"$mnt/task/$pid/why")" -eq 1 ]
	echo >"$mnt/mbox/x"
	wait $!
}

@test "why names who has a mailbox open to end the wait, and nobody else" {
	local me=$BASHPID
	portico create jobs
	portico_itself recv --timeout 20 -n 2 jobs &
	receiver=$!
	exec 5<"$mnt/mbox/jobs"
	eventually 5 says "$mnt/task/$receiver/why" ' more; nobody has it open to send$'
	exec 6>"$mnt/mbox/jobs"
	says "$mnt/task/$receiver/why" " more; pid $me \(bash\) has it open to send$"
	portico why "$receiver" | grep -q " more; pid $me (bash) has it open to send$"
	sleep 20 >>"$mnt/mbox/jobs" 5>&- 6>&- &
	other=$!
	eventually 5 says "$mnt/task/$receiver/why" "pid ($me|$other) \((bash|sleep)\) and pid ($me|$other) \((bash|sleep)\) have it open to send$"
	# what the mount sent for one who has closed it is no promise
	echo one >&6
	exec 6>&-
	kill "$other"
	wait_killed TERM "$other"
	eventually 5 says "$mnt/task/$receiver/why" ' more; nobody has it open to send$'
	portico send jobs two
	wait "$receiver"
	exec 5>&-
}

@test "why forgets who had a mailbox open through a mount that was killed" {
	portico create jobs
	portico_itself recv --timeout 20 jobs &
	exec 6>"$mnt/mbox/jobs"
	eventually 5 says "$mnt/task/$!/why" ' has it open to send$'
	daemon_killed
	exec 6>&-
	says "$mnt/task/$!/why" ' more; nobody has it open to send$'
	portico send jobs one
	wait $!
}

@test "why tells of a full mailbox who has it open to receive" {
	local me=$BASHPID
	portico create --slots 0 jobs
	portico_itself send --timeout 20 jobs one &
	exec 6>"$mnt/mbox/jobs"
	eventually 5 says "$mnt/task/$!/why" ' to send to mailbox jobs, for at most [0-9.]+ s more; nobody has it open to receive$'
	exec 5<"$mnt/mbox/jobs"
	says "$mnt/task/$!/why" " more; pid $me \(bash\) has it open to receive$"
	[ "$(timeout 10 head -c 3 <&5)" = one ]
	wait $!
	exec 5>&- 6>&-
}

@test "deadlocks tells who waits for each other" {
	[ -z "$(cat "$mnt/kernel/deadlocks")" ]
	"$BUILD/tests/tools_stage" >"$private/pids" &
	stage=$!
	eventually 20 test -s "$private/pids"
	diff <(portico ps --deadlocks | sed 's/waits [0-9.]* s/waits/') <(sed 's/waits [0-9.]* s/waits/' "$mnt/kernel/deadlocks")
	kill "$stage"
	wait_killed TERM "$stage"
}

@test "who waits for a text that takes its time can be interrupted" {
	portico create jobs
	timeout 40 python3 - "$mnt/kernel/stats" <<-'END'
		import ctypes, errno, os, signal, sys
		libc = ctypes.CDLL(None, use_errno=True)
		signal.signal(signal.SIGALRM, lambda *_: None)
		signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
		interrupted = 0
		while interrupted < 30:
		    fd = libc.open(sys.argv[1].encode(), os.O_RDONLY)
		    if fd >= 0:
		        os.close(fd)
		    else:
		        assert ctypes.get_errno() == errno.EINTR, ctypes.get_errno()
		        interrupted += 1
		signal.setitimer(signal.ITIMER_REAL, 0)
		assert "name=ports" in open(sys.argv[1]).read()
	END
}

@test "kernel tells the limits, by the names that portico limits takes" {
	portico limits ports=100 access=all msgmni=77
	tells "$mnt/kernel/limits" "ports 100"
	tells "$mnt/kernel/limits" "pooled none"
	says "$mnt/kernel/stats" '^limits.pooled most=none used=0$'
	tells "$mnt/kernel/limits" "access all"
	tells "$mnt/kernel/limits" "msgmni 77"
	portico limits access=owner
	[ "$(portico limits | sed 's/ .*//')" = "$(sed 's/ .*//' "$mnt/kernel/limits")" ]
}

@test "kernel tells counts, as portico stat does" {
	echo >"$mnt/mbox/x"
	tells "$mnt/kernel/stats" "messages_sent 1"
	tells "$mnt/kernel/stats" "directory $PORTICO_KERNEL"
	says "$mnt/kernel/stats" '^tables name=ports used=[0-9]+ committed=[0-9]+ most=[0-9]+ slot_bytes=[0-9]+$'
	tells "$mnt/kernel/version" "$(portico --version | cut -d' ' -f2)"
	tells "$mnt/kernel/instance" "$PORTICO_KERNEL"
}

@test "a task of another pid namespace has that in its name" {
	unshare -pf true 2>/dev/null || skip "no pid namespaces here"
	portico create jobs
	unshare -pf --kill-child env LD_PRELOAD= portico recv --timeout 20 jobs &
	eventually 5 sh -c 'ls "$0/task" | grep -q "^[0-9]*@[0-9]*$"' "$mnt"
	name=$(basename "$mnt"/task/*@*)
	says "$mnt/task/$name/status" "^pid_namespace ${name#*@}$"
	eventually 5 says "$mnt/task/$name/waits" 'object=jobs'
	portico send jobs one
	wait $!
}
