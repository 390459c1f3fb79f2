/* SPDX-License-Identifier: MIT */
#include "policy.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "json.h"
#include "options.h"

#include <errno.h>
#include <grp.h>
#include <portico/policy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const accesses[] = {
	[PORTICO_ACCESS_OWNER] = "owner",
	[PORTICO_ACCESS_GROUP] = "group",
	[PORTICO_ACCESS_ALL] = "all",
};

static int wanted_access = -1;
static gid_t wanted_group = PORTICO_GROUP_AS_IS;

/* ---- changing */

static gid_t parse_group(const char *name)
{
	const struct group *group = getgrnam(name);
	char *end;
	errno = 0;
	unsigned long gid = strtoul(name, &end, 10);
	if (group)
		return group->gr_gid;
	if (errno != 0 || end == name || *end != '\0' || *name == '-' || gid >= UINT32_MAX)
		bad_usage("access=group:%s: there is no such group", name);
	return (gid_t)gid;
}

static void take_access(const char *value)
{
	if (strncmp(value, "group:", 6) == 0) {
		wanted_access = PORTICO_ACCESS_GROUP;
		wanted_group = parse_group(value + 6);
		return;
	}
	for (int i = 0; i <= PORTICO_ACCESS_ALL; i++)
		if (strcmp(value, accesses[i]) == 0) {
			wanted_access = i;
			return;
		}
	bad_usage("access wants owner, group, group:NAME, or all");
}

bool policy_take(const char *word)
{
	if (strncmp(word, "access=", 7) != 0)
		return false;
	take_access(word + 7);
	return true;
}

int policy_apply(struct portico *k)
{
	int error = wanted_access < 0
			    ? 0
			    : portico_access_set(k, (enum portico_access)wanted_access, wanted_group);
	return error ? complain_of("instance", k->directory, error) : DONE;
}

/* ---- showing */

static void describe_access(struct portico *k, struct described *text)
{
	gid_t gid = 0;
	int access = portico_access_get(k, &gid);
	const struct group *group = access == PORTICO_ACCESS_GROUP ? getgrgid(gid) : NULL;
	if (access != PORTICO_ACCESS_GROUP)
		snprintf(text->text, sizeof text->text, "%s", access < 0 ? "unknown" : accesses[access]);
	else if (group)
		snprintf(text->text, sizeof text->text, "group:%s", group->gr_name);
	else
		snprintf(text->text, sizeof text->text, "group:%u", (unsigned)gid);
}

void policy_show(struct portico *k, const char *prefix, int width, bool as_json)
{
	struct described access;
	describe_access(k, &access);
	if (as_json)
		json_text("access", access.text);
	else
		printf("%s%-*s %s\n", prefix, width - (int)strlen(prefix), "access", access.text);
}
