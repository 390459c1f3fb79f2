/* SPDX-License-Identifier: MIT */
/* A bystander of scribble.c: any result is right, but it has to come. */
#include "scribble.h"
#include "inbox.h"
#include "listener.h"
#include "name.h"
#include "pipe.h"
#include "port.h"
#include "attach.h"
#include "semaphore.h"
#include "task.h"

#include <portico/portico.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#define NAMES 6
#define SEMAPHORES 8
#define LARGEST 20000

static struct portico *k;
static struct dice dice; /* of this act: what comes of it changes nothing for the next */
static unsigned char data[LARGEST];

static int64_t shortly(void)
{
	return pk_monotonic_ns() + below(&dice, 3) * 1000000;
}

static const char *some_name(void)
{
	static const char *const names[NAMES] = { "a", "bb", "ccc", "dddd", "eeeee", "ffffff" };
	return names[below(&dice, NAMES)];
}

static pk_id find(enum pk_space space)
{
	const char *name = some_name();
	pk_id id = roll(&dice); /* where there is none by that name, any will do */
	pk_name_look_up(k, space, name, (uint32_t)strlen(name), &id);
	return id;
}

static pk_id find_key(enum pk_space space)
{
	int32_t key = 1 + (int32_t)below(&dice, NAMES);
	pk_id id = roll(&dice);
	pk_name_look_up(k, space, &key, sizeof key, &id);
	return id;
}

/* ---- ports */

static int make_port(void)
{
	struct pk_port_limits limits = { below(&dice, 20), LARGEST, 1 << 20 };
	const char *name = some_name();
	pk_id id;
	return pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, name, (uint32_t)strlen(name),
			      &id);
}

static int destroy_port(void)
{
	return below(&dice, 4) == 0 ? pk_port_destroy(k, find(PK_NAME_MAILBOX)) : 0;
}

static int send_one(void)
{
	uint32_t message;
	uint32_t bytes = below(&dice, 8) == 0 ? below(&dice, LARGEST) : below(&dice, 100);
	int error = pk_message_make_from(k, data, bytes, below(&dice, 4), &message);
	if (error)
		return error;
	error = pk_port_send_until(k, find(PK_NAME_MAILBOX), message, shortly());
	if (error)
		pk_message_release(k, message);
	return error;
}

static int receive_one(void)
{
	uint32_t message, length;
	struct pk_want want = { (enum pk_select_how)below(&dice, 5), below(&dice, 4), below(&dice, 64),
				LARGEST };
	int error = pk_port_receive_until(k, find(PK_NAME_MAILBOX), &want, shortly(), &message);
	if (error)
		return error;
	const void *bytes = pk_message_data(k, message, &length);
	if (bytes)
		memcpy(data, bytes, length < LARGEST ? length : LARGEST);
	if (below(&dice, 4) == 0)
		pk_port_give_back(k, message);
	else
		pk_message_release(k, message);
	return 0;
}

static int watch_port(void)
{
	struct pk_post post = { .until_ns = shortly() };
	uint32_t wait;
	int error = pk_port_watch(k, find(PK_NAME_MAILBOX), &post, &wait);
	if (error)
		return error;
	error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return error;
}

/* Listeners go with us, or by this, or with either port. */
static int listen_or_not(void)
{
	static pk_id listener;
	struct pk_listener_status status;
	pk_listener_inspect(k, listener, &status);
	pk_unlisten(k, listener);
	return pk_listen(k, find(PK_NAME_MAILBOX), find(PK_NAME_MAILBOX), &listener);
}

static int send_to_task(void)
{
	static const struct pk_port_limits limits = { 4, LARGEST, 1 << 20 };
	uint32_t message;
	pk_id task, inbox;
	int error = pk_task_named(k, below(&dice, 16) | below(&dice, 4) << 15, &task);
	if (!error)
		error = pk_inbox_of(k, task, &limits, &inbox);
	if (!error)
		error = pk_message_make_from(k, data, below(&dice, 100), 1, &message);
	if (error)
		return error;
	error = pk_port_send_until(k, inbox, message, shortly());
	if (error)
		pk_message_release(k, message);
	return error;
}

/* Posted, and then collected, cancelled, or left to whoever reaps us. */
static int post_some(void)
{
	static portico_port completions;
	struct portico_completion completion;
	portico_port boxes[] = { { find(PK_NAME_MAILBOX) }, { find(PK_NAME_MAILBOX) } };
	portico_wait wait;
	int end = (int)below(&dice, 3);
	if (below(&dice, 50) == 0)
		portico_mailbox_destroy(k, completions);
	if (completions.id == 0 || below(&dice, 50) == 0)
		portico_completions_create(k, &completions);
	int error = below(&dice, 2) ? portico_post_receive(k, boxes, 1 + below(&dice, 2), LARGEST, NULL,
							   shortly(), completions, 1, &wait)
				    : portico_post_send(k, boxes[0], data, below(&dice, 100), 1, shortly(),
							completions, 2, &wait);
	if (!error && end == 0)
		error = portico_cancel(k, wait);
	if (error || end == 2)
		return error;
	error = portico_complete(k, completions, &completion, shortly());
	return error ? error : (int)portico_collect(k, completion.wait, data, LARGEST, NULL);
}

static int receive_from_any(void)
{
	portico_port boxes[] = { { find(PK_NAME_MAILBOX) },
				 { find(PK_NAME_MAILBOX) },
				 { find(PK_NAME_MAILBOX) } };
	return (int)portico_receive_any(k, boxes, 1 + below(&dice, 3), data, LARGEST, NULL, NULL, shortly());
}

static int adjust_port(void)
{
	struct pk_port_limits limits = { below(&dice, 20), LARGEST, 1 << 20 };
	return pk_port_adjust(k, find(PK_NAME_MAILBOX), &limits, NULL);
}

static int look_at_port(void)
{
	struct pk_port_status status;
	pk_id id = find(PK_NAME_MAILBOX);
	pk_port_valid(k, id);
	return pk_port_inspect(k, id, &status);
}

/* ---- semaphores */

static int make_set(void)
{
	pk_id id;
	return pk_set_create(k, 1 + (int32_t)below(&dice, NAMES), SEMAPHORES, 0600, &id);
}

static int destroy_set(void)
{
	return below(&dice, 4) == 0 ? pk_set_destroy(k, find_key(PK_NAME_SEM)) : 0;
}

static int operate(void)
{
	struct pk_semaphore_part parts[3];
	uint32_t count = 1 + below(&dice, 3);
	for (uint32_t i = 0; i < count; i++)
		parts[i] = (struct pk_semaphore_part){ (uint16_t)below(&dice, SEMAPHORES),
						       (int16_t)((int)below(&dice, 5) - 2),
						       below(&dice, 2) ? SEM_UNDO : 0 };
	return pk_set_operate(k, find_key(PK_NAME_SEM), parts, count, shortly());
}

static int store_set(void)
{
	uint16_t values[SEMAPHORES] = { 3, 2, 1, 0, 3, 2, 1, 0 };
	return pk_set_store(k, find_key(PK_NAME_SEM), 0, SEMAPHORES, values);
}

static int look_at_set(void)
{
	struct pk_semaphore_status semaphore;
	struct pk_set_status status;
	static uint16_t values[65536]; /* a scribbled count, too */
	pk_id id = find_key(PK_NAME_SEM);
	pk_set_valid(k, id);
	pk_semaphore_inspect(k, id, below(&dice, SEMAPHORES), &semaphore);
	pk_set_load(k, id, values);
	return pk_set_inspect(k, id, &status);
}

/* ---- pipes */

static int make_pipe(void)
{
	pk_id id;
	return pk_pipe_create(k, some_name(), 8192, 0600, &id);
}

static int destroy_pipe(void)
{
	return below(&dice, 4) == 0 ? pk_pipe_destroy(k, find(PK_NAME_FIFO)) : 0;
}

static int write_pipe(void)
{
	return (int)pk_pipe_write(k, find(PK_NAME_FIFO), data, below(&dice, LARGEST));
}

static int read_pipe(void)
{
	return (int)pk_pipe_read(k, find(PK_NAME_FIFO), data, below(&dice, LARGEST));
}

static int watch_pipe(void)
{
	struct pk_post post = { .until_ns = shortly() };
	struct pk_pipe_status status;
	uint32_t wait;
	pk_id id = find(PK_NAME_FIFO);
	pk_pipe_inspect(k, id, &status);
	int error = pk_pipe_watch(k, id, &post, &wait);
	if (error)
		return error;
	error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return error;
}

/* ---- segments */

static int make_segment(void)
{
	pk_id id;
	return pk_segment_create(k, 1 + (int32_t)below(&dice, NAMES), 5000, 0600, &id);
}

static int use_segment(void)
{
	void *address = NULL;
	pk_id id = find_key(PK_NAME_SHM);
	int error = pk_segment_attach(k, id, 0, &address);
	if (error)
		return error;
	memset(address, 1, 5000); /* what was asked for is there */
	return pk_segment_detach(k, address);
}

static int look_at_segment(void)
{
	struct pk_segment_status status;
	return pk_segment_inspect(k, find_key(PK_NAME_SHM), &status);
}

static int remove_segment(void)
{
	return pk_segment_remove(k, find_key(PK_NAME_SHM));
}

/* ---- rights */

static int use_some_rights(void)
{
	return use_rights(k, &dice, find(PK_NAME_MAILBOX));
}

/* ---- tasks */

static int sweep(void)
{
	pk_task_sweep(k, below(&dice, 4) == 0);
	return 0;
}

static int look_at_tables(void)
{
	return pk_table_valid(k, below(&dice, PK_TABLES)) ? 0 : -EIO;
}

static const struct act {
	const char *name;
	int (*act)(void);
	uint32_t weight;
} acts[] = {
	{ "make a port", make_port, 6 },
	{ "post", post_some, 10 },
	{ "receive from any", receive_from_any, 8 },

	{ "destroy a port", destroy_port, 4 },
	{ "send", send_one, 20 },
	{ "receive", receive_one, 20 },
	{ "watch a port", watch_port, 3 },
	{ "listen", listen_or_not, 3 },
	{ "send to a task", send_to_task, 3 },
	{ "change a port", adjust_port, 3 },
	{ "look at a port", look_at_port, 3 },
	{ "make a set", make_set, 3 },
	{ "destroy a set", destroy_set, 2 },
	{ "operate on a set", operate, 16 },
	{ "store in a set", store_set, 3 },
	{ "look at a set", look_at_set, 3 },
	{ "make a pipe", make_pipe, 3 },
	{ "destroy a pipe", destroy_pipe, 2 },
	{ "write to a pipe", write_pipe, 6 },
	{ "read from a pipe", read_pipe, 6 },
	{ "watch a pipe", watch_pipe, 3 },
	{ "make a segment", make_segment, 2 },
	{ "use a segment", use_segment, 3 },
	{ "look at a segment", look_at_segment, 2 },
	{ "remove a segment", remove_segment, 1 },
	{ "use rights", use_some_rights, 24 },
	{ "sweep", sweep, 2 },
	{ "look at a table", look_at_tables, 2 },
};

static const struct act *some_act(void)
{
	uint32_t all = 0;
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		all += acts[i].weight;
	uint32_t at = below(&dice, all);
	const struct act *act = acts;
	while (at >= act->weight)
		at -= act++->weight;
	return act;
}

void work(struct portico *kernel, int me, struct dice mine)
{
	k = kernel;
	pk_enter(k); /* what claims a message counts on it */
	while (!stage->stop) {
		dice = (struct dice){ roll(&mine) };
		const struct act *act = some_act();
		stage->doing[me] = act->name;
		stage->successes += act->act() >= 0;
		stage->operations++;
	}
	stage->doing[me] = "end";
}
