/* SPDX-License-Identifier: MIT */
/* What the parts of fuse_fuzz.c share. */
#ifndef FUSE_FUZZ_H
#define FUSE_FUZZ_H

#include "check.h"

#include <stdint.h>

#define FUZZ_LARGEST ((1 << 20) - 4096) /* bytes of a message */

extern time_t until;
extern unsigned player; /* which process this is */
extern char buffer[1 << 20];

/* One of 0 … sides - 1. */
uint32_t rolled(uint32_t sides);

/* A path below the mount, until the next call. */
const char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum counted { BY_MODEL, BY_SHARERS, BY_SCRIBBLER, BY_WANDERER };
void count(enum counted who);

/* fuse_fuzz_model.c */
void play_by_the_model(void);

#endif
