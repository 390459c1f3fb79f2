/* SPDX-License-Identifier: MIT */
#include "sysv_limits.h"
#include "limit_facts.h"
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A whole number, up to what that limit may be; *text is left behind it. */
static uint64_t take_value(const char *word, const struct sysv_limit *limit, const char **text)
{
	struct portico_sysv_limits most;
	char *end;
	portico_sysv_limits_most(&most);
	const uint64_t largest = *sysv_limit_in(&most, limit);
	errno = 0;
	const unsigned long long value = strtoull(*text, &end, 10);
	if (errno != 0 || end == *text || strchr(*text, '-') || !strchr(" \t", *end) || value > largest)
		bad_usage("%s: %s is a whole number from 0 to %" PRIu64, word, limit->name, largest);
	*text = end;
	return value;
}

static void take_values(struct portico_sysv_limits *to, const char *word, const struct sysv_limit *limit,
			int count, const char *text)
{
	for (int i = 0; i < count; i++, limit++)
		*sysv_limit_in(to, limit) = take_value(word, limit, &text);
	if (text[strspn(text, " \t")] != '\0')
		bad_usage("%s: that is more than the %d number%s it wants", word, count,
			  count > 1 ? "s" : "");
}

bool sysv_limits_take(struct portico_sysv_limits *to, const char *word)
{
	const char *equals = strchr(word, '=');
	if (!equals)
		return false;
	for (const struct sysv_limit *limit = sysv_limits; limit < sysv_limits + SYSV_LIMITS; limit++) {
		const size_t length = strlen(limit->name);
		if (strncmp(word, limit->name, length) != 0 || word[length] != '=')
			continue;
		take_values(to, word, limit, 1, equals + 1);
		return true;
	}
	if (strncmp(word, "sem=", 4) != 0)
		return false;
	take_values(to, word, &sysv_limits[3], 4, equals + 1); /* as in /proc/sys/kernel/sem */
	return true;
}
