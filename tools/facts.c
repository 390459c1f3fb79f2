/* SPDX-License-Identifier: MIT */
#include "facts.h"
#include "describe.h"
#include "json.h"

#include <stdio.h>

bool facts_as_json;

void say_text(const char *label, const char *key, const char *text)
{
	if (facts_as_json)
		json_text(key, text);
	else
		printf("%-22s %s\n", label, text);
}

void say_count(const char *label, const char *key, uint64_t count)
{
	if (facts_as_json)
		json_count(key, count);
	else
		printf("%-22s %llu\n", label, (unsigned long long)count);
}

void say_bool(const char *label, const char *key, bool truth)
{
	if (facts_as_json)
		json_bool(key, truth);
	else
		printf("%-22s %s\n", label, truth ? "yes" : "no");
}

void say_time(const char *label, const char *key, int64_t seconds)
{
	struct described time;
	if (facts_as_json)
		json_number(key, seconds);
	else
		printf("%-22s %s\n", label, describe_time(&time, seconds));
}

void say_owner(uint32_t uid, uint32_t gid)
{
	struct described user;
	if (facts_as_json) {
		json_count("uid", uid);
		json_count("gid", gid);
	} else {
		printf("%-22s %s (uid %u, gid %u)\n", "owner", describe_user(&user, uid), uid, gid);
	}
}
