#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The preload object in programs as they come: any libc, any habits.

load helper

require_musl() { [ -x "$BUILD/tests/musl/sysv_msg" ] || skip "no musl-gcc beside this build"; }

# The real kernel was asked for no System V IPC, by what strace wrote to a file.
no_real_calls() {
	! grep -E '(msgget|msgsnd|msgrcv|msgctl|semget|semop|semtimedop|semctl|shmget|shmat|shmdt|shmctl)\(' "$1"
}

@test "a program that uses no IPC makes no instance, and sees no difference" {
	run preload true
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run preload sh -c 'echo one; (echo two); exit 3'
	[ "$status" -eq 3 ] && [ "$output" = "one
two" ]
	[ ! -e "$PORTICO_KERNEL" ]
}

@test "a tree of bash, musl and glibc programs shares one instance and says nothing" {
	require_musl
	cat >"$private/tree" <<-'END'
		"$BUILD/tests/musl/sysv_tool" make 77 && "$BUILD/tests/musl/sysv_tool" send 77 "from musl" &&
		"$BUILD/tests/musl/sysv_tool" run "$BUILD/tests/sysv_tool" receive 77
	END
	run preload timeout 20 bash "$private/tree"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "from musl" ]
}

@test "a static program shares it with preloaded ones" {
	require_musl
	"$BUILD/tests/static/sysv_tool" make 78
	"$BUILD/tests/static/sysv_tool" send 78 "from a static one"
	run preload timeout 20 "$BUILD/tests/sysv_tool" receive 78
	[ "$output" = "from a static one" ]
}

@test "where no instance can be made, calls pass through to the real kernel" {
	[ -e /proc/sysvipc/msg ] || skip "this kernel has no System V IPC"
	local key=$((0x53000000 + $$)) made
	export PORTICO_KERNEL=/dev/null/nowhere
	run preload "$BUILD/tests/sysv_tool" make "$key"
	made=$(sysvipc_objects | grep -c "^msg $key ")
	preload "$BUILD/tests/sysv_tool" send "$key" "to the real one"
	[ "$(env -u LD_PRELOAD timeout 20 "$BUILD/tests/sysv_tool" receive "$key")" = "to the real one" ]
	preload "$BUILD/tests/sysv_tool" remove "$key"
	[ "$status" -eq 0 ] && [ -z "$output" ] && [ "$made" -eq 1 ]
	[ "$(sysvipc_objects | grep -c "^msg $key ")" -eq 0 ]
}

@test "fakeroot-sysv keeps its owners by Portico's queues, and asks the real kernel for none" {
	command -v fakeroot-sysv >/dev/null || skip "no fakeroot-sysv: apt-get install fakeroot"
	cd "$private"
	sysvipc_unchanged preload timeout 40 fakeroot-sysv -- sh -c 'touch f; chown 1:2 f; stat -c %u:%g f' >owner
	[ "$(cat owner)" = 1:2 ]
	command -v strace >/dev/null || skip "no strace: apt-get install strace"
	preload timeout 40 strace -f -o calls fakeroot-sysv -- sh -c 'touch g; chown 3:4 g; stat -c %u:%g g' >owner
	[ "$(cat owner)" = 3:4 ]
	no_real_calls calls
}

@test "Perl sends and PHP receives 5 000 messages of mixed types and sizes" {
	command -v php >/dev/null || skip "no php: apt-get install php-cli"
	php -m | grep -qx sysvmsg || skip "this php has no sysvmsg"
	touch "$private/key"
	cat >"$private/send.pl" <<-'END'
		use IPC::SysV qw(ftok IPC_CREAT);
		my $q = msgget(ftok($ARGV[0], ord "p"), IPC_CREAT | 0600) // die "msgget: $!";
		for my $i (0 .. 4999) {
			my $text = "$i:" . ("x" x ($i * 7919 % 3000));
			msgsnd($q, pack("l! a*", 1 + $i % 3, $text), 0) or die "msgsnd: $!";
		}
	END
	cat >"$private/receive.php" <<-'END'
		<?php
		$q = msg_get_queue(ftok($argv[1], "p"), 0600);
		for ($i = 0; $i < 5000; $i++) {
			if (!msg_receive($q, 0, $type, 8192, $text, false, 0, $error)) die("error $error\n");
			if ($type != 1 + $i % 3) die("message $i has type $type\n");
			if ($text !== "$i:" . str_repeat("x", $i * 7919 % 3000)) die("message $i is wrong\n");
		}
		msg_remove_queue($q);
		echo "all 5000\n";
	END
	preload timeout 40 perl "$private/send.pl" "$private/key" &
	run preload timeout 40 php "$private/receive.php" "$private/key"
	wait $!
	echo "$output"
	[ "$output" = "all 5000" ]
	[ -s "$PORTICO_KERNEL/region" ]
}

@test "it exports the calls it emulates and nothing else" {
	run nm -D --defined-only "$BUILD/lib/libportico-preload.so"
	[ "$status" -eq 0 ]
	while read -r _ _ symbol; do
		grep -qE "^[[:space:]]*$symbol;" "$root/posix/preload.map" ||
			{ echo "not in the map: $symbol"; return 1; }
	done <<<"$output"
}
