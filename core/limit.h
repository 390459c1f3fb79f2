/* SPDX-License-Identifier: MIT */
/* What an instance allows beyond what its tables hold: include/portico/limits.h tells which limits. */
#ifndef PK_LIMIT_H
#define PK_LIMIT_H

#include "kernel.h"

/* Under the names lock: may this task make one more port?  -ENOBUFS: the instance has enough, -EDQUOT: its
 * owner. */
int pk_limit_allow_port(struct portico *k);

#define PK_TAPS_PER_OWNER 64u /* unless a limit is set */

/* The most taps that one user may have at one port. */
static inline uint32_t pk_limit_taps(struct portico *k)
{
	uint32_t most = pk_load_relaxed(&pk_header(k)->most_taps_per_owner);
	return most ? most : PK_TAPS_PER_OWNER;
}

#endif
