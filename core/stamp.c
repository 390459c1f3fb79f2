/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <string.h>

static uint64_t sequence_of(uint64_t number)
{
	return number & ((UINT64_C(1) << PK_SEQUENCE_BITS) - 1);
}

static uint32_t count_of(const struct pk_port *port)
{
	return port->stamp_count < PK_STAMPS ? port->stamp_count : PK_STAMPS;
}

static void remove_at(struct pk_port *port, uint32_t at)
{
	uint32_t count = count_of(port) - 1;
	memmove(&port->stamps[at], &port->stamps[at + 1], (count - at) * sizeof port->stamps[0]);
	port->stamp_count = count;
}

/* Those before all that is queued; which is seen where no message is urgent, and the first is the oldest. */
static void forget(struct portico *k, struct pk_port *port)
{
	const struct pk_message *first = pk_message_at(k, port->first);
	if (pk_load_relaxed(&port->count) == 0)
		port->stamp_count = 0;
	if (!first || pk_number_priority(first->number) != 0)
		return;
	while (count_of(port) > 1 && port->stamps[1].first <= sequence_of(first->number))
		remove_at(port, 0);
}

/* What is not known of a message's age, in parts of a thousand of it. */
static uint64_t loss_of(const struct pk_stamp *one, const struct pk_stamp *next, uint32_t now)
{
	uint32_t span = next->to - one->from, age = now - next->to;
	return (uint64_t)span * 1000 / ((uint64_t)age + 1);
}

static void join_two(struct pk_port *port, uint32_t now)
{
	uint32_t best = 0;
	for (uint32_t i = 1; i + 1 < PK_STAMPS; i++)
		if (loss_of(&port->stamps[i], &port->stamps[i + 1], now) <
		    loss_of(&port->stamps[best], &port->stamps[best + 1], now))
			best = i;
	port->stamps[best].to = port->stamps[best + 1].to;
	remove_at(port, best + 1);
}

__attribute__((noinline, cold)) void pk_stamp(struct portico *k, struct pk_port *port, uint64_t number,
					      int64_t now)
{
	port->send_time = now;
	if (port->special & (PK_SPECIAL_SET | PK_SPECIAL_MEMBERS)) {
		port->stamp_count = 0; /* ST2 */
		return;
	}
	forget(k, port);
	uint32_t count = count_of(port);
	if (count > 0 && port->stamps[count - 1].first >= sequence_of(number))
		count--; /* nothing of its second is queued */
	port->stamp_count = count;
	if (count == PK_STAMPS)
		join_two(port, (uint32_t)now);
	count = count_of(port);
	port->stamps[count] = (struct pk_stamp){ sequence_of(number), (uint32_t)now, (uint32_t)now };
	port->stamp_count = count + 1;
}

void pk_stamp_find(const struct pk_port *port, uint64_t number, int64_t *from, int64_t *to)
{
	uint32_t at = 0, count = count_of(port);
	while (at < count && port->stamps[at].first <= sequence_of(number))
		at++;
	*from = at > 0 ? port->stamps[at - 1].from : 0;
	*to = at > 0 ? port->stamps[at - 1].to : count > 0 ? port->stamps[0].from : port->send_time;
}
