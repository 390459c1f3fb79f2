/* SPDX-License-Identifier: MIT */
/* The graph of waits: who only looks deadlocked, since somebody could go on; threads and groups, both ways.
 */
#include "waiters.h"

#include <portico/set.h>
#include <pthread.h>

static void case_deadline(void)
{
	pk_id ports[2] = { a_port(1), a_port(1) };
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			receive_there_once(ports[i]);
			meet(2);
			put(ports[1 - i]);
			put_until(ports[1 - i],
				  i == 0 ? PORTICO_FOREVER : portico_deadline(INT64_C(60000000000)));
		});
	await_meeting(2);
	await_waits(children[0], 1);
	await_waits(children[1], 1);
	no_deadlock();
	says(children[1], ", for at most ");
	end_all(children, 2);
}

/* Two who would be deadlocked, but for a third who has received where the second waits to send. */
static void case_third(void)
{
	pk_id ports[2] = { a_port(1), a_port(1) };
	pid_t children[2];
	int stay[2];
	CHECK_EQUAL(pipe(stay), 0);
	pid_t third = ACTOR({
		char byte;
		close(stay[1]);
		receive_there_once(ports[0]);
		meet(3);
		CHECK_EQUAL(read(stay[0], &byte, 1), 1);
	});
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			receive_there_once(ports[i]);
			meet(3);
			fill_and_wait(ports[1 - i]);
		});
	await_meeting(3);
	await_waits(children[0], 1);
	await_waits(children[1], 1);
	no_deadlock();
	CHECK_EQUAL(write(stay[1], "x", 1), 1);
	join_child(third);
	await_cycle(2, false); /* now nobody else is left who has */
	end_all(children, 2);
}

static void *wait_elsewhere(void *end)
{
	char byte;
	CHECK(read(*(int *)end, &byte, 1) >= 0);
	return NULL;
}

static void *wait_to_receive(void *port)
{
	get(*(pk_id *)port);
	return NULL;
}

/* One has a second thread, which is elsewhere, or waits for the other task, too. */
static void with_threads(bool elsewhere)
{
	pk_id ports[2] = { a_port(1), a_port(1) }, third = a_port(1);
	pid_t children[2];
	int stay[2];
	CHECK_EQUAL(pipe(stay), 0);
	children[0] = ACTOR({
		pthread_t thread;
		receive_there_once(ports[0]);
		meet(2);
		get(third); /* the other is known there */
		pthread_create(&thread, NULL, elsewhere ? wait_elsewhere : wait_to_receive,
			       elsewhere ? (void *)&stay[0] : (void *)&third);
		fill_and_wait(ports[1]);
	});
	children[1] = ACTOR({
		receive_there_once(ports[1]);
		meet(2);
		put(third);
		fill_and_wait(ports[0]);
	});
	await_meeting(2);
	await_waits(children[0], elsewhere ? 1 : 2);
	await_waits(children[1], 1);
	if (elsewhere)
		no_deadlock();
	else
		await_cycle(2, false);
	end_all(children, 2);
}

static void case_thread_elsewhere(void)
{
	with_threads(true);
}

static void case_all_threads(void)
{
	with_threads(false);
}

/* Who fills a mailbox that it made waits for a receiver who hasn't come yet. */
static void case_no_receiver_yet(void)
{
	pid_t child = ACTOR(fill_and_wait(a_port(1)));
	await_waits(child, 1);
	no_deadlock();
	says(child, "nobody has it open to receive");
	kill_child(child);
}

/* Whoever changed it last has consumed, like the one who waits: neither holds anything. */
static void case_consumers(void)
{
	pk_id set = a_set(1);
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			operate(set, (uint16_t)i, -1, 0);
			operate(set, (uint16_t)i, -1, 0);
		});
	await_waits(children[0], 1);
	await_waits(children[1], 1);
	no_deadlock();
	end_all(children, 2);
}

/* ---- groups and completions */

/* One waits to receive from two mailboxes: the sender to one waits for it, the sender to the other may not.
 */
static void with_a_group(bool both)
{
	pk_id ports[2] = { a_port(4), a_port(4) }, full[2] = { a_port(1), a_port(1) };
	pid_t children[3];
	int stay[2];
	CHECK_EQUAL(pipe(stay), 0);
	children[0] = ACTOR({
		get(ports[0]);
		get(ports[1]);
		receive_there_once(full[0]);
		receive_there_once(full[1]);
		meet(3);
		get_any(ports);
	});
	for (int i = 0; i < 2; i++)
		children[i + 1] = ACTOR({
			char byte;
			put(ports[i]);
			meet(3);
			if (i == 0 || both)
				fill_and_wait(full[i]);
			CHECK(read(stay[0], &byte, 1) >= 0);
		});
	await_meeting(3);
	await_waits(children[0], 1);
	await_waits(children[1], 1);
	if (both) {
		struct found found;
		await_waits(children[2], 1);
		look(&found);
		CHECK_EQUAL(found.cycles, 2); /* through each */
		says(children[0], " or pid ");
	} else {
		no_deadlock();
	}
	end_all(children, 3);
}

static void case_group(void)
{
	with_a_group(true);
}

static void case_group_with_one_free(void)
{
	with_a_group(false);
}

/* One receives from a set, to whose members the others have sent: both wait for it, or one may go on. */
static void with_a_set(bool both)
{
	pk_id ports[2] = { a_port(4), a_port(4) }, full = a_port(1);
	pid_t children[3];
	int stay[2];
	CHECK_EQUAL(pipe(stay), 0);
	children[0] = ACTOR({
		portico_port set;
		get(ports[0]);
		get(ports[1]);
		receive_there_once(full);
		CHECK_EQUAL(portico_set_create(k, &set), 0);
		for (int i = 0; i < 2; i++)
			CHECK_EQUAL(portico_set_add(k, set, (portico_port){ ports[i] }), 0);
		meet(3);
		get(set.id);
	});
	for (int i = 0; i < 2; i++)
		children[i + 1] = ACTOR({
			char byte;
			put(ports[i]);
			meet(3);
			if (i == 0 || both)
				fill_and_wait(full);
			CHECK(read(stay[0], &byte, 1) >= 0);
		});
	await_meeting(3);
	await_waits(children[0], 1);
	await_waits(children[1], 1);
	if (both) {
		await_waits(children[2], 1);
		says(children[0], "to receive from port set ");
		says(children[0], "they have sent there; likely a deadlock");
	} else {
		no_deadlock();
	}
	end_all(children, 3);
}

static void case_set(void)
{
	with_a_set(true);
}

static void case_set_with_one_free(void)
{
	with_a_set(false);
}

/* Its members' senders wait for the set's owner, who alone receives. */
static void case_full_member(void)
{
	pk_id member = a_port(1);
	pid_t owner = ACTOR({
		portico_port set;
		CHECK_EQUAL(portico_set_create(k, &set), 0);
		CHECK_EQUAL(portico_set_add(k, set, (portico_port){ member }), 0);
		meet(2);
		pause();
	});
	pid_t sender = ACTOR({
		meet(2);
		fill_and_wait(member);
	});
	await_waits(sender, 1);
	says(sender, "(core_graph_free) could end it: it alone may receive");
	kill_child(sender);
	kill_child(owner);
}

/* One thread, and what it waits for is a completion of what it posted. */
static void with_completions(int64_t deadline)
{
	pk_id asks = a_port(4), full = a_port(1);
	pid_t children[2];
	children[0] = ACTOR({
		portico_port done;
		portico_port from = { asks };
		portico_wait wait;
		struct portico_completion completion;
		CHECK_EQUAL(portico_completions_create(k, &done), 0);
		get(asks);
		receive_there_once(full);
		CHECK_EQUAL(portico_post_receive(k, &from, 1, 1, NULL, deadline, done, 1, &wait), 0);
		meet(2);
		CHECK_EQUAL(portico_complete(k, done, &completion, PORTICO_FOREVER), 0);
	});
	children[1] = ACTOR({
		put(asks);
		meet(2);
		fill_and_wait(full);
	});
	await_meeting(2);
	await_waits(children[0], 2);
	await_waits(children[1], 1);
	if (deadline == PORTICO_FOREVER)
		await_cycle(2, false);
	else
		no_deadlock();
	says(children[0], "any of 1 that it has posted could end it");
	end_all(children, 2);
}

static void case_completions(void)
{
	with_completions(PORTICO_FOREVER);
}

static void case_completions_with_a_deadline(void)
{
	with_completions(portico_deadline(INT64_C(60000000000)));
}

/* ---- more than a port remembers */

static void case_many_parties(void)
{
	pk_id ports[2] = { a_port(1), a_port(1) };
	pid_t crowd[20], children[2];
	for (int i = 0; i < 20; i++) {
		crowd[i] = ACTOR({
			receive_there_once(ports[0]);
			meet(2);
			pause();
		});
		meet(2);
	}
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			receive_there_once(ports[i]);
			meet(2);
			fill_and_wait(ports[1 - i]);
		});
	await_waits(children[0], 1);
	await_waits(children[1], 1);
	no_deadlock();
	end_all(crowd, 20);
	no_deadlock(); /* who else there was isn't known any more */
	end_all(children, 2);
}

static const struct test_case cases[] = {
	{ "consumers", case_consumers },
	{ "deadline", case_deadline },
	{ "third", case_third },
	{ "thread-elsewhere", case_thread_elsewhere },
	{ "all-threads", case_all_threads },
	{ "no-receiver-yet", case_no_receiver_yet },
	{ "group", case_group },
	{ "group-with-one-free", case_group_with_one_free },
	{ "set", case_set },
	{ "set-with-one-free", case_set_with_one_free },
	{ "full-member", case_full_member },
	{ "completions", case_completions },
	{ "completions-with-a-deadline", case_completions_with_a_deadline },
	{ "many-parties", case_many_parties },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_graph_cases(cases, argc, argv);
}
