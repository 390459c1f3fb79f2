/* SPDX-License-Identifier: MIT */
/* The graph of waits: who is deadlocked, and who only looks it. */
#include "check.h"
#include "atomics.h"
#include "graph.h"
#include "port.h"
#include "region.h"
#include "semaphore.h"
#include "task.h"

#include <portico/task.h>
#include <portico/why.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/sem.h>

static struct portico *k;
static _Atomic uint32_t *arrived; /* at the barrier, in memory that all share */

#define PATIENCE_MS 10000

/* A child that waits for ever, and ends with us. */
#define ACTOR(...)                                                                                           \
	CHILD(({                                                                                             \
		prctl(PR_SET_PDEATHSIG, SIGKILL);                                                            \
		__VA_ARGS__;                                                                                 \
	}))

static pk_id a_port(uint32_t slots)
{
	pk_id port;
	struct pk_port_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
	return port;
}

static int put_until(pk_id port, int64_t until_ns)
{
	return portico_send(k, (portico_port){ port }, "x", 1, 1, until_ns);
}

static void put(pk_id port)
{
	CHECK_EQUAL(put_until(port, PORTICO_FOREVER), 0);
}

static void get(pk_id port)
{
	char byte;
	CHECK_EQUAL(portico_receive(k, (portico_port){ port }, &byte, 1, NULL, NULL, PORTICO_FOREVER), 1);
}

static void get_any(const pk_id ids[2])
{
	portico_port ports[2] = { { ids[0] }, { ids[1] } };
	char byte;
	CHECK_EQUAL(portico_receive_any(k, ports, 2, &byte, 1, NULL, NULL, PORTICO_FOREVER), 1);
}

/* Until a message doesn't fit. */
static void fill_and_wait(pk_id port)
{
	for (;;)
		put(port);
}

/* From then on this task is known as one who receives there. */
static void receive_there_once(pk_id port)
{
	put(port);
	get(port);
}

/* All of so many tasks have come here. */
static void meet(uint32_t count)
{
	uint32_t turn = pk_add(arrived, 1) / count + 1;
	while (pk_load(arrived) < turn * count)
		sleep_ms(1);
}

/* ---- looking */

/* What one look finds: the tasks of the first cycle, and how many cycles there are. */
struct found {
	uint32_t cycles, count;
	bool certain;
	pid_t pids[16];
};

static void look(struct found *found)
{
	struct pk_graph graph;
	CHECK_EQUAL(pk_graph_take_twice(k, &graph), 0);
	*found = (struct found){ 0 };
	for (uint32_t count; (count = pk_knot_cycle(&graph)) > 0; found->cycles++) {
		if (found->cycles > 0)
			continue;
		found->count = count;
		found->certain = pk_knot_certain(&graph, count);
		for (uint32_t i = 0; i < count && i < 16; i++)
			found->pids[i] = (pid_t)graph.tasks[graph.steps[i].task].pid;
	}
	pk_graph_drop(&graph);
}

static void await_cycle(uint32_t count, bool certain)
{
	struct found found;
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		look(&found);
		if (found.cycles == 1 && found.count == count && found.certain == certain)
			return;
		sleep_ms(5);
	}
	fprintf(stderr, "%u cycles, the first of %u, %s\n", found.cycles, found.count,
		found.certain ? "certain" : "likely");
	FAIL("the cycle isn't found");
}

/* How many waits of that process stand. */
static int waits_of(pid_t pid)
{
	char text[4096];
	int count = portico_why(k, pid, text, sizeof text);
	return count == -ESRCH ? 0 : count;
}

static void await_waits(pid_t pid, int count)
{
	for (int i = 0; i < PATIENCE_MS / 2 && waits_of(pid) != count; i++)
		sleep_ms(2);
	CHECK_EQUAL(waits_of(pid), count);
}

static void no_deadlock(void)
{
	struct found found;
	for (int i = 0; i < 3; i++) {
		look(&found);
		CHECK_EQUAL(found.cycles, 0);
	}
}

/* portico_why() of that process says this. */
static void says(pid_t pid, const char *what)
{
	char text[4096];
	CHECK(portico_why(k, pid, text, sizeof text) >= 0);
	if (!strstr(text, what)) {
		fprintf(stderr, "'%s' isn't in: %s\n", what, text);
		exit(1);
	}
}

static void end_all(const pid_t *children, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		kill_child(children[i]);
}

/* ---- deadlocks */

/* Each receives from its own mailbox, if ever, and sends to the next one's. */
static void ring_of_sends(uint32_t count, uint32_t slots, bool first_receives)
{
	pk_id ports[8];
	pid_t children[8];
	for (uint32_t i = 0; i < count; i++)
		ports[i] = a_port(slots);
	for (uint32_t i = 0; i < count; i++)
		children[i] = ACTOR({
			if (first_receives)
				receive_there_once(ports[i]);
			meet(count);
			fill_and_wait(ports[(i + 1) % count]);
		});
	await_cycle(count, false);
	says(children[0], "to send to mailbox");
	says(children[0], "likely a deadlock");
	end_all(children, count);
	no_deadlock();
}

static void case_mutual_send(void)
{
	ring_of_sends(2, 1, true);
}

static void case_cycle_of_three(void)
{
	ring_of_sends(3, 2, true);
}

static void case_cycle_of_five(void)
{
	ring_of_sends(5, 1, true);
}

/* Who receives where a rendezvous is: two of them meet once. */
static void case_rendezvous_ring(void)
{
	pk_id ports[3];
	pid_t children[3];
	for (int i = 0; i < 3; i++)
		ports[i] = a_port(0);
	for (int i = 0; i < 3; i++)
		children[i] = ACTOR({
			if (i > 0)
				get(ports[i]);
			put(ports[(i + 1) % 3]);
			if (i == 0)
				get(ports[0]);
			meet(3);
			put(ports[(i + 1) % 3]);
		});
	await_cycle(3, false);
	end_all(children, 3);
}

/* As in the lectures: each has made its own mailbox, and nobody has received yet. */
static void case_makers(void)
{
	_Atomic pk_id *ports = shared_memory(2 * sizeof *ports);
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			pk_store(&ports[i], a_port(1));
			meet(2);
			fill_and_wait(ports[1 - i]);
		});
	await_cycle(2, false);
	says(children[0], "it made the mailbox");
	end_all(children, 2);
}

/* To a task's inbox: it alone may receive there. */
static void case_inboxes(void)
{
	_Atomic uint32_t *tasks = shared_memory(2 * sizeof *tasks);
	struct portico_limits one = { 1, 64, 64 };
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			portico_port inbox;
			CHECK_EQUAL(portico_inbox(k, &one, &inbox), 0);
			pk_store(&tasks[i], portico_self(k).id);
			meet(2);
			for (;;)
				portico_send_to(k, (portico_task){ pk_load(&tasks[1 - i]) }, "x", 1, 1,
						PORTICO_FOREVER);
		});
	await_cycle(2, true);
	says(children[0], "it alone may receive");
	says(children[0], "; a deadlock: it waits for pid ");
	end_all(children, 2);
}

static void case_itself(void)
{
	struct portico_limits one = { 1, 64, 64 };
	pid_t child = ACTOR({
		portico_port inbox;
		CHECK_EQUAL(portico_inbox(k, &one, &inbox), 0);
		fill_and_wait(inbox.id);
	});
	await_cycle(1, true);
	says(child, "it waits for itself");
	kill_child(child);
}

/* Each wants to hear the other first. */
static void case_from_each_other(void)
{
	_Atomic uint32_t *tasks = shared_memory(2 * sizeof *tasks);
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			char byte;
			pk_store(&tasks[i], portico_self(k).id);
			meet(2);
			portico_receive_from(k, (portico_task){ pk_load(&tasks[1 - i]) }, &byte, 1, NULL,
					     PORTICO_FOREVER);
		});
	await_cycle(2, true);
	says(children[1], "only its messages are wanted");
	end_all(children, 2);
}

static void case_mutual_receive(void)
{
	pk_id ports[2] = { a_port(4), a_port(4) };
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			put(ports[1 - i]);
			get(ports[i]);
			meet(2);
			get(ports[i]);
		});
	await_cycle(2, false);
	says(children[0], "it sent last");
	end_all(children, 2);
}

/* ---- semaphores */

static void operate(pk_id set, uint16_t semaphore, int16_t change, int16_t flags)
{
	struct pk_semaphore_part part = { semaphore, change, flags };
	CHECK_EQUAL(pk_set_operate(k, set, &part, 1, PK_FOREVER), 0);
}

static pk_id a_set(uint16_t value)
{
	uint16_t values[2] = { value, value };
	pk_id set;
	CHECK_EQUAL(pk_set_create(k, 0, 2, 0600, &set), 0);
	CHECK_EQUAL(pk_set_store(k, set, 0, 2, values), 0);
	return set;
}

static void two_semaphores(int16_t flags, const char *words)
{
	pk_id set = a_set(1);
	pid_t children[2];
	for (uint16_t i = 0; i < 2; i++)
		children[i] = ACTOR({
			operate(set, i, -1, flags);
			meet(2);
			operate(set, 1 - i, -1, flags);
		});
	await_cycle(2, false);
	says(children[0], "for semaphore 1 of set");
	says(children[0], words);
	end_all(children, 2);
}

static void case_semaphores(void)
{
	two_semaphores(SEM_UNDO, "holds it (SEM_UNDO 1)");
}

static void case_semaphores_without_undo(void)
{
	two_semaphores(0, "it changed the semaphore last");
}

/* One holds a semaphore and sends; the receiver waits for the semaphore. */
static void case_semaphore_and_mailbox(void)
{
	pk_id set = a_set(1), port = a_port(1);
	pid_t children[2];
	children[0] = ACTOR({
		operate(set, 0, -1, SEM_UNDO);
		meet(2);
		fill_and_wait(port);
	});
	children[1] = ACTOR({
		receive_there_once(port);
		meet(2);
		operate(set, 0, -1, SEM_UNDO);
	});
	await_cycle(2, false);
	end_all(children, 2);
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

/* ---- no deadlock */

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
	says(child, "any task may receive there");
	kill_child(child);
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

/* One thread, and what it waits for is a completion of what it posted. */
static void case_completions(void)
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
		CHECK_EQUAL(portico_post_receive(k, &from, 1, 1, NULL, PORTICO_FOREVER, done, 1, &wait), 0);
		meet(2);
		CHECK_EQUAL(portico_complete(k, done, &completion, PORTICO_FOREVER), 0);
	});
	children[1] = ACTOR({
		put(asks);
		meet(2);
		fill_and_wait(full);
	});
	await_cycle(2, false);
	says(children[0], "any of 1 that it has posted could end it");
	end_all(children, 2);
}

/* ---- words */

static void case_words(void)
{
	char text[256];
	pk_id port;
	struct pk_port_limits limits = { 1, 64, 64 };
	int status;
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, "jobs", 4, &port), 0);
	CHECK_EQUAL(portico_why(k, getpid(), text, sizeof text), 0);
	CHECK(strcmp(text, "waits for nothing here") == 0);
	CHECK_EQUAL(portico_why(k, getppid(), text, sizeof text), -ESRCH);
	CHECK_EQUAL(portico_why(k, 0, text, sizeof text), -ESRCH);
	CHECK_EQUAL(portico_why(k, getpid(), text, 0), -EINVAL);
	CHECK_EQUAL(portico_why(k, getpid(), text, 6), 0);
	CHECK(strcmp(text, "waits") == 0);

	pid_t sender = ACTOR({
		put(port);
		pause();
	});
	struct pk_port_status queue = { 0 };
	while (queue.count == 0)
		CHECK_EQUAL(pk_port_inspect(k, port, &queue), 0);
	pid_t receiver = ACTOR({
		get(port);
		get(port);
	});
	await_waits(receiver, 1);
	says(receiver, " s to receive from mailbox jobs; pid ");
	says(receiver, "(core_graph) could end it: it sent last");
	kill(sender, SIGSTOP);
	CHECK_EQUAL(waitpid(sender, &status, WUNTRACED), sender);
	says(receiver, "(core_graph, stopped) could end it");
	kill_child(sender);
	says(receiver, "any task may send there; none that lives has");
	kill_child(receiver);
}

struct visited {
	unsigned cycles, tasks;
	bool certain;
};

static int visit(const struct portico_deadlock *deadlock, void *context)
{
	struct visited *visited = context;
	visited->cycles++;
	visited->tasks = deadlock->count;
	visited->certain = deadlock->certain;
	for (unsigned i = 0; i < deadlock->count; i++)
		CHECK(deadlock->tasks[i].pid > 0 && deadlock->tasks[i].task.id != 0 &&
		      strcmp(deadlock->tasks[i].command, "core_graph") == 0 &&
		      strstr(deadlock->tasks[i].waits, "could end it"));
	return visited->cycles == 2;
}

/* Two pairs, and one who waits for one of them. */
static void case_several(void)
{
	pk_id ports[4];
	pid_t children[5];
	struct visited visited = { 0 };
	for (int i = 0; i < 4; i++)
		ports[i] = a_port(1);
	for (int i = 0; i < 4; i++)
		children[i] = ACTOR({
			receive_there_once(ports[i]);
			meet(4);
			fill_and_wait(ports[i ^ 1]);
		});
	for (int i = 0; i < 4; i++)
		await_waits(children[i], 1);
	children[4] = ACTOR(fill_and_wait(ports[0]));
	await_waits(children[4], 1);
	says(children[4], "; that is stuck, too");
	CHECK_EQUAL(portico_deadlocks(k, visit, &visited), 2);
	CHECK_EQUAL(visited.cycles, 2);
	CHECK_EQUAL(visited.tasks, 2);
	CHECK(!visited.certain);
	visited.cycles = 1;
	CHECK_EQUAL(portico_deadlocks(k, visit, &visited), 1); /* the visit had enough */
	end_all(children, 5);
	CHECK_EQUAL(portico_deadlocks(k, visit, &visited), 0);
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
	{ "mutual-send", case_mutual_send },
	{ "cycle-of-three", case_cycle_of_three },
	{ "cycle-of-five", case_cycle_of_five },
	{ "rendezvous-ring", case_rendezvous_ring },
	{ "makers", case_makers },
	{ "inboxes", case_inboxes },
	{ "itself", case_itself },
	{ "from-each-other", case_from_each_other },
	{ "mutual-receive", case_mutual_receive },
	{ "semaphores", case_semaphores },
	{ "semaphores-without-undo", case_semaphores_without_undo },
	{ "semaphore-and-mailbox", case_semaphore_and_mailbox },
	{ "consumers", case_consumers },
	{ "deadline", case_deadline },
	{ "third", case_third },
	{ "thread-elsewhere", case_thread_elsewhere },
	{ "all-threads", case_all_threads },
	{ "no-receiver-yet", case_no_receiver_yet },
	{ "group", case_group },
	{ "group-with-one-free", case_group_with_one_free },
	{ "completions", case_completions },
	{ "words", case_words },
	{ "several", case_several },
	{ "many-parties", case_many_parties },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	arrived = shared_memory(sizeof *arrived);
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
