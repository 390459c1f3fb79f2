/* SPDX-License-Identifier: MIT */
/*
 * fork() with segments attached: the child has them mapped, too, and must be
 * counted before fork() returns to either, as the kernel would have it.  So
 * the child registers, which counts them, at once; and the parent waits until
 * it has (or for a while, should the child be stopped or killed before it could).
 *
 * The libc calls us in each fork of its own, those in daemon() and forkpty()
 * included.  vfork() and its like share the memory, and so the attachments.  A
 * child made by a system call of the program's own is counted with the first
 * call that it makes here.
 */
#include "mapping.h"
#include "posix.h"
#include "task.h"

#define CHILD_MOST_NS                                                                                        \
	(20 * (int64_t)PK_TICK_NS) /* where many want the processors it takes that long to begin */

static _Thread_local _Atomic uint32_t *told; /* shared by both; NULL: nothing to inherit */

static void prepare(void)
{
	struct portico *k = pk_load(&pk_opened);
	void *page = NULL;
	told = NULL;
	if (k && pk_mappings_any(k) && pk_map(&page, sizeof *told, -1, PK_MAP_SHARED) == 0)
		told = page;
	if (told)
		pk_task_forks(k, true);
}

static void finish(void)
{
	pk_unmap((void *)told, sizeof *told);
	told = NULL;
}

static void in_child(void)
{
	if (!told)
		return;
	pk_inside_begin();
	pk_enter(pk_load(&pk_opened));
	pk_inside_end();
	pk_store(told, 1);
	pk_wake(told, 1);
	finish();
}

static void in_parent(void)
{
	if (!told)
		return;
	int64_t until = pk_monotonic_ns() + CHILD_MOST_NS;
	while (pk_load(told) == 0 && pk_monotonic_ns() < until)
		pk_sleep(told, 0, until);
	if (pk_load(told) != 0)
		pk_task_forks(pk_load(&pk_opened), false);
	finish();
}

void pk_fork_watch(void)
{
	static _Atomic bool watched;
	if (!pk_load_relaxed(&watched) && !pk_exchange(&watched, true))
		pk_at_fork(prepare, in_parent, in_child);
}
