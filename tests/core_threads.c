/* SPDX-License-Identifier: MIT */
/*
 * Threads of one process that share a handle: what each call promises holds
 * among them, too.  What a message or a semaphore hands over is plain memory
 * here, without atomics, so ThreadSanitizer sees whether the calls order it.
 */
#include "check.h"
#include "pipe.h"
#include "port.h"
#include "region.h"
#include "semaphore.h"
#include "task.h"

#include <portico/portico.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/sem.h>

#define THREADS 6
#define EACH 150 /* what a thread does of its kind */

static portico *k;
static portico_port port;
static pthread_barrier_t barrier;

static int64_t soon(void)
{
	return portico_deadline(20000000000);
}

/* Most waits end before they are granted, some don't. */
static int64_t in_an_instant(unsigned i)
{
	return i % 3 == 0 ? PORTICO_NOW : portico_deadline(i % 7 * 20000);
}

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port made;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &made), 0);
	return made;
}

/* Start that many threads, each with its number, all at once; and join them. */
static void together(void *(*work)(void *), uintptr_t count)
{
	pthread_t threads[THREADS];
	CHECK(count <= THREADS);
	CHECK_EQUAL(pthread_barrier_init(&barrier, NULL, (unsigned)count), 0);
	for (uintptr_t i = 0; i < count; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (uintptr_t i = 0; i < count; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	CHECK_EQUAL(pthread_barrier_destroy(&barrier), 0);
}

static void await_waiters(uint32_t receivers, uint32_t senders)
{
	struct portico_status status;
	for (int i = 0; i < 5000; i++) {
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		if (status.receivers == receivers && status.senders == senders)
			return;
		sleep_ms(1);
	}
	FAIL("the waiters never came");
}

/* ---- letters: who receives one reads and writes memory that its sender wrote */

struct letter {
	unsigned sender, number, times_received;
};

static struct letter letters[THREADS][EACH];
static _Atomic unsigned received, to_receive;

static struct letter *letter_of(unsigned sender, unsigned number)
{
	struct letter *letter = &letters[sender][number];
	*letter = (struct letter){ sender, number, 0 };
	return letter;
}

static void note(struct letter *letter)
{
	CHECK(letter->sender < THREADS && letter->number < EACH);
	CHECK(letter == &letters[letter->sender][letter->number]);
	CHECK_EQUAL(letter->times_received, 0);
	letter->times_received = 1;
	received++;
}

static void send_letters(unsigned me)
{
	for (unsigned number = 0, tries = 0; number < EACH; tries++) {
		struct letter *letter = letter_of(me, number);
		int64_t deadline = number % 4 == 0 ? soon() : in_an_instant(tries);
		int error = portico_send(k, port, &letter, sizeof letter, number % 5 + 1, deadline);
		CHECK(error == 0 || error == -EAGAIN || error == -ETIMEDOUT);
		number += error == 0;
	}
}

static void receive_letters(void)
{
	for (unsigned i = 0; received < to_receive; i++) {
		struct portico_filter filter = { .select = (enum portico_select)(i % 4), .type = i % 5 + 1 };
		struct portico_envelope envelope;
		struct letter *letter;
		ssize_t got = portico_receive(k, port, &letter, sizeof letter, &filter, &envelope,
					      in_an_instant(i));
		if (got >= 0)
			note(letter);
		else
			CHECK(got == -EAGAIN || got == -ETIMEDOUT);
	}
}

static void *send_or_receive(void *number)
{
	unsigned me = (unsigned)(uintptr_t)number;
	pthread_barrier_wait(&barrier);
	if (me % 2 == 0)
		send_letters(me);
	else
		receive_letters();
	return NULL;
}

static void pass_letters(uint32_t slots, void *(*work)(void *))
{
	port = mailbox(slots);
	received = 0;
	to_receive = THREADS / 2 * EACH;
	together(work, THREADS);
	CHECK_EQUAL(received, to_receive);
	CHECK(pk_port_valid(k, port.id));
}

static void case_passing(void)
{
	pass_letters(3, send_or_receive);
}

static void case_rendezvous(void)
{
	pass_letters(0, send_or_receive);
}

/* ---- the same, while others look, change limits, and come and die */

static void *look_and_change(void *number)
{
	static _Atomic unsigned slots;
	struct pk_port_status status;
	if ((uintptr_t)number != THREADS - 1)
		return send_or_receive(number);
	pthread_barrier_wait(&barrier);
	while (received < to_receive) {
		struct portico_limits limits = { slots++ % 4, 64, 1 << 20 };
		CHECK_EQUAL(portico_mailbox_limit(k, port, &limits), 0);
		CHECK_EQUAL(pk_port_inspect(k, port.id, &status), 0);
		CHECK(pk_port_valid(k, port.id));
		pk_task_sweep(k, true);
		pk_wait_expire(k);
		for (unsigned table = 0; table < PK_TABLES; table++)
			CHECK(pk_table_valid(k, table));
	}
	return NULL;
}

static void case_looked_at(void)
{
	pass_letters(3, look_and_change);
}

/* It takes nothing: no letter is of that type. */
static pid_t bystander(void)
{
	struct portico_filter filter = { .select = PORTICO_TYPE, .type = 99 };
	char buffer[64];
	return CHILD(portico_receive(k, port, buffer, sizeof buffer, &filter, NULL, PORTICO_FOREVER));
}

static pid_t bystanders[20];

static void *kill_bystanders(void *number)
{
	if ((uintptr_t)number != THREADS - 1)
		return send_or_receive(number);
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < sizeof bystanders / sizeof bystanders[0]; i++) {
		kill_child(bystanders[i]);
		pk_task_sweep(k, true);
	}
	return NULL;
}

static void case_reaping(void)
{
	port = mailbox(3);
	received = 0;
	to_receive = THREADS / 2 * EACH;
	for (unsigned i = 0; i < sizeof bystanders / sizeof bystanders[0]; i++)
		bystanders[i] = bystander();
	await_waiters(sizeof bystanders / sizeof bystanders[0], 0);
	together(kill_bystanders, THREADS);
	CHECK_EQUAL(received, to_receive);
	await_waiters(0, 0);
}

/* ---- asynchronous transfers: one port for completions, served by all threads */

enum { SENT = 1, WANTED };

static portico_port completions;
static _Atomic unsigned posted, over;

static void post_receive(int64_t deadline, portico_wait *wait)
{
	posted++;
	CHECK_EQUAL(portico_post_receive(k, &port, 1, sizeof(struct letter *), NULL, deadline, completions,
					 WANTED, wait),
		    0);
}

static void serve(int64_t deadline)
{
	struct portico_completion completion;
	struct letter *letter;
	int error = portico_complete(k, completions, &completion, deadline);
	if (error) {
		CHECK(error == -EAGAIN || error == -ETIMEDOUT);
		return;
	}
	ssize_t got = portico_collect(k, completion.wait, &letter, sizeof letter, NULL);
	if (completion.cookie == WANTED && got >= 0)
		note(letter);
	else
		CHECK(got == (completion.cookie == SENT ? 0 : -ETIMEDOUT));
	over++;
}

/* Nobody gives a send up; many receives time out or are cancelled. */
static void *post_and_serve(void *number)
{
	unsigned me = (unsigned)(uintptr_t)number;
	int64_t end = soon();
	portico_wait wait;
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < EACH; i++) {
		struct letter *letter = letter_of(me, i);
		posted++;
		CHECK_EQUAL(portico_post_send(k, port, &letter, sizeof letter, 1, PORTICO_FOREVER,
					      completions, SENT, &wait),
			    0);
		post_receive(portico_deadline(i % 2 ? 50000000 : i * 1000), &wait);
		if (i % 3 == 0) {
			int error = portico_cancel(k, wait);
			CHECK(error == 0 || error == -EALREADY || error == -EINVAL);
			over += error == 0;
		}
		serve(in_an_instant(i));
	}
	while (received < to_receive || over < posted) {
		if (received < to_receive)
			post_receive(portico_deadline(1000000), &wait);
		serve(portico_deadline(2000000));
		CHECK(portico_deadline(0) < end);
	}
	return NULL;
}

static void case_completions(void)
{
	port = mailbox(3);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	received = 0;
	to_receive = THREADS * EACH;
	together(post_and_serve, THREADS);
	CHECK_EQUAL(received, to_receive);
	CHECK_EQUAL(over, posted);
	await_waiters(0, 0);
}

/* ---- an end under those who wait */

static portico_port doomed[2]; /* one is full, one empty */
static pk_id doomed_set;

static bool is_gone(int64_t result)
{
	return result == -EIDRM || result == -EINVAL;
}

static void *wait_in_vain(void *number)
{
	struct pk_semaphore_part down = { 0, -1, 0 };
	char buffer[64];
	pthread_barrier_wait(&barrier);
	switch ((uintptr_t)number % 3) {
	case 0:
		CHECK(is_gone(portico_send(k, doomed[0], "x", 1, 1, soon())));
		break;
	case 1:
		CHECK(is_gone(
			portico_receive_any(k, &doomed[1], 1, buffer, sizeof buffer, NULL, NULL, soon())));
		break;
	default:
		CHECK(is_gone(pk_set_operate(k, doomed_set, &down, 1, soon())));
	}
	return NULL;
}

/* Sometimes they wait by then, sometimes they are just about to. */
static void *destroy_or_wait(void *number)
{
	static unsigned rounds;
	if ((uintptr_t)number != THREADS - 1)
		return wait_in_vain(number);
	pthread_barrier_wait(&barrier);
	if (rounds++ % 2)
		sleep_ms(1);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(portico_mailbox_destroy(k, doomed[i]), 0);
	CHECK_EQUAL(pk_set_destroy(k, doomed_set), 0);
	return NULL;
}

static void case_destroyed(void)
{
	for (int i = 0; i < 50; i++) {
		doomed[0] = mailbox(1);
		doomed[1] = mailbox(1);
		CHECK_EQUAL(portico_send(k, doomed[0], "x", 1, 1, PORTICO_NOW), 0);
		CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &doomed_set), 0);
		together(destroy_or_wait, THREADS);
	}
}

/* ---- semaphores: what they guard is plain memory */

static pk_id set;
static unsigned guarded;

static void *guard(void *unused)
{
	struct pk_semaphore_part down[] = { { 0, -1, SEM_UNDO }, { 1, 1, 0 } };
	struct pk_semaphore_part up[] = { { 1, -1, 0 }, { 0, 1, SEM_UNDO } };
	for (unsigned done = 0, tries = 0; done < EACH; tries++) {
		int error = pk_set_operate(k, set, down, 2, done % 2 ? soon() : in_an_instant(tries));
		CHECK(error == 0 || error == -EAGAIN || error == -ETIMEDOUT);
		if (error)
			continue;
		guarded++;
		done++;
		CHECK_EQUAL(pk_set_operate(k, set, up, 2, PORTICO_NOW), 0);
	}
	return unused;
}

static void case_semaphores(void)
{
	uint16_t one = 1, values[2];
	CHECK_EQUAL(pk_set_create(k, 0, 2, 0600, &set), 0);
	CHECK_EQUAL(pk_set_store(k, set, 0, 1, &one), 0);
	together(guard, THREADS);
	CHECK_EQUAL(pk_set_load(k, set, values), 0);
	CHECK_EQUAL(values[0], 1);
	CHECK_EQUAL(values[1], 0);
	CHECK_EQUAL(guarded, THREADS * EACH);
	CHECK(pk_set_valid(k, set));
}

/* ---- names and pipes, and the first call of all */

static void *fight_for_a_name(void *unused)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < EACH; i++) {
		portico_port mine, found;
		int error = portico_mailbox_create(k, "name", NULL, 0600, &mine);
		CHECK(error == 0 || error == -EEXIST);
		if (error == 0) {
			CHECK_EQUAL(portico_mailbox_open(k, "name", &found), 0);
			CHECK_EQUAL(found.id, mine.id);
			CHECK_EQUAL(portico_mailbox_destroy(k, mine), 0);
		} else if (portico_mailbox_open(k, "name", &found) == 0) {
			error = portico_send(k, found, "x", 1, 1, PORTICO_NOW);
			CHECK(error == 0 || error == -EIDRM || error == -EINVAL);
		}
	}
	return unused;
}

static void case_names(void)
{
	portico_port found;
	together(fight_for_a_name, THREADS);
	CHECK_EQUAL(portico_mailbox_open(k, "name", &found), -ENOENT);
}

#define PIPED 20000
static pk_id ring;

/* 0 writes, 1 reads: bytes arrive in order. */
static void *use_pipe(void *number)
{
	unsigned char bytes[257];
	for (uint64_t done = 0; done < PIPED;) {
		uint64_t most = PIPED - done < sizeof bytes ? PIPED - done : sizeof bytes;
		for (uint64_t i = 0; number == NULL && i < most; i++)
			bytes[i] = (unsigned char)((done + i) % 251);
		int64_t passed = number == NULL ? pk_pipe_write(k, ring, bytes, most)
						: pk_pipe_read(k, ring, bytes, most);
		CHECK(passed > 0 || passed == -EAGAIN);
		for (int64_t i = 0; number != NULL && i < passed; i++)
			CHECK_EQUAL(bytes[i], (done + (uint64_t)i) % 251);
		if (passed > 0)
			done += (uint64_t)passed;
		else
			sched_yield();
	}
	return NULL;
}

static void case_pipe(void)
{
	CHECK_EQUAL(pk_pipe_create(k, "pipe", 4096, 0600, &ring), 0);
	together(use_pipe, 2);
}

static pk_id seen_as[THREADS];

static void *call_first(void *number)
{
	pthread_barrier_wait(&barrier);
	CHECK_EQUAL(pk_enter(k), 0);
	seen_as[(uintptr_t)number] = pk_self(k);
	return NULL;
}

static void case_first_call(void)
{
	together(call_first, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK(seen_as[i] != 0 && seen_as[i] == seen_as[0]);
}

/* Each its own handle, at once; another's mailbox is found by its name. */
static void *use_own_handle(void *number)
{
	portico *own;
	portico_port mine, found;
	char name[16], byte;
	pthread_barrier_wait(&barrier);
	CHECK_EQUAL(portico_open(NULL, 0, &own), 0);
	snprintf(name, sizeof name, "of-%u", (unsigned)(uintptr_t)number);
	CHECK_EQUAL(portico_mailbox_create(own, name, NULL, 0600, &mine), 0);
	CHECK_EQUAL(portico_mailbox_open(k, name, &found), 0);
	CHECK_EQUAL(portico_send(k, found, "x", 1, 1, soon()), 0);
	CHECK_EQUAL(portico_receive(own, mine, &byte, 1, NULL, NULL, soon()), 1);
	portico_close(own);
	return NULL;
}

static void case_handles(void)
{
	together(use_own_handle, THREADS);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "passing", case_passing },
		{ "rendezvous", case_rendezvous },
		{ "looked-at", case_looked_at },
		{ "reaping", case_reaping },
		{ "completions", case_completions },
		{ "destroyed", case_destroyed },
		{ "semaphores", case_semaphores },
		{ "names", case_names },
		{ "pipe", case_pipe },
		{ "first-call", case_first_call },
		{ "handles", case_handles },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
