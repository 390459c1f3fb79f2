/* SPDX-License-Identifier: MIT */
/*
 * One task does at random all that can be done with ports, and keeps a ledger:
 * each message that was accepted is received once, or goes with its port; none
 * that was refused or cancelled is received; and after each step all that is
 * shared is in order.
 */
#include "check.h"
#include "port.h"
#include "right.h"

#include <portico/broadcast.h>
#include <portico/limits.h>
#include <portico/mail.h>
#include <portico/message.h>
#include <portico/poll.h>
#include <portico/set.h>
#include <portico/task.h>

#define PORTS 8 /* the first GUARDED of them by rights */
#define GUARDED 3
#define SETS 2
#define POSTS 24
#define MESSAGES 20000

static portico *k;
static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* ---- the ledger */

enum state { NEVER, POSTED, ACCEPTED, RECEIVED, REFUSED, LOST };

static struct entry {
	enum state state;
	unsigned port;
} ledger[MESSAGES];
static uint32_t sent;

static void note(uint32_t number, enum state state)
{
	ledger[number].state = state;
}

/* Notifications and copies are more than there is in the ledger. */
#define COPY 77

static void note_received(const void *data, ssize_t bytes, const struct portico_envelope *envelope)
{
	uint32_t number;
	if (envelope->type == PORTICO_NOTIFICATION || envelope->type == COPY)
		return;
	CHECK(bytes >= (ssize_t)sizeof number);
	memcpy(&number, data, sizeof number);
	CHECK(number < sent);
	enum state state = ledger[number].state;
	if (state != ACCEPTED && state != POSTED) {
		fprintf(stderr, "message %u was received, and is %d\n", number, state);
		exit(1);
	}
	note(number, RECEIVED);
}

/* ---- ports */

static portico_port ports[PORTS], sends[GUARDED], sets[SETS], told, source, heard;

static struct portico_limits some_limits(void)
{
	static const uint32_t slots[] = { 0, 0, 1, 2, 5, 100 };
	return (struct portico_limits){ slots[chance(6)], 64, 1 << 20 };
}

static void make_port(unsigned i)
{
	struct portico_limits limits = some_limits();
	struct portico_instance_limits pool = { .pooled = chance(2) * 6 };
	CHECK_EQUAL(portico_limits_set(k, &pool), 0);
	if (i < GUARDED) {
		CHECK_EQUAL(portico_port_create(k, &limits, &ports[i]), 0);
		CHECK_EQUAL(portico_right_make(k, ports[i], PORTICO_SEND, &sends[i]), 0);
	} else {
		CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &ports[i]), 0);
	}
	pool.pooled = 6;
	CHECK_EQUAL(portico_limits_set(k, &pool), 0);
}

static portico_port to_send(unsigned i)
{
	return i < GUARDED ? sends[i] : ports[i];
}

static portico_port to_receive(void)
{
	uint32_t i = chance(PORTS + SETS * 2);
	return i < PORTS ? ports[i] : sets[(i - PORTS) % SETS];
}

/* Those that were accepted there go with it. */
static void destroy_port(unsigned i)
{
	CHECK_EQUAL(portico_mailbox_destroy(k, ports[i]), 0);
	if (i < GUARDED)
		CHECK_EQUAL(portico_right_drop(k, sends[i]), 0);
	for (uint32_t n = 0; n < sent; n++)
		if (ledger[n].port == i && ledger[n].state == ACCEPTED)
			note(n, LOST);
	make_port(i);
}

/* ---- posts */

static struct post {
	portico_wait wait;
	bool sends, is_there;
	uint32_t number;
} posts[POSTS];

static struct post *vacant(void)
{
	for (int i = 0; i < POSTS; i++)
		if (!posts[i].is_there)
			return &posts[i];
	return NULL;
}

static void over(struct post *post, ssize_t result, const void *data, const struct portico_envelope *envelope)
{
	post->is_there = false;
	if (!post->sends && result >= 0)
		note_received(data, result, envelope);
	else if (post->sends && result == 0 && ledger[post->number].state == POSTED)
		note(post->number, ACCEPTED);
	else if (post->sends && result < 0 && result != -EALREADY) {
		CHECK(ledger[post->number].state == POSTED);
		note(post->number, result == -EIDRM ? LOST : REFUSED);
	}
}

static void complete_all(void)
{
	struct portico_completion completion;
	struct portico_envelope envelope;
	char buffer[64];
	while (portico_complete(k, told, &completion, PORTICO_NOW) == 0) {
		struct post *post = &posts[completion.cookie];
		CHECK(post->is_there);
		CHECK_EQUAL(post->wait.id, completion.wait.id);
		ssize_t result = portico_collect(k, post->wait, buffer, sizeof buffer, &envelope);
		CHECK(result != -EINPROGRESS && result != -EINVAL);
		over(post, result, buffer, &envelope);
	}
}

/* ---- steps */

static uint32_t compose(unsigned port, char text[64], size_t *bytes)
{
	uint32_t number = sent++;
	CHECK(sent < MESSAGES);
	ledger[number].port = port;
	*bytes = sizeof number + chance(3) * 20;
	memset(text, 0, 64);
	memcpy(text, &number, sizeof number);
	return number;
}

static void send_one(void)
{
	unsigned i = chance(PORTS);
	char text[64];
	size_t bytes;
	uint32_t number = compose(i, text, &bytes);
	struct portico_sending how = { .type = chance(4), .priority = chance(4) ? 0 : chance(3) };
	note(number, POSTED);
	int error = portico_send_with(k, to_send(i), text, bytes, &how, PORTICO_NOW);
	CHECK(error == 0 || error == -EAGAIN || error == -ENOBUFS);
	if (ledger[number].state == POSTED)
		note(number, error ? REFUSED : ACCEPTED);
}

static int64_t some_deadline(void)
{
	return chance(4) ? PORTICO_FOREVER : portico_deadline(chance(2) * 100000);
}

static void post_send(void)
{
	unsigned i = chance(PORTS);
	struct post *post = vacant();
	char text[64];
	size_t bytes;
	if (!post)
		return;
	uint32_t number = compose(i, text, &bytes);
	struct portico_sending how = { .type = chance(4),
				       .priority = chance(4) ? 0 : chance(3),
				       .wants_receipt = chance(2) };
	*post = (struct post){ .sends = true, .is_there = true, .number = number };
	note(number, POSTED);
	CHECK_EQUAL(portico_post_send_with(k, to_send(i), text, bytes, &how, some_deadline(), told,
					   (uint64_t)(post - posts), &post->wait),
		    0);
}

static struct portico_filter some_filter(void)
{
	return (struct portico_filter){
		.select = (enum portico_select)chance(5),
		.type = chance(4),
		.from = { portico_self(k).id + (chance(8) == 0) },
	};
}

static void receive_one(void)
{
	char buffer[64];
	struct portico_filter filter = some_filter();
	struct portico_envelope envelope;
	ssize_t got = portico_receive(k, to_receive(), buffer, chance(4) ? 64 : 24, &filter, &envelope,
				      PORTICO_NOW);
	CHECK(got >= 0 || got == -EAGAIN || got == -EBUSY || got == -E2BIG);
	if (got >= 0)
		note_received(buffer, got, &envelope);
}

static void post_receive(void)
{
	struct post *post = vacant();
	struct portico_filter filter = some_filter();
	portico_port from[3];
	if (!post)
		return;
	unsigned count = 1 + chance(3);
	for (unsigned i = 0; i < count; i++)
		from[i] = to_receive();
	*post = (struct post){ .is_there = true };
	int error = portico_post_receive(k, from, count, chance(4) ? 64 : 24, &filter, some_deadline(), told,
					 (uint64_t)(post - posts), &post->wait);
	CHECK(error == 0 || error == -EBUSY);
	if (error)
		post->is_there = false;
}

static void cancel_one(void)
{
	struct post *post = &posts[chance(POSTS)];
	if (!post->is_there)
		return;
	int error = portico_cancel(k, post->wait);
	CHECK(error == 0 || error == -EALREADY);
	if (error == 0)
		over(post, -ECANCELED, NULL, NULL);
}

static void change_set(void)
{
	portico_port set = sets[chance(SETS)], port = ports[chance(PORTS)];
	int error = chance(2) ? portico_set_add(k, set, port) : portico_set_remove(k, set, port);
	CHECK(error == 0 || error == -EBUSY);
}

static void replace_set(void)
{
	uint32_t i = chance(SETS);
	CHECK_EQUAL(portico_mailbox_destroy(k, sets[i]), 0);
	CHECK_EQUAL(portico_set_create(k, &sets[i]), 0);
}

static void change_limits(void)
{
	struct portico_limits limits = some_limits();
	CHECK_EQUAL(portico_mailbox_limit(k, ports[chance(PORTS)], &limits), 0);
}

/* A receive right goes through the queue of a mailbox. */
static void move_right(void)
{
	uint32_t i = chance(GUARDED);
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = ports[i] };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_send(k, source, &message, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_message_receive(k, source, NULL, &message, PORTICO_NOW), 1);
	ports[i] = part.right;
}

static void look(void)
{
	struct portico_filter filter = some_filter();
	unsigned char ready;
	char buffer[64];
	portico_port port = to_receive();
	ssize_t got = portico_peek(k, port, buffer, 64, &filter, chance(2), NULL);
	CHECK(got >= 0 || got == -EAGAIN || got == -EBUSY || got == -EINVAL);
	int found = portico_scan(k, &port, 1, &ready, PORTICO_NOW);
	CHECK(found == 1 || found == -EAGAIN || found == -EBUSY);
}

static void share(void)
{
	CHECK_EQUAL(portico_mailbox_share(k, ports[GUARDED + chance(PORTS - GUARDED)],
					  (enum portico_share)chance(3)),
		    0);
}

/* One hears no more, and another listens; or what is sent is heard by all who do. */
static void broadcast(void)
{
	static portico_listener listeners[4];
	portico_listener *listener = &listeners[chance(4)];
	if (chance(2)) {
		int error = portico_send(k, heard, "copy", 4, COPY, PORTICO_NOW);
		CHECK(error == 0 || error == -EAGAIN);
		return;
	}
	portico_unlisten(k, *listener);
	CHECK_EQUAL(portico_listen(k, heard, ports[GUARDED + chance(PORTS - GUARDED)], listener), 0);
}

/* A port's holder drops it, and some port is told. */
static void notify(void)
{
	portico_port receive, send;
	CHECK_EQUAL(portico_port_create(k, NULL, &receive), 0);
	CHECK_EQUAL(portico_right_make(k, receive, PORTICO_SEND, &send), 0);
	CHECK_EQUAL(portico_notify(k, send, PORTICO_DEAD_NAME, ports[chance(PORTS)], 7), 0);
	CHECK_EQUAL(portico_right_drop(k, receive), 0);
	CHECK_EQUAL(portico_right_drop(k, send), 0);
}

static void step(void)
{
	switch (chance(36)) {
	case 32:
	case 33:
		broadcast();
		break;
	case 34:
		notify();
		break;
	case 0:
		destroy_port(chance(PORTS));
		break;
	case 1:
		replace_set();
		break;
	case 2:
		move_right();
		break;
	case 3:
		share();
		break;
	case 4:
		change_limits();
		break;
	case 5:
	case 6:
	case 7:
		change_set();
		break;
	case 8:
	case 9:
		look();
		break;
	case 10:
	case 11:
	case 12:
		cancel_one();
		break;
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
		post_send();
		break;
	case 18:
	case 19:
	case 20:
	case 21:
		post_receive();
		break;
	case 22:
	case 23:
	case 24:
	case 25:
	case 26:
		receive_one();
		break;
	default:
		send_one();
	}
	complete_all();
}

/* ---- checking */

static pk_id id_of(portico_port port)
{
	pk_id id;
	CHECK_EQUAL(pk_name_to_port(k, port.id, PK_TO_RECEIVE, &id), 0);
	return id;
}

/* Between calls nobody keeps places of the pool that hold no message. */
static void check_places(pk_id id)
{
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	if (port->special & PK_SPECIAL_POOLED)
		CHECK_EQUAL(port->pooled, port->count);
}

static void check(void)
{
	for (unsigned i = 0; i < PORTS; i++) {
		pk_id id = id_of(ports[i]);
		CHECK(pk_port_valid(k, id));
		check_places(id);
	}
	for (unsigned i = 0; i < SETS; i++)
		CHECK(pk_port_valid(k, sets[i].id));
	CHECK(pk_port_valid(k, told.id));
	CHECK(pk_rights_valid(k));
}

static void check_tables(void)
{
	for (unsigned table = PK_TASKS + 1; table < PK_TABLES; table++)
		CHECK(pk_table_valid(k, table));
}

/* All that waits is taken back, and all that is queued received. */
static void finish(void)
{
	char buffer[64];
	for (unsigned i = 0; i < POSTS; i++)
		if (posts[i].is_there && portico_cancel(k, posts[i].wait) == 0)
			over(&posts[i], -ECANCELED, NULL, NULL);
	complete_all();
	for (unsigned i = 0; i < SETS; i++)
		CHECK_EQUAL(portico_mailbox_destroy(k, sets[i]), 0);
	for (unsigned i = 0; i < PORTS; i++) {
		ssize_t got;
		struct portico_envelope envelope;
		while ((got = portico_receive(k, ports[i], buffer, 64, NULL, &envelope, PORTICO_NOW)) >= 0)
			note_received(buffer, got, &envelope);
		CHECK_EQUAL(got, -EAGAIN);
	}
	for (uint32_t n = 0; n < sent; n++)
		CHECK(ledger[n].state != ACCEPTED && ledger[n].state != POSTED);
}

static void play(uint64_t from, unsigned steps)
{
	seed = from;
	sent = 0;
	memset(ledger, 0, sizeof ledger);
	CHECK_EQUAL(portico_completions_create(k, &told), 0);
	CHECK_EQUAL(portico_limits_set(k, &(struct portico_instance_limits){ 0 }), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &source), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &heard), 0);
	for (unsigned i = 0; i < SETS; i++)
		CHECK_EQUAL(portico_set_create(k, &sets[i]), 0);
	for (unsigned i = 0; i < PORTS; i++)
		make_port(i);
	for (unsigned i = 0; i < steps; i++) {
		step();
		check();
	}
	finish();
	for (unsigned i = 0; i < PORTS; i++) {
		CHECK_EQUAL(portico_mailbox_destroy(k, ports[i]), 0);
		if (i < GUARDED)
			CHECK_EQUAL(portico_right_drop(k, sends[i]), 0);
	}
	CHECK_EQUAL(portico_mailbox_destroy(k, told), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, source), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, heard), 0);
	check_tables();
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

/* SEED, SEEDS and STEPS may be set, to look further or again. */
static void case_random(void)
{
	uint64_t first = from_environment("SEED", 1), seeds = from_environment("SEEDS", 30);
	for (uint64_t n = first; n < first + seeds; n++) {
		fprintf(stderr, "SEED=%llu SEEDS=1\n", (unsigned long long)n);
		play(n, (unsigned)from_environment("STEPS", 500));
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = { { "random", case_random }, { 0 } };
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
