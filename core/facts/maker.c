/* SPDX-License-Identifier: MIT */
#include "maker.h"
#include "live.h"
#include "lifetime.h"
#include "party.h"
#include "task.h"

#include <stdio.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

bool maker_of(struct portico *k, unsigned table, pk_id id, struct maker *maker)
{
	void *object = pk_slot(k, table, pk_id_slot(id));
	if (!object)
		return false;
	const struct pk_origin *origin = pk_origin_of(table, object);
	*maker = (struct maker){ .pid = origin->pid,
				 .lives = pk_task_by_tag(k, pk_load(&origin->maker)) != 0 };
	memcpy(maker->command, origin->command, sizeof origin->command);
	if (!maker->lives)
		maker->ended = pk_load(&origin->ended);
	maker->no_task = pk_load(&origin->maker) == 0 && maker->ended == 0;
	return live_object(k, table, pk_id_slot(id)) == id; /* and it all was this one's */
}

const char *describe_maker(struct described *into, const struct maker *maker)
{
	if (maker->no_task && maker->pid == 0)
		snprintf(into->text, sizeof into->text, "by file");
	else
		snprintf(into->text, sizeof into->text, "%s %u%s", maker->command, maker->pid,
			 maker->lives	  ? ""
			 : maker->no_task ? " by file"
					  : " gone");
	return into->text;
}

const char *describe_leaver(struct described *into, const struct maker *maker)
{
	struct described age;
	describe_age(&age, (pk_realtime_seconds() - maker->ended) * SECOND_NS);
	snprintf(into->text, sizeof into->text, "%s %u, %.20s ago", maker->command, maker->pid, age.text);
	return into->text;
}

static void maker_by_keys(const struct maker *maker, struct sink *sink)
{
	say_text(sink, NULL, "maker_command", maker->command);
	say_count(sink, NULL, "maker_pid", maker->pid);
	say_truth(sink, NULL, "maker_by_file", maker->no_task);
	if (maker->no_task)
		return;
	say_truth(sink, NULL, "maker_lives", maker->lives);
	if (!maker->lives)
		say_number(sink, NULL, "maker_ended", maker->ended);
}

void maker_facts(struct portico *k, unsigned table, pk_id id, struct sink *sink)
{
	struct maker maker;
	struct described text;
	if (!maker_of(k, table, id, &maker))
		return;
	if (is_structured(sink)) {
		maker_by_keys(&maker, sink);
		return;
	}
	say_text(sink, "made by", NULL, describe_maker(&text, &maker));
	if (!maker.lives && !maker.no_task)
		say_time(sink, "maker ended", NULL, maker.ended);
}

/* ---- what is left */

/* This process is none that uses anything. */
static bool pid_is_here(struct portico *k, uint32_t pid)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed && pid != 0; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (task && task->pid == pid && slot != pk_id_slot(pk_self(k)))
			return true;
	}
	return false;
}

static bool has_no_users(struct portico *k, unsigned table, pk_id id)
{
	struct maker maker;
	return maker_of(k, table, id, &maker) && !maker.lives && pk_lifetime_users(k, table, id) == 0;
}

bool is_left_queue(struct portico *k, const struct pk_port_status *status)
{
	return status->use == PK_QUEUE && status->receivers == 0 && status->senders == 0 &&
	       has_no_users(k, PK_PORTS, status->id) && !pid_is_here(k, status->last_sender) &&
	       !pid_is_here(k, status->last_receiver);
}

static bool is_to_be_undone(struct portico *k, pk_id set)
{
	uint32_t committed = pk_committed(k, PK_ADJUSTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, slot);
		if (pk_word_kind(pk_load(&adjust->head.word)) == PK_CLAIMED && adjust->set == set &&
		    pk_load(&adjust->value) != 0)
			return true;
	}
	return false;
}

bool is_left_set(struct portico *k, const struct pk_set_status *status)
{
	if (status->waiting != 0 || !has_no_users(k, PK_SETS, status->id) || is_to_be_undone(k, status->id))
		return false;
	for (uint32_t i = 0; i < status->count; i++) {
		struct pk_semaphore_status semaphore;
		if (pk_semaphore_inspect(k, status->id, i, &semaphore) != 0 || pid_is_here(k, semaphore.pid))
			return false;
	}
	return true;
}

bool is_left_segment(struct portico *k, const struct pk_segment_status *status)
{
	return status->attached == 0 && has_no_users(k, PK_SEGMENTS, status->id) &&
	       !pid_is_here(k, status->last_pid);
}
