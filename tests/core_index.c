/* SPDX-License-Identifier: MIT */
/* The index of a port (core/index.h): it finds what a search would, and comes and goes unseen. */
#include "check.h"
#include "index.h"
#include "region.h"

static struct portico *kernel;
static pk_id port;

enum { ROUNDS = 40000, MOST = 300, TYPES = 12 };

/* What is queued, as the test knows it, in order. */
static struct {
	int64_t type;
	uint32_t sender, number;
} queued[MOST];
static unsigned count;

static struct pk_port *record(void)
{
	return pk_slot(kernel, PK_PORTS, pk_id_slot(port));
}

static void put(int64_t type, uint32_t sender, uint32_t number)
{
	uint32_t message;
	CHECK_EQUAL(pk_message_make_from(kernel, &number, sizeof number, type, &message), 0);
	struct pk_message *m = pk_message_at(kernel, message);
	m->sender = sender;
	CHECK_EQUAL(pk_port_send(kernel, port, message, NULL, NULL), 0);
	queued[count].type = type;
	queued[count].sender = sender;
	queued[count++].number = number;
}

/* The place of what a receive should find, or -1. */
static int expected(const struct pk_want *want)
{
	int best = -1;
	for (unsigned i = 0; i < count; i++) {
		bool wanted = want->select == PK_ANY ||
			      (want->select == PK_TYPE && queued[i].type == want->type) ||
			      (want->select == PK_TYPE_EXCEPT && queued[i].type != want->type) ||
			      (want->select == PK_FROM && queued[i].sender == want->from);
		if (wanted)
			return (int)i;
		if (want->select == PK_TYPE_AT_MOST && queued[i].type <= want->type &&
		    (best < 0 || queued[i].type < queued[best].type))
			best = (int)i;
	}
	return best;
}

static void get(const struct pk_want *want, bool give_back)
{
	int place = expected(want);
	uint32_t message, length;
	int result = pk_port_receive(kernel, port, want, NULL, &message, NULL);
	CHECK_EQUAL(result, place < 0 ? -EAGAIN : 0);
	if (place < 0)
		return;
	uint32_t number;
	memcpy(&number, pk_message_data(kernel, message, &length), sizeof number);
	CHECK_EQUAL(number, queued[place].number);
	if (give_back) { /* to its place */
		pk_port_give_back(kernel, message);
		return;
	}
	pk_message_release(kernel, message);
	memmove(&queued[place], &queued[place + 1], (count - (unsigned)place - 1) * sizeof queued[0]);
	count--;
}

static struct pk_want any_want(void)
{
	struct pk_want want = PK_WANT_ANY;
	want.select = (enum pk_select_how)(random() % 5);
	want.type = random() % (TYPES + 2) - 6;
	want.from = (uint32_t)(random() % 5);
	return want;
}

static void case_as_a_search(void)
{
	unsigned indexed = 0;
	srandom(4711);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		/* fill for a while, then drain for a while */
		bool filling = i / 600 % 2 == 0;
		if (count < MOST && (unsigned)random() % 4 < (filling ? 3u : 1u)) {
			put(random() % TYPES - 5, (uint32_t)(random() % 4), i);
		} else {
			struct pk_want want = any_want();
			get(&want, random() % 8 == 0);
		}
		indexed += record()->index != 0;
		if (i % 16 == 0)
			CHECK(pk_port_valid(kernel, port));
	}
	CHECK(indexed > ROUNDS / 4);
	struct pk_want all = PK_WANT_ANY;
	while (count > 0)
		get(&all, false);
	CHECK_EQUAL(record()->index, 0); /* dropped with the last */
	CHECK_EQUAL(pk_load(&pk_header(kernel)->tables[PK_LANES].used), 0);
}

/* More types than it made room for: it is made anew, larger, and loses nothing. */
static void case_grows(void)
{
	struct pk_want want = PK_WANT_ANY;
	want.select = PK_TYPE;
	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t message;
		CHECK_EQUAL(pk_message_make_from(kernel, &i, sizeof i, i, &message), 0);
		CHECK_EQUAL(pk_port_send(kernel, port, message, NULL, NULL), 0);
		if (i == 100) {
			uint32_t none;
			want.type = -1;
			CHECK_EQUAL(pk_port_receive(kernel, port, &want, NULL, &none, NULL), -EAGAIN);
			CHECK(record()->index != 0);
		}
	}
	for (uint32_t i = 5000; i-- > 0;) {
		uint32_t message, length, number;
		want.type = i;
		CHECK_EQUAL(pk_port_receive(kernel, port, &want, NULL, &message, NULL), 0);
		memcpy(&number, pk_message_data(kernel, message, &length), sizeof number);
		CHECK_EQUAL(number, i);
		pk_message_release(kernel, message);
	}
	CHECK(pk_port_valid(kernel, port));
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "as-a-search", case_as_a_search },
		{ "grows", case_grows },
		{ 0 },
	};
	struct pk_port_limits limits = { 1 << 20, 64, UINT64_C(1) << 30 };
	struct pk_reason reason;
	CHECK_EQUAL(pk_kernel_open(NULL, true, &kernel, &reason), 0);
	CHECK_EQUAL(pk_enter(kernel), 0);
	CHECK_EQUAL(pk_port_create(kernel, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
	return run_cases(cases, argc, argv);
}
