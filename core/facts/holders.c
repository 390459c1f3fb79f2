/* SPDX-License-Identifier: MIT */
/* Who has to do with an object, as far as the region knows. */
#include "facts.h"
#include "guard.h"
#include "party.h"
#include "set.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN 1000u /* of a kind */

/* The members that tell which task it is.  False: it is no more. */
static bool say_task(struct portico *k, pk_id id, struct sink *sink)
{
	char command[sizeof((struct pk_task *)0)->command + 1];
	const struct pk_task *task = pk_task_of_id(k, id);
	if (!task)
		return false;
	snprintf(command, sizeof command, "%.16s", task->command);
	say_open(sink, NULL, '{');
	say_count(sink, NULL, "pid", task->pid);
	say_text(sink, NULL, "command", command);
	return true;
}

/* ---- who has sent to a port, and received there */

/* Of what clients of a mount have sent and received it is known only that it came that way. */
static bool say_party(struct portico *k, pk_id id, struct sink *sink)
{
	const struct pk_task *task = pk_task_of_id(k, id);
	if (!task || !(task->flags & PK_TASK_MOUNT))
		return say_task(k, id, sink);
	say_open(sink, NULL, '{');
	say_count(sink, NULL, "mount", task->pid);
	return true;
}

static void say_parties(struct portico *k, const char *key, const uint32_t *tags, uint32_t count,
			struct sink *sink)
{
	bool many = false;
	say_open(sink, key, '[');
	for (uint32_t i = 0; i < count; i++) {
		many |= tags[i] == PK_MANY;
		if (tags[i] != 0 && tags[i] != PK_MANY && say_party(k, pk_task_by_tag(k, tags[i]), sink))
			say_close(sink, '}');
	}
	if (many)
		say_text(sink, NULL, NULL, "and others");
	say_close(sink, ']');
}

int port_holders(struct portico *k, pk_id id, struct sink *sink)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	struct pk_parties parties = port->parties;
	pk_port_unlock(k, guard);
	say_parties(k, "maker", &parties.maker, 1, sink);
	say_parties(k, "receiver", parties.receivers, sizeof parties.receivers / sizeof(uint32_t), sink);
	say_parties(k, "sender", parties.senders, sizeof parties.senders / sizeof(uint32_t), sink);
	return 0;
}

/* ---- what ends of tasks would undo to a set */

struct undo {
	pk_id task;
	uint32_t semaphore;
	int32_t value;
	int64_t since;
};

static uint32_t undos_take(struct portico *k, const struct pk_set_view *view, struct undo *undos,
			   uint32_t *more)
{
	uint32_t count = 0, slot = view->set->adjusts;
	for (uint32_t left = pk_committed(k, PK_ADJUSTS); left > 0 && slot != 0; left--) {
		const struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, slot);
		if (!adjust)
			break;
		slot = adjust->next_adjust;
		int32_t value = pk_load(&adjust->value);
		if (value == 0 || adjust->set != view->id)
			continue;
		if (count < SHOWN)
			undos[count++] = (struct undo){ pk_word_id(pk_load(&adjust->head.word)),
							adjust->semaphore, value, pk_load(&adjust->since) };
		else
			(*more)++;
	}
	return count;
}

int set_holders(struct portico *k, pk_id id, struct sink *sink)
{
	struct pk_set_view view;
	struct undo *undos = calloc(SHOWN, sizeof *undos);
	uint32_t count = 0, more = 0;
	int error = undos ? pk_set_lock(k, id, &view) : -ENOMEM;
	if (!error) {
		count = undos_take(k, &view, undos, &more);
		pk_object_unlock(view.set);
	}
	say_open(sink, "undo", '[');
	for (uint32_t i = 0; i < count; i++) {
		if (!say_task(k, undos[i].task, sink))
			continue;
		say_count(sink, NULL, "semaphore", undos[i].semaphore);
		say_number(sink, NULL, "adjust", undos[i].value);
		say_time(sink, NULL, "since", undos[i].since);
		say_close(sink, '}');
	}
	say_close(sink, ']');
	if (more)
		say_count(sink, NULL, "more", more);
	free(undos);
	return error;
}

/* ---- who has a segment attached */

/* The records of one task needn't stand side by side; a line each, as of /proc/PID/maps. */
int segment_holders(struct portico *k, pk_id id, struct sink *sink)
{
	uint32_t committed = pk_committed(k, PK_ATTACHES), shown = 0, more = 0;
	char from[24];
	say_open(sink, "attachment", '[');
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_attach *attach = pk_slot(k, PK_ATTACHES, slot);
		uint64_t word = attach ? pk_load(&attach->head.word) : 0;
		if (pk_word_kind(word) != PK_CLAIMED || attach->segment != id)
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		if (!say_task(k, pk_word_id(word), sink))
			continue;
		snprintf(from, sizeof from, "0x%llx", (unsigned long long)pk_load(&attach->from));
		say_text(sink, NULL, "from", from);
		say_close(sink, '}');
		shown++;
	}
	say_close(sink, ']');
	if (more)
		say_count(sink, NULL, "more", more);
	return 0;
}
