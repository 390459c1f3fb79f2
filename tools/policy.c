/* SPDX-License-Identifier: MIT */
#include "policy.h"
#include "commands.h"
#include "complain.h"
#include "limit_facts.h"
#include "options.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

static int wanted_access = -1, wanted_lifetime = -1;
static uint32_t wanted_idle_s;
static gid_t wanted_group = PORTICO_GROUP_AS_IS;

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
		if (strcmp(value, access_words[i]) == 0) {
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
		if (strcmp(value, lifetime_words[i]) == 0) {
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
