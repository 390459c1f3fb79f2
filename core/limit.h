/* SPDX-License-Identifier: MIT */
/* What an instance allows beyond what its tables hold: include/portico/limits.h tells which limits. */
#ifndef PK_LIMIT_H
#define PK_LIMIT_H

#include "kernel.h"

/* Under the names lock: may this task make one more port?  -ENOBUFS: the instance has enough, -EDQUOT: its
 * owner. */
int pk_limit_allow_port(struct portico *k);

#endif
