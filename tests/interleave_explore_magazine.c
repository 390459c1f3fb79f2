/* SPDX-License-Identifier: MIT */
/* Magazines, in whatever order they are used: core/magazine.h, G1, G2 and G4. */
#include "magazine.h"

#include "interleave_mail.h"

#define ROUNDS 5 /* one more than a magazine keeps of large buffers */
#define LARGE_BYTES 1024

static struct actor *owner, *ended, *one, *another;

/* ---- deeds */

/* Claims them, and gives them back.  In a handler that came upon its own thread at the table: some. */
static int64_t churns(struct portico *kernel, int64_t times)
{
	uint32_t messages[ROUNDS];
	for (; times > 0; times--) {
		int count = 0, error = 0;
		while (count < ROUNDS &&
		       (error = pk_message_claim(kernel, LARGE_BYTES, &messages[count])) == 0) {
			pk_message_at(kernel, messages[count])->number = messages[count];
			count++;
		}
		CHECK(error == 0 || error == -EDEADLK);
		interleave_point("has them");
		while (count-- > 0) {
			CHECK_EQUAL(pk_message_at(kernel, messages[count])->number, messages[count]);
			pk_message_at(kernel, messages[count])->number = 0;
			pk_message_release(kernel, messages[count]);
		}
	}
	return 0;
}

/* Which one it gets, as if it came anew. */
static int64_t holds_again(struct portico *kernel, int64_t with)
{
	(void)with;
	struct pk_magazine *magazine = pk_magazine_hold(kernel);
	return magazine ? magazine - kernel->magazines : -ENOENT;
}

/* ---- what must hold */

static uint32_t claimed_by(pk_id task, unsigned table)
{
	uint32_t count = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
		const struct pk_head *head = pk_slot(k, table, slot);
		count += pk_load(&head->word) == pk_word(PK_CLAIMED, task);
	}
	return count;
}

/* No other holds that slot, nor this one twice. */
static void check_round(const struct pk_magazine *magazine, int kind, int round, uint32_t *seen)
{
	uint32_t slot = magazine->slots[kind][round];
	for (uint32_t i = 1; i <= seen[0]; i++)
		CHECK(seen[i] != slot);
	seen[++seen[0]] = slot;
}

/* G1: they hold all that is claimed by their task, which uses nothing else now, and each slot once. */
static void check_magazines(const struct actor *actor)
{
	const struct pk_magazine *magazines = kernel_of(actor)->magazines;
	for (unsigned table = 0; table < PK_TABLES; table++) {
		uint32_t seen[PK_MAGAZINES * PK_MAGAZINE_ROUNDS + 1] = { 0 };
		int kind = pk_magazine_kind(table);
		for (int i = 0; kind >= 0 && i < PK_MAGAZINES; i++)
			for (int round = 0; round < magazines[i].count[kind]; round++)
				check_round(&magazines[i], kind, round, seen);
		if (kind >= 0)
			CHECK_EQUAL(seen[0], claimed_by(task_of(actor), table));
	}
}

/* T2 */
static void check_free_lists(void)
{
	for (unsigned table = PK_BUFFERS; table < PK_TABLES; table++) {
		uint32_t slot = pk_header(k)->tables[table].free, most = pk_committed(k, table);
		for (; slot != 0 && most > 0; most--) {
			const struct pk_head *head = pk_slot(k, table, slot);
			CHECK(head && pk_load(&head->word) == PK_FREE);
			slot = head->next;
		}
		CHECK(slot == 0);
	}
}

/* ---- G2: a handler in the middle */

static void prepare_handler(void)
{
	owner = enters("owner");
	begins(owner, churns, 2);
	may_interrupt(owner, churns, 1);
}

static void verify_handler(void)
{
	check_magazines(owner);
	check_free_lists();
}

/* ---- G1: death */

static void prepare_death(void)
{
	owner = enters("owner");
	one = enters("another task");
	begins(owner, churns, 1);
	begins(one, churns, 1);
	may_die(owner);
}

static void verify_death(void)
{
	reap_the_dead();
	CHECK(!has_died(owner) || !is_named(task_of(owner)));
	check_magazines(one);
	for (unsigned table = 0; table < PK_TABLES; table++)
		CHECK(table == PK_TASKS || pk_table_valid(k, table));
}

/* ---- G4: two come for what one left that has ended */

static void prepare_ended(void)
{
	owner = enters("owner");
	ended = joins("one that ends", owner);
	one = joins("one", owner);
	another = joins("another", owner);
	does(ended, churns, 1, 0);
	retires(ended);
	begins(one, holds_again, 0);
	begins(another, holds_again, 0);
}

static void verify_ended(void)
{
	CHECK((result_of(one) == 1 && result_of(another) == 3) ||
	      (result_of(one) == 2 && result_of(another) == 1));
	check_magazines(owner);
}

/* G4: what it left is used by who comes. */
static void prepare_left(void)
{
	owner = enters("owner");
	ended = joins("one that ends", owner);
	does(ended, churns, 1, 0);
	retires(ended);
	one = joins("one that comes", owner);
	begins(one, churns, 2);
	begins(owner, churns, 1);
}

static void verify_left(void)
{
	CHECK_EQUAL(pk_load(&kernel_of(owner)->magazines[2].holder), 0);
	check_magazines(owner);
	check_free_lists();
}

static const struct exploration explorations[] = {
	{ "G2-handler", prepare_handler, verify_handler, 1 },
	{ "G1-death", prepare_death, verify_death, 1 },
	{ "G4-two-come-for-one", prepare_ended, verify_ended, 2 },
	{ "G4-who-comes-uses-it", prepare_left, verify_left, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
