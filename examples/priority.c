/* SPDX-License-Identifier: MIT */
/*
 * Priorities: what is urgent is received first, whenever it was sent.
 *
 *   cc priority.c -lportico && ./a.out
 */
#include <portico/mail.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, int error)
{
	fprintf(stderr, "priority: %s: %s\n", what, portico_explain(error));
	return 1;
}

int main(void)
{
	static const struct {
		const char *text;
		unsigned priority;
	} calls[] = {
		{ "a letter", 0 },	 { "a telegram", 5 }, { "fire!", 255 },
		{ "another letter", 0 }, { "flood!", 255 },
	};
	enum { CALLS = sizeof calls / sizeof calls[0] };
	portico *instance;
	portico_port desk;
	int error;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "priority: %s\n", portico_open_error());
		return 1;
	}
	error = portico_mailbox_create(instance, NULL, NULL, 0600, &desk);
	if (error)
		return fail("create", error);
	for (int i = 0; i < CALLS; i++) {
		struct portico_sending how = { .priority = calls[i].priority };
		error = portico_send_with(instance, desk, calls[i].text, strlen(calls[i].text), &how,
					  PORTICO_FOREVER);
		if (error)
			return fail("send", error);
	}
	/* the highest priority first; of one priority, what was sent first */
	for (int i = 0; i < CALLS; i++) {
		struct portico_envelope envelope;
		char text[64];
		ssize_t bytes =
			portico_receive(instance, desk, text, sizeof text, NULL, &envelope, PORTICO_NOW);
		if (bytes < 0)
			return fail("receive", (int)bytes);
		printf("%3u  %.*s\n", envelope.priority, (int)bytes, text);
	}
	portico_mailbox_destroy(instance, desk);
	portico_close(instance);
	return 0;
}
