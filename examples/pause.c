/* SPDX-License-Identifier: MIT */
/* A mailbox that is paused keeps what is sent, and hands out nothing until it is resumed. */
#include <portico/portico.h>
#include <stdio.h>

static portico *instance;
static portico_port orders;

static void receive(void)
{
	char text[32];
	ssize_t got = portico_receive(instance, orders, text, sizeof text, NULL, NULL, PORTICO_NOW);
	if (got < 0)
		printf("received nothing: %s\n", portico_explain((int)got));
	else
		printf("received '%.*s'\n", (int)got, text);
}

int main(void)
{
	struct portico_status status;
	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0 ||
	    portico_mailbox_create(instance, NULL, NULL, 0600, &orders) != 0)
		return 1;
	portico_mailbox_pause(instance, orders);
	portico_send(instance, orders, "a chair", 7, 1, PORTICO_NOW);
	portico_mailbox_status(instance, orders, &status);
	printf("paused: %d, messages: %u\n", status.paused, status.queued);
	receive();
	portico_mailbox_resume(instance, orders);
	receive();
	portico_mailbox_destroy(instance, orders);
	portico_close(instance);
	return 0;
}
