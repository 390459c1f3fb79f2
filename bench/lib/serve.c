/* SPDX-License-Identifier: MIT */
/*
 * A worker's main program: sets up what its argument says, answers 0 or a
 * negative errno, then does batches on command (worker.h).
 */
#define _GNU_SOURCE
#include "scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };
enum { LIMIT_SECONDS = 60 }; /* no batch takes that long */

static const struct scenario *const scenarios[] = { &loop, &round_trip, &flood, &backlog, &contest };
static const int ends[] = { SIGALRM, SIGINT, SIGTERM };
static pid_t partner;

/* ---- the setup */

static void set(struct setup *setup, char *word)
{
	struct {
		const char *key;
		long *value;
	} keys[] = {
		{ "bytes", &setup->bytes },
		{ "depth", &setup->depth },
		{ "cpu", &setup->cpu },
		{ "partner", &setup->partner },
		{ "pause", &setup->pause_ns },
		{ "nap", &setup->nap },
		{ "backlog", &setup->backlog },
		{ "waits", &setup->waits },
		{ "mailboxes", &setup->mailboxes },
		{ "undo", &setup->undo },
		{ "at-once", &setup->at_once },
		{ "select", &setup->select },
		{ "in-place", &setup->in_place },
		{ "mounted", &setup->mounted },
		{ "bare", &setup->bare },
		{ "quick", &setup->quick },
	};
	char *value = strchr(word, '=');
	if (!value) {
		setup->scenario = word;
		return;
	}
	*value++ = '\0';
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i].key, word) == 0)
			*keys[i].value = strtol(value, NULL, 10);
}

static struct setup read_setup(char *words)
{
	struct setup setup = { .scenario = "", .bytes = 64, .depth = 1024, .cpu = -1, .partner = -1 };
	setup.select = setup.at_once = 1;
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		set(&setup, word);
	return setup;
}

static const struct scenario *scenario_of(const struct setup *setup)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (strcmp(scenarios[i]->name, setup->scenario) == 0)
			return scenarios[i];
	return NULL;
}

/* ---- for scenarios */

void *new_buffer(const struct setup *setup)
{
	void *buffer = NULL; /* of a page or more: it begins with one */
	size_t alignment = setup->bytes >= PAGE_BYTES ? PAGE_BYTES : sizeof(void *);
	if (posix_memalign(&buffer, alignment, (size_t)setup->bytes + 1) != 0)
		return NULL;
	return memset(buffer, 'x', (size_t)setup->bytes + 1);
}

static int stay_on(long cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof set, &set) != 0 ? -errno : 0;
}

/*
 * Who shares one CPU was born there, as under taskset.  Who has one of several
 * goes there once it is open: it knew of the others.
 */
int open_side(const struct setup *setup, enum side side)
{
	long cpu = side == ANSWERER ? setup->partner : setup->cpu;
	bool shared = setup->cpu == setup->partner;
	int error = cpu >= 0 && shared ? stay_on(cpu) : 0;
	if (!error)
		error = peer_open(side);
	if (!error && cpu >= 0 && !shared)
		error = stay_on(cpu);
	return error;
}

/* What blocks is interrupted, or else given up soon. */
static void partner_ended(int number)
{
	(void)number;
	alarm(1);
}

int start_partner(const struct setup *setup, enum side side, void (*run)(void))
{
	pid_t parent = getpid();
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = partner_ended }, NULL);
	partner = fork();
	if (partner != 0)
		return partner < 0 ? -errno : 0;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		signal(ends[i], SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && open_side(setup, side) == 0)
		run();
	_exit(1);
}

static void end_partner(void)
{
	signal(SIGCHLD, SIG_DFL);
	if (partner <= 0)
		return;
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
}

/* It took too long, or is told to end: leave nothing behind. */
static void give_up(int number)
{
	(void)number;
	end_partner();
	peer_remove();
	_exit(1);
}

/* ---- */

static void answer(int64_t value)
{
	printf("%" PRId64 "\n", value);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char words[256];
	snprintf(words, sizeof words, "%s", argc > 1 ? argv[1] : "");
	struct setup setup = read_setup(words);
	const struct scenario *scenario = scenario_of(&setup);
	uint64_t count;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		signal(ends[i], give_up);
	alarm(LIMIT_SECONDS);
	int error = scenario ? peer_prepare(&setup) : -EINVAL;
	if (!error)
		error = scenario->start(&setup);
	alarm(0);
	answer(error);
	while (!error && scanf("%" SCNu64, &count) == 1) {
		alarm(LIMIT_SECONDS);
		answer(scenario->batch(count));
		alarm(0);
	}
	end_partner();
	peer_remove();
	return 0;
}
