#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# portico run: the program's surroundings, its end, its signals, and the supervision.

bats_require_minimum_version 1.5.0
load helper

# Run a program under portico for at most ten seconds, without the mount.
r() { run --separate-stderr timeout 10 portico run --no-mount "$@"; }

preload_object() { echo "$BUILD/lib/libportico-preload.so"; }

# ---- surroundings

@test "run: the program has the instance and the preload object" {
	# shellcheck disable=SC2016 # for the program
	r sh -c 'echo "$PORTICO_KERNEL $LD_PRELOAD $*"' name 'two words' --json
	[ "$status" -eq 0 ]
	[ "$output" = "$PORTICO_KERNEL $(preload_object) two words --json" ]
	[ -z "$stderr" ]
	[ -e "$PORTICO_KERNEL/region" ]
}

@test "run: the instance is named absolutely, and the preload object comes first, and once" {
	cd "$private"
	mkdir relative
	# shellcheck disable=SC2016 # for the program
	LD_PRELOAD=/lib/nonsuch.so r -k relative/dir sh -c 'echo "$PORTICO_KERNEL $LD_PRELOAD"'
	[ "$output" = "$private/relative/dir $(preload_object):/lib/nonsuch.so" ]
	r portico run --no-mount printenv LD_PRELOAD
	[ "$output" = "$(preload_object)" ]
}

@test "run: an instance whose path is too long for programs is refused, though a short way leads to it" {
	local deep
	deep=$private/$(printf 'x%.0s' {1..120})/$(printf 'y%.0s' {1..120})
	mkdir -p "$deep"
	cd "$deep"
	r -k kernel true
	[ "$status" -eq 125 ]
	[[ $stderr = *"the path is too long; choose one of at most 200 bytes" ]]
}

@test "run: programs' System V IPC is the instance's, and the kernel's gains nothing" {
	sysvipc_unchanged timeout 10 portico run --no-mount ipcmk -Q
	run portico ls --json
	[[ $output = *'"kind": "queue"'* ]]
}

@test "run: standard input and output are the program's" {
	run --separate-stderr bash -c 'echo hello | timeout 10 portico run --no-mount cat'
	[ "$output" = hello ]
}

@test "run: two runs in two instances don't see each other" {
	r -k "$private/a" ipcmk -Q
	run portico ls -k "$private/a" --json
	[[ $output = *'"kind": "queue"'* ]]
	r -k "$private/b" true
	run portico ls -k "$private/b" --json
	[[ $output != *queue* ]]
}

# ---- its end

@test "run: the exit status is the program's own" {
	for wanted in 0 1 2 3 124 125 255; do
		r sh -c "exit $wanted"
		[ "$status" -eq "$wanted" ]
		[ -z "$stderr" ]
	done
}

@test "run: 127 where the program isn't found, 126 where it can't be executed" {
	run -127 --separate-stderr timeout 10 portico run --no-mount nonsuch-program
	[[ $stderr = "portico run: nonsuch-program: not found; "* ]]
	run -127 timeout 10 portico run --no-mount "$private/nonsuch"
	echo 'echo no' >"$private/script"
	r "$private/script"
	[ "$status" -eq 126 ]
	[[ $stderr = "portico run: $private/script: can't be executed: "* ]]
	r "$private"
	[ "$status" -eq 126 ]
}

@test "run: 125 where it is its own failure" {
	r
	[ "$status" -eq 125 ]
	r --nonsuch true
	[ "$status" -eq 125 ]
	[[ $stderr = "portico run: no option --nonsuch"* ]]
	: >"$private/file"
	r -k "$private/file/below" true
	[ "$status" -eq 125 ]
	[[ $stderr = "portico run: instance "* ]]
	mkdir -p "$private/prefix/bin"
	cp "$BUILD/bin/portico" "$private/prefix/bin/"
	run timeout 10 "$private/prefix/bin/portico" run true
	[ "$status" -eq 125 ]
	[[ $output = "portico run: $private/prefix/lib/libportico-preload.so: "* ]]
}

@test "run: a prefix that LD_PRELOAD can't name is an error, not silence" {
	mkdir -p "$private/my prefix/bin" "$private/my prefix/lib"
	cp "$BUILD/bin/portico" "$private/my prefix/bin/"
	cp "$(preload_object)" "$private/my prefix/lib/"
	run timeout 10 "$private/my prefix/bin/portico" run true
	[ "$status" -eq 125 ]
	[[ $output = *"space or colon"* ]]
}

@test "run: it dies by the signal that the program died by" {
	cat >"$private/how" <<-'END'
		import subprocess, sys
		print(subprocess.run(sys.argv[1:]).returncode)
	END
	for signal in TERM KILL SEGV HUP; do
		run timeout 10 python3 "$private/how" portico run --no-mount sh -c "kill -$signal \$\$"
		[ "$output" -eq "-$(kill -l $signal)" ]
	done
}

@test "run: an instance of another version is refused before the program begins, and preloaded alone it does without" {
	portico create box
	"$BUILD/tests/tools_damage" abi
	r touch "$private/begun"
	[ "$status" -eq 125 ]
	[[ $stderr = "portico run: instance $PORTICO_KERNEL: made by a Portico of ABI "* ]]
	[ ! -e "$private/begun" ]
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC"
	run --separate-stderr preload cat /proc/sysvipc/msg
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$output" = "$(cat /proc/sysvipc/msg)" ]
}

# ---- signals

@test "run: signals go to the program" {
	for signal in TERM INT HUP QUIT USR1 USR2; do
		rm -f "$private/ready" "$private/got"
		# shellcheck disable=SC2016 # for the program
		timeout 10 portico run --no-mount perl -e '
			$SIG{$ARGV[0]} = sub { open(F, ">", "$ARGV[1]/got"); exit 7 };
			open(F, ">", "$ARGV[1]/ready"); close(F);
			sleep 10' "$signal" "$private" &
		eventually 5 test -e "$private/ready"
		kill -"$signal" "$(supervisor)"
		local status=0
		wait $! || status=$?
		[ "$status" -eq 7 ]
		[ -e "$private/got" ]
	done
}

@test "run: what the program sends it isn't sent back" {
	# shellcheck disable=SC2016 # for the program
	r perl -e '$SIG{USR1} = sub { exit 9 }; kill USR1 => getppid; select undef, undef, undef, 0.2; exit 4'
	[ "$status" -eq 4 ]
}

# The pid of the `portico run` of this test.
supervisor() {
	portico ps --json | python3 -c 'import json, sys
print([task["pid"] for task in json.load(sys.stdin) if task["supervisor"]][0])'
}

has_child() { [ -n "$(child_of "$1")" ]; }
child_of() { tr -d ' ' <"/proc/$1/task/$1/children"; }

@test "run: stopped with the program, it goes on with it" {
	# shellcheck disable=SC2016 # for the program
	timeout 20 portico run --no-mount perl -e 'select undef, undef, undef, 0.02 until -e $ARGV[0]' "$private/end" &
	local job=$! run program
	eventually 5 supervisor
	run=$(supervisor)
	eventually 5 has_child "$run"
	program=$(child_of "$run")
	kill -TSTP "$run"
	eventually 5 is_in_state T "$program"
	eventually 5 is_in_state T "$run"
	kill -CONT "$run"
	: >"$private/end"
	wait "$job"
}

@test "run: ignored signals stay ignored, and SIGCHLD ignored does no harm" {
	run timeout 10 bash -c 'trap "" HUP CHLD; exec portico run --no-mount sh -c "kill -HUP \$\$; exit 5"'
	[ "$status" -eq 5 ]
}

# ---- supervision

@test "run: a program killed holding nothing back: its undo is applied at once" {
	cat >"$private/undo.pl" <<-'END'
		use IPC::SysV qw(IPC_CREAT SEM_UNDO);
		$id = semget(77, 1, IPC_CREAT | 0600);
		semop($id, pack("s3", 0, 1, SEM_UNDO)) or die;
		open(F, ">", "$ARGV[0]/held"); close(F);
		sleep 10;
	END
	cat >"$private/wait.pl" <<-'END'
		use IPC::SysV qw(IPC_CREAT GETVAL);
		$id = semget(77, 1, IPC_CREAT | 0600);
		semop($id, pack("s3", 0, 0, 0)) or die $!; # until it is zero
		print "zero\n";
	END
	timeout 10 portico run --no-mount perl "$private/undo.pl" "$private" &
	local run
	eventually 5 test -e "$private/held"
	run=$(supervisor)
	timeout 10 portico run --no-mount perl "$private/wait.pl" >"$private/out" &
	kill -KILL "$(child_of "$run")"
	wait %2
	[ "$(cat "$private/out")" = zero ]
}

@test "run: it watches every task while it lives, and no longer" {
	timeout 20 portico run --no-mount perl -e 'sleep 20' &
	local job=$! run pid
	eventually 5 supervisor
	run=$(supervisor)
	LD_PRELOAD=$(preload_object) perl -e 'msgget(78, 0600 | 01000); sleep 20' &
	pid=$!
	eventually 5 watches "$run" "$pid"
	kill -KILL "$pid"
	wait_killed KILL "$pid"
	eventually 5 watches_nobody "$run"
	run portico ps --json
	[[ $output != *"\"pid\": $pid,"* ]]
	kill -TERM "$run"
	wait_killed TERM "$job"
}

pidfds_of() { sed -n 's/^Pid:[[:space:]]*//p' /proc/"$1"/fdinfo/* 2>/dev/null; }
watches() { [[ $'\n'$(pidfds_of "$1")$'\n' = *$'\n'"$2"$'\n'* ]]; }
watches_nobody() { ! pidfds_of "$1" | grep -qvx -- -1; }

@test "run: nothing of it is left behind" {
	r sh -c 'ipcmk -Q; ipcmk -S 1'
	[ "$status" -eq 0 ]
	run portico ps --json
	[ "$output" = "[]" ]
}

# ---- the mount that goes with it

@test "run: the instance is mounted meanwhile, and not afterwards" {
	require_fuse
	[ -x "$BUILD/libexec/portico/portico-fuse" ] || skip "built without FUSE"
	portico create box
	# shellcheck disable=SC2016 # for the program
	run --separate-stderr timeout 20 portico run sh -c 'echo hello >"$PORTICO_KERNEL/mnt/mbox/box"; ls "$PORTICO_KERNEL/mnt"'
	[ "$status" -eq 0 ]
	[[ $output = *mbox* ]]
	[ -z "$stderr" ]
	[ -z "$(mounts_of "$private")" ]
	run timeout 5 portico recv --no-wait box
	[ "$output" = hello ]
}

@test "run: of several runs the last one takes the mount with it" {
	require_fuse
	[ -x "$BUILD/libexec/portico/portico-fuse" ] || skip "built without FUSE"
	timeout 20 portico run sleep 2 &
	eventually 5 test -e "$PORTICO_KERNEL/mnt/kernel/pid"
	timeout 20 portico run true
	[ -e "$PORTICO_KERNEL/mnt/kernel/pid" ]
	wait $!
	[ -z "$(mounts_of "$private")" ]
}

@test "run: a mount that was there stays" {
	require_fuse
	[ -x "$BUILD/libexec/portico/portico-fuse" ] || skip "built without FUSE"
	timeout 20 portico mount
	timeout 20 portico run true
	[ -e "$PORTICO_KERNEL/mnt/kernel/pid" ]
	timeout 20 portico umount
}

@test "run: without the daemon, the program runs without the mount, in silence" {
	mkdir -p "$private/prefix/bin" "$private/prefix/lib"
	cp "$BUILD/bin/portico" "$private/prefix/bin/"
	cp "$(preload_object)" "$private/prefix/lib/"
	run timeout 10 "$private/prefix/bin/portico" run echo fine
	[ "$status" -eq 0 ]
	[ "$output" = fine ]
}
