/* SPDX-License-Identifier: MIT */
/*
 * The mount that goes with `portico run`: the first run starts it, in the
 * instance's mnt/; it ends by itself once no supervisor is left.  Where it
 * can't be had, the program runs without.
 */
#ifndef TOOL_COMPANION_H
#define TOOL_COMPANION_H

#include "kernel.h"

/* directory: the instance's, absolute. */
void companion_start(const char *directory);

/* This run is no supervisor any more; if it was the last one, wait for the mount to go. */
void companion_leave(struct portico *k);

#endif
