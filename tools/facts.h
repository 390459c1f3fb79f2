/* SPDX-License-Identifier: MIT */
/* What `portico stat` tells: a list of facts, as lines or as JSON. */
#ifndef TOOL_FACTS_H
#define TOOL_FACTS_H

#include "table.h"

extern bool facts_as_json;

void say_text(const char *label, const char *key, const char *text);
void say_count(const char *label, const char *key, uint64_t count);
void say_bool(const char *label, const char *key, bool truth);
void say_time(const char *label, const char *key, int64_t seconds);
void say_owner(uint32_t uid, uint32_t gid);

/* Exit statuses. */
int stat_port(struct portico *k, const char *name, pk_id port); /* stat_port.c */
int stat_instance(struct portico *k);				/* stat_instance.c */

/*
 * What the instance allows, and how much of it is used: as lines, whose labels begin with
 * `prefix` and take `width`, or as members of an object.  cmd_limits.c
 */
int show_limits(struct portico *k, const char *prefix, int width, bool as_json);

#endif
