/* SPDX-License-Identifier: MIT */
/* The simulated seam: the clock, sleep, and who lives, as the script has them.  interleave.h is the essay. */
#include "interleave_inside.h"

#define MARKS 32768

#define BEGINNING_NS INT64_C(1000000000000)

static int64_t now_ns = BEGINNING_NS;
static uint64_t sleeps_ever;
static struct actor *marks[MARKS];

/* Core's calls of the function come here. */
#define SEAM(type, function, parameters)                                                                     \
	type __wrap_##function parameters;                                                                   \
	type __wrap_##function parameters

/* ---- sleep, and what ends it */

static uint64_t word_at(const _Atomic uint32_t *word)
{
	uint64_t at = (uint64_t)((const unsigned char *)word - me->kernel->base);
	if (at >= PK_REGION_BYTES)
		fail("%s sleeps or wakes outside the region", me->name);
	return at;
}

static void rouse(struct actor *actor, int result)
{
	actor->woken_by = result;
	actor->state = PAUSED;
	snprintf(actor->at, sizeof actor->at, "its waking up");
}

SEAM(int, pk_sleep, (const _Atomic uint32_t *word, uint32_t expected, int64_t until_ns))
{
	interleave_point("pk_sleep");
	if (atomic_load(word) != expected)
		return 0;
	if (until_ns <= now_ns)
		return -ETIMEDOUT;
	me->word = word_at(word);
	if (me == actors)
		fail("the script itself would sleep for %s", place(me->word));
	me->until_ns = until_ns;
	me->since = ++sleeps_ever;
	pause_as(ASLEEP);
	return me->woken_by;
}

static struct actor *first_asleep(uint64_t word)
{
	struct actor *first = NULL;
	for (int i = 1; i < actor_count; i++)
		if (actors[i].state == ASLEEP && actors[i].word == word &&
		    (!first || actors[i].since < first->since))
			first = &actors[i];
	return first;
}

SEAM(void, pk_wake, (const _Atomic uint32_t *word, int count))
{
	struct actor *actor;
	interleave_point("pk_wake");
	while (count-- > 0 && (actor = first_asleep(word_at(word))) != NULL)
		rouse(actor, 0);
}

void passes_ms(int64_t ms)
{
	now_ns += ms * 1000000;
	for (int i = 1; i < actor_count; i++)
		if (actors[i].state == ASLEEP && actors[i].until_ns <= now_ns)
			rouse(&actors[i], -ETIMEDOUT);
}

int64_t ms_passed(void)
{
	return (now_ns - BEGINNING_NS) / 1000000;
}

int64_t ms_to_wake(void)
{
	int64_t first = PK_FOREVER;
	for (int i = 1; i < actor_count; i++)
		if (actors[i].state == ASLEEP && actors[i].until_ns < first)
			first = actors[i].until_ns;
	return first == PK_FOREVER ? -1 : (first - now_ns + 999999) / 1000000;
}

void signals(struct actor *actor)
{
	if (actor->state == ASLEEP)
		rouse(actor, -EINTR);
	else if (actor->holds_signals)
		actor->signalled = true;
}

SEAM(uint64_t, pk_signals_hold, (void))
{
	me->holds_signals = true;
	return 0;
}

SEAM(bool, pk_signals_release, (uint64_t held))
{
	bool signalled = me->signalled;
	(void)held;
	me->holds_signals = me->signalled = false;
	return signalled;
}

/* ---- time */

SEAM(int64_t, pk_monotonic_ns, (void))
{
	interleave_point("pk_monotonic_ns");
	return now_ns;
}

SEAM(int64_t, pk_realtime_ns, (void))
{
	return now_ns;
}

SEAM(int64_t, pk_realtime_seconds, (void))
{
	return now_ns / 1000000000;
}

/* ---- who lives */

static bool pid_lives(uint32_t pid)
{
	for (int i = 0; i < actor_count; i++)
		if (actors[i].process.pid == pid && lives(&actors[i]))
			return true;
	return false;
}

SEAM(void, pk_process_self, (struct pk_process * self))
{
	*self = me->process;
}

SEAM(bool, pk_process_alive, (const struct pk_process *process))
{
	interleave_point("pk_process_alive");
	return pid_lives(process->pid);
}

SEAM(int, pk_process_mark, (int region, uint64_t mark))
{
	(void)region;
	CHECK(mark < MARKS);
	if (marks[mark] && marks[mark] != me && lives(marks[mark]))
		return -EAGAIN;
	marks[mark] = me;
	return 0;
}

SEAM(bool, pk_process_marked, (int region, uint64_t mark))
{
	(void)region;
	interleave_point("pk_process_marked");
	return mark < MARKS && marks[mark] && marks[mark]->kernel != me->kernel && lives(marks[mark]);
}

/* The actor that is that thread, alive; or NULL. */
static struct actor *thread_of(uint32_t thread)
{
	for (int i = 0; i < actor_count; i++)
		if (actors[i].thread == thread && lives(&actors[i]))
			return &actors[i];
	return NULL;
}

SEAM(uint32_t, pk_thread_id, (void))
{
	return me->thread;
}

SEAM(bool, pk_thread_alive, (uint32_t thread))
{
	return thread_of(thread) != NULL;
}

SEAM(bool, pk_thread_exists, (uint32_t pid, uint32_t thread))
{
	const struct actor *actor = thread_of(thread);
	return actor && actor->process.pid == pid;
}

SEAM(bool, pk_thread_sleeps, (uint32_t pid, uint32_t thread))
{
	const struct actor *actor = thread_of(thread);
	return actor && actor->process.pid == pid && actor->state == ASLEEP;
}

SEAM(uint32_t, pk_cpu, (void))
{
	return 0;
}

SEAM(int, pk_cpu_count, (void))
{
	return 1; /* nobody spins */
}

/* ---- files.  Points, and no more. */

int __real_pk_open(const char *path, int flags, unsigned mode);
int __real_pk_allocate(int fd, uint64_t offset, uint64_t size_bytes);

SEAM(int, pk_open, (const char *path, int flags, unsigned mode))
{
	interleave_point("pk_open");
	return __real_pk_open(path, flags, mode);
}

SEAM(int, pk_allocate, (int fd, uint64_t offset, uint64_t size_bytes))
{
	interleave_point("pk_allocate");
	return __real_pk_allocate(fd, offset, size_bytes);
}
