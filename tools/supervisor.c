/* SPDX-License-Identifier: MIT */
#include "supervisor.h"
#include "instance.h"
#include "pidfd.h"

#include <stdlib.h>

static bool make_room(struct supervisor *s)
{
	if (s->count < s->room)
		return true;
	size_t room = s->room ? 2 * s->room : 64;
	struct pollfd *fds = realloc(s->fds, room * sizeof *fds);
	if (fds)
		s->fds = fds;
	pk_id *watched = realloc(s->watched, room * sizeof *watched);
	if (watched)
		s->watched = watched;
	if (!fds || !watched)
		return false;
	s->room = room;
	return true;
}

static bool watch(struct supervisor *s, int fd, pk_id task)
{
	if (!make_room(s))
		return false;
	s->fds[s->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	s->watched[s->count++] = task;
	return true;
}

static bool is_watched(const struct supervisor *s, pk_id task)
{
	for (size_t i = 1; i < s->count; i++)
		if (s->watched[i] == task)
			return true;
	return false;
}

static void meet(struct supervisor *s, uint32_t slot)
{
	struct portico *k = s->k;
	const struct pk_task *task = pk_task_of(k, slot);
	pk_id id = live_object(k, PK_TASKS, slot);
	if (!task || !id || id == pk_self(k) || task->pid_namespace != k->mine->process.pid_namespace ||
	    is_watched(s, id))
		return;
	int fd = open_pidfd((pid_t)task->pid);
	/* it may have died before, and its pid be another's by now; or descriptors are short */
	if (pk_task_reap_if_dead(k, slot) || (fd >= 0 && !watch(s, fd, id))) {
		if (fd >= 0)
			close(fd);
	}
}

static void look_round(struct supervisor *s)
{
	uint32_t committed = pk_committed(s->k, PK_TASKS);
	s->looked_ns = pk_monotonic_ns();
	for (uint32_t slot = 1; slot < committed; slot++)
		meet(s, slot);
}

static void see_off(struct supervisor *s, size_t i)
{
	pk_task_reap_if_dead(s->k, pk_id_slot(s->watched[i]));
	close(s->fds[i].fd);
	s->count--;
	s->fds[i] = s->fds[s->count];
	s->watched[i] = s->watched[s->count];
}

bool supervisor_begin(struct supervisor *s, struct portico *k, int own)
{
	*s = (struct supervisor){ .k = k };
	return watch(s, own, 0);
}

void supervisor_end(struct supervisor *s)
{
	for (size_t i = 1; i < s->count; i++)
		close(s->fds[i].fd);
	free(s->fds);
	free(s->watched);
}

bool supervisor_wait(struct supervisor *s)
{
	int64_t left_ns = s->looked_ns + SUPERVISOR_TICK_NS - pk_monotonic_ns();
	if (left_ns <= 0) {
		look_round(s);
		left_ns = SUPERVISOR_TICK_NS;
	}
	s->fds[0].revents = 0;
	if (poll(s->fds, s->count, (int)(left_ns / 1000000) + 1) <= 0)
		return false;
	for (size_t i = s->count; i-- > 1;)
		if (s->fds[i].revents)
			see_off(s, i);
	return s->fds[0].revents != 0;
}
