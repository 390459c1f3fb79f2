/* SPDX-License-Identifier: MIT */
/* The lines of `portico ls`. */
#ifndef TOOL_LISTING_H
#define TOOL_LISTING_H

#include "port.h"

/* Where the lines go. */
struct listing {
	struct portico *k;
	struct columns *columns; /* NULL: JSON */
	bool left_only;		 /* what nobody alive uses: maker.h */
	bool quiet;		 /* the words by which `portico rm` takes it, and neither table nor JSON */
};

/* The columns that all lines begin with; id < 0: it has none that anybody knows. */
void list_first(const struct listing *listing, const char *kind, const char *name, int32_t id,
		const struct pk_permission *permission);

/* The last column: who made it, or left it. */
void list_maker(const struct listing *listing, unsigned table, pk_id id);
void list_maker_members(const struct listing *listing, unsigned table, pk_id id); /* of JSON */

/* As JSON: whose it is; and the beginning of what has a System V key. */
void list_name(const char *name);
void list_permission(const struct pk_permission *permission);
void list_sysv(const struct listing *listing, const char *kind, const struct pk_permission *permission,
	       unsigned table, pk_id id, bool left);

/* All ports of that use. */
void list_ports(const struct listing *listing, enum pk_port_use use);

#endif
