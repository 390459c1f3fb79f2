/* SPDX-License-Identifier: MIT */
/* The lines of `portico ls`. */
#ifndef TOOL_LISTING_H
#define TOOL_LISTING_H

#include "port.h"

/* Where the lines go. */
struct listing {
	struct portico *k;
	struct columns *columns; /* NULL: JSON */
};

/* The columns that all lines begin with; id < 0: it has none that anybody knows. */
void list_first(const struct listing *listing, const char *kind, const char *name, int32_t id,
		const struct pk_permission *permission);

/* As JSON: whose it is; and the beginning of what has a System V key. */
void list_permission(const struct pk_permission *permission);
void list_sysv(const char *kind, const struct pk_permission *permission, pk_id id);

/* All ports of that use. */
void list_ports(const struct listing *listing, enum pk_port_use use);

#endif
