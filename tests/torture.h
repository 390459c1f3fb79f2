/* SPDX-License-Identifier: MIT */
/* What torture and scribble share: dice that fall the same way again, and a look at who hangs where. */
#ifndef TORTURE_H
#define TORTURE_H

#include "check.h"

#include <stdint.h>

/* ---- dice: splitmix64 */

struct dice {
	uint64_t state;
};

static inline uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint32_t below(struct dice *dice, uint32_t limit)
{
	return (uint32_t)((roll(dice) >> 32) * limit >> 32);
}

/* Dice of their own for the n-th of something: what others roll doesn't matter to them. */
static inline struct dice dice_for(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
	struct dice dice = { seed };
	dice.state ^= roll(&dice) + a;
	dice.state ^= roll(&dice) + b;
	dice.state ^= roll(&dice) + c;
	roll(&dice);
	return dice;
}

/* ---- options: --NAME NUMBER */

static inline uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 0);
	return otherwise;
}

/* ---- who hangs */

static inline uint64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline void pause_us(uint32_t us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };
	nanosleep(&time, NULL);
}

/* The stack of a process, on stderr, where there is a debugger. */
static inline void tell_stack(pid_t pid)
{
	char command[128];
	snprintf(command, sizeof command,
		 "command -v gdb >/dev/null && gdb -batch -p %d -ex bt 2>/dev/null | grep '^#' >&2",
		 (int)pid);
	if (system(command) != 0)
		fprintf(stderr, "(no stack of %d: no gdb)\n", (int)pid);
}

#endif
