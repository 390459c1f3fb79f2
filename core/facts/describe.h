/* SPDX-License-Identifier: MIT */
/* Numbers and objects as people read them.  Each fills and returns the caller's buffer. */
#ifndef FACTS_DESCRIBE_H
#define FACTS_DESCRIBE_H

#include "label.h"
#include "part.h"

struct described {
	char text[96];
};

const char *describe_user(struct described *into, uint32_t uid);    /* alice, or 1234 */
const char *describe_mode(struct described *into, uint32_t mode);   /* rw-r----- */
const char *describe_bytes(struct described *into, uint64_t bytes); /* 1 byte, 65536 bytes */
const char *describe_size(struct described *into, uint64_t bytes);  /* 100, 64K, 1M: exact */
const char *describe_age(struct described *into, int64_t ns);	    /* 0.3 s, 12 s, 4 min, 3 h, 2 d */
const char *describe_time(struct described *into, int64_t seconds); /* 2026-01-31 12:00:00, or never */
const char *describe_key(struct described *into, int32_t key);	    /* 0x0000162e, or private */

/* A name that is no UTF-8, which JSON can't say, in hexadecimal digits; NULL: it is. */
const char *describe_stray_name(char hex[2 * PK_NAME_MAX + 1], const char *name);

/* What a message brings beside data: "2 rights and 4096 bytes of memory", or "". */
const char *describe_cargo(struct described *into, const struct pk_cargo *cargo);

/* "mailbox jobs", "queue 65536", "segment 3": whether or not it lives. */
const char *describe_object(struct portico *k, unsigned table, pk_id id, struct described *into);

#endif
