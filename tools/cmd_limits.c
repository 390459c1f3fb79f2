/* SPDX-License-Identifier: MIT */
/* What the instance allows, and how much of it is used; or change it. */
#include "commands.h"
#include "complain.h"
#include "facts.h"
#include "instance.h"
#include "limit_facts.h"
#include "options.h"
#include "policy.h"
#include "sinks.h"
#include "sysv_limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int show_all(struct portico *k, bool as_json)
{
	struct output output;
	struct sink *sink = output_as(&output, as_json, 16);
	say_open(sink, NULL, '{');
	int error = limit_facts(k, "", sink);
	policy_facts(k, "", sink);
	if (!error)
		error = sysv_limit_facts(k, "", sink);
	say_close(sink, '}');
	return error ? complain_of("instance", k->directory, error) : DONE;
}

/* ---- changing */

static const struct instance_limit *find_limit(const char *name, size_t length)
{
	for (const struct instance_limit *limit = instance_limits; limit < instance_limits + INSTANCE_LIMITS;
	     limit++)
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
	const struct instance_limit *limit = equals ? find_limit(word, (size_t)(equals - word)) : NULL;
	if (limit)
		*instance_limit_in(most, limit) = parse_value(word, equals + 1);
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
				  "taps-per-owner=N, access=WHO, lifetime=HOW, nor of System V's msgmax=N "
				  "and so on; portico "
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
