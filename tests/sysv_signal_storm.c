/* SPDX-License-Identifier: MIT */
/*
 * Signals at random moments, thousands of them, to a process that blocks, or
 * that is busy, or that jumps out of its handlers.
 */
#define _GNU_SOURCE
#include "sysv_signals.h"

#include <sched.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/time.h>

#define ROUNDS 4000

static uint64_t seed = 88172645463325252u;

static unsigned random_below(unsigned limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % limit;
}

/* Some moment within those microseconds; sleeping is too coarse for that. */
static void linger(unsigned most_us)
{
	struct timespec now, until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)random_below(most_us * 1000 + 1);
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec < until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec));
}

/* What two processes tell each other without IPC. */
static struct shared {
	unsigned round, over;
	unsigned early;	 /* signals that came before the call did */
	unsigned missed; /* after which the call slept on */
} * shared;

#define TOLD(field) __atomic_load_n(&shared->field, __ATOMIC_ACQUIRE)
#define TELL(field, value) __atomic_store_n(&shared->field, (value), __ATOMIC_RELEASE)

/* ---- blocked: each round one call, ended by a signal, or by what it waits for, or by both at once */

static volatile sig_atomic_t stage; /* of this round: before the call, in it, after it */
enum { BEFORE, IN, AFTER };

static void count_early(int number)
{
	count(number);
	if (stage == BEFORE)
		shared->early++;
}

static bool until_round(unsigned round)
{
	while (TOLD(round) < round && !TOLD(over))
		sched_yield();
	return !TOLD(over);
}

static bool is_past(unsigned round, long ms)
{
	struct timespec now, until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	for (now = until; TOLD(round) == round && !TOLD(over); clock_gettime(CLOCK_MONOTONIC, &now)) {
		if ((now.tv_sec - until.tv_sec) * 1000 + (now.tv_nsec - until.tv_nsec) / 1000000 > ms)
			return false;
		sched_yield();
	}
	return true;
}

/*
 * A signal that comes just before the call is nobody's fault, on no kernel: then
 * the call sleeps on, and another signal has to end it.
 */
static void disturb(const struct place *place, enum how how, pid_t victim)
{
	for (unsigned round = 1; round <= ROUNDS && until_round(round); round++) {
		unsigned chance = random_below(6);
		linger(round % 2 ? 60 : 5);
		if (chance == 0)
			unblock(place, how);
		if (chance == 0)
			linger(3);
		kill(victim, SIGUSR1);
		if (chance == 1)
			linger(3);
		if (chance == 1)
			unblock(place, how);
		while (!is_past(round, 50))
			if (state_of(victim) == 'S') { /* and not merely without a processor */
				TELL(missed, shared->missed + 1);
				kill(victim, SIGUSR1);
			}
	}
}

/* Who disturbs knows only when a round has begun; so take what it left over, once the signal has come. */
static unsigned take_left_over(const struct place *place, enum how how)
{
	unsigned taken = 0;
	if (how == RECEIVE)
		while (msgrcv(place->empty, &got, FULL, 0, IPC_NOWAIT) >= 0)
			taken++;
	else if (how == SEND)
		while (msgsnd(place->full, &spare, FULL, IPC_NOWAIT) == 0)
			taken++;
	else
		while (change(place->set, -1, IPC_NOWAIT) == 0)
			taken++;
	CHECK(errno == ENOMSG || errno == EAGAIN);
	return taken;
}

static void storm(enum how how, int flags)
{
	struct place place = make_place();
	pid_t victim = getpid();
	unsigned interrupted = 0, granted = 0;
	shared = shared_memory(sizeof *shared);
	handle(SIGUSR1, count_early, flags);
	pid_t other = CHILD(prctl(PR_SET_PDEATHSIG, SIGKILL); disturb(&place, how, victim));
	for (unsigned round = 1; round <= ROUNDS; round++) {
		int before = handled;
		stage = BEFORE;
		TELL(round, round);
		stage = IN;
		long result = block(&place, how);
		stage = AFTER;
		if (result >= 0) {
			granted++;
		} else {
			CHECK_EQUAL(errno, EINTR);
			CHECK(handled > before); /* never without a handler */
			interrupted++;
		}
		while (handled == before)
			sched_yield();
		granted += take_left_over(&place, how);
	}
	TELL(over, 1);
	join_child(other);
	take_left_over(&place, how);
	CHECK(interrupted > 0 && granted > 0);
	/* but for those that came in the few instructions between the change of stage and the call */
	CHECK(shared->missed <= shared->early + 2);
	check_untouched(&place);
	remove_place(&place);
}

static void storm_receive(void)
{
	storm(RECEIVE, 0);
}
static void storm_receive_restart(void)
{
	storm(RECEIVE, SA_RESTART);
}
static void storm_send(void)
{
	storm(SEND, SA_RESTART);
}
static void storm_down(void)
{
	storm(DOWN, SA_RESTART);
}
static void storm_timed(void)
{
	storm(TIMED, 0);
}

/* ---- busy: handlers that use IPC, too, in the middle of a program that does nothing else */

static struct place here;
static int echo;

static void work(void)
{
	CHECK_EQUAL(msgsnd(here.empty, &spare, 40, 0), 0);
	CHECK_EQUAL(change(here.set, 1, 0), 0);
	CHECK_EQUAL(msgrcv(here.empty, &got, FULL, 0, 0), 40);
	CHECK_EQUAL(change(here.set, -1, 0), 0);
}

/* On objects of its own, and on those that it interrupted the work with. */
static void work_too(int number)
{
	struct sembuf both[] = { { .sem_num = 1, .sem_op = 1, .sem_flg = SEM_UNDO },
				 { .sem_num = 0, .sem_flg = IPC_NOWAIT } };
	struct message m = { .type = 9 };
	int error = errno;
	count(number);
	CHECK_EQUAL(msgsnd(echo, &m, 7, 0), 0);
	CHECK_EQUAL(msgrcv(echo, &m, FULL, 9, 0), 7);
	CHECK_EQUAL(msgsnd(here.empty, &m, 9, 0), 0);
	CHECK_EQUAL(msgrcv(here.empty, &m, FULL, 9, 0), 9);
	CHECK_EQUAL(change(here.set, 1, 0), 0);
	CHECK_EQUAL(change(here.set, -1, 0), 0);
	CHECK(semop(here.set, both, 2) == 0 || semctl(here.set, 0, GETVAL) > 0);
	errno = error;
}

static void every(unsigned us)
{
	struct itimerval timer = { .it_interval.tv_usec = us, .it_value.tv_usec = us };
	CHECK_EQUAL(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* Until so many handlers have run, however slow this machine. */
static void handlers_work(void)
{
	here = make_place();
	echo = new_queue();
	handle(SIGALRM, work_too, SA_RESTART);
	every(150);
	while (handled < ROUNDS)
		work();
	every(0);
	CHECK_EQUAL(queued(here.empty), 0);
	CHECK_EQUAL(queued(echo), 0);
	CHECK_EQUAL(semctl(here.set, 0, GETVAL), 0);
	remove_queue(echo);
	remove_place(&here);
}

/* None is lost or doubled, and each has what was sent with it, whenever it comes. */
static volatile int last_value;

static void in_order(int number, siginfo_t *info, void *context)
{
	(void)number;
	CHECK(context != NULL);
	CHECK_EQUAL(info->si_code, SI_QUEUE);
	CHECK_EQUAL(info->si_value.sival_int, last_value + 1);
	last_value++;
}

static void queue_signals(pid_t victim)
{
	for (int i = 1; i <= ROUNDS / 4; i++) {
		union sigval value = { .sival_int = i };
		while (sigqueue(victim, SIGRTMIN + 1, value) != 0)
			CHECK_EQUAL(errno, EAGAIN);
		/* one at a time: those that are queued together may be told in another order */
		while (TOLD(round) < (unsigned)i)
			sched_yield();
		linger(20);
	}
}

static void none_lost(void)
{
	struct sigaction action = { .sa_sigaction = in_order, .sa_flags = SA_SIGINFO | SA_RESTART };
	pid_t victim = getpid();
	here = make_place();
	shared = shared_memory(sizeof *shared);
	CHECK_EQUAL(sigaction(SIGRTMIN + 1, &action, NULL), 0);
	pid_t other = CHILD(prctl(PR_SET_PDEATHSIG, SIGKILL); queue_signals(victim));
	while (last_value < ROUNDS / 4) {
		work();
		TELL(round, (unsigned)last_value);
	}
	join_child(other);
	remove_place(&here);
}

/* Set with SA_RESETHAND, and so to be set again by the handler itself; until then another would kill. */
static void once(int number)
{
	count(number);
	handle(number, once, (int)SA_RESETHAND);
	TELL(round, (unsigned)handled);
}

static void send_one_by_one(pid_t victim)
{
	for (unsigned i = 1; i <= ROUNDS / 4; i++) {
		CHECK_EQUAL(kill(victim, SIGUSR1), 0);
		while (TOLD(round) < i)
			sched_yield();
		linger(20);
	}
}

static void reset_hand_while_busy(void)
{
	pid_t victim = getpid();
	here = make_place();
	shared = shared_memory(sizeof *shared);
	handle(SIGUSR1, once, (int)SA_RESETHAND);
	pid_t other = CHILD(prctl(PR_SET_PDEATHSIG, SIGKILL); send_one_by_one(victim));
	while (handled < ROUNDS / 4)
		work();
	join_child(other);
	remove_place(&here);
}

/* ---- jumping away */

static sigjmp_buf away;

static void jump(int number)
{
	count(number);
	siglongjmp(away, 1);
}

/* Out of a blocked call, as an alarm ends it in many a program: nothing is left in line. */
static void jump_blocked(void)
{
	here = make_place();
	handle(SIGALRM, jump, 0);
	for (enum how how = RECEIVE; how < HOWS; how++)
		for (volatile int i = 0; i < 300; i++) {
			struct itimerval soon = { .it_value.tv_usec = 1 + (i * 7) % 300 };
			if (sigsetjmp(away, 1) == 0) {
				CHECK_EQUAL(setitimer(ITIMER_REAL, &soon, NULL), 0);
				block(&here, how);
				FAIL("nobody lets it go");
			}
			if (i % 50 == 0)
				check_untouched(&here);
		}
	check_untouched(&here);
	CHECK_EQUAL(handled, HOWS * 300);
	CHECK_EQUAL(msgsnd(here.empty, &spare, 3, 0), 0); /* and goes to who comes next */
	CHECK_EQUAL(msgrcv(here.empty, &got, FULL, 0, IPC_NOWAIT), 3);
	remove_place(&here);
}

/* Out of the middle of anything: no lock is left held, and another process finds all in order. */
static void jump_busy(void)
{
	here = make_place();
	handle(SIGALRM, jump, SA_NODEFER);
	if (sigsetjmp(away, 1) == 0)
		every(150);
	while (handled < ROUNDS) {
		/* what was left half done is undone here */
		while (msgrcv(here.empty, &got, FULL, 0, IPC_NOWAIT) >= 0)
			continue;
		CHECK_EQUAL(semctl(here.set, 0, SETVAL, 0), 0);
		for (int i = 0; i < 100; i++)
			work();
	}
	every(0);
	CHECK_EQUAL(semctl(here.set, 0, SETVAL, 0), 0);
	while (msgrcv(here.empty, &got, FULL, 0, IPC_NOWAIT) >= 0)
		continue;
	join_child(CHILD(handled = 0; work()));
	check_untouched(&here);
	remove_place(&here);
}

static const struct test_case cases[] = {
	{ "storm_receive", storm_receive },
	{ "storm_receive_restart", storm_receive_restart },
	{ "storm_send", storm_send },
	{ "storm_down", storm_down },
	{ "storm_timed", storm_timed },
	{ "handlers_work", handlers_work },
	{ "none_lost", none_lost },
	{ "reset_hand_while_busy", reset_hand_while_busy },
	{ "jump_blocked", jump_blocked },
	{ "jump_busy", jump_busy },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
