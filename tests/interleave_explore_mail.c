/* SPDX-License-Identifier: MIT */
/* Receipts, listeners and the pool, in whatever order two or three come: core/receipt.h, listener.h, pool.h.
 */
#include "listener.h"
#include "pool.h"

#include "interleave_ports.h"

#include <portico/mail.h>

static struct actor *first, *second, *third;

static int that_ended(int64_t how)
{
	int count = 0;
	const struct actor *all[] = { first, second, third };
	for (int i = 0; i < 3; i++)
		count += all[i] && !has_died(all[i]) && result_of(all[i]) == how;
	return count;
}

static uint32_t queued_at(pk_id at)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, at, &status), 0);
	CHECK(pk_port_valid(k, at));
	return status.count;
}

/* ---- receipts */

static uint32_t consumer; /* whom the receipt names */

static int64_t wants_receipt(struct portico *kernel, int64_t ms)
{
	struct portico_receipt receipt = { 0 };
	struct portico_sending how = { .wants_receipt = true, .receipt = &receipt };
	int error = portico_send_with(kernel, (portico_port){ port }, "a", 1, &how, until(ms));
	consumer = receipt.receiver.id;
	CHECK(error != 0 || consumer != 0);
	return gone(error);
}

static void prepare_receipt_deadline(void)
{
	make_port(4);
	first = enters("sender");
	second = enters("receiver");
	begins(first, wants_receipt, 50);
	begins(second, receives, 500);
	may_pass_ms(50);
}

static void verify_receipt_deadline(void)
{
	int64_t sent = result_of(first);
	CHECK(sent == 0 || sent == -ETIMEDOUT || sent == -EALREADY);
	CHECK_EQUAL(result_of(second), sent == -ETIMEDOUT ? -ETIMEDOUT : 'a');
	HOLDS("");
}

/* The sender is told of one who consumed it, and of no other. */
static void prepare_receiver_dies(void)
{
	make_port(4);
	first = enters("receiver");
	second = enters("another");
	third = enters("sender");
	begins(third, wants_receipt, FOR_EVER);
	sleeps(third);
	begins(first, receives, 500);
	begins(second, receives, 500);
	may_die(first);
}

static void verify_receiver_dies(void)
{
	CHECK_EQUAL(result_of(third), 0);
	CHECK(that_ended('a') == 1 || (has_died(first) && that_ended('a') == 0));
	CHECK_EQUAL(consumer, pk_task_tag(task_of(result_of(second) == 'a' ? second : first)));
	reap_the_dead();
	CHECK(!has_died(first) || !is_named(task_of(first)));
	HOLDS("");
}

/* It stands in line first; then it waits for its receipt. */
static void prepare_receipt_of_a_late_one(void)
{
	make_port(1);
	put('x');
	first = enters("receiver");
	second = enters("sender");
	begins(first, receives, FOR_EVER);
	begins(second, wants_receipt, 50);
	may_die(first);
	may_pass_ms(50);
}

static void verify_receipt_of_a_late_one(void)
{
	CHECK_EQUAL(result_of(second), -ETIMEDOUT); /* it was taken back, wherever it stood */
	CHECK(has_died(first) || result_of(first) == 'x');
	reap_the_dead();
	CHECK(queued_at(port) <= 1);
	HOLDS(queued_at(port) == 1 ? "x" : "");
}

static void prepare_receipt_under_the_end(void)
{
	make_port(4);
	first = enters("sender");
	second = enters("receiver");
	third = enters("destroyer");
	begins(first, wants_receipt, FOR_EVER);
	sleeps(first);
	begins(second, receives, FOR_EVER);
	begins(third, destroys, 0);
}

static void verify_receipt_under_the_end(void)
{
	CHECK_EQUAL(result_of(third), 0);
	CHECK(result_of(first) == -EIDRM || (result_of(first) == 0 && result_of(second) == 'a'));
	CHECK(result_of(second) == -EIDRM || result_of(second) == 'a');
}

/* ---- listeners */

static pk_id source, ear, listener;

static int64_t listens(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_listen(kernel, source, ear, &listener);
}

/* How many it has heard by then: seen without the lock, or who holds that would be waited for. */
static int64_t unlistens(struct portico *kernel, int64_t with)
{
	const struct pk_port *at = pk_slot(kernel, PK_PORTS, pk_id_slot(ear));
	(void)with;
	int error = pk_unlisten(kernel, listener);
	return error ? error : (int64_t)pk_load_relaxed(&at->count);
}

/* Two letters, each a message. */
static int64_t sends_two(struct portico *kernel, int64_t letters)
{
	int64_t result = sends(kernel, letters & 0xff);
	return result ? result : sends(kernel, letters >> 8);
}

static void make_ear(uint32_t slots)
{
	make_port(slots);
	ear = port;
	make_port(4);
	source = port;
}

static int listeners_in_use(void)
{
	int used = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_LISTENERS); slot++) {
		struct pk_head *head = pk_slot(k, PK_LISTENERS, slot);
		used += pk_word_kind(pk_load(&head->word)) != PK_FREE;
	}
	return used;
}

static void prepare_unlisten(void)
{
	make_ear(4);
	first = enters("listener");
	second = enters("sender");
	does(first, listens, 0, 0);
	begins(first, unlistens, 0);
	begins(second, sends_two, 'a' | 'b' << 8);
	may_die(first);
	may_die(second);
}

/* H1, H2: nothing came after it had returned; and nothing is left of it. */
static void verify_unlisten(void)
{
	reap_the_dead();
	uint32_t count = queued_at(ear);
	CHECK(queued_at(source) + count <= 2);
	if (!has_died(first)) {
		CHECK_EQUAL(result_of(first), count);
		CHECK_EQUAL(listeners_in_use(), 0);
	}
	uint32_t unheard = queued_at(source);
	port = source;
	put('z'); /* nobody hears it */
	CHECK_EQUAL(queued_at(source), unheard + 1);
	CHECK_EQUAL(listeners_in_use(), 0);
	port = ear;
	HOLDS(count == 2 ? "ab" : count == 1 ? "a" : "");
}

static void prepare_listen(void)
{
	make_ear(4);
	first = enters("listener");
	second = enters("sender");
	begins(first, listens, 0);
	begins(second, sends_two, 'a' | 'b' << 8);
	may_die(first);
}

/* H3: it hears all or nothing of what is sent, and from some moment on all. */
static void verify_listen(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(second), 0);
	uint32_t heard = queued_at(ear), unheard = queued_at(source);
	CHECK(heard + unheard == 2 || has_died(first));
	CHECK_EQUAL(listeners_in_use(), has_died(first) ? 0 : 1);
	port = source;
	put('z');
	CHECK_EQUAL(queued_at(source), has_died(first) ? unheard + 1 : unheard);
	port = ear;
	HOLDS(has_died(first) ? (heard == 0	? ""
				 : heard == 2	? "ab"
				 : unheard == 0 ? "a"
						: "b")
	      : heard == 2    ? "abz"
	      : heard == 1    ? "bz"
			      : "z");
}

static void prepare_source_ends(void)
{
	make_ear(4);
	first = enters("listener");
	second = enters("destroyer");
	does(first, listens, 0, 0);
	begins(first, unlistens, 0);
	begins(second, destroys, 0);
	may_die(second);
}

static void verify_source_ends(void)
{
	reap_the_dead();
	CHECK(result_of(first) == 0 || result_of(first) == -EIDRM || result_of(first) == -EINVAL);
	CHECK_EQUAL(listeners_in_use(), 0);
	CHECK(pk_table_valid(k, PK_LISTENERS));
}

/* H5 */
static uint32_t said; /* to be missed, by messages */

static int64_t hears_one(struct portico *kernel, int64_t with)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message;
	(void)with;
	int error = pk_port_receive(kernel, ear, &any, NULL, &message, NULL);
	if (error)
		return error;
	const struct pk_message *m = pk_message_at(kernel, message);
	said += m->more & PK_MORE_MISSED ? m->missed : 0;
	pk_message_release(kernel, message);
	return 0;
}

static int64_t sends_to_ear(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_send(kernel, (portico_port){ ear }, "c", 1, 1, PORTICO_NOW);
}

static void prepare_missed(void)
{
	make_ear(1);
	first = enters("sender");
	second = enters("one that takes the room");
	third = enters("listener");
	does(third, listens, 0, 0);
	put('x');
	put('y'); /* it is missed */
	does(third, hears_one, 0, 0);
	begins(first, sends, 'a');
	begins(second, sends_to_ear, 0);
	may_die(first);
}

static void verify_missed(void)
{
	struct pk_listener_status status;
	reap_the_dead();
	uint64_t received = result_of(second) == 0 ? 0 : 1; /* with 'x', and without 'c' */
	while (tells(third, hears_one, 0) == 0)
		received++;
	CHECK_EQUAL(pk_listener_inspect(k, listener, &status), 0);
	if (has_died(first)) {
		CHECK(said + status.missed_lately >= status.missed);
		return;
	}
	CHECK_EQUAL(status.heard, received);
	CHECK_EQUAL(status.heard + status.missed, 3);
	CHECK_EQUAL(said + status.missed_lately, status.missed);
}

/* ---- the pool */

static void make_pool(uint32_t most)
{
	pk_store(&pk_header(k)->most_pooled, most);
	for (int i = 0; i < 2; i++) {
		make_port(4);
		ports[i] = port;
	}
}

/* O1, O2: places are never fewer than said; then, that as many fit as there are. */
static void check_pool(uint32_t most)
{
	uint32_t sum = 0, taken = (uint32_t)pk_load(&pk_header(k)->pooled);
	for (int i = 0; i < 2; i++) {
		const struct pk_port *at = pk_slot(k, PK_PORTS, pk_id_slot(ports[i]));
		CHECK(pk_load(&at->pooled) >= queued_at(ports[i]));
		sum += pk_load(&at->pooled);
	}
	CHECK(taken >= sum);
	CHECK(queued_at(ports[0]) + queued_at(ports[1]) <= most);
	while (queued_at(ports[0]) + queued_at(ports[1]) < most)
		CHECK_EQUAL(sends_to(k, 0), 0);
	CHECK_EQUAL(sends_to(k, 0), -ENOBUFS);
	CHECK_EQUAL(sends_to(k, 1), -ENOBUFS);
}

static void prepare_last_place(void)
{
	make_pool(2);
	first = enters("one");
	second = enters("another");
	CHECK_EQUAL(sends_to(k, 1), 0);
	begins(first, sends_to, 0);
	begins(second, sends_to, 1);
	may_die(first);
}

static void verify_last_place(void)
{
	reap_the_dead();
	CHECK(result_of(second) == 0 || result_of(second) == -ENOBUFS);
	if (!has_died(first)) {
		CHECK_EQUAL(that_ended(0), 1);
		CHECK_EQUAL(that_ended(-ENOBUFS), 1);
	}
	check_pool(2);
}

/* The count is too high, as the dead left it: both find that, and each counts anew. */
static void prepare_counted_anew(void)
{
	prepare_last_place();
	pk_add(&pk_header(k)->pooled, 3);
}

static void prepare_freed_and_claimed(void)
{
	make_pool(1);
	first = enters("receiver");
	second = enters("sender");
	CHECK_EQUAL(sends_to(k, 0), 0);
	begins(first, receives_from, 0);
	begins(second, sends_to, 1);
	may_die(first);
}

static void verify_freed_and_claimed(void)
{
	reap_the_dead();
	CHECK(result_of(second) == 0 || result_of(second) == -ENOBUFS);
	bool returned = has_died(first) && result_of(second) == 0 && queued_at(ports[0]) == 1;
	check_pool(returned ? 2 : 1); /* what the dead had received is queued again, place or none */
}

static const struct exploration explorations[] = {
	{ "Q4-deadline-and-consumer", prepare_receipt_deadline, verify_receipt_deadline, 1 },
	{ "Q2-receiver-dies", prepare_receiver_dies, verify_receiver_dies, 1 },
	{ "Q4-taken-back-from-the-line", prepare_receipt_of_a_late_one, verify_receipt_of_a_late_one, 1 },
	{ "Q3-port-ends", prepare_receipt_under_the_end, verify_receipt_under_the_end, 1 },
	{ "H1-unlistened-under-a-send", prepare_unlisten, verify_unlisten, 1 },
	{ "H3-listened-under-a-send", prepare_listen, verify_listen, 1 },
	{ "H2-source-ends", prepare_source_ends, verify_source_ends, 1 },
	{ "H5-missed", prepare_missed, verify_missed, 1 },
	{ "O3-last-place", prepare_last_place, verify_last_place, 1 },
	{ "O3-counted-anew", prepare_counted_anew, verify_last_place, 1 },
	{ "O2-freed-and-claimed", prepare_freed_and_claimed, verify_freed_and_claimed, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
