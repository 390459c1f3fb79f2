/* SPDX-License-Identifier: MIT */
/* Stamps: from when to when a queued message may have been sent.  Seconds are made up here. */
#include "guard.h"
#include "peek.h"
#include "stamp.h"

#include "mail.h"

static struct pk_port *locked_port(portico_port at)
{
	struct pk_port *port, *guard;
	CHECK_EQUAL(pk_port_lock(k, at.id, &port, &guard), 0);
	return port;
}

/* A send that notes nothing: the true second may change with any. */
static void send(portico_port at)
{
	struct pk_port *port = locked_port(at), before = *port;
	pk_port_unlock(k, port);
	CHECK_EQUAL(put(at, "x", 1), 0);
	port = locked_port(at);
	memcpy(port->stamps, before.stamps, sizeof port->stamps);
	port->stamp_count = before.stamp_count;
	pk_port_unlock(k, port);
}

/* As a send of that second, whose message is queued. */
static void send_at(portico_port at, int64_t now)
{
	send(at);
	struct pk_port *port = locked_port(at);
	pk_stamp(k, port, port->next_number - 1, now);
	pk_port_unlock(k, port);
}

/* Of the message of that place: sent then. */
static void sent(portico_port at, uint64_t place, int64_t from, int64_t to)
{
	int64_t first, last;
	struct pk_port *port = locked_port(at);
	pk_stamp_find(port, PK_LEAST_URGENT + 1 + place, &first, &last);
	pk_port_unlock(k, port);
	CHECK_EQUAL(first, from);
	CHECK_EQUAL(last, to);
}

static void case_exact(void)
{
	portico_port at = mailbox(64);
	send_at(at, 100);
	send(at); /* in the same second: place 1 */
	send_at(at, 107);
	sent(at, 0, 100, 100);
	sent(at, 1, 100, 100);
	sent(at, 2, 107, 107);
}

/* However many seconds there were, no message is said to be older or younger than it is. */
static void case_joined(void)
{
	portico_port at = mailbox(64);
	for (int i = 0; i < 40; i++)
		send_at(at, 1000 + i * i);
	for (int i = 0; i < 40; i++) {
		int64_t from, to;
		struct pk_port *port = locked_port(at);
		pk_stamp_find(port, PK_LEAST_URGENT + 1 + (uint64_t)i, &from, &to);
		CHECK(port->stamp_count <= PK_STAMPS);
		pk_port_unlock(k, port);
		CHECK(from <= 1000 + i * i && 1000 + i * i <= to);
	}
	sent(at, 39, 1000 + 39 * 39, 1000 + 39 * 39);
}

static void case_forgotten(void)
{
	portico_port at = mailbox(64);
	for (int i = 0; i < 6; i++)
		send_at(at, 100 + i);
	for (int i = 0; i < 4; i++)
		get(at, NULL, "x", 0);
	send_at(at, 200);
	struct pk_port *port = locked_port(at);
	CHECK_EQUAL(port->stamp_count, 3); /* of places 4, 5 and 6 */
	pk_port_unlock(k, port);
	sent(at, 4, 104, 104);
	sent(at, 6, 200, 200);
}

/* Of what was sent before the first stamp, it is known that it was before that. */
static void case_before(void)
{
	portico_port at = mailbox(64);
	send(at);
	send_at(at, 500);
	sent(at, 0, 0, 500);
}

/* Seen by who looks; and a scribbled count ends no walk. */
static void case_glance(void)
{
	struct pk_glance glance;
	portico_port at = mailbox(64);
	int64_t before = pk_realtime_seconds();
	CHECK_EQUAL(put(at, "x", 1), 0);
	CHECK_EQUAL(pk_port_glance(k, at.id, 0, &glance, 1), 1);
	CHECK(glance.sent_from >= before && glance.sent_to <= pk_realtime_seconds());
	struct pk_port *port = locked_port(at);
	port->stamp_count = UINT32_MAX;
	pk_port_unlock(k, port);
	CHECK_EQUAL(pk_port_glance(k, at.id, 0, &glance, 1), 1);
	send_at(at, 500);
	port = locked_port(at);
	CHECK(port->stamp_count <= PK_STAMPS);
	pk_port_unlock(k, port);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "exact", case_exact },   { "joined", case_joined }, { "forgotten", case_forgotten },
		{ "before", case_before }, { "glance", case_glance }, { 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
