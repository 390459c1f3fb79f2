/* SPDX-License-Identifier: MIT */
/*
 * Limits of an instance: a pool of messages that two mailboxes share, each of
 * which could hold more.
 *
 *   cc limits.c -lportico && ./a.out
 */
#include <portico/limits.h>
#include <stdio.h>

static int fail(const char *what, int error)
{
	fprintf(stderr, "limits: %s: %s\n", what, portico_explain(error));
	return 1;
}

int main(void)
{
	portico *instance;
	portico_port first, second;
	struct portico_instance_limits before, limits, used;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "limits: %s\n", portico_open_error());
		return 1;
	}
	portico_limits_get(instance, &before);
	limits = before;
	limits.pooled = 3; /* for mailboxes that are made from now on */
	int error = portico_limits_set(instance, &limits);
	if (error)
		return fail("set", error);
	error = portico_mailbox_create(instance, NULL, NULL, 0600, &first);
	if (!error)
		error = portico_mailbox_create(instance, NULL, NULL, 0600, &second);
	if (error)
		return fail("create", error);

	for (int i = 0; i < 3 && !error; i++)
		error = portico_send(instance, first, "x", 1, 1, PORTICO_NOW);
	if (error)
		return fail("send", error);
	error = portico_send(instance, second, "x", 1, 1, PORTICO_FOREVER); /* doesn't wait for the pool */
	printf("one more: %s\n", portico_explain(error));
	portico_limits_used(instance, &used);
	printf("%u of %u places taken\n", used.pooled, limits.pooled);

	portico_mailbox_destroy(instance, first);
	portico_mailbox_destroy(instance, second);
	portico_limits_set(instance, &before);
	portico_close(instance);
	return 0;
}
