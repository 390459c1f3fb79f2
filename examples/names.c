/* SPDX-License-Identifier: MIT */
/*
 * Names: a greeter registers a mailbox, and who knows its name sends there, or
 * the new one after it was renamed.
 * Then a parent serves names to its child, which so lives in a directory that
 * it takes for the root.
 *
 *   cc names.c -lportico && ./a.out
 */
#include <err.h>
#include <errno.h>
#include <portico/names.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;

static void check(int error)
{
	if (error)
		errx(1, "%s", portico_explain(error));
}

static int print(const struct portico_name_entry *entry, void *context)
{
	printf("%s sees %s%s\n", (const char *)context, entry->name,
	       entry->flags & PORTICO_DIRECTORY ? "/" : "");
	return 0;
}

/* What every child here does: find the greeter, wherever it is, and send to it. */
static void greet(const char *name)
{
	static char child[] = "the child";
	portico_port greeter;
	check(portico_name_list(instance, "", PORTICO_DEEP, print, child));
	check(portico_name_look_up(instance, name, &greeter));
	check(portico_send(instance, greeter, "hello", 6, 1, PORTICO_FOREVER));
}

static pid_t fork_greeting(const char *name)
{
	pid_t child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		greet(name);
		_exit(0);
	}
	return child;
}

static void expect_greeting(portico_port greeter, pid_t child)
{
	char text[16];
	int status;
	ssize_t bytes = portico_receive(instance, greeter, text, sizeof text, NULL, NULL, PORTICO_FOREVER);
	check(bytes < 0 ? (int)bytes : 0);
	printf("the greeter got '%s'\n", text);
	if (waitpid(child, &status, 0) != child || status != 0)
		errx(1, "the child failed");
}

/* The rule of this name server: all of it lies in 'jail', and nothing is registered. */
static int keep_in_jail(struct portico_name_request *request, const struct portico_envelope *client,
			void *answered)
{
	(void)client; /* who asks, were that to matter */
	++*(int *)answered;
	if (request->operation != PORTICO_NAME_LOOK_UP && request->operation != PORTICO_NAME_LIST)
		return -EPERM;
	return portico_name_put_below(request, "jail");
}

int main(void)
{
	portico_port greeter, server;
	setlinebuf(stdout); /* children have nothing of ours to print again */
	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0)
		errx(1, "%s", portico_open_error());

	/* a mailbox with two names, which go when this process does */
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &greeter));
	check(portico_name_make_directory(instance, "jail", 0755));
	check(portico_name_register(instance, "greeter", greeter, 0644, 0));
	check(portico_name_register(instance, "jail/warder", greeter, 0644, 0));
	expect_greeting(greeter, fork_greeting("greeter"));
	check(portico_name_rename(instance, "greeter", "host", PORTICO_NOREPLACE));
	expect_greeting(greeter, fork_greeting("host"));

	/* from here on this process says what names mean to its children */
	int answered = 0;
	check(portico_name_server_create(instance, &server));
	check(portico_name_server_set(instance, server));
	pid_t child = fork_greeting("warder");
	while (answered < 3) /* two to list one name and the end, one to look it up */
		check(portico_name_serve(instance, server, keep_in_jail, &answered, PORTICO_FOREVER));
	expect_greeting(greeter, child);

	check(portico_mailbox_destroy(instance, greeter)); /* and so its names */
	check(portico_name_unregister(instance, "jail"));
	portico_close(instance);
	return 0;
}
