/* SPDX-License-Identifier: MIT */
#include "callers.h"
#include "json.h"
#include "label.h"
#include "mounts.h"
#include "task.h"

#include <stdio.h>
#include <string.h>

/* ---- where a mount is */

static uint32_t wanted;
static char place[PATH_MAX];

static void note_place(const char *path, const struct mount *mount)
{
	if ((uint32_t)mount->daemon == wanted)
		snprintf(place, sizeof place, "%s", path);
}

const char *place_of_mount(uint32_t daemon)
{
	if (daemon == wanted)
		return place;
	wanted = daemon;
	place[0] = '\0';
	each_portico_mount(note_place);
	return place;
}

/* ---- one that waits */

const char *command_of_caller(const struct pk_opened *call, char command[16])
{
	if (call->pid == 0 || !pk_process_command(call->pid, command))
		command[0] = '\0';
	return command;
}

static void caller_as_json(struct portico *k, const struct pk_opened *call)
{
	char command[16];
	struct pk_label label;
	struct pk_openers openers;
	const struct pk_task *mount = pk_task_of_id(k, call->mount);
	pk_label_of(k, call->table, call->object, &label);
	pk_caller_openers(k, call, &openers);
	json_open(NULL, '{');
	json_count("pid", call->pid);
	json_count("uid", call->uid);
	json_text("command", command_of_caller(call, command));
	json_text("mount", mount ? place_of_mount(mount->pid) : "");
	json_text("for", pk_opening_word(call));
	json_text("kind", label.kind);
	json_text("object", label.name);
	json_number("waited_ns", pk_monotonic_ns() - call->since_ns);
	json_open("openers", '[');
	for (uint32_t i = 0; i < openers.count && i < PK_OPENERS; i++)
		json_count(NULL, openers.pid[i]);
	json_close(']');
	json_close('}');
}

void callers_as_json(struct portico *k, const char *key, pk_id mount, uint32_t pid)
{
	struct pk_opened call;
	uint32_t slot = 1;
	json_open(key, '[');
	while (pk_caller_next(k, mount, &slot, &call))
		if (mount || pk_caller_is(&call, pid))
			caller_as_json(k, &call);
	json_close(']');
}
