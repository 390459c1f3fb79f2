/* SPDX-License-Identifier: MIT */
/* Races for a name, and for being the first: core/name.h, N1 and N2, and core/region.h, Z1. */
#include "interleave.h"
#include "name.h"
#include "port.h"

#include <dirent.h>

#define PORT_DYING "port: dying"
#define NAMED "name: published, on no chain"
#define PUBLISHING "table: before publishing" /* the name first, then what it names */
#define UNCHAINED "name: off its chain, not freed"
#define COMPLETE "region: complete, not yet published"

static pk_id port; /* what was made or found last */

/* ---- deeds: all about the name "stage" */

static int64_t makes(struct portico *kernel, int64_t with)
{
	struct pk_port_limits limits = { 1, 64, 64 };
	(void)with;
	return pk_port_create(kernel, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, "stage", 5, &port);
}

static int64_t looks_up(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_name_look_up(kernel, PK_NAME_MAILBOX, "stage", 5, &port);
}

static int64_t destroys(struct portico *kernel, int64_t which)
{
	return pk_port_destroy(kernel, (pk_id)which);
}

static uint32_t entries_in_service(void)
{
	uint32_t count = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_NAMES); slot++) {
		struct pk_head *head = pk_slot(k, PK_NAMES, slot);
		count += pk_word_kind(pk_load(&head->word)) == PK_LIVE;
	}
	return count;
}

/* It names that, and that is there; and there is no other entry. */
static bool names(pk_id object)
{
	struct pk_port_status status;
	return looks_up(k, 0) == 0 && port == object && pk_port_inspect(k, object, &status) == 0 &&
	       entries_in_service() == 1;
}

/* ---- N1: the object goes first */

/* The name is dropped by who comes across it, and is another's when its first owner's destroyer forgets it.
 */
static void n1_forgotten_when_it_is_anothers(void)
{
	struct actor *destroyer = enters("destroyer"), *looker = enters("looker");
	CHECK_EQUAL(makes(k, 0), 0);
	begins(destroyer, destroys, (int64_t)port);
	reaches(destroyer, PORT_DYING);
	does(looker, looks_up, 0, -ENOENT);
	does(looker, makes, 0, 0);
	pk_id second = port;
	ends(destroyer, 0);
	CHECK(names(second));
}

static void n1_destroyer_dies(void)
{
	struct actor *destroyer = enters("destroyer");
	CHECK_EQUAL(makes(k, 0), 0);
	begins(destroyer, destroys, (int64_t)port);
	reaches(destroyer, PORT_DYING);
	dies(destroyer);
	CHECK_EQUAL(looks_up(k, 0), -ENOENT);
	CHECK_EQUAL(makes(k, 0), 0);
	pk_id second = port;
	pk_task_sweep(k, true);
	CHECK(!is_named(task_of(destroyer)));
	CHECK(names(second));
}

static void n1_forgetter_dies(void)
{
	struct actor *destroyer = enters("destroyer"), *looker = enters("looker");
	CHECK_EQUAL(makes(k, 0), 0);
	begins(destroyer, destroys, (int64_t)port);
	reaches(destroyer, UNCHAINED);
	begins(looker, looks_up, 0);
	blocks(looker);
	dies(destroyer);
	passes_ms(2);
	ends(looker, -ENOENT);
	does(looker, makes, 0, 0);
	CHECK(names(port));
	CHECK(pk_table_valid(k, PK_NAMES));
}

/* ---- N2: nobody finds it half made */

static void n2_found_when_it_is_published(void)
{
	struct actor *maker = enters("maker"), *looker = enters("looker");
	begins(maker, makes, 0);
	reaches(maker, PUBLISHING);
	reaches(maker, PUBLISHING);
	begins(looker, looks_up, 0);
	blocks(looker);
	ends(maker, 0);
	pk_id made = port;
	ends(looker, 0);
	CHECK(names(made));
}

static void maker_dies(const char *where, int times)
{
	struct actor *maker = enters("maker"), *looker = enters("looker");
	begins(maker, makes, 0);
	while (times-- > 0)
		reaches(maker, where);
	begins(looker, looks_up, 0);
	blocks(looker);
	dies(maker);
	passes_ms(2);
	ends(looker, -ENOENT);
	does(looker, makes, 0, 0);
	pk_id made = port;
	pk_task_sweep(k, true);
	CHECK(!is_named(task_of(maker)));
	CHECK(names(made));
	CHECK(pk_table_valid(k, PK_NAMES));
}

static void n2_maker_dies_with_a_name_on_no_chain(void)
{
	maker_dies(NAMED, 1);
}
static void n2_maker_dies_before_publishing(void)
{
	maker_dies(PUBLISHING, 2);
}

static void n2_two_make_it(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	begins(first, makes, 0);
	reaches(first, NAMED);
	begins(second, makes, 0);
	blocks(second);
	ends(first, 0);
	pk_id made = port;
	ends(second, -EEXIST);
	CHECK(names(made));
}

/* ---- Z1: what is named is complete, and never written over */

static struct {
	struct portico *kernel;
	char directory[PK_PATH_MAX];
} opened[2];

static int64_t opens(struct portico *kernel, int64_t which)
{
	struct pk_reason reason;
	snprintf(opened[which].directory, PK_PATH_MAX, "%.200s.beside", kernel->directory);
	return pk_kernel_open(opened[which].directory, true, &opened[which].kernel, &reason);
}

static int entries_of(const char *directory)
{
	DIR *entries = opendir(directory);
	int count = 0;
	CHECK(entries != NULL);
	for (struct dirent *entry; (entry = readdir(entries));)
		count += entry->d_name[0] != '.';
	closedir(entries);
	return count;
}

static void z1_two_come_first(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	begins(first, opens, 0);
	reaches(first, COMPLETE);
	does(second, opens, 1, 0);
	uint64_t inode = opened[1].kernel->file.inode;
	ends(first, 0);
	CHECK_EQUAL(opened[0].kernel->file.inode, inode);
	CHECK_EQUAL(entries_of(opened[0].directory), 3); /* region, shm, mnt */
}

static void z1_one_dies_first(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	begins(first, opens, 0);
	reaches(first, COMPLETE);
	dies(first);
	does(second, opens, 1, 0);
	CHECK(opened[1].kernel->base != NULL);
}

static const struct test_case scripts[] = {
	{ "N1-forgotten-when-it-is-anothers", n1_forgotten_when_it_is_anothers },
	{ "N1-destroyer-dies", n1_destroyer_dies },
	{ "N1-forgetter-dies", n1_forgetter_dies },
	{ "N2-found-when-it-is-published", n2_found_when_it_is_published },
	{ "N2-maker-dies-with-a-name-on-no-chain", n2_maker_dies_with_a_name_on_no_chain },
	{ "N2-maker-dies-before-publishing", n2_maker_dies_before_publishing },
	{ "N2-two-make-it", n2_two_make_it },
	{ "Z1-two-come-first", z1_two_come_first },
	{ "Z1-one-dies-first", z1_one_dies_first },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
