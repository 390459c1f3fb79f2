/* SPDX-License-Identifier: MIT */
/*
 * System V's limits of an instance: let messages be as long as they may, and see
 * how many queues there are.
 *
 *   cc sysv_limits.c -lportico && ./a.out
 */
#include <inttypes.h>
#include <portico/limits.h>
#include <stdio.h>

static int fail(const char *what, int error)
{
	fprintf(stderr, "sysv_limits: %s: %s\n", what, portico_explain(error));
	return 1;
}

int main(void)
{
	portico *instance;
	struct portico_sysv_limits before, limits, most, used;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "sysv_limits: %s\n", portico_open_error());
		return 1;
	}
	portico_sysv_limits_most(&most);
	int error = portico_sysv_limits_get(instance, &before);
	if (error)
		return fail("get", error);
	limits = before;
	limits.msgmax = most.msgmax; /* and a queue shall hold one such */
	limits.msgmnb = most.msgmax;
	error = portico_sysv_limits_set(instance, &limits);
	if (error)
		return fail("set", error);
	printf("a message may have %" PRIu64 " MiB\n", limits.msgmax >> 20);

	limits.semopm = most.semopm + 1;
	printf("more operations at once: %s\n", portico_explain(portico_sysv_limits_set(instance, &limits)));

	error = portico_sysv_limits_used(instance, &used);
	if (error)
		return fail("used", error);
	printf("%" PRIu64 " of %" PRIu64 " queues\n", used.msgmni, before.msgmni);

	portico_sysv_limits_set(instance, &before);
	portico_close(instance);
	return 0;
}
