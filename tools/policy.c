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

static const char *const lifetimes[] = {
	[PORTICO_LIFETIME_PERSIST] = "persist",
	[PORTICO_LIFETIME_CREATOR] = "creator",
	[PORTICO_LIFETIME_LAST_USER] = "last-user",
	[PORTICO_LIFETIME_IDLE] = "idle",
};

static int wanted_access = -1, wanted_lifetime = -1;
static uint32_t wanted_idle_s;
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

static uint32_t parse_seconds(const char *text)
{
	char *end;
	errno = 0;
	unsigned long seconds = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || seconds == 0 || seconds > 31622400)
		bad_usage("lifetime=idle:%s: wants seconds, from 1 to 31622400", text);
	return (uint32_t)seconds;
}

static void take_lifetime(const char *value)
{
	if (strncmp(value, "idle:", 5) == 0) {
		wanted_lifetime = PORTICO_LIFETIME_IDLE;
		wanted_idle_s = parse_seconds(value + 5);
		return;
	}
	for (int i = 0; i < PORTICO_LIFETIME_IDLE; i++)
		if (strcmp(value, lifetimes[i]) == 0) {
			wanted_lifetime = i;
			return;
		}
	bad_usage("lifetime wants persist, creator, last-user, or idle:SECONDS");
}

bool policy_take(const char *word)
{
	if (strncmp(word, "access=", 7) == 0)
		take_access(word + 7);
	else if (strncmp(word, "lifetime=", 9) == 0)
		take_lifetime(word + 9);
	else
		return false;
	return true;
}

int policy_apply(struct portico *k)
{
	int error = 0;
	if (wanted_access >= 0)
		error = portico_access_set(k, (enum portico_access)wanted_access, wanted_group);
	if (!error && wanted_lifetime >= 0)
		error = portico_lifetime_set(k, (enum portico_lifetime)wanted_lifetime, wanted_idle_s);
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

static void describe_lifetime(struct portico *k, struct described *text)
{
	uint32_t idle_s = 0;
	int lifetime = portico_lifetime_get(k, &idle_s);
	snprintf(text->text, sizeof text->text, "%s", lifetimes[lifetime]);
	if (lifetime == PORTICO_LIFETIME_IDLE)
		snprintf(text->text, sizeof text->text, "idle:%u", idle_s);
}

static void show(const char *name, const struct described *value, const char *prefix, int width, bool as_json)
{
	if (as_json)
		json_text(name, value->text);
	else
		printf("%s%-*s %s\n", prefix, width - (int)strlen(prefix), name, value->text);
}

void policy_show(struct portico *k, const char *prefix, int width, bool as_json)
{
	struct described access, lifetime;
	describe_access(k, &access);
	describe_lifetime(k, &lifetime);
	show("access", &access, prefix, width, as_json);
	show("lifetime", &lifetime, prefix, width, as_json);
}
