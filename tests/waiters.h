/* SPDX-License-Identifier: MIT */
/* For tests of the graph of waits: tasks that wait for each other, and what is seen of them. */
#ifndef WAITERS_H
#define WAITERS_H

#include "check.h"
#include "graph.h"
#include "port.h"
#include "region.h"
#include "semaphore.h"
#include "task.h"

#include <portico/task.h>
#include <portico/why.h>
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

static inline pk_id a_port(uint32_t slots)
{
	pk_id port;
	struct pk_port_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
	return port;
}

static inline int put_until(pk_id port, int64_t until_ns)
{
	return portico_send(k, (portico_port){ port }, "x", 1, 1, until_ns);
}

static inline void put(pk_id port)
{
	CHECK_EQUAL(put_until(port, PORTICO_FOREVER), 0);
}

static inline void get(pk_id port)
{
	char byte;
	CHECK_EQUAL(portico_receive(k, (portico_port){ port }, &byte, 1, NULL, NULL, PORTICO_FOREVER), 1);
}

static inline void get_any(const pk_id ids[2])
{
	portico_port ports[2] = { { ids[0] }, { ids[1] } };
	char byte;
	CHECK_EQUAL(portico_receive_any(k, ports, 2, &byte, 1, NULL, NULL, PORTICO_FOREVER), 1);
}

/* Until a message doesn't fit. */
static inline void fill_and_wait(pk_id port)
{
	for (;;)
		put(port);
}

/* From then on this task is known as one who receives there. */
static inline void receive_there_once(pk_id port)
{
	put(port);
	get(port);
}

/* All of so many tasks have come here. */
static inline void meet(uint32_t count)
{
	uint32_t turn = pk_add(arrived, 1) / count + 1;
	while (pk_load(arrived) < turn * count)
		sleep_ms(1);
}

/* They have, as seen by one who isn't among them. */
static inline void await_meeting(uint32_t count)
{
	while (pk_load(arrived) < count)
		sleep_ms(1);
}

/* ---- looking */

/* What one look finds: the tasks of the first cycle, and how many cycles there are. */
struct found {
	uint32_t cycles, count;
	bool certain;
	pid_t pids[16];
};

static inline void look(struct found *found)
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

static inline void await_cycle(uint32_t count, bool certain)
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
static inline int waits_of(pid_t pid)
{
	char text[4096];
	int count = portico_why(k, pid, text, sizeof text);
	return count == -ESRCH ? 0 : count;
}

static inline void await_waits(pid_t pid, int count)
{
	for (int i = 0; i < PATIENCE_MS / 2; i++) {
		if (waits_of(pid) == count)
			return;
		sleep_ms(2);
	}
	FAIL("its waits never came");
}

static inline void no_deadlock(void)
{
	struct found found;
	for (int i = 0; i < 3; i++) {
		look(&found);
		CHECK_EQUAL(found.cycles, 0);
	}
}

/* portico_why() of that process says this. */
static inline void says(pid_t pid, const char *what)
{
	char text[4096];
	CHECK(portico_why(k, pid, text, sizeof text) >= 0);
	if (!strstr(text, what)) {
		fprintf(stderr, "'%s' isn't in: %s\n", what, text);
		exit(1);
	}
}

static inline void end_all(const pid_t *children, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		kill_child(children[i]);
}

/* ---- semaphores */

static inline void operate(pk_id set, uint16_t semaphore, int16_t change, int16_t flags)
{
	struct pk_semaphore_part part = { semaphore, change, flags };
	CHECK_EQUAL(pk_set_operate(k, set, &part, 1, PK_FOREVER), 0);
}

static inline pk_id a_set(uint16_t value)
{
	uint16_t values[2] = { value, value };
	pk_id set;
	CHECK_EQUAL(pk_set_create(k, 0, 2, 0600, &set), 0);
	CHECK_EQUAL(pk_set_store(k, set, 0, 2, values), 0);
	return set;
}

/* What each of these programs is. */
static inline int run_graph_cases(const struct test_case *cases, int argc, char **argv)
{
	arrived = shared_memory(sizeof *arrived);
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}

#endif
