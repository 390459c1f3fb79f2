/* SPDX-License-Identifier: MIT */
#include "sysv_limits.h"
#include "json.h"
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct limit {
	const char *name;
	size_t offset;
	bool counted;
} limits[] = {
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

#define LIMITS (sizeof limits / sizeof limits[0])

static uint64_t *value_of(struct portico_sysv_limits *all, const struct limit *limit)
{
	return (uint64_t *)((char *)all + limit->offset);
}

/* ---- showing */

static void print_json(const struct limit *limit, uint64_t most, uint64_t used)
{
	json_open(limit->name, '{');
	json_count("most", most);
	if (limit->counted)
		json_count("used", used);
	json_close('}');
}

static void print_line(const struct limit *limit, uint64_t most, uint64_t used, const char *prefix, int width)
{
	int left = width - printf("%s%s", prefix, limit->name);
	printf("%*s ", left > 0 ? left : 0, "");
	if (limit->counted)
		printf("%" PRIu64 " used, ", used);
	printf("at most %" PRIu64 "\n", most);
}

int sysv_limits_print(portico *k, const char *prefix, int width, bool as_json)
{
	struct portico_sysv_limits most, used;
	int error = portico_sysv_limits_get(k, &most);
	if (!error)
		error = portico_sysv_limits_used(k, &used);
	if (error)
		return error;
	for (const struct limit *limit = limits; limit < limits + LIMITS; limit++) {
		if (as_json)
			print_json(limit, *value_of(&most, limit), *value_of(&used, limit));
		else
			print_line(limit, *value_of(&most, limit), *value_of(&used, limit), prefix, width);
	}
	return 0;
}

/* ---- changing */

/* A whole number, up to what that limit may be; *text is left behind it. */
static uint64_t take_value(const char *word, const struct limit *limit, const char **text)
{
	struct portico_sysv_limits most;
	char *end;
	portico_sysv_limits_most(&most);
	const uint64_t largest = *value_of(&most, limit);
	errno = 0;
	const unsigned long long value = strtoull(*text, &end, 10);
	if (errno != 0 || end == *text || strchr(*text, '-') || !strchr(" \t", *end) || value > largest)
		bad_usage("%s: %s is a whole number from 0 to %" PRIu64, word, limit->name, largest);
	*text = end;
	return value;
}

static void take_values(struct portico_sysv_limits *to, const char *word, const struct limit *limit,
			int count, const char *text)
{
	for (int i = 0; i < count; i++, limit++)
		*value_of(to, limit) = take_value(word, limit, &text);
	if (text[strspn(text, " \t")] != '\0')
		bad_usage("%s: that is more than the %d number%s it wants", word, count,
			  count > 1 ? "s" : "");
}

bool sysv_limits_take(struct portico_sysv_limits *to, const char *word)
{
	const char *equals = strchr(word, '=');
	if (!equals)
		return false;
	for (const struct limit *limit = limits; limit < limits + LIMITS; limit++) {
		const size_t length = strlen(limit->name);
		if (strncmp(word, limit->name, length) != 0 || word[length] != '=')
			continue;
		take_values(to, word, limit, 1, equals + 1);
		return true;
	}
	if (strncmp(word, "sem=", 4) != 0)
		return false;
	take_values(to, word, &limits[3], 4, equals + 1); /* as in /proc/sys/kernel/sem */
	return true;
}
