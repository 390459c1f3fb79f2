/* SPDX-License-Identifier: MIT */
/* Names that go with their owner, or are changed, in whatever order two or three come: core/name.h, N1 and
 * N3; core/rename.h, N6. */
#include "name.h"

#include "interleave_mail.h"

#include <portico/names.h>

static struct actor *owner, *other, *third;

/* ---- deeds */

static int64_t registers(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_name_register(kernel, "name", (portico_port){ port }, 0600, 0);
}
static int64_t unregisters(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_name_unregister(kernel, "name");
}
static int64_t looks_up(struct portico *kernel, int64_t with)
{
	portico_port found;
	(void)with;
	int error = portico_name_look_up(kernel, "name", &found);
	CHECK(error || found.id == port);
	return error;
}

/* ---- what must hold */

/* Whose it is; 0: there is none, and nothing is left of any. */
static pk_id owner_of_it(void)
{
	uint32_t entries = 0, slot, committed = pk_committed(k, PK_NAMES);
	pk_id object, found = 0;
	for (slot = 1; slot < committed; slot++) {
		const struct pk_head *head = pk_slot(k, PK_NAMES, slot);
		entries += pk_word_kind(pk_load(&head->word)) != PK_FREE;
	}
	CHECK_EQUAL(pk_names_lock(k), 0);
	slot = pk_name_find(k, PK_NAME_MAILBOX, "name", 4, &object);
	if (slot != 0)
		found = pk_load(&pk_name_at(k, slot)->owner);
	pk_names_unlock(k);
	CHECK_EQUAL(entries, slot != 0);
	CHECK(pk_table_valid(k, PK_NAMES));
	return found;
}

/* ---- its owner dies, wherever it registers it, and another wants that name */

static void prepare_both_register(void)
{
	make_port(4);
	owner = enters("owner");
	other = enters("another");
	begins(owner, registers, 0);
	begins(other, registers, 0);
	may_die(owner);
}

static void verify_both_register(void)
{
	reap_the_dead();
	int64_t result = result_of(other);
	CHECK(result == 0 || result == -EEXIST);
	if (!has_died(owner))
		CHECK_EQUAL(result_of(owner), result == 0 ? -EEXIST : 0);
	CHECK_EQUAL(owner_of_it(), result == 0 ? task_of(other) : has_died(owner) ? 0 : task_of(owner));
	CHECK(!has_died(owner) || !is_named(task_of(owner)));
}

/* ---- it is dead, one reaps it and may die doing that, another takes the name */

static void prepare_reaped(void)
{
	make_port(4);
	owner = enters("owner");
	does(owner, registers, 0, 0);
	other = enters("another");
	third = enters("reaper");
	dies(owner);
	begins(other, registers, 0);
	begins(third, sweeps, 0);
	may_die(third);
}

static void verify_reaped(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(other), 0);
	CHECK_EQUAL(owner_of_it(), task_of(other));
	CHECK(!is_named(task_of(owner)));
}

static void prepare_looked_up(void)
{
	make_port(4);
	owner = enters("owner");
	does(owner, registers, 0, 0);
	other = enters("another");
	third = enters("reaper");
	dies(owner);
	begins(other, looks_up, 0);
	begins(third, sweeps, 0);
}

static void verify_looked_up(void)
{
	CHECK_EQUAL(result_of(other), -ENOENT);
	CHECK_EQUAL(owner_of_it(), 0);
}

/* ---- taken away while others find it, and take it */

static void prepare_taken_away(void)
{
	make_port(4);
	owner = enters("owner");
	does(owner, registers, 0, 0);
	other = enters("another");
	third = enters("a third");
	begins(owner, unregisters, 0);
	begins(other, looks_up, 0);
	begins(third, registers, 0);
	may_die(owner);
}

static void verify_taken_away(void)
{
	reap_the_dead();
	CHECK(result_of(other) == 0 || result_of(other) == -ENOENT);
	CHECK(result_of(third) == 0 || result_of(third) == -EEXIST);
	CHECK(has_died(owner) || result_of(owner) == 0);
	CHECK_EQUAL(owner_of_it(), result_of(third) == 0 ? task_of(third) : 0);
}

/* ---- N1: the port goes, and its name after it */

static void prepare_port_ends(void)
{
	make_port(4);
	owner = enters("owner");
	does(owner, registers, 0, 0);
	other = enters("another");
	begins(owner, destroys, 0);
	begins(other, looks_up, 0);
	may_die(owner);
}

static void verify_port_ends(void)
{
	reap_the_dead();
	CHECK(result_of(other) == 0 || result_of(other) == -ENOENT);
	does(other, looks_up, 0, -ENOENT);
	CHECK_EQUAL(owner_of_it(), 0);
}

/* ---- N6: renamed, by one who may die, while others look for it and take its place */

static int64_t renames(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_name_rename(kernel, "name", "new", 0);
}
/* Who doesn't find it by the old name finds it by the new. */
static int64_t looks_for_it(struct portico *kernel, int64_t with)
{
	portico_port found;
	(void)with;
	int error = portico_name_look_up(kernel, "name", &found);
	return error == -ENOENT ? portico_name_look_up(kernel, "new", &found) : error;
}

static bool is_found(const char *name)
{
	portico_port found = { 0 };
	int error = portico_name_look_up(k, name, &found);
	CHECK(error == -ENOENT || found.id == port);
	return error == 0;
}

static void prepare_renamed(void)
{
	make_port(4);
	owner = enters("owner");
	does(owner, registers, 0, 0);
	other = enters("another");
	third = enters("a third");
	begins(other, renames, 0);
	begins(third, looks_for_it, 0);
	may_die(other);
}

static void verify_renamed(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(third), 0);
	CHECK(has_died(other) || result_of(other) == 0);
	CHECK(is_found("name") != is_found("new"));
	CHECK(has_died(other) || is_found("new"));
	CHECK(pk_table_valid(k, PK_NAMES));
}

static void prepare_replaced(void)
{
	make_port(4);
	owner = enters("owner");
	does(owner, registers, 0, 0);
	other = enters("another");
	third = enters("a third");
	begins(other, renames, 0);
	begins(third, registers, 0);
	may_die(other);
}

static void verify_replaced(void)
{
	reap_the_dead();
	int64_t result = result_of(third);
	CHECK(result == 0 || result == -EEXIST);
	CHECK(has_died(other) || result_of(other) == 0);
	if (result == 0)
		CHECK(is_found("name") && is_found("new"));
	else
		CHECK(is_found("name") || is_found("new"));
	CHECK(pk_table_valid(k, PK_NAMES));
}

static const struct exploration explorations[] = {
	{ "N3-both-register", prepare_both_register, verify_both_register, 1 },
	{ "N3-reaped-under-a-register", prepare_reaped, verify_reaped, 1 },
	{ "N3-looked-up-when-dead", prepare_looked_up, verify_looked_up, 1 },
	{ "N3-taken-away", prepare_taken_away, verify_taken_away, 1 },
	{ "N1-port-ends", prepare_port_ends, verify_port_ends, 1 },
	{ "N6-renamed", prepare_renamed, verify_renamed, 1 },
	{ "N6-its-place-taken", prepare_replaced, verify_replaced, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
