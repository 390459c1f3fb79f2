#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# PHP's sysvmsg, sysvsem and sysvshm.  They matter because PHP opens its
# extensions with RTLD_DEEPBIND, so that they look for msgget() past a preload
# object; because its semaphore is three, worked by operations of several
# parts with SEM_UNDO; and because it maps segments by key again and again.

load programs_helper

setup() {
	private_setup
	require php php-cli
	for extension in sysvmsg sysvsem sysvshm pcntl; do
		php -m | grep -qx "$extension" || skip "this php has no $extension"
	done
}

php_on_portico() { on_portico timeout 100 php -d display_errors=stderr -- "$@"; }

# Serialized values of several types go by number, the lowest first, or all but one; a full queue says so.
@test "PHP: queues carry values by type between processes, and say what they hold" {
	run php_on_portico <<-'END'
		<?php
		$q = msg_get_queue(0x70000001, 0600);
		$full = msg_set_queue($q, ["msg_qbytes" => 2000]);
		foreach ([3, 1, 2, 1] as $at => $type)
			msg_send($q, $type, ["at" => $at, "text" => str_repeat("x", 100 * $at)]) or die("send\n");
		$sent = @msg_send($q, 9, str_repeat("y", 1990), false, false, $error);
		echo $full && !$sent && $error === MSG_EAGAIN ? "full\n" : "not full: $error\n";
		$stat = msg_stat_queue($q);
		echo "holds {$stat['msg_qnum']} of {$stat['msg_qbytes']}, last by ", $stat["msg_lspid"] === getmypid() ? "me" : "?", "\n";
		foreach ([[2, 0], [-3, 0], [1, MSG_EXCEPT], [0, 0]] as [$wanted, $flags]) {
			msg_receive($q, $wanted, $type, 4096, $value, true, $flags | MSG_IPC_NOWAIT, $error) or die("error $error\n");
			echo "$wanted: type $type, at {$value['at']}, ", strlen($value["text"]), "\n";
		}
		msg_receive($q, 0, $type, 4096, $value, true, MSG_IPC_NOWAIT, $error);
		echo $error === MSG_ENOMSG ? "empty\n" : "error $error\n";
		msg_remove_queue($q);
		var_dump(msg_queue_exists(0x70000001));
	END
	echo "$output"
	[ "$output" = "full
holds 4 of 2000, last by me
2: type 2, at 2, 200
-3: type 1, at 1, 100
1: type 3, at 0, 0
0: type 1, at 3, 300
empty
bool(false)" ]
	all_gone
}

# Each waits for the other: the producer at a full queue, the consumers at an empty one.
@test "PHP: one producer, three consumers, every message once" {
	AMOUNT=$(amount 2000 100000) run php_on_portico <<-'END'
		<?php
		$amount = (int)getenv("AMOUNT");
		$q = msg_get_queue(0x70000002, 0600);
		$done = msg_get_queue(0x70000003, 0600);
		for ($i = 0; $i < 3; $i++) {
			if (pcntl_fork() === 0) {
				$sum = $count = 0;
				while (msg_receive($q, -2, $type, 4096, $value) && $type === 1) {
					$sum += $value["number"];
					$count++;
				}
				msg_send($done, 1, [$count, $sum]);
				exit(0);
			}
		}
		for ($n = 1; $n <= $amount; $n++)
			msg_send($q, 1, ["number" => $n, "ballast" => str_repeat("b", $n % 997)]);
		for ($i = 0; $i < 3; $i++)
			msg_send($q, 2, "enough");
		$count = $sum = 0;
		for ($i = 0; $i < 3; $i++) {
			msg_receive($done, 1, $type, 4096, $part);
			$count += $part[0];
			$sum += $part[1];
			pcntl_wait($status);
		}
		echo $count === $amount && $sum === $amount * ($amount + 1) / 2 ? "all\n" : "$count, $sum\n";
		msg_remove_queue($q);
		msg_remove_queue($done);
	END
	echo "$output"
	[ "$output" = all ]
	all_gone
}

# The counter lies in a segment that each increment attaches and reads; a lost update would be seen.
@test "PHP: a semaphore guards a counter in shared memory, and is given back by kill -9 of its holder" {
	AMOUNT=$(amount 200 20000) run php_on_portico <<-'END'
		<?php
		$amount = (int)getenv("AMOUNT");
		// Not released by destructors: those of objects that a fork copied would let PHP take a set in use for a new one.
		$sem = sem_get(0x70000004, 1, 0600, false);
		$shm = shm_attach(0x70000005, 10000, 0600);
		shm_put_var($shm, 1, 0);
		for ($i = 0; $i < 4; $i++) {
			if (pcntl_fork() === 0) {
				$sem = sem_get(0x70000004, 1, 0600, false);
				for ($n = 0; $n < $amount; $n++) {
					sem_acquire($sem);
					shm_put_var($shm, 1, shm_get_var($shm, 1) + 1);
					sem_release($sem);
				}
				exit(0);
			}
		}
		for ($i = 0; $i < 4; $i++)
			pcntl_wait($status);
		echo shm_get_var($shm, 1) === 4 * $amount ? "counted\n" : "lost: " . shm_get_var($shm, 1) . "\n";

		$q = msg_get_queue(0x70000006);
		if (($holder = pcntl_fork()) === 0) {
			$held = sem_get(0x70000004, 1, 0600, false);
			sem_acquire($held);
			msg_send($q, 1, "held");
			sleep(100);
		}
		msg_receive($q, 1, $type, 100, $value);
		var_dump(sem_acquire($sem, true));
		posix_kill($holder, SIGKILL);
		var_dump(sem_acquire($sem));
		sem_release($sem);
		pcntl_wait($status);
		sem_remove($sem);
		msg_remove_queue($q);
		shm_remove($shm);
	END
	echo "$output"
	[ "$output" = "counted
bool(false)
bool(true)" ]
	all_gone
}

# PHP keeps a list of values in the segment, moves them, and has to find it full before it writes past its end.
@test "PHP: variables come and go in a small segment, which is full when it is full" {
	run php_on_portico <<-'END'
		<?php
		$shm = shm_attach(0x70000007, 2000, 0600);
		shm_put_var($shm, 1, ["list" => [1, 2.5, null, true]]);
		shm_put_var($shm, 2, str_repeat("z", 1000));
		var_dump(@shm_put_var($shm, 3, str_repeat("z", 1000)));
		shm_remove_var($shm, 2);
		var_dump(shm_put_var($shm, 3, str_repeat("a", 1000)), shm_has_var($shm, 2));
		shm_detach($shm);
		$shm = shm_attach(0x70000007);
		var_dump(shm_get_var($shm, 1) === ["list" => [1, 2.5, null, true]], strlen(shm_get_var($shm, 3)));
		shm_remove($shm);
	END
	echo "$output"
	[ "$output" = "bool(false)
bool(true)
bool(false)
bool(true)
int(1000)" ]
	all_gone
}
