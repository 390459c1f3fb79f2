/* SPDX-License-Identifier: MIT */
/*
 * The least: make a mailbox, send a message to it, receive it.
 *
 *   cc hello.c -lportico && ./a.out
 */
#include <portico/portico.h>
#include <stdio.h>

static int fail(const char *what, int error)
{
	fprintf(stderr, "hello: %s: %s\n", what, portico_explain(error));
	return 1;
}

int main(void)
{
	static const char greeting[] = "hello";
	portico *instance;
	portico_port port;
	struct portico_envelope envelope;
	char text[64];

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "hello: %s\n", portico_open_error());
		return 1;
	}
	/* no name: it is known by its id, to whoever is told that */
	int error = portico_mailbox_create(instance, NULL, NULL, 0600, &port);
	if (error)
		return fail("create", error);
	error = portico_send(instance, port, greeting, sizeof greeting, 1, PORTICO_FOREVER);
	if (error)
		return fail("send", error);
	ssize_t bytes = portico_receive(instance, port, text, sizeof text, NULL, &envelope, PORTICO_FOREVER);
	if (bytes < 0)
		return fail("receive", (int)bytes);
	printf("%s, %zd bytes of type %lld from process %d\n", text, bytes, (long long)envelope.type,
	       (int)envelope.pid);
	portico_mailbox_destroy(instance, port);
	portico_close(instance);
	return 0;
}
