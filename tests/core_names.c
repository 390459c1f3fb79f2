/* SPDX-License-Identifier: MIT */
/* Names through <portico/names.h>: what each call promises. */
#include "names.h"

/* ---- the plain service */

static void case_register(void)
{
	portico_port port = mailbox(), other = mailbox(), found;
	CHECK_EQUAL(register_it("one", port), 0);
	CHECK_EQUAL(register_it("two", port), 0);
	check_names("one", port);
	check_names("two", port);
	CHECK_EQUAL(portico_mailbox_open(k, "two", &found), 0);
	CHECK_EQUAL(found.id, port.id);
	CHECK_EQUAL(register_it("one", other), -EEXIST);
	CHECK_EQUAL(register_it("one", port), -EEXIST);
	CHECK_EQUAL(portico_mailbox_create(k, "two", NULL, 0600, &found), -EEXIST);
	CHECK_EQUAL(portico_name_register(k, "three", port, 0600, PORTICO_DEEP), -EINVAL);
	CHECK_EQUAL(register_it("three", (portico_port){ 0 }), -EINVAL);
	CHECK_EQUAL(look_up("three"), -ENOENT);
}

static void case_unregister(void)
{
	portico_port port = mailbox();
	CHECK_EQUAL(register_it("one", port), 0);
	CHECK_EQUAL(register_it("two", port), 0);
	CHECK_EQUAL(portico_name_unregister(k, "one"), 0);
	CHECK_EQUAL(portico_name_unregister(k, "one"), -ENOENT);
	CHECK_EQUAL(look_up("one"), -ENOENT);
	check_names("two", port);
	CHECK_EQUAL(register_it("one", mailbox()), 0);
	/* the port's end is that of its names, and of a stale id */
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(look_up("two"), -ENOENT);
	mailbox();
	CHECK_EQUAL(register_it("two", port), -EIDRM);
}

static void case_well_formed(void)
{
	static const char *const wrong[] = { "", "/", "/a", "a/", "a//b", ".", "..", "a/.", "a/../b", "./a" };
	portico_port port = mailbox(), found;
	char longest[1000];
	memset(longest, 'n', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		CHECK_EQUAL(register_it(wrong[i], port), -EINVAL);
		CHECK_EQUAL(look_up(wrong[i]), -EINVAL);
		CHECK_EQUAL(portico_name_unregister(k, wrong[i]), -EINVAL);
		CHECK_EQUAL(make_directory(wrong[i]), -EINVAL);
		CHECK_EQUAL(portico_mailbox_create(k, wrong[i], NULL, 0600, &found), -EINVAL);
	}
	CHECK_EQUAL(register_it(longest, port), -ENAMETOOLONG);
	longest[201] = '\0';
	CHECK_EQUAL(register_it(longest, port), -ENAMETOOLONG);
	CHECK_EQUAL(look_up(longest), -ENAMETOOLONG);
	longest[200] = '\0';
	CHECK_EQUAL(register_it(longest, port), 0);
	check_names(longest, port);
	CHECK_EQUAL(register_it("...", port), 0);
	CHECK_EQUAL(register_it(".hidden", port), 0);
}

static void case_directories(void)
{
	portico_port port = mailbox(), found;
	CHECK_EQUAL(register_it("a/b", port), -ENOENT);
	CHECK_EQUAL(make_directory("a/b"), -ENOENT);
	CHECK_EQUAL(make_directory("a"), 0);
	CHECK_EQUAL(make_directory("a"), -EEXIST);
	CHECK_EQUAL(make_directory("a/b"), 0);
	CHECK_EQUAL(register_it("a/b/c", port), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "a/box", NULL, 0600, &found), 0);
	check_names("a/b/c", port);
	check_names("a/box", found);
	/* a port or a directory, never both */
	CHECK_EQUAL(register_it("a", port), -EEXIST);
	CHECK_EQUAL(make_directory("a/box"), -EEXIST);
	CHECK_EQUAL(look_up("a/b"), -EISDIR);
	CHECK_EQUAL(register_it("a/box/d", port), -ENOTDIR);
	CHECK_EQUAL(make_directory("a/box/d/e"), -ENOTDIR);
	CHECK_EQUAL(look_up("a/box/d/e"), -ENOTDIR);
	CHECK_EQUAL(look_up("a/none/d"), -ENOENT);
	/* what has something in it stays */
	CHECK_EQUAL(portico_name_unregister(k, "a/b"), -ENOTEMPTY);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(portico_name_unregister(k, "a/b"), 0);
	CHECK_EQUAL(portico_name_unregister(k, "a"), -ENOTEMPTY);
	CHECK_EQUAL(portico_mailbox_destroy(k, found), 0);
	CHECK_EQUAL(portico_name_unregister(k, "a"), 0);
	CHECK_EQUAL(portico_name_unregister(k, "a"), -ENOENT);
	CHECK_EQUAL(register_it("a", mailbox()), 0);
}

/* What a list showed: each name, and a mark of its kind. */
static void case_list(void)
{
	portico_port port = mailbox();
	struct seen seen = { .stop_after = 1, .result = 42 };
	check_lists("", 0, (const char *[]){ NULL });
	CHECK_EQUAL(make_directory("a"), 0);
	CHECK_EQUAL(make_directory("a/b"), 0);
	CHECK_EQUAL(register_it("x", port), 0);
	CHECK_EQUAL(register_it("a/x", port), 0);
	CHECK_EQUAL(register_it("a/b/y", port), 0);
	CHECK_EQUAL(register_it("ab", port), 0);
	check_lists("", 0, (const char *[]){ "a/", "x", "ab", NULL });
	check_lists("", PORTICO_DEEP, (const char *[]){ "a/", "a/b/", "a/x", "a/b/y", "x", "ab", NULL });
	check_lists("a", 0, (const char *[]){ "b/", "x", NULL });
	check_lists("a", PORTICO_DEEP, (const char *[]){ "b/", "b/y", "x", NULL });
	CHECK_EQUAL(portico_name_list(k, "a/b", 0, see, &seen), 42);
	CHECK_EQUAL(strcmp(seen.text, "[y]"), 0);
	CHECK_EQUAL(portico_name_list(k, "none", 0, see, &seen), -ENOENT);
	CHECK_EQUAL(portico_name_list(k, "x", 0, see, &seen), -ENOTDIR);
	CHECK_EQUAL(portico_name_list(k, "a/", 0, see, &seen), -EINVAL);
	CHECK_EQUAL(portico_name_list(k, "a", PORTICO_PERSISTENT, see, &seen), -EINVAL);
}

/* A visit may change what is listed. */
static int unregister_it(const struct portico_name_entry *entry, void *context)
{
	++*(int *)context;
	CHECK_EQUAL(entry->mode, 0640);
	CHECK_EQUAL(entry->uid, geteuid());
	CHECK_EQUAL(entry->flags, 0);
	return portico_name_unregister(k, entry->name);
}

static void case_list_and_change(void)
{
	portico_port port = mailbox();
	int visited = 0;
	for (char name[] = "a"; *name <= 'z'; ++*name)
		CHECK_EQUAL(portico_name_register(k, name, port, 0640, 0), 0);
	CHECK_EQUAL(portico_name_list(k, "", 0, unregister_it, &visited), 0);
	CHECK_EQUAL(visited, 26);
	check_lists("", 0, (const char *[]){ NULL });
}

static void case_owner_ends(void)
{
	portico_port port = mailbox();
	pid_t child = CHILD({
		CHECK_EQUAL(portico_name_register(k, "going", port, 0600, 0), 0);
		CHECK_EQUAL(register_it("staying", port), 0);
	});
	join_child(child);
	CHECK_EQUAL(look_up("going"), -ENOENT);
	check_names("staying", port);
	check_lists("", 0, (const char *[]){ "staying", NULL });
}

static void wait_until_named(const char *name)
{
	for (int i = 0; i < 1000 && look_up(name) == -ENOENT; i++)
		sleep_ms(5);
	CHECK_EQUAL(look_up(name), 0);
}

static void case_owner_is_killed(void)
{
	portico_port port = mailbox();
	CHECK_EQUAL(make_directory("d"), 0);
	pid_t child = CHILD({
		CHECK_EQUAL(portico_name_register(k, "d/going", port, 0600, 0), 0);
		CHECK_EQUAL(portico_name_register(k, "taken", port, 0600, 0), 0);
		pause();
	});
	wait_until_named("taken");
	CHECK_EQUAL(register_it("taken", port), -EEXIST);
	kill_child(child);
	CHECK_EQUAL(register_it("taken", port), 0); /* at once */
	CHECK_EQUAL(portico_name_unregister(k, "d"), 0);
}

static void case_owner_execs(void)
{
	portico_port port = mailbox();
	volatile int *seen = shared_memory(sizeof *seen);
	pid_t child = CHILD({
		CHECK_EQUAL(portico_name_register(k, "going", port, 0600, 0), 0);
		while (!*seen)
			sleep_ms(1);
		execl("/bin/sleep", "sleep", "100", NULL);
		_exit(1);
	});
	wait_until_named("going");
	*seen = 1;
	for (int i = 0; i < 1000 && look_up("going") == 0; i++)
		sleep_ms(5);
	CHECK_EQUAL(look_up("going"), -ENOENT);
	kill_child(child);
}

/* ---- guarded ports */

static void use_greeter(void)
{
	portico_port right, again;
	struct portico_right_status status;
	CHECK_EQUAL(portico_name_look_up(k, "greeter", &right), 0);
	CHECK_EQUAL(portico_name_look_up(k, "greeter", &again), 0);
	CHECK_EQUAL(right.id, again.id);
	CHECK_EQUAL(portico_right_inspect(k, right, &status), 0);
	CHECK_EQUAL(status.kind, PORTICO_SEND);
	CHECK_EQUAL(status.references, 2);
	CHECK_EQUAL(portico_send(k, right, "hello", 5, 1, PORTICO_NOW), 0);
	/* who has a send right may tell others of it */
	CHECK_EQUAL(register_it("greeter too", right), 0);
}

static void case_guarded(void)
{
	portico_port port, once;
	char text[8];
	CHECK_EQUAL(portico_port_create(k, NULL, &port), 0);
	CHECK_EQUAL(portico_right_make(k, port, PORTICO_SEND_ONCE, &once), 0);
	CHECK_EQUAL(register_it("greeter", port), 0);
	join_child(CHILD(use_greeter()));
	CHECK_EQUAL(portico_receive(k, port, text, sizeof text, NULL, NULL, PORTICO_NOW), 5);
	CHECK_EQUAL(look_up("greeter too"), 0);
	/* another's name for it is none here */
	join_child(CHILD(CHECK_EQUAL(register_it("x", port), -EINVAL)));
	/* it ends with its receive right, and so do its names */
	CHECK_EQUAL(portico_right_drop(k, port), 0);
	CHECK_EQUAL(look_up("greeter"), -ENOENT);
	CHECK_EQUAL(look_up("greeter too"), -ENOENT);
}

/* ---- permission: as another user */

static void be_refused(portico_port port)
{
	portico_port found;
	become_other();
	CHECK_EQUAL(register_it("mine", port), -EACCES);
	CHECK_EQUAL(make_directory("mine"), -EACCES);
	CHECK_EQUAL(portico_mailbox_create(k, "mine", NULL, 0600, &found), -EACCES);
	CHECK_EQUAL(register_it("private/mine", port), -EACCES);
	CHECK_EQUAL(look_up("hidden"), -EACCES);
	CHECK_EQUAL(look_up("shown"), 0);
	CHECK_EQUAL(portico_name_unregister(k, "shown"), -EPERM);
	CHECK_EQUAL(portico_name_unregister(k, "public"), -EPERM);
	CHECK_EQUAL(portico_name_unregister(k, "public/root's"), -EPERM);
	CHECK_EQUAL(portico_name_list(k, "private", 0, see, &(struct seen){ 0 }), -EACCES);
	check_lists("public", 0, (const char *[]){ "root's", NULL });
	/* another's mailbox, of which he knows the id */
	CHECK_EQUAL(register_it("public/mine", port), -EACCES);
	CHECK_EQUAL(portico_mailbox_create(k, "public/box", NULL, 0600, &found), 0);
	CHECK_EQUAL(register_it("public/mine", found), 0);
	CHECK_EQUAL(register_it("public/too", found), 0);
	CHECK_EQUAL(portico_name_unregister(k, "public/mine"), 0);
}

static void case_permission(void)
{
	portico_port port = mailbox();
	if (geteuid() != 0)
		SKIP("not root: there is no other user to be");
	CHECK_EQUAL(portico_name_register(k, "hidden", port, 0600, PORTICO_PERSISTENT), 0);
	CHECK_EQUAL(portico_name_register(k, "shown", port, 0644, PORTICO_PERSISTENT), 0);
	CHECK_EQUAL(portico_name_make_directory(k, "private", 0700), 0);
	CHECK_EQUAL(portico_name_make_directory(k, "public", 0777), 0);
	CHECK_EQUAL(register_it("public/root's", port), 0);
	join_child(CHILD(be_refused(port)));
	CHECK_EQUAL(portico_name_unregister(k, "public/too"), 0); /* its directory's owner */
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "register", case_register },
		{ "unregister", case_unregister },
		{ "well-formed", case_well_formed },
		{ "directories", case_directories },
		{ "list", case_list },
		{ "list-and-change", case_list_and_change },
		{ "owner-ends", case_owner_ends },
		{ "owner-is-killed", case_owner_is_killed },
		{ "owner-execs", case_owner_execs },
		{ "guarded", case_guarded },
		{ "permission", case_permission },
		{ 0 },
	};
	return run_name_cases(cases, argc, argv);
}
