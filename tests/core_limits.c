/* SPDX-License-Identifier: MIT */
/* The limits of an instance, through <portico/limits.h>: who sets them, and what they refuse. */
#include "check.h"
#include "port.h"
#include "sysv.h"

#include <portico/limits.h>
#include <portico/tap.h>
#include <portico/mbox.h>

static portico *k;

static void set(struct portico_instance_limits limits)
{
	CHECK_EQUAL(portico_limits_set(k, &limits), 0);
}

static int make(portico_port *port)
{
	static const struct portico_limits two = { 2, 8, 1 << 20 };
	return portico_mailbox_create(k, NULL, &two, 0600, port);
}

static portico_port mailbox(void)
{
	portico_port port;
	CHECK_EQUAL(make(&port), 0);
	return port;
}

static int put(portico_port port)
{
	return portico_send(k, port, "x", 1, 1, PORTICO_NOW);
}

static int get(portico_port port)
{
	char letter;
	return (int)portico_receive(k, port, &letter, 1, NULL, NULL, PORTICO_NOW);
}

static struct portico_instance_limits used(void)
{
	struct portico_instance_limits now;
	CHECK_EQUAL(portico_limits_used(k, &now), 0);
	return now;
}

static void case_get(void)
{
	struct portico_instance_limits limits;
	CHECK_EQUAL(portico_limits_get(k, &limits), 0);
	CHECK_EQUAL(limits.ports | limits.ports_per_owner | limits.rights_per_task | limits.pooled |
			    limits.taps_per_owner,
		    0);
	set((struct portico_instance_limits){ 1, 2, 3, 4, 5 });
	CHECK_EQUAL(portico_limits_get(k, &limits), 0);
	CHECK(limits.ports == 1 && limits.ports_per_owner == 2 && limits.rights_per_task == 3 &&
	      limits.pooled == 4 && limits.taps_per_owner == 5);
}

static void case_ports(void)
{
	portico_port first = mailbox(), port;
	set((struct portico_instance_limits){ .ports = 3 });
	mailbox();
	CHECK_EQUAL(portico_completions_create(k, &port), 0);
	CHECK_EQUAL(make(&port), -ENOBUFS);
	CHECK_EQUAL(portico_completions_create(k, &port), -ENOBUFS);
	CHECK_EQUAL(MboxCreate(1, 1), -1);
	CHECK_EQUAL(used().ports, 3);
	CHECK_EQUAL(portico_mailbox_destroy(k, first), 0);
	CHECK_EQUAL(used().ports, 2);
	mailbox();
	CHECK_EQUAL(make(&port), -ENOBUFS);
	set((struct portico_instance_limits){ .ports = 1 }); /* takes nothing away */
	CHECK_EQUAL(used().ports, 3);
	set((struct portico_instance_limits){ 0 });
	mailbox();
}

/* A right of the instance that its owner may use up, and another user may not. */
static void case_owner(void)
{
	portico_port port;
	if (geteuid() != 0)
		SKIP("only root can be two users");
	set((struct portico_instance_limits){ .ports_per_owner = 2 });
	mailbox();
	mailbox();
	CHECK_EQUAL(make(&port), -EDQUOT);
	join_child(CHILD({
		CHECK_EQUAL(setreuid(12345, 12345), 0);
		mailbox();
		CHECK_EQUAL(used().ports, 3);
		CHECK_EQUAL(used().ports_per_owner, 1);
		mailbox();
		CHECK_EQUAL(make(&port), -EDQUOT);
	}));
	CHECK_EQUAL(used().ports, 4);
	CHECK_EQUAL(used().ports_per_owner, 2);
	set((struct portico_instance_limits){ .ports = 4, .ports_per_owner = 5 });
	CHECK_EQUAL(make(&port), -ENOBUFS);
}

static void case_refused(void)
{
	struct portico_instance_limits limits = { .ports = 1 };
	if (geteuid() != 0)
		SKIP("only root can be two users");
	join_child(CHILD({
		CHECK_EQUAL(setreuid(12345, 12345), 0);
		CHECK_EQUAL(portico_limits_set(k, &limits), -EPERM);
	}));
	CHECK_EQUAL(portico_limits_get(k, &limits), 0);
	CHECK_EQUAL(limits.ports, 0);
}

/* Mailboxes made while there is a pool share it; others have nothing to do with it. */
static void case_pooled(void)
{
	portico_port before = mailbox();
	set((struct portico_instance_limits){ .pooled = 3 });
	portico_port first = mailbox(), second = mailbox();
	int numbered = MboxCreate(5, 0);
	CHECK_EQUAL(put(first), 0);
	CHECK_EQUAL(put(first), 0);
	CHECK_EQUAL(put(first), -EAGAIN); /* it is full itself */
	CHECK_EQUAL(MboxSend(numbered, NULL, 0), 0);
	CHECK_EQUAL(put(second), -ENOBUFS);
	CHECK_EQUAL(portico_send(k, second, "x", 1, 1, PORTICO_FOREVER), -ENOBUFS); /* at once */
	CHECK_EQUAL(MboxSend(numbered, NULL, 0), -2);
	CHECK_EQUAL(used().pooled, 3);
	CHECK_EQUAL(put(before), 0);
	CHECK_EQUAL(used().pooled, 3);
	CHECK_EQUAL(get(first), 1);
	CHECK_EQUAL(put(second), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, first), 0);
	CHECK_EQUAL(used().pooled, 2);
	set((struct portico_instance_limits){ .pooled = 1 });
	CHECK_EQUAL(get(second), 1);
	CHECK_EQUAL(put(second), -ENOBUFS);
}

/* A post is refused by its completion. */
static void case_pooled_post(void)
{
	portico_port completions;
	portico_wait wait;
	struct portico_completion completion;
	set((struct portico_instance_limits){ .pooled = 1 });
	portico_port first = mailbox(), second = mailbox();
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(put(first), 0);
	CHECK_EQUAL(portico_post_send(k, second, "x", 1, 1, PORTICO_FOREVER, completions, 7, &wait), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_collect(k, wait, NULL, 0, NULL), -ENOBUFS);
	CHECK_EQUAL(get(second), -EAGAIN);
	CHECK_EQUAL(get(first), 1);
	CHECK_EQUAL(portico_post_send(k, second, "x", 1, 1, PORTICO_FOREVER, completions, 7, &wait), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_collect(k, wait, NULL, 0, NULL), 0);
	CHECK_EQUAL(used().pooled, 1);
}

/* One that is too long for a posted receive isn't admitted, and takes no place. */
static void case_pooled_too_long(void)
{
	static const struct portico_limits meet = { 0, 8, 1 << 20 };
	portico_port port, completions;
	portico_wait send, receive;
	struct portico_completion completion;
	set((struct portico_instance_limits){ .pooled = 2 });
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &meet, 0600, &port), 0);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_post_send(k, port, "xy", 2, 1, PORTICO_FOREVER, completions, 7, &send), 0);
	CHECK_EQUAL(used().pooled, 0); /* it waits */
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 1, NULL, PORTICO_FOREVER, completions, 8, &receive), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(completion.cookie, 8);
	CHECK_EQUAL(portico_collect(k, receive, NULL, 0, NULL), -E2BIG);
	CHECK_EQUAL(portico_collect(k, send, NULL, 0, NULL), -EINPROGRESS);
	CHECK_EQUAL(used().pooled, 0);
	CHECK_EQUAL(portico_receive(k, port, (char[2]){ 0 }, 2, NULL, NULL, PORTICO_NOW), 2);
	CHECK_EQUAL(portico_collect(k, send, NULL, 0, NULL), 0);
	CHECK_EQUAL(used().pooled, 0);
}

/* ---- taps of one user at one port */

static int tap(portico_port port, portico_tap *made)
{
	return portico_tap_open(k, port, 4, 16, made);
}

static void case_taps(void)
{
	static const struct portico_limits few = { 2, 8, 1 << 20 };
	portico_port port = mailbox(), other;
	portico_tap taps[64], more;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &few, 0644, &other), 0);
	for (int i = 0; i < 64; i++)
		CHECK_EQUAL(tap(port, &taps[i]), 0);
	CHECK_EQUAL(tap(port, &more), -EDQUOT);
	CHECK_EQUAL(tap(other, &more), 0);
	CHECK_EQUAL(used().taps_per_owner, 64);
	CHECK_EQUAL(portico_tap_close(k, taps[0]), 0);
	CHECK_EQUAL(tap(port, &taps[0]), 0);
	set((struct portico_instance_limits){ .taps_per_owner = 3 }); /* takes nothing away */
	CHECK_EQUAL(tap(port, &more), -EDQUOT);
	CHECK_EQUAL(tap(other, &more), 0);
	CHECK_EQUAL(tap(other, &more), 0);
	CHECK_EQUAL(tap(other, &more), -EDQUOT);
	if (geteuid() != 0)
		return;
	join_child(CHILD({
		CHECK_EQUAL(setreuid(12345, 12345), 0);
		CHECK_EQUAL(used().taps_per_owner, 0);
		CHECK_EQUAL(tap(other, &more), 0);
		CHECK_EQUAL(used().taps_per_owner, 1);
	}));
}

/* ---- System V's, which core keeps: queues are counted, and nothing else */

static int make_queue(pk_id *queue)
{
	static const struct pk_port_limits limits = { 10, 10, 10 };
	return pk_port_create(k, PK_QUEUE, &limits, 0600, PK_NAME_MSG, NULL, 0, queue);
}

static void case_queues(void)
{
	pk_id queues[4];
	for (int i = 0; i < 100; i++)
		mailbox();
	pk_store_relaxed(&pk_header(k)->sysv_limits[PK_MSGMNI], 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(make_queue(&queues[i]), 0);
	CHECK_EQUAL(make_queue(&queues[3]), -ENOSPC);
	mailbox();
	CHECK_EQUAL(pk_port_destroy(k, queues[1]), 0);
	CHECK_EQUAL(make_queue(&queues[1]), 0);
	CHECK_EQUAL(make_queue(&queues[3]), -ENOSPC);
	pk_store_relaxed(&pk_header(k)->sysv_limits[PK_MSGMNI], 4);
	CHECK_EQUAL(make_queue(&queues[3]), 0);
	pk_store_relaxed(&pk_header(k)->sysv_limits[PK_MSGMNI], 0);
	CHECK_EQUAL(pk_port_destroy(k, queues[0]), 0);
	CHECK_EQUAL(make_queue(&queues[0]), -ENOSPC);
}

/* System V's: as Linux has them, all changed or none, and how much is used. */
static void case_sysv(void)
{
	struct portico_sysv_limits limits, most, now;
	CHECK_EQUAL(portico_sysv_limits_get(k, &limits), 0);
	CHECK(limits.msgmax == 8192 && limits.msgmnb == 16384 && limits.msgmni == 32000);
	CHECK(limits.semmsl == 32000 && limits.semmns == 1024000000 && limits.semopm == 500);
	CHECK(limits.semmni == 32000 && limits.shmmni == 32000);
	CHECK(limits.shmmax == UINT64_MAX - (1 << 24) && limits.shmall == UINT64_MAX - (1 << 24));
	limits.msgmax = 9000;
	limits.shmmax = UINT64_MAX;
	CHECK_EQUAL(portico_sysv_limits_set(k, &limits), 0);
	CHECK_EQUAL(portico_sysv_limits_most(&most), 0);
	CHECK_EQUAL(portico_sysv_limits_set(k, &most), 0);
	CHECK_EQUAL(portico_sysv_limits_set(k, &limits), 0);
	for (unsigned i = 0; i < sizeof most / sizeof(uint64_t); i++) {
		uint64_t *value = (uint64_t *)&most + i;
		if (*value == UINT64_MAX)
			continue;
		++*value;
		CHECK_EQUAL(portico_sysv_limits_set(k, &most), -EINVAL);
		--*value;
		CHECK_EQUAL(portico_sysv_limits_get(k, &now), 0);
		CHECK_EQUAL(memcmp(&now, &limits, sizeof now), 0);
	}
	CHECK_EQUAL(portico_sysv_limits_used(k, &now), 0);
	CHECK_EQUAL(now.msgmni | now.semmni | now.semmns | now.shmmni | now.shmall, 0);
	if (geteuid() != 0)
		return;
	join_child(CHILD({
		CHECK_EQUAL(setreuid(12345, 12345), 0);
		CHECK_EQUAL(portico_sysv_limits_set(k, &limits), -EPERM);
	}));
}

static const struct test_case cases[] = {
	{ "get", case_get },
	{ "ports", case_ports },
	{ "owner", case_owner },
	{ "refused", case_refused },
	{ "pooled", case_pooled },
	{ "pooled-post", case_pooled_post },
	{ "pooled-too-long", case_pooled_too_long },
	{ "taps", case_taps },
	{ "queues", case_queues },
	{ "sysv", case_sysv },
	{ 0 },
};

int main(int argc, char **argv)
{
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
