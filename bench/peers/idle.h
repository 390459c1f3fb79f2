/* SPDX-License-Identifier: MIT */
/* Mailboxes that nobody uses, and receives posted there that nobody serves. */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include <portico/portico.h>

int make_idle(portico *instance, long mailboxes, long waits);

#endif
