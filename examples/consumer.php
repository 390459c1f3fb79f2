<?php
// SPDX-License-Identifier: MIT
//
// Receives what producer.pl sends, in several ways, and checks each message:
// it has come whole, of the type it was sent with, in order among its type.
//
//   php consumer.php FILE COUNT

[, $file, $count] = $argv;
$key = ftok($file, 'Q');
$queue = msg_get_queue($key, 0600);
$alphabet = '';
for ($i = 0; $i < 4096; $i++) {
	$alphabet .= chr(33 + $i % 94);
}
$alphabet .= $alphabet;

function fail(string $why): never
{
	fwrite(STDERR, "consumer: $why\n");
	exit(1);
}

// Any, the lowest type of all, one type if there is one of it, any but one.
function receive(SysvMessageQueue $queue, int $turn, ?int &$type): string
{
	$wanted = [0, -5, 1 + $turn % 5, 1 + $turn % 5][$turn % 4];
	$flags = [0, 0, MSG_IPC_NOWAIT, MSG_IPC_NOWAIT | MSG_EXCEPT][$turn % 4];
	if (msg_receive($queue, $wanted, $type, 8192, $text, false, $flags, $error)) {
		return $text;
	}
	if ($error !== MSG_ENOMSG) {
		fail("message $turn: " . posix_strerror($error));
	}
	if (!msg_receive($queue, 0, $type, 8192, $text, false, 0, $error)) {
		fail("message $turn: " . posix_strerror($error));
	}
	return $text;
}

$last = array_fill(1, 5, 0);
$sum = 0;
for ($turn = 1; $turn <= $count; $turn++) {
	$text = receive($queue, $turn, $type);
	[$number, $size, $filler] = explode(' ', $text, 3);
	if ($type !== 1 + $number * 7 % 5) {
		fail("message $number was sent with another type than $type");
	}
	if (strlen($filler) !== (int)$size || $filler !== substr($alphabet, $number % 94, (int)$size)) {
		fail("message $number is damaged");
	}
	if ($number <= $last[$type]) {
		fail("message $number of type $type came after {$last[$type]}");
	}
	$last[$type] = (int)$number;
	$sum += (int)$number;
	if ($turn % 10000 === 0) {
		fwrite(STDERR, '.');
	}
}
fwrite(STDERR, "\n");
if ($sum !== intdiv($count * ($count + 1), 2) || msg_stat_queue($queue)['msg_qnum'] !== 0) {
	fail('some messages came twice, or not at all');
}
printf("consumer: PHP %s received %d messages, each once, whole, and in order among its type\n", PHP_VERSION, $count);
