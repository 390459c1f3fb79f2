/* SPDX-License-Identifier: MIT */
/*
 * Somebody overwrites random words of the region while others work.  They may
 * get errors, and lose what they sent; they may not crash, nor hang, nor run
 * in circles: each must come back soon after the scribbling ends.
 *
 *   scribble [--seed N] [--rounds N] [--round N]
 *
 * Each round has an instance of its own, below $PORTICO_KERNEL.  A worker is
 * killed now and then, so that repair and reaping meet scribbled words, too.
 * A seed repeats what is done and what is written where, not who comes first;
 * --round plays just that one.
 */
#include "scribble.h"
#include "region.h"
#include "table.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define LIMIT_MS 20000 /* to come back in */
#define ROUND_MS 400

struct stage *stage;
static struct portico *k;
static uint64_t seed, round_now;

/* ---- scribbling */

/* The address of a word to overwrite, in what exists. */
static uint64_t *somewhere(struct dice *dice)
{
	uint32_t where = below(dice, 100);
	size_t tables = offsetof(struct pk_header, tables);
	if (where < 15) /* the tables' own words, and what stands before them */
		return (uint64_t *)(k->base +
				    below(dice, (uint32_t)(tables + sizeof(struct pk_table) * PK_TABLES)) /
					    8 * 8);
	if (where < 20)
		return (uint64_t *)&pk_header(k)->buckets[below(dice, PK_BUCKETS) & ~1u];
	for (int tries = 0; tries < 50; tries++) {
		unsigned table = below(dice, PK_BUFFERS + 6);
		uint32_t slot = 1 + below(dice, 40), words = pk_shapes[table].stride / 8;
		struct pk_head *head = pk_slot(k, table, slot);
		if (table >= PK_BUFFERS) /* what a message begins with, or a body */
			words = below(dice, 2) ? sizeof(struct pk_message) / 8 : 40;
		if (head && (pk_load(&head->word) != PK_FREE || below(dice, 20) == 0))
			return (uint64_t *)head + below(dice, words);
	}
	return (uint64_t *)k->base;
}

static uint64_t something(struct dice *dice, uint64_t before)
{
	switch (below(dice, 6)) {
	case 0:
		return roll(dice);
	case 1:
		return before ^ UINT64_C(1) << below(dice, 64);
	case 2:
		return below(dice, 64);
	case 3:
		return (before & ~UINT64_C(0xffffffff)) | below(dice, 64);
	case 4:
		return *somewhere(dice);
	default:
		return 0;
	}
}

static void scribble(struct dice dice)
{
	static const uint32_t paces_us[] = { 100, 1000, 5000, 20000 };
	uint32_t pace_us = paces_us[below(&dice, 4)];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!stage->stop) {
		volatile uint64_t *word = somewhere(&dice);
		struct overwrite *note = &stage->overwrites[stage->overwritten++ % OVERWRITES];
		note->offset = (uint64_t)((unsigned char *)word - k->base);
		note->before = *word;
		note->after = *word = something(&dice, note->before);
		pause_us(pace_us);
	}
}

/* ---- telling */

static void tell_overwrite(const struct overwrite *note)
{
	unsigned table = PK_TABLES;
	fprintf(stderr, "  %016llx became %016llx in ", (unsigned long long)note->before,
		(unsigned long long)note->after);
	while (table > 0 && note->offset < pk_shapes[table - 1].offset)
		table--;
	if (table == 0) {
		fprintf(stderr, "the header, byte %llu\n", (unsigned long long)note->offset);
		return;
	}
	const struct pk_table_shape *shape = &pk_shapes[table - 1];
	uint64_t at = note->offset - shape->offset;
	fprintf(stderr, "%s, slot %llu, byte %llu\n", pk_table_name(table - 1),
		(unsigned long long)(at / shape->stride), (unsigned long long)(at % shape->stride));
}

static void tell_overwrites(void)
{
	uint64_t all = stage->overwritten, shown = all < OVERWRITES ? all : OVERWRITES;
	fprintf(stderr, "the last %llu of %llu words that were overwritten:\n", (unsigned long long)shown,
		(unsigned long long)all);
	for (uint64_t i = all - shown; i < all; i++)
		tell_overwrite(&stage->overwrites[i % OVERWRITES]);
}

static pid_t workers[WORKERS];

static void fail(int worker, const char *how)
{
	fprintf(stderr, "--seed %llu --round %llu: worker %d %s in: %s\n", (unsigned long long)seed,
		(unsigned long long)round_now, worker, how, stage->doing[worker]);
	for (int i = 0; i < WORKERS; i++) {
		if (kill(workers[i], 0) == 0)
			fprintf(stderr, "worker %d, process %d, in: %s\n", i, (int)workers[i],
				stage->doing[i]);
		tell_stack(workers[i]);
	}
	tell_overwrites();
	exit(1); /* the others die with us */
}

/* ---- workers */

static void note_crash(int number)
{
	for (int i = 0; i < WORKERS; i++)
		if (workers[i] == getpid())
			stage->crashed[i] = number;
	for (;;)
		pause(); /* until we were looked at */
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE };
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		signal(signals[i], note_crash);
}

static pid_t start(int worker, uint32_t life)
{
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	workers[worker] = getpid();
	catch_crashes();
	work(k, worker, dice_for(seed, round_now, (uint64_t)worker, life));
	_exit(0);
}

static void look_for_crashes(void)
{
	for (int i = 0; i < WORKERS; i++)
		if (stage->crashed[i])
			fail(i, strsignal(stage->crashed[i]));
}

/* Kill one now and then, and start another in its place. */
static void disturb(struct dice *dice)
{
	uint64_t end = clock_ms() + ROUND_MS;
	for (uint32_t life = 1; clock_ms() < end; life++) {
		int victim = (int)below(dice, WORKERS);
		pause_us(below(dice, 40000));
		look_for_crashes();
		kill_child(workers[victim]);
		workers[victim] = start(victim, life);
	}
}

static void await_all(void)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	for (int i = 0; i < WORKERS; i++) {
		int status;
		while (waitpid(workers[i], &status, WNOHANG) == 0) {
			look_for_crashes();
			if (clock_ms() >= end)
				fail(i, "did not come back");
			pause_us(1000);
		}
		CHECK_EQUAL(status, 0);
	}
}

/* ---- rounds */

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	if (!directory)
		return;
	while ((entry = readdir(directory)) != NULL) {
		char below_it[1024];
		snprintf(below_it, sizeof below_it, "%s/%s", path, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlink(below_it) != 0)
			remove_directory(below_it);
	}
	closedir(directory);
	rmdir(path);
}

static char instance[512];

static pid_t parent;

static void leave_nothing(void)
{
	if (instance[0] && getpid() == parent)
		remove_directory(instance);
}

static void play(void)
{
	struct dice dice = dice_for(seed, round_now, 1000, 0);
	struct pk_reason reason;
	snprintf(instance, sizeof instance, "%s-%llu", getenv("PORTICO_KERNEL"),
		 (unsigned long long)round_now);
	if (pk_kernel_open(instance, true, &k, &reason))
		FAIL(reason.text);
	memset(stage->crashed, 0, sizeof stage->crashed);
	stage->overwritten = 0;
	stage->stop = false;
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start(i, 0);
	pause_us(20000); /* so that there is something to overwrite */
	pid_t scribbler = CHILD(scribble(dice_for(seed, round_now, 2000, 0)));
	disturb(&dice);
	stage->stop = true;
	join_child(scribbler);
	await_all();
	pk_kernel_close(k);
	remove_directory(instance);
}

int main(int argc, char **argv)
{
	seed = option(argc, argv, "--seed", (uint64_t)time(NULL));
	uint64_t rounds = option(argc, argv, "--rounds", 20),
		 only = option(argc, argv, "--round", UINT64_MAX);
	if (!getenv("PORTICO_KERNEL"))
		FAIL("PORTICO_KERNEL names no place to work in");
	printf("seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	stage = shared_memory(sizeof *stage);
	parent = getpid();
	atexit(leave_nothing);
	for (round_now = 0; round_now < rounds; round_now++)
		if (only == UINT64_MAX || round_now == only)
			play();
	printf("%llu operations, %llu of them without an error\n", (unsigned long long)stage->operations,
	       (unsigned long long)stage->successes);
	return 0;
}
