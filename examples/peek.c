/* SPDX-License-Identifier: MIT */
/*
 * Looking before one takes: how long the next message is, what those behind it
 * say, and how a receive that was posted stands.
 *
 *   cc peek.c -lportico && ./a.out
 */
#include <portico/mail.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	static const char *const lines[] = { "first", "the second", "and the third" };
	/* as many as there is memory for */
	const struct portico_limits limits = { PORTICO_UNBOUNDED, 64, PORTICO_UNBOUNDED_BYTES };
	portico *instance;
	portico_port box, completions;
	portico_wait wait;
	char text[64];
	ssize_t bytes;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0 ||
	    portico_mailbox_create(instance, NULL, &limits, 0600, &box) != 0 ||
	    portico_completions_create(instance, &completions) != 0)
		return 1;
	printf("nothing yet: %s\n", portico_explain((int)portico_probe(instance, box, NULL, NULL)));
	for (int i = 0; i < 3; i++)
		if (portico_send(instance, box, lines[i], strlen(lines[i]), 0, PORTICO_NOW) != 0)
			return 1;
	printf("the next has %zd bytes\n", portico_probe(instance, box, NULL, NULL));
	for (uint32_t i = 0; (bytes = portico_peek(instance, box, text, sizeof text, NULL, i, NULL)) >= 0;
	     i++)
		printf("%u: %.*s\n", i, (int)bytes, text);
	for (int i = 0; i < 3; i++) /* they are all there still */
		if (portico_receive(instance, box, text, sizeof text, NULL, NULL, PORTICO_NOW) < 0)
			return 1;

	if (portico_post_receive(instance, &box, 1, sizeof text, NULL, PORTICO_FOREVER, completions, 1,
				 &wait))
		return 1;
	printf("posted: %s\n", portico_explain(portico_wait_status(instance, wait)));
	portico_send(instance, box, "x", 1, 0, PORTICO_NOW);
	printf("sent: %s\n", portico_explain(portico_wait_status(instance, wait)));
	bytes = portico_collect(instance, wait, text, sizeof text, NULL);
	portico_mailbox_destroy(instance, completions);
	portico_mailbox_destroy(instance, box);
	portico_close(instance);
	return bytes == 1 ? 0 : 1;
}
