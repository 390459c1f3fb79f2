/* SPDX-License-Identifier: MIT */
/* Damages an instance, for the doctor to find: tools_damage WHAT, the first of its kind. */
#include "check.h"
#include "name.h"
#include "object.h"
#include "port.h"
#include "region.h"
#include "right_inside.h"
#include "task.h"

#include <fcntl.h>

static struct portico *k;

static void *first(unsigned table)
{
	struct pk_head *head = pk_slot(k, table, 1);
	CHECK(head && pk_word_kind(pk_load(&head->word)) == PK_LIVE);
	return head;
}

static void case_table(void)
{
	struct pk_head *head = pk_slot(k, PK_PORTS, 1);
	CHECK(head != NULL);
	pk_header(k)->tables[PK_PORTS].free = 1; /* a slot in use, or listed twice */
	head->next = 1;
}

static void case_port(void)
{
	((struct pk_port *)first(PK_PORTS))->count += 5;
}

static void case_set(void)
{
	((struct pk_set *)first(PK_SETS))->adjusts = 99;
}

static void case_segment(void)
{
	((struct pk_segment *)first(PK_SEGMENTS))->attached = 7;
}

/* Nothing says what its bytes were. */
static void case_pipe(void)
{
	((struct pk_pipe *)first(PK_PIPES))->body = 0;
}

/* A port of this process's, which keeps it, and lies about how many may send. */
static void case_rights(void)
{
	pk_id receive, send;
	struct pk_port_limits limits = { 4, 4, 16 };
	CHECK_EQUAL(pk_right_create_port(k, &limits, &receive), 0);
	CHECK_EQUAL(pk_right_make(k, receive, PK_RIGHT_SEND, &send), 0);
	pk_right_port(k, pk_right_at(k, pk_id_slot(send)))->sends = 5;
	puts("damaged");
	fflush(stdout);
	pause();
}

static void case_set_body(void)
{
	((struct pk_set *)first(PK_SETS))->body = 0;
}

/* The first live one of that use. */
static struct pk_port *port_used_as(enum pk_port_use use)
{
	for (uint32_t slot = 1; slot < pk_committed(k, PK_PORTS); slot++) {
		struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		if (pk_word_kind(pk_load(&port->head.word)) == PK_LIVE && port->use == use)
			return port;
	}
	FAIL("there is none");
}

/* Who may receive isn't who has the right. */
static void case_receiver(void)
{
	pk_store(&port_used_as(PK_GUARDED)->receiver, 0);
}

/* A member whose set doesn't know what it has. */
static void case_members(void)
{
	port_used_as(PK_PORT_SET)->count += 2;
}

/* A place that the pool doesn't know of. */
static void case_pool(void)
{
	pk_store(&pk_header(k)->pooled, 0);
}

/* The list of those that hear a port is lost. */
static void case_listeners(void)
{
	const struct pk_listener *listener = first(PK_LISTENERS);
	struct pk_port *source = pk_slot(k, PK_PORTS, pk_id_slot(listener->source));
	source->listeners = 0;
}

/* Memory of a message that is no more. */
static void case_run(void)
{
	struct pk_head *head = pk_slot(k, PK_RUNS, 1);
	CHECK(head != NULL);
	pk_store(&head->word, pk_word(PK_BODY, pk_id_make(3, 99)));
}

/* Somebody who listened to bells reads them, which only looking is. */
static void case_bell(void)
{
	char name[48], path[PK_PATH_MAX];
	for (uint32_t slot = 1; slot < pk_committed(k, PK_PORTS); slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		if (!(port->special & PK_SPECIAL_BELL))
			continue;
		snprintf(name, sizeof name, "bells/%llu", (unsigned long long)pk_slot_id(&port->head, slot));
		CHECK_EQUAL(pk_region_path(k, name, path), 0);
		int fd = open(path, O_RDWR | O_NONBLOCK);
		CHECK(fd >= 0);
		CHECK_EQUAL(read(fd, name, sizeof name), 1);
	}
}

static void case_names(void)
{
	memset(pk_header(k)->buckets, 0, sizeof pk_header(k)->buckets);
}

/* One name too many: who takes away the last would leave the mailbox. */
static void case_name_counts(void)
{
	struct pk_port *port = first(PK_PORTS);
	pk_store(&port->names, 7);
}

/* Its destroyer died. */
static void case_dying(void)
{
	struct pk_port *port = first(PK_PORTS);
	pk_store(&port->head.word, pk_word(PK_DYING, pk_slot_id(&port->head, 1)));
}

/* A task dies holding a lock, and nobody comes across it. */
static void case_lock(void)
{
	struct pk_port *port = first(PK_PORTS);
	int status;
	pid_t child = CHILD({
		CHECK_EQUAL(pk_enter(k), 0);
		CHECK_EQUAL(pk_lock(k, &port->lock), 0);
		kill(getpid(), SIGKILL);
	});
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
}

/* A lock's word that names a thread which lives, and never took it: this one, until it is killed. */
static void case_stuck(void)
{
	struct pk_port *port = first(PK_PORTS);
	CHECK_EQUAL(pk_enter(k), 0);
	pk_store(&port->lock, pk_thread.owner);
	puts("stuck");
	fflush(stdout);
	pause();
}

/* As by a Portico to come. */
static void case_abi(void)
{
	pk_header(k)->abi = 77;
}

static void case_magic(void)
{
	pk_header(k)->magic++;
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "table", case_table },
		{ "port", case_port },
		{ "set", case_set },
		{ "rights", case_rights },
		{ "set-body", case_set_body },
		{ "pipe", case_pipe },
		{ "segment", case_segment },
		{ "names", case_names },
		{ "name-counts", case_name_counts },
		{ "dying", case_dying },
		{ "lock", case_lock },
		{ "stuck", case_stuck },
		{ "abi", case_abi },
		{ "magic", case_magic },
		{ "receiver", case_receiver },
		{ "members", case_members },
		{ "pool", case_pool },
		{ "listeners", case_listeners },
		{ "run", case_run },
		{ "bell", case_bell },
		{ 0 },
	};
	struct pk_reason reason = { "" };
	CHECK_EQUAL(pk_kernel_open(NULL, true, &k, &reason), 0);
	return run_cases(cases, argc, argv);
}
