/* SPDX-License-Identifier: MIT */
/* What can be said to mailboxes and System V queues. */
#include "actor.h"
#include "by_hand.h"
#include "ctl.h"
#include "pause.h"
#include "tunable.h"

#include <errno.h>
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>

static int permit(pk_id id)
{
	struct pk_port_status status;
	int error = pk_port_inspect(server.kernel, id, &status);
	return error ? -EIDRM : pk_permission_own(server.kernel, &status.permission);
}

/* An error of core, for a port that once was. */
static int of_core(int error)
{
	return error == -EINVAL ? -EIDRM : error;
}

/* ---- limit */

static int queue_limit(struct order *order, uint64_t qbytes, struct pk_port_limits *limits)
{
	if (pk_sysv_over(server.kernel, PK_MSGMNB, qbytes) && !pk_acting_capable(PK_CAP_SYS_RESOURCE))
		return order_refuse(order, -EPERM, "more than msgmnb is for root only");
	*limits = pk_queue_limits(qbytes);
	return 0;
}

static int set_limit(struct order *order, const char *name, uint64_t number, bool is_queue,
		     struct pk_port_limits *limits)
{
	bool is_slots = strcmp(name, "slots") == 0, is_bytes = strcmp(name, "bytes") == 0;
	if (is_queue && strcmp(name, "qbytes") == 0)
		return queue_limit(order, number, limits);
	if (is_queue)
		return order_refuse(order, -EINVAL, "a queue has no limit '%.40s': say qbytes=N", name);
	if ((is_slots || is_bytes) && number > UINT32_MAX)
		return order_refuse(order, -ERANGE, "%s is at most %u", name, UINT32_MAX);
	if (is_slots)
		limits->slots = (uint32_t)number;
	else if (is_bytes)
		limits->bytes = (uint32_t)number;
	else if (strcmp(name, "capacity") == 0)
		limits->capacity = number;
	else
		return order_refuse(order, -EINVAL,
				    "there is no limit '%.40s': say slots=N, bytes=N, capacity=N", name);
	return 0;
}

static int take_limit(struct order *order, char *word, bool is_queue, struct pk_port_limits *limits)
{
	char *equals = strchr(word, '=');
	uint64_t number;
	if (!equals)
		return order_refuse(order, -EINVAL, "'%.40s' isn't NAME=N", word);
	*equals = '\0';
	if (!order_number(equals + 1, UINT64_MAX, &number))
		return order_refuse(order, -EINVAL, "'%.40s' is no number", equals + 1);
	return set_limit(order, word, number, is_queue, limits);
}

static int limit(struct order *order)
{
	struct pk_port_status status;
	char *word = order_word(order);
	int error = of_core(pk_port_inspect(server.kernel, order->id, &status));
	if (!error && !word)
		return order_refuse(order, -EINVAL, "which limit, and how much? NAME=N");
	for (; word && !error; word = order_word(order))
		error = take_limit(order, word, status.use == PK_QUEUE, &status.limits);
	return error ? error : of_core(pk_port_adjust(server.kernel, order->id, &status.limits, NULL));
}

/* ---- messages */

static int drop(struct order *order)
{
	const char *word = order_word(order);
	uint64_t most = UINT64_MAX;
	if (!word)
		return order_refuse(order, -EINVAL, "how many? N or all");
	if (strcmp(word, "all") != 0 && !order_number(word, UINT64_MAX, &most))
		return order_refuse(order, -EINVAL, "'%.40s' is no number of messages", word);
	if (order_word(order))
		return order_refuse(order, -EINVAL, "that is more than one number");
	int64_t dropped = pk_port_drop(server.kernel, order->id, &PK_WANT_ANY, most);
	return dropped < 0 ? of_core((int)dropped) : 0;
}

static bool is_type(const char *text, int64_t *type)
{
	char *end;
	errno = 0;
	*type = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static int inject(struct order *order)
{
	struct pk_identity as = pk_acting(server.kernel);
	const char *word = order_word(order);
	struct pk_port_status status;
	int64_t type;
	as.pid = order->pid;
	if (!word)
		return order_refuse(order, -EINVAL, "of which type, and what? TYPE TEXT");
	if (!is_type(word, &type))
		return order_refuse(order, -EINVAL, "'%.40s' is no type: that is a whole number", word);
	int error = of_core(pk_port_inspect(server.kernel, order->id, &status));
	if (!error && status.use == PK_QUEUE && type < 1)
		return order_refuse(order, -EINVAL, "a type of a queue is 1 or more");
	if (!error)
		error = pk_port_inject(server.kernel, order->id, order->rest, order->rest_bytes, type, &as,
				       PORTICO_NOW);
	if (error == -EAGAIN)
		return order_refuse(order, error, "there is no room");
	return of_core(error);
}

/* ---- pausing */

static int nothing_more(struct order *order)
{
	const char *word = order_word(order);
	return word ? order_refuse(order, -EINVAL, "'%.40s' is more than it wants", word) : 0;
}

static int pause_port(struct order *order)
{
	int error = nothing_more(order);
	return error ? error : of_core(pk_port_pause(server.kernel, order->id));
}

static int resume_port(struct order *order)
{
	int error = nothing_more(order);
	return error ? error : of_core(pk_port_resume(server.kernel, order->id));
}

static const struct command commands[] = {
	{ "limit", "NAME=N...", "change limits: slots, bytes, capacity; of a queue qbytes", limit },
	{ "drop", "N|all", "remove the first N messages", drop },
	{ "inject", "TYPE TEXT", "send the rest of the line as a message of that type", inject },
	{ "pause", "", "let nothing be received until it is resumed", pause_port },
	{ "resume", "", "serve those who wait, and go on", resume_port },
	{ 0 },
};

const struct controls port_controls = { .permit = permit, .commands = commands };
