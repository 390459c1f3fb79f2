/* SPDX-License-Identifier: MIT */
/*
 * Sinks: where facts go.
 *
 * Whatever tells of an object hands its facts on one by one, each with a label
 * for people and a key for scripts; the sink makes of them the lines of `portico
 * stat`, its JSON, or the flat text of a file in view/.  So a fact is found out
 * in one place, whoever asks.
 *
 * A sink that is *structured* wants keys, and brackets around what belongs
 * together; one that isn't wants labels, and lines that stand for themselves.  A
 * label or a key of NULL is for what only the other has, but in a bracket that is
 * an array, whose elements have no key.
 */
#ifndef FACTS_SINK_H
#define FACTS_SINK_H

#include "describe.h"

struct sink;

struct sink_kind {
	bool structured;
	void (*text)(struct sink *sink, const char *name, const char *text);
	void (*number)(struct sink *sink, const char *name, int64_t number);
	void (*count)(struct sink *sink, const char *name, uint64_t number);
	void (*most)(struct sink *sink, const char *name, uint64_t number); /* a limit; 0: there is none */
	void (*truth)(struct sink *sink, const char *name, bool truth);
	void (*time)(struct sink *sink, const char *name, int64_t seconds); /* CLOCK_REALTIME; 0 is never */
	void (*open)(struct sink *sink, const char *name, char bracket);
	void (*close)(struct sink *sink, char bracket);
};

struct sink {
	const struct sink_kind *kind;
};

static inline bool is_structured(const struct sink *sink)
{
	return sink->kind->structured;
}

/* By which name it goes there. */
static inline const char *name_for(const struct sink *sink, const char *label, const char *key)
{
	return is_structured(sink) ? key : label;
}

static inline void say_text(struct sink *sink, const char *label, const char *key, const char *text)
{
	sink->kind->text(sink, name_for(sink, label, key), text);
}

static inline void say_number(struct sink *sink, const char *label, const char *key, int64_t number)
{
	sink->kind->number(sink, name_for(sink, label, key), number);
}

static inline void say_count(struct sink *sink, const char *label, const char *key, uint64_t count)
{
	sink->kind->count(sink, name_for(sink, label, key), count);
}

static inline void say_most(struct sink *sink, const char *label, const char *key, uint64_t most)
{
	sink->kind->most(sink, name_for(sink, label, key), most);
}

static inline void say_truth(struct sink *sink, const char *label, const char *key, bool truth)
{
	sink->kind->truth(sink, name_for(sink, label, key), truth);
}

static inline void say_time(struct sink *sink, const char *label, const char *key, int64_t seconds)
{
	sink->kind->time(sink, name_for(sink, label, key), seconds);
}

/* Brackets, '{' or '[', are for structured sinks; others know nothing of them. */
static inline void say_open(struct sink *sink, const char *key, char bracket)
{
	if (is_structured(sink))
		sink->kind->open(sink, key, bracket);
}

static inline void say_close(struct sink *sink, char bracket)
{
	if (is_structured(sink))
		sink->kind->close(sink, bracket);
}

/* sink.c: "alice (uid 1000, gid 100)", or the two numbers. */
void say_owner(struct sink *sink, uint32_t uid, uint32_t gid);

/* The name, and where that is no UTF-8 for structured sinks also its bytes. */
void say_name(struct sink *sink, const char *label, const char *name);

/* Of a System V object: id, key, owner, creator, mode. */
void say_sysv(const struct pk_permission *permission, pk_id id, struct sink *sink);

void say_mode(struct sink *sink, uint32_t mode); /* 0640 */

#endif
