/* SPDX-License-Identifier: MIT */
/*
 * Portico beside the kernel: one process's messages and semaphores.
 *
 *   ipc SYSV PRELOAD JSON     the sysv program, the preload object, where to write
 */
#define _GNU_SOURCE
#include "lib/compare.h"
#include "lib/probe.h"
#include "lib/report.h"
#include "lib/worker.h"

#include <errno.h>
#include <portico/portico.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

/* ---- in this process */

struct mailbox {
	portico *instance;
	portico_port port;
};

static struct mailbox make_mailbox(void)
{
	struct mailbox mailbox;
	if (portico_open(NULL, PORTICO_CREATE, &mailbox.instance) != 0)
		die("opening the instance", portico_open_error());
	int error = portico_mailbox_create(mailbox.instance, NULL, NULL, 0600, &mailbox.port);
	if (error)
		die("making a mailbox", portico_explain(-error));
	return mailbox;
}

static int64_t mailbox_64(void *context, uint64_t operations)
{
	struct mailbox *mailbox = context;
	char data[64] = { 0 };
	int64_t start = now_ns();
	while (operations-- > 0) {
		int error = portico_send(mailbox->instance, mailbox->port, data, sizeof data, 1, PORTICO_NOW);
		if (error)
			return error;
		ssize_t got = portico_receive(mailbox->instance, mailbox->port, data, sizeof data, NULL, NULL,
					      PORTICO_NOW);
		if (got < 0)
			return got;
	}
	return now_ns() - start;
}

/* ---- in two workers, one preloaded and one not */

/* Only the worker that isn't preloaded made a queue that the kernel knows. */
static void prove_whose_is_what(key_t portico_key, key_t kernel_key)
{
	if (msgget(kernel_key, 0) < 0)
		die("the kernel's worker has no queue in the kernel", strerror(errno));
	if (msgget(portico_key, 0) >= 0)
		die("the preloaded worker", "its queue is the kernel's, not Portico's");
}

static void start_workers(struct worker *preloaded, struct worker *plain, const char *program,
			  const char *preload)
{
	key_t portico_key = (key_t)(0x50000000 + getpid()), kernel_key = (key_t)(0x60000000 + getpid());
	char argument[32];
	int error;
	snprintf(argument, sizeof argument, "%d", portico_key);
	if ((error = worker_start(preloaded, program, argument, preload)) != 0)
		die("starting the preloaded worker", strerror(-error));
	snprintf(argument, sizeof argument, "%d", kernel_key);
	if ((error = worker_start(plain, program, argument, NULL)) != 0)
		die("starting the kernel's worker", strerror(-error));
	prove_whose_is_what(portico_key, kernel_key);
}

/* ---- the rows */

static const struct row {
	const char *name, *operation; /* the operation of sysv.c */
	bool library;		      /* against this process's own calls of the library */
	double goal;
} rows[] = {
	{ .name = "mailbox send+receive, 64 B, by msgsnd+msgrcv",
	  .operation = "message-64",
	  .library = true },
	{ .name = "msgsnd+msgrcv, 64 B, unmodified", .operation = "message-64", .goal = 15 },
	{ .name = "msgsnd+msgrcv, 4 KiB, unmodified", .operation = "message-4096" },
	{ .name = "semop P+V, unmodified", .operation = "semaphore", .goal = 20 },
	{ .name = "semop P+V with SEM_UNDO, unmodified", .operation = "semaphore-undo" },
};

struct subjects {
	struct worker preloaded, plain;
	struct mailbox mailbox;
};

static struct result measure(const struct row *row, struct subjects *subjects)
{
	struct worker_operation preloaded = { &subjects->preloaded, row->operation };
	struct worker_operation plain = { &subjects->plain, row->operation };
	struct comparison comparison = {
		.name = row->name,
		.portico = { worker_run, &preloaded },
		.kernel = { worker_run, &plain },
		.goal = row->goal,
	};
	if (row->library)
		comparison.portico = (struct subject){ mailbox_64, &subjects->mailbox };
	return compare(&comparison);
}

static void write_json(const char *path, const struct machine *machine, const struct result *results,
		       unsigned count)
{
	FILE *file = fopen(path, "we");
	if (!file)
		die(path, strerror(errno));
	report_json(file, machine, results, count);
	if (fclose(file) != 0)
		die(path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct subjects subjects;
	struct machine machine;
	struct result results[COUNT(rows)];
	if (argc != 4)
		die("usage", "ipc SYSV PRELOAD JSON");
	int error = probe_start();
	if (error)
		die("starting the probe", strerror(-error));
	start_workers(&subjects.preloaded, &subjects.plain, argv[1], argv[2]);
	subjects.mailbox = make_mailbox();

	machine_describe(&machine);
	report_machine(stdout, &machine);
	report_head(stdout);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		results[i] = measure(&rows[i], &subjects);
		report_row(stdout, &results[i]);
		fflush(stdout);
	}
	worker_stop(&subjects.preloaded);
	worker_stop(&subjects.plain);
	write_json(argv[3], &machine, results, COUNT(rows));
	return 0;
}
