/* SPDX-License-Identifier: MIT */
/* Threads that block: signals to one of them, and pthread_cancel(). */
#define _GNU_SOURCE
#include "sysv_signals.h"

#include <pthread.h>
#include <sys/syscall.h>

static struct place here;

static struct worker {
	pthread_t thread;
	volatile pid_t tid;
	enum how how;
	volatile int cleaned, began;
	long result;
	int error;
} workers[2];

static void clean(void *context)
{
	struct worker *me = context;
	me->cleaned++;
}

static void *blocks(void *context)
{
	struct worker *me = context;
	pthread_cleanup_push(clean, me);
	me->tid = (pid_t)syscall(SYS_gettid);
	me->result = block(&here, me->how);
	me->error = errno;
	pthread_cleanup_pop(0);
	return NULL;
}

static void until_thread_asleep(const struct worker *worker)
{
	while (worker->tid == 0)
		sleep_ms(1);
	until_asleep(worker->tid); /* state_of() finds threads, too */
}

static void begin(struct worker *worker, enum how how)
{
	*worker = (struct worker){ .how = how };
	CHECK_EQUAL(pthread_create(&worker->thread, NULL, blocks, worker), 0);
	until_thread_asleep(worker);
}

static void *end_of(struct worker *worker)
{
	void *value = NULL;
	CHECK_EQUAL(pthread_join(worker->thread, &value), 0);
	return value;
}

/* Of two that wait for the same, the one that the signal is sent to is interrupted. */
static void to_a_thread(void)
{
	here = make_place();
	handle(SIGUSR1, count, SA_RESTART);
	for (enum how how = RECEIVE; how < HOWS; how++) {
		begin(&workers[0], how);
		begin(&workers[1], how);
		CHECK_EQUAL(pthread_kill(workers[0].thread, SIGUSR1), 0);
		CHECK(end_of(&workers[0]) == NULL);
		CHECK_EQUAL(workers[0].result, -1);
		CHECK_EQUAL(workers[0].error, EINTR);
		unblock(&here, how);
		CHECK(end_of(&workers[1]) == NULL);
		CHECK(workers[1].result >= 0);
		CHECK_EQUAL(handled, (int)how + 1);
		check_untouched(&here);
	}
	remove_place(&here);
}

/* msgsnd() and msgrcv() are points of cancellation; what the thread waited for is there for others. */
static void cancel(void)
{
	here = make_place();
	for (enum how how = RECEIVE; how <= SEND; how++)
		for (int i = 0; i < 20; i++) {
			begin(&workers[0], how);
			CHECK_EQUAL(pthread_cancel(workers[0].thread), 0);
			CHECK(end_of(&workers[0]) == PTHREAD_CANCELED);
			CHECK_EQUAL(workers[0].cleaned, 1);
			check_untouched(&here);
			unblock(&here, how);
			CHECK(block(&here, how) >= 0);
			check_untouched(&here);
		}
	remove_place(&here);
}

/* Cancelled before it blocks. */
static void *waits_then_blocks(void *context)
{
	struct worker *me = context;
	me->began = 1;
	while (me->began == 1)
		continue;
	return blocks(context);
}

static void cancelled_before(void)
{
	here = make_place();
	for (enum how how = RECEIVE; how <= SEND; how++) {
		struct worker *worker = &workers[0];
		*worker = (struct worker){ .how = how };
		CHECK_EQUAL(pthread_create(&worker->thread, NULL, waits_then_blocks, worker), 0);
		while (worker->began == 0)
			sleep_ms(1);
		CHECK_EQUAL(pthread_cancel(worker->thread), 0);
		worker->began = 2;
		CHECK(end_of(worker) == PTHREAD_CANCELED);
		check_untouched(&here);
	}
	remove_place(&here);
}

/* semop() isn't such a point; though musl's way of asking a thread interrupts it. */
static void semop_goes_on(void)
{
	here = make_place();
	begin(&workers[0], DOWN);
	CHECK_EQUAL(pthread_cancel(workers[0].thread), 0);
	sleep_ms(20);
	unblock(&here, DOWN);
	void *value = end_of(&workers[0]);
	CHECK(value == NULL);
	CHECK(workers[0].result == 0 || workers[0].error == EINTR);
	CHECK_EQUAL(workers[0].cleaned, 0);
	remove_place(&here);
}

static void *blocks_uncancelled(void *context)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return blocks(context);
}

static void disabled(void)
{
	here = make_place();
	struct worker *worker = &workers[0];
	*worker = (struct worker){ .how = RECEIVE };
	CHECK_EQUAL(pthread_create(&worker->thread, NULL, blocks_uncancelled, worker), 0);
	until_thread_asleep(worker);
	CHECK_EQUAL(pthread_cancel(worker->thread), 0);
	sleep_ms(20);
	unblock(&here, RECEIVE);
	CHECK(end_of(worker) == NULL);
	CHECK(worker->result >= 0 || worker->error == EINTR);
	remove_place(&here);
}

/* A message that comes as the thread is cancelled is received by it, or there for another. */
static void cancel_storm(void)
{
	int id = new_queue(), kept = 0, cancelled = 0;
	here = (struct place){ .empty = id };
	for (int i = 0; i < 100; i++) {
		begin(&workers[0], RECEIVE);
		pid_t sender = CHILD(CHECK_EQUAL(msgsnd(id, &spare, 3, 0), 0));
		for (volatile int spin = (i * 37) % 5000; spin > 0; spin--)
			continue;
		CHECK_EQUAL(pthread_cancel(workers[0].thread), 0);
		bool was_cancelled = end_of(&workers[0]) == PTHREAD_CANCELED;
		join_child(sender);
		kept = msgrcv(id, &got, FULL, 0, IPC_NOWAIT) >= 0;
		CHECK(was_cancelled || workers[0].result == 3);
		CHECK(was_cancelled || !kept);
		cancelled += was_cancelled;
	}
	CHECK(cancelled > 0);
	CHECK_EQUAL(queued(id), 0);
	remove_queue(id);
}

static const struct test_case cases[] = {
	{ "to_a_thread", to_a_thread },
	{ "cancel", cancel },
	{ "cancelled_before", cancelled_before },
	{ "semop_goes_on", semop_goes_on },
	{ "disabled", disabled },
	{ "cancel_storm", cancel_storm },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
