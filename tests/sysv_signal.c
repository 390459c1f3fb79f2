/* SPDX-License-Identifier: MIT */
/* Signals that come to a blocked call: which end it, and what the handler finds. */
#define _GNU_SOURCE
#include "sysv_signals.h"

/* ---- what interrupts */

static void interrupts(void)
{
	struct place place = make_place();
	const int flags[] = { 0, SA_RESTART }; /* never restarted */
	for (enum how how = RECEIVE; how < HOWS; how++)
		for (int i = 0; i < 2; i++) {
			BLOCKED_CHILD(&place, how, SIGUSR1, handle(SIGUSR1, count, flags[i]),
				      CHECK_EQUAL(handled, 1));
			check_untouched(&place);
		}
	remove_place(&place);
}

/* The handler was there before the program ever asked for IPC. */
static void set_before_ipc(void)
{
	handle(SIGUSR1, count, SA_RESTART);
	struct place place = make_place();
	for (enum how how = RECEIVE; how < HOWS; how++)
		BLOCKED_CHILD(&place, how, SIGUSR1, (void)0, CHECK_EQUAL(handled, 1));
	remove_place(&place);
}

static int used; /* what the interrupted one of the signals was */

static void note(int number, siginfo_t *info, void *context)
{
	CHECK(context != NULL);
	CHECK_EQUAL(info->si_signo, number);
	CHECK_EQUAL(info->si_code, SI_QUEUE);
	CHECK_EQUAL(info->si_pid, getppid());
	used = info->si_value.sival_int;
	handled++;
}

static void siginfo(void)
{
	struct place place = make_place();
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	for (enum how how = RECEIVE; how < HOWS; how++) {
		pid_t child = CHILD({
			CHECK_EQUAL(sigaction(SIGRTMIN, &action, NULL), 0);
			INTERRUPTED(block(&place, how));
			CHECK_EQUAL(handled, 1);
			CHECK_EQUAL(used, 42 + (int)how);
		});
		until_asleep(child);
		CHECK_EQUAL(sigqueue(child, SIGRTMIN, (union sigval){ .sival_int = 42 + (int)how }), 0);
		join_child(child);
	}
	remove_place(&place);
}

/* ---- what doesn't */

/* It sleeps on, whatever comes, until it can go on. */
#define UNMOVED_CHILD(place, how, number, before, then)                                                      \
	do {                                                                                                 \
		pid_t unmoved_ = CHILD({                                                                     \
			before;                                                                              \
			CHECK(block(place, how) >= 0);                                                       \
			then;                                                                                \
		});                                                                                          \
		until_asleep(unmoved_);                                                                      \
		CHECK_EQUAL(kill(unmoved_, number), 0);                                                      \
		until_asleep(unmoved_);                                                                      \
		unblock(place, how);                                                                         \
		join_child(unmoved_);                                                                        \
		if ((how) == SEND)                                                                           \
			CHECK_EQUAL(queued((place)->full), 2);                                               \
	} while (0)

static void block_signal(int number, int what)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, number);
	CHECK_EQUAL(sigprocmask(what, &set, NULL), 0);
}

static void blocked(void)
{
	struct place place = make_place();
	for (enum how how = RECEIVE; how < HOWS; how++)
		UNMOVED_CHILD(
			&place, how, SIGUSR1,
			{
				handle(SIGUSR1, count, 0);
				block_signal(SIGUSR1, SIG_BLOCK);
			},
			{
				CHECK_EQUAL(handled, 0);
				block_signal(SIGUSR1, SIG_UNBLOCK);
				CHECK_EQUAL(handled, 1);
			});
	remove_place(&place);
}

static void ignored(void)
{
	struct place place = make_place();
	for (enum how how = RECEIVE; how < HOWS; how++) {
		UNMOVED_CHILD(&place, how, SIGUSR1, handle(SIGUSR1, SIG_IGN, 0), (void)0);
		UNMOVED_CHILD(&place, how, SIGWINCH, (void)0, (void)0); /* whose default it is */
	}
	remove_place(&place);
}

/* Left, once it had a handler. */
static void ignored_again(void)
{
	struct place place = make_place();
	UNMOVED_CHILD(
		&place, RECEIVE, SIGUSR1,
		{
			handle(SIGUSR1, count, 0);
			CHECK(signal(SIGUSR1, SIG_IGN) == count);
		},
		CHECK_EQUAL(handled, 0));
	remove_place(&place);
}

static void kills(void)
{
	struct place place = make_place();
	int status;
	pid_t child = CHILD(handle(SIGUSR1, count, 0); signal(SIGUSR1, SIG_DFL); block(&place, RECEIVE));
	until_asleep(child);
	CHECK_EQUAL(kill(child, SIGUSR1), 0);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	remove_place(&place);
}

static void until_stopped(pid_t pid)
{
	for (int looks = 0; looks < 2000 && state_of(pid) != 'T'; looks++)
		sleep_ms(5);
}

/* signal(7) says of semop() what was so of msgrcv(), too, before Linux 2.6.27: stopping interrupts it. */
static void stopped(void)
{
	struct place place = make_place();
	for (enum how how = RECEIVE; how <= SEND; how++) {
		pid_t child = CHILD(CHECK(block(&place, how) >= 0));
		until_asleep(child);
		CHECK_EQUAL(kill(child, SIGSTOP), 0);
		until_stopped(child);
		CHECK_EQUAL(kill(child, SIGCONT), 0);
		until_asleep(child);
		unblock(&place, how);
		join_child(child);
	}
	remove_place(&place);
}

static void stopped_semop(void)
{
	struct place place = make_place();
	for (enum how how = DOWN; how < HOWS; how++)
		for (int ms = 0; ms <= 250; ms += 250) {
			pid_t child = CHILD(INTERRUPTED(block(&place, how)));
			until_asleep(child);
			CHECK_EQUAL(kill(child, SIGSTOP), 0);
			until_stopped(child);
			sleep_ms(ms);
			CHECK_EQUAL(kill(child, SIGCONT), 0);
			join_child(child);
		}
	check_untouched(&place);
	remove_place(&place);
}

static void stopped_with_handler(void)
{
	struct place place = make_place();
	pid_t child = CHILD(handle(SIGCONT, count, SA_RESTART); INTERRUPTED(block(&place, RECEIVE));
			    CHECK_EQUAL(handled, 1));
	until_asleep(child);
	CHECK_EQUAL(kill(child, SIGSTOP), 0);
	until_stopped(child);
	CHECK_EQUAL(kill(child, SIGCONT), 0);
	join_child(child);
	remove_place(&place);
}

/* ---- what the handler finds: the call is over before it runs */

static struct place here;

static void send_here(int number)
{
	count(number);
	CHECK_EQUAL(msgsnd(here.empty, &spare, 5, 0), 0);
}

static void sends_what_was_waited_for(void)
{
	here = make_place();
	BLOCKED_CHILD(&here, RECEIVE, SIGUSR1, handle(SIGUSR1, send_here, 0),
		      CHECK_EQUAL(queued(here.empty), 1));
	CHECK_EQUAL(msgrcv(here.empty, &got, FULL, 0, IPC_NOWAIT), 5);
	remove_place(&here);
}

static void raise_here(int number)
{
	count(number);
	CHECK_EQUAL(semctl(here.set, 0, GETNCNT), 0);
	CHECK_EQUAL(change(here.set, 1, 0), 0);
}

static void raises_what_was_waited_for(void)
{
	here = make_place();
	BLOCKED_CHILD(&here, DOWN, SIGUSR1, handle(SIGUSR1, raise_here, 0),
		      CHECK_EQUAL(semctl(here.set, 0, GETVAL), 1));
	CHECK_EQUAL(semctl(here.set, 0, GETVAL), 1);
	remove_place(&here);
}

/* In the handler of an interrupted call another one blocks, and is interrupted. */
static void block_here(int number)
{
	count(number);
	if (handled == 1)
		INTERRUPTED(block(&here, DOWN));
}

static void nested(void)
{
	here = make_place();
	pid_t child = CHILD({
		handle(SIGUSR1, block_here, SA_NODEFER);
		INTERRUPTED(block(&here, RECEIVE));
		CHECK_EQUAL(handled, 2);
	});
	until_asleep(child);
	CHECK_EQUAL(kill(child, SIGUSR1), 0);
	for (int looks = 0; looks < 2000 && semctl(here.set, 0, GETNCNT) == 0; looks++)
		sleep_ms(5);
	until_asleep(child);
	CHECK_EQUAL(kill(child, SIGUSR1), 0);
	join_child(child);
	check_untouched(&here);
	remove_place(&here);
}

static void on_alternate_stack(void)
{
	static char stack[65536];
	stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
	here = make_place();
	CHECK_EQUAL(sigaltstack(&other, NULL), 0);
	BLOCKED_CHILD(&here, RECEIVE, SIGUSR1, handle(SIGUSR1, send_here, SA_ONSTACK),
		      CHECK_EQUAL(msgrcv(here.empty, &got, FULL, 0, 0), 5));
	remove_place(&here);
}

/* The child that a handler makes comes back into a call that never was its own. */
static pid_t made;

static void fork_here(int number)
{
	count(number);
	made = fork();
}

static void fork_in_handler(void)
{
	struct place place = make_place();
	for (enum how how = RECEIVE; how < HOWS; how++) {
		BLOCKED_CHILD(&place, how, SIGUSR1, handle(SIGUSR1, fork_here, 0), {
			unblock(&place, how);
			CHECK(block(&place, how) >= 0);
			if (made == 0)
				_exit(0);
			join_child(made);
		});
		check_untouched(&place);
	}
	remove_place(&place);
}

static void reset_hand(void)
{
	struct sigaction now;
	struct place place = make_place();
	BLOCKED_CHILD(&place, RECEIVE, SIGUSR1, handle(SIGUSR1, count, (int)SA_RESETHAND), {
		CHECK_EQUAL(handled, 1);
		CHECK_EQUAL(sigaction(SIGUSR1, NULL, &now), 0);
		CHECK(now.sa_handler == SIG_DFL);
	});
	remove_place(&place);
}

static const struct test_case cases[] = {
	{ "interrupts", interrupts },
	{ "set_before_ipc", set_before_ipc },
	{ "siginfo", siginfo },
	{ "blocked", blocked },
	{ "ignored", ignored },
	{ "ignored_again", ignored_again },
	{ "kills", kills },
	{ "stopped", stopped },
	{ "stopped_semop", stopped_semop },
	{ "stopped_with_handler", stopped_with_handler },
	{ "sends_what_was_waited_for", sends_what_was_waited_for },
	{ "raises_what_was_waited_for", raises_what_was_waited_for },
	{ "nested", nested },
	{ "on_alternate_stack", on_alternate_stack },
	{ "fork_in_handler", fork_in_handler },
	{ "reset_hand", reset_hand },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
