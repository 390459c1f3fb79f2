/* SPDX-License-Identifier: MIT */
/* How an instance comes to be, for region.c; region.h is the essay. */
#ifndef PK_MAKING_H
#define PK_MAKING_H

#include "region.h"

/* Make k's directory, and in it what is published at path.  0 also where somebody else was first. */
int pk_region_make(struct portico *k, const char *path);

/* region.c */
int pk_path_join(const char *directory, const char *name, char path[PK_PATH_MAX]);
int pk_region_map(struct portico *k);
void pk_region_unmap(struct portico *k); /* and close its descriptor */

/* Each says why, and returns the error.  reason.c */
int pk_reason(struct pk_reason *reason, int error, const char *directory, const char *what);
int pk_reason_unmade(struct pk_reason *reason, int error, const char *directory);
int pk_reason_unmapped(struct pk_reason *reason, int error, const char *directory);
int pk_reason_foreign(struct pk_reason *reason, const char *directory, uint32_t owner);
int pk_reason_version(struct pk_reason *reason, const char *directory, const struct pk_header *header);

#endif
