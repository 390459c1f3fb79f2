/* SPDX-License-Identifier: MIT */
/*
 * Looking on at a mailbox: each message is seen, and received as if nobody looked.
 *
 *   cc tap.c -lportico && ./a.out
 */
#include <portico/tap.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	static const char *const orders[] = { "a chair", "a table", "a lamp", "a bed" };
	struct portico_tapped seen;
	portico *instance;
	portico_port shop;
	portico_tap tap;
	char text[32];
	ssize_t bytes;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0 ||
	    portico_mailbox_create(instance, NULL, NULL, 0600, &shop) != 0 ||
	    portico_tap_open(instance, shop, 3, 4, &tap) != 0) /* three copies, of 4 bytes */
		return 1;
	for (int i = 0; i < 4; i++) {
		if (portico_send(instance, shop, orders[i], strlen(orders[i]), i, PORTICO_NOW) != 0)
			return 1;
		bytes = portico_receive(instance, shop, text, sizeof text, NULL, NULL, PORTICO_NOW);
		printf("received %.*s\n", (int)bytes, text);
	}
	while ((bytes = portico_tap_read(instance, tap, text, sizeof text, &seen, PORTICO_NOW)) >= 0)
		printf("saw %.*s..., %d bytes, of type %d\n", (int)bytes, text, (int)seen.bytes,
		       (int)seen.envelope.type);
	portico_mailbox_destroy(instance, shop);
	bytes = portico_tap_read(instance, tap, text, sizeof text, &seen, PORTICO_FOREVER);
	printf("and then: %s\n", portico_explain((int)bytes));
	portico_tap_close(instance, tap);
	portico_close(instance);
	return 0;
}
