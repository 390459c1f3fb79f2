/* SPDX-License-Identifier: MIT */
/* kill -9 at each point of renaming, and of finishing it: all of it is done, or nothing.  crash.h is the
 * driver. */
#include "directory.h"
#include "rename.h"

#include "crash.h"

static pk_id one, two;

static pk_id box(const char *name)
{
	struct pk_port_limits limits = { 8, 64, 1 << 20 };
	pk_id port = 0;
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, name,
				   (uint32_t)strlen(name), &port),
		    0);
	return port;
}

static void make_directory(const char *name)
{
	struct pk_client self = pk_client_self(k);
	CHECK_EQUAL(pk_directory_make(k, &self, name, (uint32_t)strlen(name), 0755), 0);
}

static int rename_it(const char *from, const char *to, unsigned flags)
{
	struct pk_client self = pk_client_self(k);
	return pk_directory_rename(k, &self, from, (uint32_t)strlen(from), to, (uint32_t)strlen(to), flags);
}

#define DIRECTORY (UINT64_C(1) << 63)

/* What has that name: a port, or DIRECTORY and its id; 0: nothing. */
static pk_id named(const char *name)
{
	bool directory;
	pk_id id = 0;
	int error = pk_directory_find(k, name, (uint32_t)strlen(name), &directory, &id);
	CHECK(error == 0 || error == -ENOENT);
	return error ? 0 : directory ? DIRECTORY | id : id;
}

/* Which of the two it is; and whatever of the names there is, nothing else. */
static void check_either(const char *old, const char *new, pk_id id)
{
	bool done = named(new) == id;
	CHECK_EQUAL(named(done ? new : old), id);
	CHECK_EQUAL(named(done ? old : new), 0);
}

/* ---- a mailbox */

static void prepare_one(void)
{
	make_directory("d");
	one = box("old");
}
static void operate_move(void)
{
	CHECK_EQUAL(rename_it("old", "d/new", 0), 0);
}
static void verify_moved_or_not(void)
{
	check_either("old", "d/new", one);
	int result = named("old") ? 0 : -ENOENT;
	CHECK_EQUAL(rename_it("old", "d/new", 0), result);
	CHECK_EQUAL(named("d/new"), one);
}

/* ---- over another, where somebody waits */

static int receive(void)
{
	uint32_t message;
	return pk_port_receive_until(k, two, &PK_WANT_ANY, soon(), &message);
}

static void prepare_two(void)
{
	one = box("old");
	two = box("new");
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = receive());
}
static void operate_replace(void)
{
	CHECK_EQUAL(rename_it("old", "new", 0), 0);
}
static void verify_replaced_or_not(void)
{
	pk_id is = named("new");
	CHECK(is == one || is == two);
	CHECK_EQUAL(named("old"), is == one ? 0 : one);
	if (is == two)
		CHECK_EQUAL(rename_it("old", "new", 0), 0);
	CHECK_EQUAL(named("new"), one);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, -EIDRM);
}

/* ---- a directory, and what lies below */

static void prepare_tree(void)
{
	make_directory("a");
	make_directory("a/b");
	make_directory("empty");
	one = box("a/x");
	two = box("a/b/y");
}
static void operate_move_tree(void)
{
	CHECK_EQUAL(rename_it("a", "empty", 0), 0);
}
static void verify_tree_moved_or_not(void)
{
	bool done = named("a") == 0;
	CHECK_EQUAL(named(done ? "empty/x" : "a/x"), one);
	CHECK_EQUAL(named(done ? "empty/b/y" : "a/b/y"), two);
	CHECK_EQUAL(named(done ? "a/x" : "empty/x"), 0);
	CHECK_EQUAL(named(done ? "a/b/y" : "empty/b/y"), 0);
	if (!done)
		CHECK_EQUAL(rename_it("a", "empty", 0), 0);
	CHECK_EQUAL(named("empty/b/y"), two);
}

static void operate_exchange(void)
{
	CHECK_EQUAL(rename_it("a/x", "empty", PK_RENAME_EXCHANGE), 0);
	CHECK_EQUAL(rename_it("a", "empty", PK_RENAME_EXCHANGE), 0);
}
static void verify_exchanged_or_not(void)
{
	if (named("empty") == one) { /* the first is done */
		CHECK_EQUAL(named("a/b/y"), two);
		CHECK(named("a/x") & DIRECTORY);
	} else if (named("a") == one) { /* both */
		CHECK_EQUAL(named("empty/b/y"), two);
		CHECK(named("empty/x") & DIRECTORY);
	} else {
		CHECK_EQUAL(named("a/x"), one);
		CHECK_EQUAL(named("a/b/y"), two);
		CHECK(named("empty") & DIRECTORY);
	}
	CHECK_EQUAL(rename_it("a", "empty", PK_RENAME_EXCHANGE), 0);
}

static const struct scenario scenarios[] = {
	{ "move", prepare_one, operate_move, NULL, verify_moved_or_not },
	{ "replace", prepare_two, operate_replace, NULL, verify_replaced_or_not },
	{ "move-tree", prepare_tree, operate_move_tree, NULL, verify_tree_moved_or_not },
	{ "exchange", prepare_tree, operate_exchange, NULL, verify_exchanged_or_not },
	{ 0 },
};

static bool names_are_valid(void)
{
	return pk_table_valid(k, PK_NAMES);
}

/* Whatever there is, again and again until the directories are empty. */
static void remove_all(void)
{
	struct pk_client self = pk_client_self(k);
	struct pk_directory_entry entry;
	bool found;
	for (int rounds = 0; rounds < 4; rounds++)
		for (uint64_t cursor = 0;;) {
			CHECK_EQUAL(pk_directory_next(k, &self, "", 0, true, &cursor, &entry, &found), 0);
			if (!found)
				break;
			uint32_t length = (uint32_t)strlen(entry.text);
			if (entry.directory)
				pk_directory_remove(k, &self, entry.text, length);
			else
				CHECK_EQUAL(pk_directory_unlink(k, &self, entry.text, length), 0);
		}
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, names_are_valid, remove_all };
	return run_stage(&stage, argc, argv);
}
