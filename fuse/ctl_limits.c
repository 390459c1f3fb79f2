/* SPDX-License-Identifier: MIT */
/* What can be said to kernel/limits: `NAME=VALUE` or `NAME VALUE`. */
#include "actor.h"
#include "ctl.h"
#include "limit_facts.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int permit(pk_id none)
{
	uint32_t uid = pk_acting(server.kernel).uid;
	(void)none;
	return uid == 0 || uid == server.kernel->file.uid ? 0 : -EPERM;
}

/* ---- one kind each.  1: it is none of that kind */

static int set_instance_limit(struct order *order, const char *name, const char *value)
{
	struct portico_instance_limits all;
	uint64_t number = 0;
	const struct instance_limit *limit = instance_limits, *end = limit + INSTANCE_LIMITS;
	while (limit < end && strcmp(limit->name, name) != 0)
		limit++;
	if (limit == end)
		return 1;
	if (strcmp(value, "none") != 0 && !order_number(value, UINT32_MAX, &number))
		return order_refuse(order, -EINVAL, "'%.40s' is no whole number up to %u, nor none", value,
				    UINT32_MAX);
	portico_limits_get(server.kernel, &all);
	*instance_limit_in(&all, limit) = (uint32_t)number;
	return portico_limits_set(server.kernel, &all);
}

static int set_sysv_limit(struct order *order, const char *name, const char *value)
{
	struct portico_sysv_limits all, most;
	uint64_t number;
	const struct sysv_limit *limit = sysv_limits, *end = limit + SYSV_LIMITS;
	while (limit < end && strcmp(limit->name, name) != 0)
		limit++;
	if (limit == end)
		return 1;
	portico_sysv_limits_most(&most);
	if (!order_number(value, *sysv_limit_in(&most, limit), &number))
		return order_refuse(order, -EINVAL, "'%.40s' is no whole number up to %" PRIu64, value,
				    *sysv_limit_in(&most, limit));
	int error = portico_sysv_limits_get(server.kernel, &all);
	*sysv_limit_in(&all, limit) = number;
	return error ? error : portico_sysv_limits_set(server.kernel, &all);
}

/* The number of the word that `value` is, or begins with before a colon; *after: what follows it, or NULL. */
static int find_word(const char *const *words, int count, const char *value, const char **after)
{
	size_t length = strcspn(value, ":");
	for (int i = 0; i < count; i++)
		if (strlen(words[i]) == length && memcmp(words[i], value, length) == 0) {
			*after = value[length] ? value + length + 1 : NULL;
			return i;
		}
	return -1;
}

static bool find_group(const char *name, uint64_t *gid)
{
	const struct group *group = getgrnam(name);
	if (group)
		*gid = group->gr_gid;
	return group || order_number(name, UINT32_MAX - 1, gid);
}

static int set_access(struct order *order, const char *value)
{
	const char *after = NULL;
	uint64_t gid = PORTICO_GROUP_AS_IS;
	int access = find_word(access_words, PORTICO_ACCESS_ALL + 1, value, &after);
	if (access < 0 || (after && (access != PORTICO_ACCESS_GROUP || !find_group(after, &gid))))
		return order_refuse(order, -EINVAL, "access is owner, group, group:NAME, or all");
	return portico_access_set(server.kernel, (enum portico_access)access, (gid_t)gid);
}

static int set_lifetime(struct order *order, const char *value)
{
	const char *after = NULL;
	uint64_t idle_s = 0;
	int lifetime = find_word(lifetime_words, PORTICO_LIFETIME_IDLE + 1, value, &after);
	bool is_idle = lifetime == PORTICO_LIFETIME_IDLE;
	if (lifetime < 0 || is_idle != (after != NULL) ||
	    (is_idle && (!order_number(after, 31622400, &idle_s) || idle_s == 0)))
		return order_refuse(order, -EINVAL,
				    "lifetime is persist, creator, last-user, or idle:SECONDS");
	return portico_lifetime_set(server.kernel, (enum portico_lifetime)lifetime, (uint32_t)idle_s);
}

static int set_limit(struct order *order)
{
	char *equals = strchr(order->rest, '=');
	if (equals)
		*equals = ' ';
	const char *name = order_word(order), *value = order_word(order);
	if (!name || !value || order_word(order))
		return order_refuse(order, -EINVAL, "say NAME=VALUE");
	if (strcmp(name, "access") == 0)
		return set_access(order, value);
	if (strcmp(name, "lifetime") == 0)
		return set_lifetime(order, value);
	int error = set_instance_limit(order, name, value);
	if (error == 1)
		error = set_sysv_limit(order, name, value);
	return error == 1 ? order_refuse(order, -EINVAL, "there is no limit '%.40s'", name) : error;
}

const struct controls limit_controls = { .permit = permit, .line = set_limit };
