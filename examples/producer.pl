#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Sends COUNT messages of mixed types and sizes to the System V queue that
# FILE names.  consumer.php receives and checks them.  Neither knows Portico.
#
#   producer.pl FILE COUNT
use strict;
use warnings;
use IPC::SysV qw(ftok IPC_CREAT);

my ($file, $count) = @ARGV;
my $key = ftok($file, ord 'Q') // die "producer: no key for $file: $!\n";
my $queue = msgget($key, IPC_CREAT | 0600) // die "producer: msgget: $!\n";

my $alphabet = join '', map { chr(33 + $_ % 94) } 0 .. 4095;

for my $number (1 .. $count) {
	my $type = 1 + $number * 7 % 5;
	my $size = $number * $number % 2003;    # 0 to 2002 bytes
	$size = 6000 if $number % 1000 == 0;
	my $start = $number % 94;
	my $filler = substr($alphabet x 2, $start, $size);
	msgsnd($queue, pack('l! a*', $type, "$number $size $filler"), 0)
		or die "producer: message $number of $count: $!\n";
}
print "producer: Perl $^V sent $count messages\n";
