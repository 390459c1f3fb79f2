/* SPDX-License-Identifier: MIT */
/* Names through <portico/names.h>: what each call promises. */
#include "right.h"

#include "check.h"

#include <portico/names.h>
#include <portico/rights.h>
#include <sys/prctl.h>

static portico *k;
static const char *program;

static portico_port mailbox(void)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &port), 0);
	return port;
}

static int look_up(const char *name)
{
	portico_port port;
	return portico_name_look_up(k, name, &port);
}

static void check_names(const char *name, portico_port port)
{
	portico_port found = { 0 };
	CHECK_EQUAL(portico_name_look_up(k, name, &found), 0);
	CHECK_EQUAL(found.id, port.id);
}

static int register_it(const char *name, portico_port port)
{
	return portico_name_register(k, name, port, 0600, PORTICO_PERSISTENT);
}

static int make_directory(const char *name)
{
	return portico_name_make_directory(k, name, 0755);
}

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
struct seen {
	char text[512];
	int stop_after, result;
};

static int see(const struct portico_name_entry *entry, void *context)
{
	struct seen *seen = context;
	const char *mark = entry->flags & PORTICO_DIRECTORY ? "/" : "";
	snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "[%s%s]",
		 entry->name, mark);
	return --seen->stop_after == 0 ? seen->result : 0;
}

/* They are all there, and nothing else is. */
static void check_lists(const char *directory, unsigned flags, const char *const *names)
{
	struct seen seen = { 0 };
	size_t length = 0;
	CHECK_EQUAL(portico_name_list(k, directory, flags, see, &seen), 0);
	for (; *names; names++) {
		char entry[64];
		length += (size_t)snprintf(entry, sizeof entry, "[%s]", *names);
		CHECK(strstr(seen.text, entry));
	}
	CHECK_EQUAL(strlen(seen.text), length);
}

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

#define OTHER 65534

static void become_other(void)
{
	CHECK_EQUAL(setegid(OTHER), 0);
	CHECK_EQUAL(seteuid(OTHER), 0);
}

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

/* ---- a name server */

static int rule_says;

static int below_jail(struct portico_name_request *request, const struct portico_envelope *client,
		      void *context)
{
	(void)client;
	++*(int *)context;
	return rule_says ? rule_says : portico_name_put_below(request, "jail");
}

/* Answer that many requests. */
static void serve(portico_port server, int count)
{
	int answered = 0;
	for (int i = 0; i < count; i++)
		CHECK_EQUAL(
			portico_name_serve(k, server, below_jail, &answered, portico_deadline(20000000000)),
			0);
	CHECK_EQUAL(answered, count);
	CHECK_EQUAL(portico_name_serve(k, server, NULL, NULL, PORTICO_NOW), -EAGAIN);
	portico_port other;
	CHECK_EQUAL(portico_completions_create(k, &other), 0);
	CHECK_EQUAL(portico_name_serve(k, other, NULL, NULL, PORTICO_NOW), -EPERM);
}

static portico_port replace_server(void)
{
	portico_port server;
	CHECK_EQUAL(portico_name_server_create(k, &server), 0);
	CHECK_EQUAL(portico_name_server_set(k, server), 0);
	return server;
}

static void live_in_jail(portico_port port)
{
	portico_port box;
	CHECK_EQUAL(look_up("outside"), -ENOENT);
	CHECK_EQUAL(register_it("mine", port), 0);
	check_names("mine", port);
	CHECK_EQUAL(make_directory("d"), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "d/box", NULL, 0600, &box), 0);
	check_lists("", 0, (const char *[]){ "mine", "d/", NULL });
	check_lists("d", 0, (const char *[]){ "box", NULL });
	CHECK_EQUAL(portico_mailbox_open(k, "d", &box), -EISDIR);
	CHECK_EQUAL(portico_name_unregister(k, "mine"), 0);
}

static void case_server(void)
{
	portico_port port = mailbox(), server = replace_server();
	CHECK_EQUAL(make_directory("jail"), 0);
	CHECK_EQUAL(register_it("outside", port), 0); /* who set it keeps its own */
	pid_t child = CHILD(live_in_jail(port));
	serve(server, 12);
	join_child(child);
	CHECK_EQUAL(look_up("jail/d/box"), 0);
	CHECK_EQUAL(look_up("jail/mine"), -ENOENT);
	CHECK_EQUAL(look_up("mine"), -ENOENT);
}

static void case_server_denies(void)
{
	portico_port port = mailbox(), server = replace_server(), found;
	rule_says = -EACCES;
	pid_t child = CHILD({
		CHECK_EQUAL(register_it("x", port), -EACCES);
		CHECK_EQUAL(look_up("x"), -EACCES);
		CHECK_EQUAL(portico_mailbox_create(k, "x", NULL, 0600, &found), -EACCES);
		/* without a name there is nothing to ask */
		CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &found), 0);
	});
	serve(server, 3);
	join_child(child);
}

/* Names that are registered through it are the client's, and go with that. */
static void case_server_and_owner(void)
{
	portico_port port = mailbox(), server = replace_server();
	CHECK_EQUAL(make_directory("jail"), 0);
	pid_t child = CHILD({
		CHECK_EQUAL(portico_name_register(k, "mine", port, 0600, 0), 0);
		pause();
	});
	serve(server, 1);
	check_names("jail/mine", port);
	kill_child(child);
	CHECK_EQUAL(look_up("jail/mine"), -ENOENT);
}

/* A client's uid decides, not the server's. */
static void case_server_and_permission(void)
{
	portico_port port = mailbox(), server = replace_server();
	if (geteuid() != 0)
		SKIP("not root: there is no other user to be");
	CHECK_EQUAL(make_directory("jail"), 0);
	CHECK_EQUAL(register_it("jail/root's", port), 0);
	pid_t child = CHILD({
		become_other();
		CHECK_EQUAL(look_up("root's"), -EACCES);
		CHECK_EQUAL(register_it("mine", port), -EACCES);
		CHECK_EQUAL(portico_name_unregister(k, "root's"), -EPERM);
	});
	serve(server, 3);
	join_child(child);
}

/* A name server doesn't believe a request that names what the client has no right to. */
static void case_server_and_rights(void)
{
	portico_port port, server, right;
	pk_id forged;
	CHECK_EQUAL(portico_port_create(k, NULL, &port), 0);
	CHECK_EQUAL(pk_name_to_port(k, port.id, PK_TO_LOOK, &forged), 0);
	CHECK_EQUAL(make_directory("jail"), 0);
	server = replace_server();
	pid_t child = CHILD({
		CHECK_EQUAL(portico_port_create(k, NULL, &right), 0);
		CHECK_EQUAL(register_it("mine", right), 0);
		CHECK_EQUAL(look_up("mine"), 0);
		CHECK_EQUAL(register_it("mine too", (portico_port){ forged }), -EACCES);
	});
	serve(server, 3);
	join_child(child);
}

static void case_server_is_no_more(void)
{
	portico_port port = mailbox(), server = replace_server(), found;
	CHECK_EQUAL(register_it("outside", port), 0);
	int pipe_ends[2];
	char byte;
	CHECK_EQUAL(pipe(pipe_ends), 0);
	pid_t child = CHILD({
		CHECK_EQUAL(read(pipe_ends[0], &byte, 1), 1);
		CHECK_EQUAL(look_up("outside"), -ECONNREFUSED);
		CHECK_EQUAL(portico_mailbox_create(k, "x", NULL, 0600, &found), -ECONNREFUSED);
		CHECK_EQUAL(portico_name_list(k, "", 0, see, &(struct seen){ 0 }), -ECONNREFUSED);
	});
	CHECK_EQUAL(portico_mailbox_destroy(k, server), 0);
	CHECK_EQUAL(write(pipe_ends[1], "", 1), 1);
	join_child(child);
}

static void parent_of_client(portico_port *server, pid_t *client)
{
	portico_port port = replace_server();
	*client = CHILD(_exit(look_up("x") == -ECONNREFUSED ? 7 : 1));
	*server = port;
	pause();
}

/* It is killed with the request before it, unanswered. */
static void case_server_is_killed(void)
{
	portico_port *server = shared_memory(sizeof *server);
	pid_t *client = shared_memory(sizeof *client);
	pid_t parent = CHILD(parent_of_client(server, client));
	CHECK_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	struct portico_status status = { 0 };
	for (int i = 0; i < 1000 && status.queued == 0; i++) {
		sleep_ms(5);
		if (server->id != 0)
			CHECK_EQUAL(portico_mailbox_status(k, *server, &status), 0);
	}
	CHECK_EQUAL(status.queued, 1);
	int exited;
	kill_child(parent);
	CHECK_EQUAL(waitpid(*client, &exited, 0), *client);
	CHECK_EQUAL(exited, 7 << 8);
}

static void case_server_refuses_nonsense(void)
{
	portico_port port = mailbox(), server, inner;
	struct portico_name_request request = { .operation = PORTICO_NAME_LOOK_UP, .name = "x" };
	CHECK_EQUAL(portico_name_server_create(k, &server), 0);
	CHECK_EQUAL(portico_name_server_set(k, port), -EPERM);
	CHECK_EQUAL(portico_name_server_set(k, (portico_port){ 1 << 23 }), -EINVAL);
	CHECK_EQUAL(portico_send(k, server, "x", 1, PORTICO_NAME_MESSAGE, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_name_serve(k, server, NULL, NULL, PORTICO_NOW), -EBADMSG);
	CHECK_EQUAL(portico_send(k, server, &request, sizeof request, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_name_serve(k, server, NULL, NULL, PORTICO_NOW), -EBADMSG);
	/* a reply goes to who asks, and to nobody else */
	request.reply = port.id;
	CHECK_EQUAL(portico_send(k, server, &request, sizeof request, PORTICO_NAME_MESSAGE, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_name_serve(k, server, NULL, NULL, PORTICO_NOW), -EBADMSG);
	join_child(CHILD({
		CHECK_EQUAL(portico_name_serve(k, server, NULL, NULL, PORTICO_NOW), -EPERM);
		CHECK_EQUAL(portico_name_server_create(k, &inner), 0);
	}));
	/* an operation that there isn't */
	request.operation = 99;
	CHECK_EQUAL(portico_name_server_create(k, &inner), 0);
	request.reply = inner.id;
	CHECK_EQUAL(portico_send(k, server, &request, sizeof request, PORTICO_NAME_MESSAGE, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_name_serve(k, server, NULL, NULL, PORTICO_NOW), 0);
}

/* ---- who has it */

static void run_look_up(const char *name)
{
	execl(program, program, "look-up-and-exit", name, NULL);
	_exit(1);
}

static int exit_of(pid_t child)
{
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void have_child_look_up(portico_port port)
{
	join_child(CHILD(check_names("x", port)));
}

/* A child of each sort finds jail/x as x. */
static void case_heirs(void)
{
	portico_port port = mailbox(), server = replace_server();
	CHECK_EQUAL(make_directory("jail"), 0);
	CHECK_EQUAL(register_it("jail/x", port), 0);
	pid_t forked = CHILD(check_names("x", port));
	serve(server, 1);
	join_child(forked);
	pid_t grandchild = CHILD(have_child_look_up(port));
	serve(server, 1);
	join_child(grandchild);
	/* forked and gone on at once: nothing but the kernel knows whose child it is */
	pid_t gone_on = CHILD(run_look_up("x"));
	serve(server, 1);
	CHECK_EQUAL(exit_of(gone_on), 0);
	/* its parent isn't a task, either */
	pid_t by_shell = CHILD({
		char command[512];
		snprintf(command, sizeof command, "'%s' look-up-and-exit x; exit $?", program);
		execl("/bin/sh", "sh", "-c", command, NULL);
	});
	serve(server, 1);
	CHECK_EQUAL(exit_of(by_shell), 0);
	/* a task that goes on is another with the same server */
	pid_t was_task = CHILD({
		check_names("x", port);
		run_look_up("x");
	});
	serve(server, 2);
	CHECK_EQUAL(exit_of(was_task), 0);
	/* who isn't descended from it has it not */
	CHECK_EQUAL(portico_name_server_set(k, (portico_port){ 0 }), 0);
	join_child(CHILD(CHECK_EQUAL(look_up("x"), -ENOENT)));
	CHECK_EQUAL(exit_of(CHILD(run_look_up("x"))), ENOENT);
}

static void leave_orphan(volatile int *found)
{
	pid_t parent = getpid();
	CHILD({
		while (getppid() == parent)
			sleep_ms(1);
		*found = look_up("x") == 0 ? 1 : -1;
	});
}

static void leave_orphan_that_goes_on(pid_t *orphan)
{
	pid_t parent = getpid();
	*orphan = CHILD({
		while (getppid() == parent)
			sleep_ms(1);
		run_look_up("x");
	});
}

/* Its parent has ended: of a fork's child the memory tells, and nobody has to be asked. */
static void case_orphan(void)
{
	portico_port port = mailbox(), server = replace_server();
	CHECK_EQUAL(make_directory("jail"), 0);
	CHECK_EQUAL(register_it("jail/x", port), 0);
	pid_t *orphan = shared_memory(sizeof *orphan);
	volatile int *found = shared_memory(sizeof *found);
	join_child(CHILD(leave_orphan(found)));
	serve(server, 1);
	for (int i = 0; i < 1000 && *found == 0; i++)
		sleep_ms(5);
	CHECK_EQUAL(*found, 1);
	/* and of one that has gone on a subreaper is the ancestor */
	CHECK_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	join_child(CHILD(leave_orphan_that_goes_on(orphan)));
	serve(server, 1);
	CHECK_EQUAL(exit_of(*orphan), 0);
}

/* A server within another's tree asks that one. */
static void serve_inner(portico_port port)
{
	portico_port inner = replace_server();
	pid_t child = CHILD(check_names("x", port));
	serve(inner, 1);
	join_child(child);
}

static void case_nested(void)
{
	portico_port port = mailbox(), server = replace_server();
	CHECK_EQUAL(make_directory("jail"), 0);
	CHECK_EQUAL(make_directory("jail/jail"), 0);
	CHECK_EQUAL(register_it("jail/jail/x", port), 0);
	pid_t child = CHILD(serve_inner(port));
	serve(server, 1);
	join_child(child);
}

static int look_up_and_exit(const char *name)
{
	int error = look_up(name);
	return error < 0 ? -error : 0;
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
		{ "server", case_server },
		{ "server-denies", case_server_denies },
		{ "server-and-owner", case_server_and_owner },
		{ "server-and-permission", case_server_and_permission },
		{ "server-and-rights", case_server_and_rights },
		{ "server-is-no-more", case_server_is_no_more },
		{ "server-is-killed", case_server_is_killed },
		{ "server-refuses-nonsense", case_server_refuses_nonsense },
		{ "heirs", case_heirs },
		{ "orphan", case_orphan },
		{ "nested", case_nested },
		{ 0 },
	};
	char path[4096] = "";
	CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
	program = path;
	if (portico_open(NULL, PORTICO_CREATE, &k) != 0) {
		fprintf(stderr, "%s\n", portico_open_error());
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "look-up-and-exit") == 0)
		return look_up_and_exit(argv[2]);
	int status = run_cases(cases, argc, argv);
	portico_close(k);
	return status;
}
