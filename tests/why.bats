#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who waits for what, and who could end it: tests/core_graph*.c say what each case asserts.
# limit_seconds: 300

load tools_helper

bats_require_minimum_version 1.5.0

# ---- deadlocks

@test "deadlock: two who send to each other's full mailbox" { case_of core_graph mutual-send; }
@test "deadlock: a cycle of three" { case_of core_graph cycle-of-three; }
@test "deadlock: a cycle of five" { case_of core_graph cycle-of-five; }
@test "deadlock: a ring of rendezvous" { case_of core_graph rendezvous-ring; }
@test "deadlock: two who made their mailboxes, and haven't received yet" { case_of core_graph makers; }
@test "deadlock: through inboxes, for certain" { case_of core_graph inboxes; }
@test "deadlock: with oneself" { case_of core_graph itself; }
@test "deadlock: each wants to hear the other first, for certain" { case_of core_graph from-each-other; }
@test "deadlock: each receives what only the other has sent" { case_of core_graph mutual-receive; }
@test "deadlock: two semaphores held by SEM_UNDO" { case_of core_graph semaphores; }
@test "deadlock: two semaphores without SEM_UNDO" { case_of core_graph semaphores-without-undo; }
@test "deadlock: through a semaphore and a mailbox" { case_of core_graph semaphore-and-mailbox; }
@test "deadlock: all threads of a task in it" { case_of core_graph_free all-threads; }
@test "deadlock: all of a group's senders in it" { case_of core_graph_free group; }
@test "deadlock: all who sent to a set's members in it" { case_of core_graph_free set; }
@test "deadlock: what it posted waits for who waits for it" { case_of core_graph_free completions; }
@test "deadlock: several, and one who waits for one" { case_of core_graph several; }

# ---- by rights

@test "rights: a deadlock of sends is certain" { case_of core_graph_rights mutual-send; }
@test "rights: a deadlock of receives is certain" { case_of core_graph_rights mutual-receive; }
@test "rights: none while a third holds a right to send" { case_of core_graph_rights third-right; }
@test "rights: one in a message may come to anybody" { case_of core_graph_rights right-in-a-message; }
@test "rights: that nobody has one is said" { case_of core_graph_rights nobody-has-a-right; }

# ---- no deadlock

@test "no deadlock: consumers of semaphores" { case_of core_graph_free consumers; }
@test "no deadlock: one of them has a deadline" { case_of core_graph_free deadline; }
@test "no deadlock: one who sent to a set's members is free" { case_of core_graph_free set-with-one-free; }
@test "no deadlock: what it posted has a deadline" { case_of core_graph_free completions-with-a-deadline; }
@test "no deadlock: a third could receive, until it ends" { case_of core_graph_free third; }
@test "no deadlock: a thread of one is elsewhere" { case_of core_graph_free thread-elsewhere; }
@test "no deadlock: nobody has received yet" { case_of core_graph_free no-receiver-yet; }
@test "no deadlock: one of a group's senders is free" { case_of core_graph_free group-with-one-free; }
@test "no deadlock: more have used a mailbox than it remembers" { case_of core_graph_free many-parties; }

@test "why: who sends to a member waits for the set's owner" { case_of core_graph_free full-member; }
@test "why: what it says" { case_of core_graph words; }

# ---- the commands

# That process waits for something.
waits_here() { portico why "$1" | grep -q '^waits [0-9]'; }

@test "why: a line, and as JSON" {
	p create jobs
	portico recv --timeout 60 jobs &
	local receiver=$!
	eventually 10 waits_here "$receiver"
	p why "$receiver"
	[ "$status" -eq 0 ]
	[[ $output =~ ^'waits '[0-9.]+' s to receive from mailbox jobs, for at most '[0-9]+' s more; nobody has it open to send'$ ]]
	p why --json "$receiver"
	json_says "it['pid'] == $receiver and it['stuck'] == 'no' and it['cycle'] == []"
	json_says "it['waits'][0]['for'] == 'receive' and it['waits'][0]['on'][0]['object'] == 'jobs'"
	p ps --deadlocks
	[ "$status" -eq 0 ] && [ -z "$output" ]
	p send jobs over
	wait "$receiver"
}

@test "why: no such process, and one that isn't here, are told apart" {
	p create jobs
	p why 1
	[ "$status" -eq 1 ]
	[[ $stderr = "portico why: pid 1: hasn't used the instance $PORTICO_KERNEL; "* ]]
	p why 4194305
	[ "$status" -eq 1 ]
	[[ $stderr = "portico why: pid 4194305: there is no such process; "* ]]
	p why me
	[ "$status" -eq 2 ]
	[[ $stderr = "portico why: 'me' is no pid; "* ]]
}

@test "ps --deadlocks: System V programs that hold semaphores, and exit status 1" {
	local program='use IPC::SysV qw(S_IRUSR S_IWUSR IPC_CREAT SEM_UNDO);
		my ($own, $other) = @ARGV;
		my $set = semget(7, 2, IPC_CREAT | 0600) // die;
		semop($set, pack("s!3", $own, -1, SEM_UNDO)) or die;
		open(my $ready, ">", "$ENV{private}/ready$own"); close($ready);
		select(undef, undef, undef, 0.01) until -e "$ENV{private}/ready$other";
		semop($set, pack("s!3", $other, -1, SEM_UNDO));'
	export private
	preload perl -e 'my $set = semget(7, 2, 01600) // die; semctl($set, $_, 16, 1) or die for 0, 1;'
	env LD_PRELOAD="$BUILD/lib/libportico-preload.so" perl -e "$program" 0 1 &
	local first=$!
	env LD_PRELOAD="$BUILD/lib/libportico-preload.so" perl -e "$program" 1 0 &
	local second=$!
	deadlocked() { portico ps --deadlocks >"$private/cycle"; [ $? -eq 1 ]; }
	eventually 20 deadlocked
	cat "$private/cycle"
	[ "$(wc -l <"$private/cycle")" -eq 3 ]
	[ "$(head -n 1 "$private/cycle")" = 'likely deadlock of 2 tasks:' ]
	grep -Eq "^  pid $first \\(perl\\) waits [0-9.]+ s for semaphore 1 of set [0-9]+ \\(key 0x7\\) to rise; pid $second \\(perl\\) holds it \\(SEM_UNDO 1\\)(, for [0-9]+ s)?\$" "$private/cycle"
	p ps --deadlocks --json
	[ "$status" -eq 1 ]
	json_says "len(it) == 1 and not it[0]['certain'] and {t['pid'] for t in it[0]['tasks']} == {$first, $second}"
	p why "$first"
	[[ $output = *"; likely a deadlock: it waits for pid $second (perl), which waits for pid $first (perl)" ]]
	held() { portico why "$first" | grep -Eq 'holds it \(SEM_UNDO 1\), for [1-9][0-9]* s;'; }
	eventually 20 held
	kill -9 "$first" # and SEM_UNDO lets the other go on
	wait "$second"
	p ps --deadlocks
	[ "$status" -eq 0 ]
}
