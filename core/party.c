/* SPDX-License-Identifier: MIT */
#include "party.h"
#include "task.h"

pk_id pk_task_by_tag(struct portico *k, uint32_t tag)
{
	uint32_t slot = tag & 0x7fff;
	const struct pk_task *task = tag != 0 ? pk_task_of(k, slot) : NULL;
	pk_id id = task ? pk_slot_id(&task->head, slot) : 0;
	return id != 0 && pk_task_tag(id) == tag ? id : 0;
}

static bool is_among(const uint32_t *tags, unsigned count, uint32_t tag)
{
	for (unsigned i = 0; i < count; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* Y1 */
static void meet(struct portico *k, uint32_t *tags, unsigned count, uint32_t tag)
{
	if (is_among(tags, count, tag))
		return;
	for (unsigned i = 0; i < count; i++)
		if (tags[i] != PK_MANY && pk_task_by_tag(k, tags[i]) == 0) {
			tags[i] = tag;
			return;
		}
	tags[count - 1] = PK_MANY;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void pk_party_sends(struct portico *k, struct pk_port *port, uint32_t tag)
{
	meet(k, port->parties.senders, COUNT(port->parties.senders), tag);
}

void pk_party_receives(struct portico *k, struct pk_port *port, uint32_t tag)
{
	meet(k, port->parties.receivers, COUNT(port->parties.receivers), tag);
}
