/* SPDX-License-Identifier: MIT */
/*
 * A parent gives out jobs, its children do them, the results come back.  The
 * mailbox of jobs has few slots, so the parent waits where the children are
 * slower; a child that were killed would lose no job that it hadn't received.
 *
 *   cc workers.c -lportico && ./a.out 4 1000
 */
#include <portico/portico.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOB = 1, STOP = 2 }; /* types of messages */

struct result {
	uint64_t number, square;
};

static portico *instance;
static portico_port jobs, results;

static int64_t check(int64_t result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "workers: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

static void work(void)
{
	struct portico_envelope envelope;
	uint64_t number;
	for (;;) {
		check(portico_receive(instance, jobs, &number, sizeof number, NULL, &envelope,
				      PORTICO_FOREVER),
		      "receive a job");
		if (envelope.type == STOP)
			return;
		struct result result = { number, number * number };
		check(portico_send(instance, results, &result, sizeof result, JOB, PORTICO_FOREVER),
		      "send a result");
	}
}

static void start_workers(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t child = fork();
		check(child, "fork");
		if (child == 0) {
			work();
			_exit(0);
		}
	}
}

static void collect(uint64_t count, uint64_t *sum)
{
	struct result result;
	for (; count > 0; count--) {
		check(portico_receive(instance, results, &result, sizeof result, NULL, NULL, PORTICO_FOREVER),
		      "receive a result");
		*sum += result.square;
	}
}

int main(int argc, char **argv)
{
	long workers = argc > 1 ? atol(argv[1]) : 4;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000, sum = 0, given = 0;
	const struct portico_limits few = { .slots = 16, .bytes = sizeof(uint64_t), .capacity = 4096 };

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "workers: %s\n", portico_open_error());
		return 1;
	}
	check(portico_mailbox_create(instance, NULL, &few, 0600, &jobs), "create");
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &results), "create");
	start_workers(workers);
	for (uint64_t number = 1; number <= count; number++) {
		check(portico_send(instance, jobs, &number, sizeof number, JOB, PORTICO_FOREVER),
		      "send a job");
		if (++given == 512) { /* results have limits, too: take some in between */
			collect(given, &sum);
			given = 0;
		}
	}
	collect(given, &sum);
	for (long i = 0; i < workers; i++)
		check(portico_send(instance, jobs, NULL, 0, STOP, PORTICO_FOREVER), "send the end");
	while (wait(NULL) > 0)
		continue;
	printf("%llu jobs, %ld workers: the squares' sum is %llu\n", (unsigned long long)count, workers,
	       (unsigned long long)sum);
	portico_mailbox_destroy(instance, jobs);
	portico_mailbox_destroy(instance, results);
	portico_close(instance);
	return 0;
}
