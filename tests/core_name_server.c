/* SPDX-License-Identifier: MIT */
/* Names that a task serves to those who come to be from it. */
#include "names.h"

#include <sys/prctl.h>

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
	CHECK_EQUAL(portico_name_rename(k, "mine", "d/mine", 0), 0);
	CHECK_EQUAL(portico_name_unregister(k, "d/mine"), 0);
}

static void case_server(void)
{
	portico_port port = mailbox(), server = replace_server();
	CHECK_EQUAL(make_directory("jail"), 0);
	CHECK_EQUAL(register_it("outside", port), 0); /* who set it keeps its own */
	pid_t child = CHILD(live_in_jail(port));
	serve(server, 13);
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

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
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
	return run_name_cases(cases, argc, argv);
}
