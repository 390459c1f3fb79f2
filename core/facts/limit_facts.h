/* SPDX-License-Identifier: MIT */
/* The limits of an instance by their names, and whom it serves, and how long objects live. */
#ifndef FACTS_LIMIT_FACTS_H
#define FACTS_LIMIT_FACTS_H

#include <portico/limits.h>
#include <portico/policy.h>
#include <stdbool.h>
#include <stddef.h>

#define INSTANCE_LIMITS 5
#define SYSV_LIMITS 10

/* The instance's own: each a uint32_t, 0: none is set. */
struct instance_limit {
	const char *name;
	size_t offset;
	const char *without; /* what holds where none is set */
};
extern const struct instance_limit instance_limits[INSTANCE_LIMITS];

static inline uint32_t *instance_limit_in(struct portico_instance_limits *all,
					  const struct instance_limit *limit)
{
	return (uint32_t *)((char *)all + limit->offset);
}

/* System V's: each a uint64_t. */
struct sysv_limit {
	const char *name;
	size_t offset;
	bool counted; /* it is a number of things */
};
extern const struct sysv_limit sysv_limits[SYSV_LIMITS];

static inline uint64_t *sysv_limit_in(struct portico_sysv_limits *all, const struct sysv_limit *limit)
{
	return (uint64_t *)((char *)all + limit->offset);
}

/* Words for the values of those two; by their numbers. */
extern const char *const access_words[PORTICO_ACCESS_ALL + 1];
extern const char *const lifetime_words[PORTICO_LIFETIME_IDLE + 1];

#endif
