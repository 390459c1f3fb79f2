/* SPDX-License-Identifier: MIT */
/*
 * A big load, each part checked to the last item and all of it given back:
 * as many mailboxes, waits, tasks and messages as an instance is meant for.
 *
 *   core_load CASE [COUNT]
 *
 * It asserts what is there, in which order, and how many slots are in use at the
 * end; never how long it took.
 */
#include "name.h"
#include "port.h"
#include "region.h"
#include "task.h"

#include "check.h"

#include <portico/portico.h>
#include <sys/prctl.h>

static struct portico *k;
static uint32_t wanted; /* from the command line, or 0 */

static uint32_t count_of(uint32_t usual)
{
	return wanted ? wanted : usual;
}

static int64_t soon(void)
{
	return pk_monotonic_ns() + INT64_C(60000000000);
}

/* ---- slots in use */

#define SPARE 512 /* free slots that tasks may keep at hand */

static uint32_t used_slots(unsigned table)
{
	uint32_t used = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
		struct pk_head *head = pk_slot(k, table, slot);
		uint64_t word = pk_load(&head->word);
		used += word != PK_FREE && word != pk_word(PK_CLAIMED, pk_self(k));
	}
	return used;
}

static void check_all_free(void)
{
	for (unsigned table = PK_TASKS + 1; table < PK_TABLES; table++) {
		CHECK(pk_table_valid(k, table));
		CHECK_EQUAL(used_slots(table), 0);
		CHECK(pk_load(&pk_header(k)->tables[table].used) < SPARE);
	}
}

static uint32_t tasks_alive(void)
{
	uint32_t alive = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_TASKS); slot++)
		alive += pk_task_of(k, slot) != NULL;
	return alive;
}

/* ---- mailboxes: made, found by name, used, destroyed */

static pk_id make_box(uint32_t number, uint32_t slots)
{
	struct pk_port_limits limits = { slots, 64, UINT64_MAX };
	char name[32];
	pk_id id;
	snprintf(name, sizeof name, "load %u", number);
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, name,
				   (uint32_t)strlen(name), &id),
		    0);
	return id;
}

static void send_number(pk_id port, uint32_t number)
{
	uint32_t message;
	CHECK_EQUAL(pk_message_make_from(k, &number, sizeof number, 1, &message), 0);
	CHECK_EQUAL(pk_port_send(k, port, message, NULL, NULL), 0);
}

static uint32_t number_in(uint32_t message)
{
	uint32_t number, length;
	const void *data = pk_message_data(k, message, &length);
	CHECK(data != NULL && length == sizeof number);
	memcpy(&number, data, sizeof number);
	pk_message_release(k, message);
	return number;
}

static uint32_t receive_number(pk_id port)
{
	uint32_t message;
	CHECK_EQUAL(pk_port_receive(k, port, &PK_WANT_ANY, NULL, &message, NULL), 0);
	return number_in(message);
}

static void mailboxes(void)
{
	uint32_t count = count_of(100000);
	pk_id *boxes = calloc(count, sizeof *boxes);
	char name[32];
	for (uint32_t i = 0; i < count; i++)
		boxes[i] = make_box(i, 4);
	CHECK_EQUAL(used_slots(PK_PORTS), count);
	for (uint32_t i = 0; i < count; i++) {
		pk_id found;
		snprintf(name, sizeof name, "load %u", i);
		CHECK_EQUAL(pk_name_look_up(k, PK_NAME_MAILBOX, name, (uint32_t)strlen(name), &found), 0);
		CHECK_EQUAL(found, boxes[i]);
		send_number(found, i);
	}
	for (uint32_t i = count; i-- > 0;)
		CHECK_EQUAL(receive_number(boxes[i]), i);
	for (uint32_t i = 0; i < count; i++)
		CHECK_EQUAL(pk_port_destroy(k, boxes[i]), 0);
	CHECK_EQUAL(pk_name_look_up(k, PK_NAME_MAILBOX, name, (uint32_t)strlen(name), boxes), -ENOENT);
	free(boxes);
	check_all_free();
}

/* ---- waits: one thread posts them all and takes their completions, another process settles them */

static uint32_t post_receive(pk_id port)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = PK_FOREVER };
	uint32_t message, wait;
	CHECK_EQUAL(pk_port_receive(k, port, &PK_WANT_ANY, &post, &message, &wait), PK_POSTED);
	return wait;
}

static void serve(portico_port completions, uint32_t count)
{
	bool *served = calloc(count, sizeof *served);
	struct portico_completion completion;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t number;
		CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
		CHECK_EQUAL(portico_collect(k, completion.wait, &number, sizeof number, NULL), sizeof number);
		CHECK_EQUAL(number, completion.cookie); /* first come, first served */
		CHECK(number < count && !served[number]);
		served[number] = true;
	}
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
	free(served);
}

/* Half of them on one mailbox, in line; the others on mailboxes of their own. */
static void waits(void)
{
	uint32_t count = count_of(10000), half = count / 2;
	portico_port *boxes = calloc(count, sizeof *boxes), completions;
	portico_wait wait;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	for (uint32_t i = 0; i < count; i++) {
		boxes[i].id = i == 0 || i >= half ? make_box(i, 4) : boxes[0].id;
		CHECK_EQUAL(portico_post_receive(k, &boxes[i], 1, sizeof i, NULL, PORTICO_FOREVER,
						 completions, i, &wait),
			    0);
	}
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, boxes[0].id, &status), 0);
	CHECK_EQUAL(status.receivers, half);
	pid_t sender = CHILD({
		CHECK_EQUAL(pk_enter(k), 0);
		for (uint32_t i = 0; i < count; i++)
			send_number(boxes[i].id, i);
	});
	serve(completions, count);
	join_child(sender);
	for (uint32_t i = 0; i < count; i++)
		if (i == 0 || i >= half)
			CHECK_EQUAL(pk_port_destroy(k, boxes[i].id), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
	free(boxes);
	pk_task_sweep(k, true);
	check_all_free();
}

/* A task with that many waits dies: all leave their lines, and others go on. */
static void waits_of_the_dead(void)
{
	uint32_t count = count_of(10000);
	pk_id box = make_box(0, 4);
	pid_t child = CHILD({
		CHECK_EQUAL(pk_enter(k), 0);
		for (uint32_t i = 0; i < count; i++)
			post_receive(box);
		kill(getpid(), SIGKILL);
	});
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	pk_task_sweep(k, true);
	CHECK_EQUAL(used_slots(PK_WAITS), 0);
	send_number(box, 7);
	CHECK_EQUAL(receive_number(box), 7);
	CHECK_EQUAL(pk_port_destroy(k, box), 0);
	check_all_free();
}

/* ---- tasks: processes that each use the instance */

static void be_one_of_many(pk_id requests, pk_id replies, uint32_t me)
{
	uint32_t message;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_message_make_from(k, &me, sizeof me, 1 + me, &message), 0);
	CHECK_EQUAL(pk_port_send_until(k, requests, message, soon()), 0);
	struct pk_want want = { .select = PK_TYPE, .type = 1 + me, .room = UINT32_MAX };
	CHECK_EQUAL(pk_port_receive_until(k, replies, &want, soon(), &message), 0);
	CHECK_EQUAL(number_in(message), me);
	pause();
}

static void reply_to(pk_id replies, uint32_t number)
{
	uint32_t message;
	CHECK_EQUAL(pk_message_make_from(k, &number, sizeof number, 1 + number, &message), 0);
	CHECK_EQUAL(pk_port_send_until(k, replies, message, soon()), 0);
}

static void await_no_receivers(pk_id port)
{
	struct pk_port_status status;
	do {
		sleep_ms(1);
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	} while (status.receivers > 0 || status.count > 0);
}

/* All there at once, each heard of and answered by its type; then all killed. */
static void tasks(void)
{
	uint32_t count = count_of(1000);
	pk_id requests = make_box(0, count), replies = make_box(1, count);
	pid_t *children = calloc(count, sizeof *children);
	bool *heard = calloc(count, sizeof *heard);
	for (uint32_t i = 0; i < count; i++)
		children[i] = CHILD(be_one_of_many(requests, replies, i));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t message;
		CHECK_EQUAL(pk_port_receive_until(k, requests, &PK_WANT_ANY, soon(), &message), 0);
		uint32_t number = number_in(message);
		CHECK(number < count && !heard[number]);
		heard[number] = true;
	}
	CHECK_EQUAL(tasks_alive(), count + 1);
	for (uint32_t i = count; i-- > 0;)
		reply_to(replies, i);
	await_no_receivers(replies);
	for (uint32_t i = 0; i < count; i++)
		kill_child(children[i]);
	pk_task_sweep(k, true);
	CHECK_EQUAL(tasks_alive(), 1);
	CHECK_EQUAL(pk_port_destroy(k, requests), 0);
	CHECK_EQUAL(pk_port_destroy(k, replies), 0);
	free(children);
	free(heard);
	check_all_free();
}

/* ---- messages: queued in a few mailboxes, then received in order */

#define QUEUES 16

static void messages(void)
{
	uint32_t count = count_of(1000000);
	pk_id boxes[QUEUES];
	for (uint32_t i = 0; i < QUEUES; i++)
		boxes[i] = make_box(i, UINT32_MAX);
	for (uint32_t i = 0; i < count; i++)
		send_number(boxes[i % QUEUES], i);
	for (uint32_t i = 0; i < QUEUES; i++)
		CHECK(pk_port_valid(k, boxes[i]));
	for (uint32_t i = 0; i < count / 2; i++)
		CHECK_EQUAL(receive_number(boxes[i % QUEUES]), i);
	for (uint32_t i = 0; i < QUEUES; i++)
		CHECK_EQUAL(pk_port_destroy(k, boxes[i]), 0); /* with the other half in them */
	check_all_free();
}

/* Their port's lock is left by the dead while they are queued: all are found again, in order. */
static void messages_repaired(void)
{
	uint32_t count = count_of(1000000);
	pk_id box = make_box(0, UINT32_MAX);
	for (uint32_t i = 0; i < count; i++)
		send_number(box, i);
	pid_t child = CHILD({
		struct pk_port *port;
		CHECK_EQUAL(pk_object_lock(k, PK_PORTS, box, &port), 0);
		kill(getpid(), SIGKILL);
	});
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(pk_port_valid(k, box));
	CHECK(pk_load(&pk_header(k)->repairs) > 0);
	for (uint32_t i = 0; i < count; i++)
		CHECK_EQUAL(receive_number(box), i);
	CHECK_EQUAL(pk_port_destroy(k, box), 0);
	pk_task_sweep(k, true);
	check_all_free();
}

static const struct test_case cases[] = {
	{ "mailboxes", mailboxes },
	{ "waits", waits },
	{ "waits-of-the-dead", waits_of_the_dead },
	{ "tasks", tasks },
	{ "messages", messages },
	{ "messages-repaired", messages_repaired },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	struct pk_reason reason;
	if (argc > 1 && (pk_kernel_open(NULL, true, &k, &reason) || pk_enter(k)))
		FAIL(reason.text);
	wanted = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 0;
	return run_cases(cases, argc, argv);
}
