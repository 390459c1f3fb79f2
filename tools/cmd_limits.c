/* SPDX-License-Identifier: MIT */
/* What the instance allows, and how much of it is used; or change it. */
#include "commands.h"
#include "complain.h"
#include "facts.h"
#include "holdings.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "policy.h"
#include "sysv_limits.h"

#include <errno.h>
#include <portico/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct limit {
	const char *name;
	size_t offset;
	const char *without; /* what holds where none is set */
} limits[] = {
	{ "ports", offsetof(struct portico_instance_limits, ports), "no limit" },
	{ "ports-per-owner", offsetof(struct portico_instance_limits, ports_per_owner), "no limit" },
	{ "rights-per-task", offsetof(struct portico_instance_limits, rights_per_task), "no limit" },
	{ "pooled", offsetof(struct portico_instance_limits, pooled),
	  "at most 2500, in numbered mailboxes only" },
};

#define LIMITS (sizeof limits / sizeof limits[0])

static uint32_t *value_of(struct portico_instance_limits *all, const struct limit *limit)
{
	return (uint32_t *)((char *)all + limit->offset);
}

/* ---- showing */

static void print_json(struct portico_instance_limits *most, struct portico_instance_limits *used)
{
	for (const struct limit *limit = limits; limit < limits + LIMITS; limit++) {
		json_open(limit->name, '{');
		json_count("most", *value_of(most, limit));
		json_count("used", *value_of(used, limit));
		json_close('}');
	}
}

static void print_table(struct portico_instance_limits *most, struct portico_instance_limits *used,
			const char *prefix, int width)
{
	for (const struct limit *limit = limits; limit < limits + LIMITS; limit++) {
		uint32_t value = *value_of(most, limit);
		int left = width - printf("%s%s", prefix, limit->name);
		printf("%*s %u used, ", left > 0 ? left : 0, "", *value_of(used, limit));
		if (value)
			printf("at most %u\n", value);
		else
			printf("%s\n", limit->without);
	}
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

int show_limits(struct portico *k, const char *prefix, int width, bool as_json)
{
	struct portico_instance_limits most, used;
	portico_limits_get(k, &most);
	int error = portico_limits_used(k, &used);
	if (error)
		return complain_of("instance", k->directory, error);
	used.rights_per_task = rights_of_one_task(k);
	if (as_json)
		print_json(&most, &used);
	else
		print_table(&most, &used, prefix, width);
	policy_show(k, prefix, width, as_json);
	return DONE;
}

static int show_all(struct portico *k, bool as_json)
{
	if (as_json)
		json_open(NULL, '{');
	int status = show_limits(k, "", 16, as_json);
	int error = sysv_limits_print(k, "", 16, as_json);
	if (as_json)
		json_close('}');
	return error ? complain_of("instance", k->directory, error) : status;
}

/* ---- changing */

static const struct limit *find_limit(const char *name, size_t length)
{
	for (const struct limit *limit = limits; limit < limits + LIMITS; limit++)
		if (strlen(limit->name) == length && memcmp(limit->name, name, length) == 0)
			return limit;
	return NULL;
}

static uint32_t parse_value(const char *word, const char *text)
{
	char *end;
	if (strcmp(text, "none") == 0)
		return 0;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || value > UINT32_MAX)
		bad_usage("%s wants a whole number up to %u, or `none`", word, UINT32_MAX);
	return (uint32_t)value;
}

/* False: it is none of these. */
static bool take_word(struct portico_instance_limits *most, const char *word)
{
	const char *equals = strchr(word, '=');
	const struct limit *limit = equals ? find_limit(word, (size_t)(equals - word)) : NULL;
	if (limit)
		*value_of(most, limit) = parse_value(word, equals + 1);
	return limit != NULL;
}

static int change(struct portico *k, char **words)
{
	struct portico_instance_limits most;
	struct portico_sysv_limits sysv;
	bool of_sysv = false;
	int error = portico_sysv_limits_get(k, &sysv);
	portico_limits_get(k, &most);
	for (; *words && !error; words++) {
		if (policy_take(*words) || take_word(&most, *words))
			continue;
		if (!sysv_limits_take(&sysv, *words))
			bad_usage("'%s' is none of ports=N, ports-per-owner=N, rights-per-task=N, pooled=N, "
				  "access=WHO, lifetime=HOW, nor of System V's msgmax=N and so on; portico "
				  "limits shows them",
				  *words);
		of_sysv = true;
	}
	if (!error)
		error = portico_limits_set(k, &most);
	if (!error && of_sysv)
		error = portico_sysv_limits_set(k, &sysv);
	return error ? complain_of("instance", k->directory, error) : policy_apply(k);
}

static const char *directory;
static bool as_json;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&as_json),
	{ 0 },
};

static const struct usage usage = {
	"limits", "[NAME=VALUE...]", "Show what the instance allows, or change it", options, 0, -1, false
};

int cmd_limits(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, argv[0] ? PORTICO_CREATE : 0, 0);
	if (!k)
		return FAILED;
	return argv[0] ? change(k, argv) : show_all(k, as_json);
}
