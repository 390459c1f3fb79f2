/* SPDX-License-Identifier: MIT */
/* What people call an object, and how they say how long: the one place for it. */
#ifndef PK_LABEL_H
#define PK_LABEL_H

#include "layout.h"
#include "text.h"

struct portico;

struct pk_label {
	const char *kind; /* "mailbox", "queue", "semaphores" … */
	char name[PK_NAME_MAX + 1];
};

/* Of a mailbox or pipe its name, "(unnamed)" or "(gone)"; of others a number by which they are known, or a
 * name that they were given. */
void pk_label_of(struct portico *k, unsigned table, pk_id id, struct pk_label *label);

/* Text that came from elsewhere: what would disturb a terminal is '?'. */
void pk_text_quote(struct pk_text *text, const char *more);

/* 0.3 s, 12 s, 4 min, 3 h, 2 d */
void pk_text_age(struct pk_text *text, int64_t ns);

#endif
