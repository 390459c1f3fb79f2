/* SPDX-License-Identifier: MIT */
/*
 * System V objects as people name them, and `portico ls` shows them: by id, a
 * decimal number, or by key, 0x and hexadecimal digits.
 */
#ifndef TOOL_SYSV_NAMES_H
#define TOOL_SYSV_NAMES_H

#include "table.h"

struct sysv_kind {
	const char *name;
	unsigned table;
	enum pk_space space; /* of its keys */
};
extern const struct sysv_kind sysv_queue, sysv_set, sysv_segment;

/* 0, or a negative errno, complained of; what is neither id nor key is wrong usage. */
int find_sysv(struct portico *k, const struct sysv_kind *kind, const char *text, pk_id *object);

#endif
