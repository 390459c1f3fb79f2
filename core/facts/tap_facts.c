/* SPDX-License-Identifier: MIT */
#include "tap_facts.h"

#include <stdio.h>
#include <string.h>

bool tap_sight_of(struct portico *k, uint32_t copy, struct tap_sight *sight)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, copy);
	const unsigned char *data = m ? pk_message_data_at(k, copy, m, &length) : NULL;
	if (!data || length < sizeof sight->tapped)
		return false;
	*sight = (struct tap_sight){
		.pid = m->pid,
		.uid = m->uid,
		.gid = m->gid,
		.missed = m->more & PK_MORE_MISSED ? m->missed : 0,
		.type = m->type,
		.priority = m->more & PK_MORE_PRIORITY ? m->priority : 0,
	};
	memcpy(&sight->tapped, data, sizeof sight->tapped);
	data += sizeof sight->tapped;
	length -= (uint32_t)sizeof sight->tapped;
	uint32_t shown = length < TAP_SHOWN ? length : TAP_SHOWN;
	for (uint32_t i = 0; i < shown; i++)
		sight->text[i] = data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '.';
	snprintf(sight->text + shown, 4, "%s", shown < sight->tapped.bytes ? "..." : "");
	return true;
}

void tap_facts(const struct tap_sight *sight, struct sink *sink)
{
	say_number(sink, NULL, "time_ns", sight->tapped.time_ns);
	say_count(sink, NULL, "pid", sight->pid);
	say_count(sink, NULL, "uid", sight->uid);
	say_count(sink, NULL, "gid", sight->gid);
	say_number(sink, NULL, "type", sight->type);
	say_count(sink, NULL, "priority", sight->priority);
	say_count(sink, NULL, "bytes", sight->tapped.bytes);
	say_count(sink, NULL, "missed", sight->missed);
	say_text(sink, NULL, "text", sight->text);
}
