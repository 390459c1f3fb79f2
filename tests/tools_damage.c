/* SPDX-License-Identifier: MIT */
/* Damages an instance, for the doctor to find: tools_damage WHAT, the first of its kind. */
#include "check.h"
#include "name.h"
#include "object.h"
#include "port.h"
#include "region.h"
#include "right.h"
#include "task.h"

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

static void case_names(void)
{
	memset(pk_header(k)->buckets, 0, sizeof pk_header(k)->buckets);
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
		{ "table", case_table },       { "port", case_port },
		{ "set", case_set },	       { "rights", case_rights },
		{ "set-body", case_set_body }, { "pipe", case_pipe },
		{ "segment", case_segment },   { "names", case_names },
		{ "dying", case_dying },       { "lock", case_lock },
		{ "stuck", case_stuck },       { "abi", case_abi },
		{ "magic", case_magic },       { 0 },
	};
	struct pk_reason reason = { "" };
	CHECK_EQUAL(pk_kernel_open(NULL, true, &k, &reason), 0);
	return run_cases(cases, argc, argv);
}
