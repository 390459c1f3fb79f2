/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "worker.h"
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

static void become(const char *program, const char *setup, const char *preload, int in, int out)
{
	probe_leave();
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (preload)
		setenv("LD_PRELOAD", preload, 1);
	else
		unsetenv("LD_PRELOAD");
	execl(program, program, setup, (char *)NULL);
	printf("%d\n", -errno);
	fflush(stdout);
	_exit(127);
}

static int64_t answer(struct worker *worker)
{
	int64_t ns;
	return fscanf(worker->from, "%" SCNd64, &ns) == 1 ? ns : -EPIPE;
}

int worker_start(struct worker *worker, const char *program, const char *setup, const char *preload)
{
	int to[2], from[2];
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	worker->pid = fork();
	if (worker->pid < 0)
		return -errno;
	if (worker->pid == 0)
		become(program, setup, preload, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	worker->to = fdopen(to[1], "w");
	worker->from = fdopen(from[0], "r");
	return (int)answer(worker);
}

void worker_stop(struct worker *worker)
{
	fclose(worker->to); /* end-of-file: it tidies up and exits */
	waitpid(worker->pid, NULL, 0);
	fclose(worker->from);
}

/* All at once, and as long as the last of them takes; each does its share. */
int64_t workers_run(void *context, uint64_t operations)
{
	struct workers *workers = context;
	int64_t longest = 0;
	for (unsigned i = 0; i < workers->count; i++) {
		fprintf(workers->each[i].to, "%" PRIu64 "\n",
			(operations + workers->count - 1) / workers->count);
		if (fflush(workers->each[i].to) != 0)
			return -errno;
	}
	for (unsigned i = 0; i < workers->count; i++) {
		int64_t ns = answer(&workers->each[i]);
		if (ns < 0 || longest < 0)
			longest = longest < 0 ? longest : ns;
		else if (ns > longest)
			longest = ns;
	}
	return longest;
}
