#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# Perl's built-in msgget() to shmwrite(), IPC::SysV's classes, IPC::Shareable.
# They matter because Perl hands the structures of *_STAT and IPC_SET to
# programs as bytes, reads a segment by attaching and detaching it each time,
# and asks a set's size before GETALL; and because IPC::Shareable makes a set
# and a segment for each variable, by key, and takes locks of three operations.

load programs_helper

setup() {
	private_setup
	require perl perl
	perl -MIPC::SysV -e 1 2>/dev/null || skip "this Perl has no IPC::SysV"
}

perl_on_portico() { on_portico timeout 100 perl -w -Mstrict - "$@"; }

# Nothing but what perlfunc(1) describes.
@test "Perl: the built-in functions, all of them" {
	run perl_on_portico <<-'END'
		use IPC::SysV qw(:all);
		my ($q, $text) = (msgget(IPC_PRIVATE, 0600) // die "msgget: $!");
		msgsnd($q, pack("l! a*", $_, "number $_"), 0) or die "msgsnd: $!" for 3, 1, 2;
		print join(", ", map { msgrcv($q, $text, 100, $_, 0) && (unpack "l! a*", $text)[1] } -9, 3, 0), "\n";
		print msgrcv($q, $text, 100, 0, IPC_NOWAIT) ? "more" : $!{ENOMSG} ? "no more" : "$!", "\n";
		msgctl($q, IPC_RMID, 0) or die "msgctl: $!";

		my ($set, $values) = (semget(IPC_PRIVATE, 3, 0600) // die "semget: $!", "");
		semctl($set, 0, SETALL, pack "s*", 5, 0, 7) or die "SETALL: $!";
		semop($set, pack "s*", 0, -2, 0, 1, 0, 0, 2, 3, SEM_UNDO) or die "semop: $!";
		semctl($set, 0, GETALL, $values) or die "GETALL: $!";
		print join(" ", unpack "s*", $values), ", one is ", semctl($set, 2, GETVAL, 0), "\n";
		print semop($set, pack "s*", 1, -1, IPC_NOWAIT) ? "taken" : $!{EAGAIN} ? "not taken" : "$!", "\n";
		semctl($set, 0, IPC_RMID, 0) or die "semctl: $!";

		my ($id, $bytes, $stat) = (shmget(IPC_PRIVATE, 5000, 0640) // die "shmget: $!");
		shmwrite($id, "written", 4990, 7) or die "shmwrite: $!";
		shmread($id, $bytes, 4990, 7) or die "shmread: $!";
		print "$bytes, and ", shmread($id, $bytes, 4990, 11) ? "past the end" : "no further", "\n";
		shmctl($id, IPC_STAT, $stat) or die "IPC_STAT: $!";
		printf "%d bytes of a structure\n", length $stat;
		shmctl($id, IPC_RMID, 0) or die "shmctl: $!";
		print defined shmget(0x70000011, 10, 0600) ? "found" : $!{ENOENT} ? "none" : "$!", "\n";
	END
	echo "$output"
	[ "$output" = "number 1, number 3, number 2
no more
3 0 10, one is 10
not taken
written, and no further
112 bytes of a structure
none" ]
	all_gone
}

# The classes read every field of the structures, and write those that may be.
@test "Perl: IPC::Msg, IPC::Semaphore and IPC::SharedMem see and set the fields of their objects" {
	run perl_on_portico <<-'END'
		use IPC::SysV qw(:all);
		use IPC::Msg; use IPC::Semaphore; use IPC::SharedMem;
		my $q = IPC::Msg->new(0x70000012, IPC_CREAT | IPC_EXCL | 0640) // die "msg: $!";
		$q->snd(7, "seven") or die "snd: $!";
		$q->set(qbytes => 1234, mode => 0600) or die "set: $!";
		my $s = $q->stat;
		printf "%o %d of %d, %d, %s\n", $s->mode & 0777, $s->qnum, $s->qbytes, $s->uid == $>, $s->lspid == $$ ? "mine" : "?";
		print $q->rcv(my $text, 100, -10);
		print " $text\n";
		$q->remove;

		my $set = IPC::Semaphore->new(0x70000013, 4, IPC_CREAT | 0600) // die "sem: $!";
		$set->setall(1 .. 4);
		$set->op(0, -1, SEM_UNDO, 3, 6, 0);
		print join(" ", $set->getall), ", ", $set->getpid(3) == $$ ? "by me" : "?", ", ", $set->stat->nsems, "\n";
		defined(my $child = fork) or die;
		if (!$child) { $set->op(0, -1, 0); exit 0 }
		select undef, undef, undef, 0.01 until $set->getncnt(0) == 1;
		$set->setval(0, 1);
		waitpid $child, 0;
		print "woken with $?, ", $set->getval(0), "\n";
		$set->remove;

		my $shm = IPC::SharedMem->new(0x70000014, 100, IPC_CREAT | 0600) // die "shm: $!";
		$shm->attach or die "attach: $!";
		if (!fork) { $shm->write("from a child", 10, 12); exit 0 }
		wait;
		print $shm->read(10, 12), ", ", $shm->stat->nattch, " attached, ", $shm->stat->segsz, " bytes\n";
		$shm->remove;
		print IPC::SharedMem->new(0x70000014, 100, 0600) ? "still by key" : "no longer by key", ", ", $shm->read(10, 4), "\n";
		$shm->detach;
	END
	echo "$output"
	[ "$output" = "600 1 of 1234, 1, mine
7 seven
0 2 3 10, by me, 4
woken with 0, 0
from a child, 1 attached, 100 bytes
no longer by key, from" ]
	all_gone
}

# A variable of nested ones: a segment and a set for each, attached in every process, under one lock.
@test "Perl: IPC::Shareable ties a hash that five processes change under its lock" {
	perl -MIPC::Shareable -e 1 2>/dev/null || skip "no IPC::Shareable: apt-get install libipc-shareable-perl"
	AMOUNT=$(amount 100 5000) run perl_on_portico <<-'END'
		use IPC::Shareable qw(:lock);
		my $amount = $ENV{AMOUNT};
		tie my %shared, 'IPC::Shareable', { key => 'portico', create => 1 };
		%shared = (count => 0, by => { map { $_ => 0 } 1 .. 5 });
		for my $worker (1 .. 5) {
			next if fork;
			for (1 .. $amount) {
				tied(%shared)->lock;
				$shared{count}++;
				$shared{by}{$worker}++;
				tied(%shared)->unlock;
			}
			exit 0;
		}
		1 while wait > 0;
		print $shared{count} == 5 * $amount ? "all" : "lost: $shared{count}", ", ";
		print join(" ", map { $shared{by}{$_} == $amount ? "all" : $shared{by}{$_} } 1 .. 5), "\n";

		tie my @list, 'IPC::Shareable', { key => 'other', create => 1, size => 100_000, serializer => 'json' };
		@list = map { "item $_" } 1 .. 500;
		if (!fork) {
			tie my @same, 'IPC::Shareable', { key => 'other', size => 100_000, serializer => 'json' };
			push @same, scalar @same;
			exit 0;
		}
		wait;
		print "$#list $list[-1]\n";
		IPC::Shareable->clean_up_all;
	END
	echo "$output"
	[ "$output" = "all, all all all all all
500 500" ]
	all_gone
}
