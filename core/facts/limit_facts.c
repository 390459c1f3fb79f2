/* SPDX-License-Identifier: MIT */
#include "limit_facts.h"
#include "facts.h"
#include "holdings.h"

#include <grp.h>
#include <inttypes.h>
#include <stdio.h>

const struct instance_limit instance_limits[INSTANCE_LIMITS] = {
	{ "ports", offsetof(struct portico_instance_limits, ports), "no limit" },
	{ "ports-per-owner", offsetof(struct portico_instance_limits, ports_per_owner), "no limit" },
	{ "rights-per-task", offsetof(struct portico_instance_limits, rights_per_task), "no limit" },
	{ "pooled", offsetof(struct portico_instance_limits, pooled),
	  "at most 2500, in numbered mailboxes only" },
	{ "taps-per-owner", offsetof(struct portico_instance_limits, taps_per_owner), "at most 64" },
};

const struct sysv_limit sysv_limits[SYSV_LIMITS] = {
	{ "msgmax", offsetof(struct portico_sysv_limits, msgmax), false },
	{ "msgmnb", offsetof(struct portico_sysv_limits, msgmnb), false },
	{ "msgmni", offsetof(struct portico_sysv_limits, msgmni), true },
	{ "semmsl", offsetof(struct portico_sysv_limits, semmsl), false },
	{ "semmns", offsetof(struct portico_sysv_limits, semmns), true },
	{ "semopm", offsetof(struct portico_sysv_limits, semopm), false },
	{ "semmni", offsetof(struct portico_sysv_limits, semmni), true },
	{ "shmmax", offsetof(struct portico_sysv_limits, shmmax), false },
	{ "shmall", offsetof(struct portico_sysv_limits, shmall), true },
	{ "shmmni", offsetof(struct portico_sysv_limits, shmmni), true },
};

const char *const access_words[] = {
	[PORTICO_ACCESS_OWNER] = "owner",
	[PORTICO_ACCESS_GROUP] = "group",
	[PORTICO_ACCESS_ALL] = "all",
};

const char *const lifetime_words[] = {
	[PORTICO_LIFETIME_PERSIST] = "persist",
	[PORTICO_LIFETIME_CREATOR] = "creator",
	[PORTICO_LIFETIME_LAST_USER] = "last-user",
	[PORTICO_LIFETIME_IDLE] = "idle",
};

/* ---- the instance's own */

static void say_limit(struct sink *sink, const char *prefix, const struct instance_limit *limit,
		      uint32_t most, uint32_t used)
{
	char label[64], line[96];
	if (is_structured(sink)) {
		say_open(sink, limit->name, '{');
		say_most(sink, NULL, "most", most);
		say_count(sink, NULL, "used", used);
		say_close(sink, '}');
		return;
	}
	snprintf(label, sizeof label, "%s%s", prefix, limit->name);
	if (most)
		snprintf(line, sizeof line, "%u used, at most %u", used, most);
	else
		snprintf(line, sizeof line, "%u used, %s", used, limit->without);
	say_text(sink, label, NULL, line);
}

/* Those of the task that has most: this one has none. */
static uint32_t rights_of_one_task(struct portico *k)
{
	struct holdings holdings;
	uint32_t count = 0, most = 0;
	if (holdings_take(k, &holdings) != 0)
		return 0;
	for (size_t i = 0; i < holdings.count; i++) { /* they stand task by task */
		const struct holding *holding = &holdings.list[i];
		if (i == 0 || holding->task != holding[-1].task)
			count = 0;
		count += holding->task != 0 && holding_is_right(holding);
		most = count > most ? count : most;
	}
	holdings_drop(&holdings);
	return most;
}

int limit_facts(struct portico *k, const char *prefix, struct sink *sink)
{
	struct portico_instance_limits most, used;
	portico_limits_get(k, &most);
	int error = portico_limits_used(k, &used);
	if (error)
		return error;
	used.rights_per_task = rights_of_one_task(k);
	for (const struct instance_limit *limit = instance_limits; limit < instance_limits + INSTANCE_LIMITS;
	     limit++)
		say_limit(sink, prefix, limit, *instance_limit_in(&most, limit),
			  *instance_limit_in(&used, limit));
	return 0;
}

/* ---- System V's */

static void say_sysv_limit(struct sink *sink, const char *prefix, const struct sysv_limit *limit,
			   uint64_t most, uint64_t used)
{
	char label[64], line[96];
	if (is_structured(sink)) {
		say_open(sink, limit->name, '{');
		say_count(sink, NULL, "most", most);
		if (limit->counted)
			say_count(sink, NULL, "used", used);
		say_close(sink, '}');
		return;
	}
	snprintf(label, sizeof label, "%s%s", prefix, limit->name);
	if (limit->counted)
		snprintf(line, sizeof line, "%" PRIu64 " used, at most %" PRIu64, used, most);
	else
		snprintf(line, sizeof line, "at most %" PRIu64, most);
	say_text(sink, label, NULL, line);
}

int sysv_limit_facts(struct portico *k, const char *prefix, struct sink *sink)
{
	struct portico_sysv_limits most, used;
	int error = portico_sysv_limits_get(k, &most);
	if (!error)
		error = portico_sysv_limits_used(k, &used);
	if (error)
		return error;
	for (const struct sysv_limit *limit = sysv_limits; limit < sysv_limits + SYSV_LIMITS; limit++)
		say_sysv_limit(sink, prefix, limit, *sysv_limit_in(&most, limit),
			       *sysv_limit_in(&used, limit));
	return 0;
}

/* ---- what is no number */

static void describe_access(struct portico *k, struct described *text)
{
	gid_t gid = 0;
	int access = portico_access_get(k, &gid);
	const struct group *group = access == PORTICO_ACCESS_GROUP ? getgrgid(gid) : NULL;
	if (access != PORTICO_ACCESS_GROUP)
		snprintf(text->text, sizeof text->text, "%s", access < 0 ? "unknown" : access_words[access]);
	else if (group)
		snprintf(text->text, sizeof text->text, "group:%s", group->gr_name);
	else
		snprintf(text->text, sizeof text->text, "group:%u", (unsigned)gid);
}

static void describe_lifetime(struct portico *k, struct described *text)
{
	uint32_t idle_s = 0;
	int lifetime = portico_lifetime_get(k, &idle_s);
	if (lifetime == PORTICO_LIFETIME_IDLE)
		snprintf(text->text, sizeof text->text, "idle:%u", idle_s);
	else
		snprintf(text->text, sizeof text->text, "%s", lifetime_words[lifetime]);
}

static void say_policy(struct sink *sink, const char *prefix, const char *name, const char *value)
{
	char label[64];
	snprintf(label, sizeof label, "%s%s", prefix, name);
	say_text(sink, label, name, value);
}

void policy_facts(struct portico *k, const char *prefix, struct sink *sink)
{
	struct described access, lifetime;
	describe_access(k, &access);
	describe_lifetime(k, &lifetime);
	say_policy(sink, prefix, "access", access.text);
	say_policy(sink, prefix, "lifetime", lifetime.text);
}
