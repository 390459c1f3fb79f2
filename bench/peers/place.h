/* SPDX-License-Identifier: MIT */
/* An instance of this worker's own, with a mailbox each way. */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include "lib/peer.h"

#include <portico/portico.h>

int place_prepare(const struct portico_limits *limits);
int place_open(enum side side, portico **instance, portico_port *sends, portico_port *receives);
const char *place_directory(void);
void place_remove(void);

#endif
