/* SPDX-License-Identifier: MIT */
/* Port sets: what portico_set(3) promises, and that what is shared is in order after each step. */
#include "sets.h"

/* ---- one order */

static void case_order(void)
{
	portico_port set = new_set(), a = mailbox(8), b = mailbox(8), c = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(portico_set_add(k, set, c), 0);
	get_none(set);
	CHECK_EQUAL(put(b, "1", 1), 0);
	CHECK_EQUAL(put(a, "2", 1), 0);
	CHECK_EQUAL(put(c, "3", 1), 0);
	CHECK_EQUAL(put(b, "4", 1), 0);
	CHECK_EQUAL(status_of(b).queued, 2);
	CHECK_EQUAL(status_of(set).queued, 4);
	CHECK_EQUAL(status_of(set).queued_bytes, 4);
	get(set, "1", b);
	CHECK_EQUAL(status_of(b).queued, 1);
	get(set, "2", a);
	get(set, "3", c);
	CHECK_EQUAL(put(a, "5", 1), 0);
	get(set, "4", b);
	get(set, "5", a);
	get_none(set);
	/* somebody who waits at the set is handed what is sent to any */
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, c, "6", 1, 1, soon()), 0));
	get(set, "6", c);
	join_child(child);
}

static void case_thousand_members(void)
{
	enum { MEMBERS = 1000 };
	static portico_port members[MEMBERS], listed[MEMBERS];
	portico_port set = new_set();
	for (int i = 0; i < MEMBERS; i++) {
		members[i] = mailbox(2);
		CHECK_EQUAL(portico_set_add(k, set, members[i]), 0);
	}
	CHECK_EQUAL(portico_set_list(k, set, listed, MEMBERS), MEMBERS);
	CHECK_EQUAL(listed[0].id, members[0].id);
	CHECK_EQUAL(portico_set_list(k, set, listed, 0), MEMBERS);
	for (int i = 0; i < MEMBERS; i++)
		CHECK_EQUAL(put(members[i * 7 % MEMBERS], "x", i), 0);
	for (int i = 0; i < MEMBERS; i++) {
		struct portico_envelope envelope;
		char buffer[1];
		CHECK_EQUAL(portico_receive(k, set, buffer, 1, NULL, &envelope, PORTICO_NOW), 1);
		CHECK_EQUAL(envelope.type, i);
		CHECK_EQUAL(envelope.port.id, members[i * 7 % MEMBERS].id);
	}
	CHECK_EQUAL(portico_mailbox_destroy(k, set), 0);
	CHECK_EQUAL(put(members[3], "y", 1), 0);
	get(members[3], "y", members[3]);
}

static void case_filters(void)
{
	portico_port set = new_set(), a = mailbox(64), b = mailbox(64);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	for (int i = 0; i < 40; i++) /* enough for an index */
		CHECK_EQUAL(put(i % 2 ? a : b, "x", 100 + i), 0);
	CHECK_EQUAL(put(b, "seven", 7), 0);
	struct portico_filter filter = { .select = PORTICO_TYPE, .type = 139 };
	get_wanted(set, &filter, "x", a);
	filter.select = PORTICO_TYPE_AT_MOST;
	get_wanted(set, &filter, "seven", b);
	get_wanted(set, &filter, "x", b);
	/* the index goes when a member does, and comes again */
	CHECK_EQUAL(portico_set_remove(k, set, b), 0);
	CHECK_EQUAL(status_of(b).queued, 19);
	filter = (struct portico_filter){ .select = PORTICO_TYPE, .type = 138 };
	get_wanted(b, &filter, "x", b);
	filter.type = 137;
	get_wanted(set, &filter, "x", a);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	filter.type = 136;
	get_wanted(set, &filter, "x", b);
}

static void case_priority(void)
{
	portico_port set = new_set(), a = mailbox(8), b = mailbox(8);
	struct portico_sending urgent = { .priority = 9 };
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "letter", 1), 0);
	CHECK_EQUAL(portico_send_with(k, b, "fire", 4, &urgent, PORTICO_NOW), 0);
	get(set, "fire", b);
	get(set, "letter", a);
}

/* ---- limits are each member's */

static void case_limits(void)
{
	portico_port set = new_set(), narrow = mailbox(1), wide = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, narrow), 0);
	CHECK_EQUAL(portico_set_add(k, set, wide), 0);
	CHECK_EQUAL(put(narrow, "1", 1), 0);
	CHECK_EQUAL(put(narrow, "2", 1), -EAGAIN);
	CHECK_EQUAL(put(wide, "3", 1), 0);
	pid_t child = sender(narrow, "4");
	await_senders(narrow, 1);
	await_senders(set, 1);
	CHECK_EQUAL(put(wide, "5", 1), 0);
	get(set, "1", narrow); /* and lets 4 in, behind 5 */
	join_child(child);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "3", wide);
	get(set, "5", wide);
	get(set, "4", narrow);
	/* a limit that is raised lets who waits go on */
	CHECK_EQUAL(put(narrow, "6", 1), 0);
	child = sender(narrow, "7");
	await_senders(narrow, 1);
	struct portico_limits limits = { 2, 64, 1 << 20 };
	CHECK_EQUAL(portico_mailbox_limit(k, narrow, &limits), 0);
	join_child(child);
	get(set, "6", narrow);
	get(set, "7", narrow);
}

static void case_rendezvous(void)
{
	portico_port set = new_set(), a = mailbox(0), b = mailbox(0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "x", 1), -EAGAIN);
	pid_t first = sender(b, "first");
	await_senders(set, 1);
	pid_t second = sender(a, "second");
	await_senders(set, 2);
	pid_t third = sender(b, "third");
	await_senders(set, 3);
	get(set, "first", b); /* in the order in which they came, whichever the member */
	get(set, "second", a);
	/* one that gives up leaves both lines */
	kill_child(third);
	pk_task_sweep(k, true);
	get_none(set);
	CHECK_EQUAL(status_of(set).senders, 0);
	join_child(first);
	join_child(second);
	/* the receiver comes first */
	pid_t child = CHILD(await_receivers(set, 1); CHECK_EQUAL(put(a, "met", 1), 0));
	get(set, "met", a);
	join_child(child);
}

/* ---- joining and leaving with what is there */

static void case_join(void)
{
	portico_port set = new_set(), a = mailbox(2), b = mailbox(8);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(a, "a2", 1), 0);
	pid_t child = sender(a, "a3");
	await_senders(a, 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(put(b, "b", 1), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(status_of(set).queued, 5);
	CHECK_EQUAL(put(b, "last", 1), 0);
	/* a's among themselves, and b's, in their order; what came to the set, after */
	char seen[64] = "", buffer[65];
	for (int i = 0; i < 7; i++) {
		ssize_t got = portico_receive(k, set, buffer, 64, NULL, NULL, soon());
		CHECK(got > 0);
		buffer[got] = '\0';
		strcat(seen, buffer);
	}
	join_child(child);
	CHECK(strstr(seen, "a1") < strstr(seen, "a2") && strstr(seen, "a2") < strstr(seen, "last"));
	CHECK(strstr(seen, "a3") > strstr(seen, "last")); /* it was let in by the receives */
	get_none(set);
}

static void case_join_serves(void)
{
	portico_port set = new_set(), a = mailbox(4), b = mailbox(0);
	CHECK_EQUAL(put(a, "waiting", 1), 0);
	pid_t child = sender(b, "met");
	await_senders(b, 1);
	/* receives that wait at the set are served by what a newcomer brings */
	portico_port completions;
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait first, second;
	char buffer[64];
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &first), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, completions, 2, &second), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	join_child(child);
	CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(completion.cookie, 1);
	CHECK_EQUAL(portico_collect(k, first, buffer, 64, &envelope), 3);
	CHECK_EQUAL(envelope.port.id, b.id);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(portico_collect(k, second, buffer, 64, &envelope), 7);
	CHECK_EQUAL(envelope.port.id, a.id);
	CHECK(pk_port_valid(k, set.id) && pk_port_valid(k, a.id) && pk_port_valid(k, b.id));
}

static void case_leave(void)
{
	portico_port set = new_set(), a = mailbox(2), b = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(b, "b1", 1), 0);
	CHECK_EQUAL(put(a, "a2", 1), 0);
	CHECK_EQUAL(put(b, "b2", 1), 0);
	pid_t child = sender(a, "a3");
	await_senders(a, 1);
	CHECK_EQUAL(portico_set_remove(k, set, a), 0);
	CHECK_EQUAL(portico_set_remove(k, set, a), -EBUSY);
	CHECK(pk_port_valid(k, set.id) && pk_port_valid(k, a.id));
	CHECK_EQUAL(status_of(set).queued, 2);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "b1", b);
	get(a, "a1", a);
	join_child(child);
	get(a, "a2", a);
	get(a, "a3", a);
	get(set, "b2", b);
	get_none(set);
	CHECK_EQUAL(put(a, "again", 1), 0);
	get_none(set);
	/* and joins another */
	portico_port other = new_set();
	CHECK_EQUAL(portico_set_add(k, other, a), 0);
	get(other, "again", a);
}

/* ---- ends */

static void case_destroy_member(void)
{
	portico_port set = new_set(), a = mailbox(1), b = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(b, "b1", 1), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(b, "b2", 1), 0);
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, a, "a2", 2, 1, soon()), -EIDRM));
	await_senders(a, 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, a), 0);
	join_child(child);
	CHECK(is_gone(put(a, "x", 1)));
	CHECK_EQUAL(status_of(set).queued, 2);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "b1", b);
	get(set, "b2", b);
	get_none(set);
	portico_port left;
	CHECK_EQUAL(portico_set_list(k, set, &left, 1), 1);
	CHECK_EQUAL(left.id, b.id);
}

static void case_destroy_set(void)
{
	portico_port set = new_set(), a = mailbox(2), b = mailbox(0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(a, "a2", 1), 0);
	pid_t child = sender(b, "b1");
	await_senders(set, 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, set), 0);
	CHECK(is_gone(portico_set_add(k, set, a)));
	get(a, "a1", a);
	get(b, "b1", b);
	get(a, "a2", a);
	join_child(child);
}

static void case_task_ends(void)
{
	portico_port a = mailbox(4), b = mailbox(4), *sets = shared_memory(sizeof *sets);
	pid_t child = CHILD({
		char buffer[64];
		*sets = new_set();
		CHECK_EQUAL(portico_set_add(k, *sets, a), 0);
		CHECK_EQUAL(portico_set_add(k, *sets, b), 0);
		CHECK_EQUAL(put(a, "a1", 1), 0);
		CHECK_EQUAL(put(b, "b1", 1), 0);
		CHECK_EQUAL(put(a, "a2", 1), 0);
		CHECK_EQUAL(portico_receive(k, *sets, buffer, 64, NULL, NULL, PORTICO_NOW), 2);
	});
	join_child(child);
	char buffer[64];
	pk_task_sweep(k, true);
	CHECK(is_gone(portico_receive(k, *sets, buffer, 64, NULL, NULL, PORTICO_NOW)));
	get(b, "b1", b);
	get(a, "a2", a);
	CHECK_EQUAL(portico_set_add(k, new_set(), a), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "order", case_order },
		{ "thousand-members", case_thousand_members },
		{ "filters", case_filters },
		{ "priority", case_priority },
		{ "limits", case_limits },
		{ "rendezvous", case_rendezvous },
		{ "join", case_join },
		{ "join-serves", case_join_serves },
		{ "leave", case_leave },
		{ "destroy-member", case_destroy_member },
		{ "destroy-set", case_destroy_set },
		{ "task-ends", case_task_ends },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
