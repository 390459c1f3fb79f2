/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "measure.h"
#include "probe.h"
#include "worker.h"

#include <errno.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { QUICK_ROUNDS = 4, QUICKEST_ROUNDS = 1, POINT_ROUNDS = 40, DEPTH = 1024, MOST_QUEUED = 8 << 20 };

static void write_setup(char *words, size_t size, const struct surroundings *at, const struct group *group,
			const struct entry *entry)
{
	char where[64] = "";
	int there = group->place == TOGETHER ? probe_here : probe_there;
	if (group->place == ALONE)
		snprintf(where, sizeof where, "cpu=%d", probe_here);
	else if (group->place != ANYWHERE)
		snprintf(where, sizeof where, "cpu=%d partner=%d", probe_here, there);
	snprintf(words, size, "%s %s %s%s", group->setup, where, entry->setup ? entry->setup : "",
		 at->quick ? " quick=1" : "");
}

/* Only a worker that isn't preloaded makes what the kernel knows by that key. */
static int check_whose(const struct peer *peer, const struct worker *worker)
{
	key_t key = worker_key(worker->pid);
	bool kernel_knows = msgget(key, 0) >= 0 || semget(key, 0, 0) >= 0 || shmget(key, 0, 0) >= 0;
	return peer->sysv && kernel_knows == peer->preloaded ? -EXDEV : 0;
}

/* 0 or a negative errno; workers->count is how many are to be stopped. */
static int start_workers(struct workers *workers, const struct surroundings *at, const struct group *group,
			 const struct entry *entry)
{
	char program[512], setup[256];
	int error = 0;
	snprintf(program, sizeof program, "%s/peer-%s", at->programs, entry->peer->program);
	if (access(program, X_OK) != 0)
		return -ENOPKG;
	if (group->place == APART && probe_there < 0)
		return -ENODEV;
	write_setup(setup, sizeof setup, at, group, entry);
	for (unsigned i = 0; i < (group->workers ? group->workers : 1) && !error; i++) {
		struct worker *worker = &workers->each[workers->count++];
		error = worker_start(worker, program, setup, entry->peer->preloaded ? at->preload : NULL);
		if (!error)
			error = check_whose(entry->peer, worker);
	}
	return error;
}

struct result measure_group(const struct surroundings *at, const struct group *group)
{
	struct workers workers[SUBJECTS] = { 0 };
	struct comparison comparison = { .rounds = group->rounds ? group->rounds : ROUNDS,
					 .batch = group->batch };
	if (at->quick)
		comparison.rounds = group->batch ? QUICKEST_ROUNDS : QUICK_ROUNDS;
	for (const struct entry *entry = group->entries; entry->peer; entry++) {
		unsigned i = comparison.count++;
		comparison.subjects[i] = (struct subject){
			.run = workers_run,
			.context = &workers[i],
			.error = start_workers(&workers[i], at, group, entry),
		};
	}
	struct result result = compare(&comparison);
	for (unsigned i = 0; i < comparison.count; i++)
		for (unsigned w = 0; w < workers[i].count; w++)
			worker_stop(&workers[i].each[w]);
	return result;
}

struct result measure_point(const struct surroundings *at, const struct sweep *sweep, unsigned point)
{
	struct group group = sweep->group;
	char setup[128];
	long value = sweep->values[point], depth = MOST_QUEUED / value;
	depth = depth > DEPTH ? DEPTH : depth;
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(setup, sizeof setup, sweep->setup, value, depth);
	group.setup = setup;
	group.rounds = POINT_ROUNDS;
	return measure_group(at, &group);
}
