/* SPDX-License-Identifier: MIT */
/*
 * A port set: a server receives from two mailboxes, in the order in which its
 * clients sent, and knows from which each message came.
 *
 *   cc sets.c -lportico && ./a.out
 */
#include <portico/set.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static portico *instance;

static void check(const char *what, ssize_t result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "sets: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

static void send_text(portico_port port, const char *text)
{
	check("send", portico_send(instance, port, text, strlen(text), 1, PORTICO_FOREVER));
}

int main(void)
{
	/* each member keeps its own limits: few complaints may wait, and many orders */
	static const struct portico_limits few = { .slots = 2, .bytes = 64, .capacity = 128 };
	portico_port orders, complaints, set;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "sets: %s\n", portico_open_error());
		return 1;
	}
	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &orders));
	check("create", portico_mailbox_create(instance, NULL, &few, 0600, &complaints));
	check("create a set", portico_set_create(instance, &set));
	check("add", portico_set_add(instance, set, orders));
	check("add", portico_set_add(instance, set, complaints));

	/* clients know nothing of the set */
	send_text(orders, "a chair");
	send_text(complaints, "the chair creaks");
	send_text(orders, "oil");

	for (int served = 0; served < 3; served++) {
		struct portico_envelope envelope;
		char text[64];
		ssize_t bytes =
			portico_receive(instance, set, text, sizeof text, NULL, &envelope, PORTICO_FOREVER);
		check("receive", bytes);
		printf("%s: %.*s\n", envelope.port.id == orders.id ? "order" : "complaint", (int)bytes, text);
	}

	portico_mailbox_destroy(instance, set); /* its members go on without it */
	portico_mailbox_destroy(instance, orders);
	portico_mailbox_destroy(instance, complaints);
	portico_close(instance);
	return 0;
}
