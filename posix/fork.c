/* SPDX-License-Identifier: MIT */
/*
 * fork() with segments attached: the child has them mapped, too, and must be
 * counted before fork() returns to either, as the kernel would have it.  So
 * the child records them at once, and the parent waits until it has (or for
 * a tick, should the child be stopped or killed before it could).
 */
#include "posix.h"
#include "task.h"

void pk_fork_prepare(struct pk_forking *forking)
{
	struct portico *k = pk_load(&pk_opened);
	void *page = NULL;
	forking->told = NULL;
	if (!k || pk_enter(k) != 0 || pk_map(&page, sizeof *forking->told, -1, PK_MAP_SHARED) != 0)
		return;
	forking->parent = pk_self(k);
	forking->told = page;
}

static void finish(struct pk_forking *forking)
{
	pk_unmap(forking->told, sizeof *forking->told);
	forking->told = NULL;
}

void pk_fork_in_child(struct pk_forking *forking)
{
	struct portico *k = pk_load(&pk_opened);
	if (!forking->told)
		return;
	pk_task_inherit_attachments(k, forking->parent);
	pk_store(forking->told, 1);
	pk_wake(forking->told, 1);
	finish(forking);
}

void pk_fork_in_parent(struct pk_forking *forking, bool forked)
{
	if (!forking->told)
		return;
	int64_t until = pk_monotonic_ns() + PK_TICK_NS;
	while (forked && pk_load(forking->told) == 0 && pk_monotonic_ns() < until)
		pk_sleep(forking->told, 0, until);
	finish(forking);
}
