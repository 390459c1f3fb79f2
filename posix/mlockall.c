/* SPDX-License-Identifier: MIT */
/*
 * mlockall(): all of the program's memory, but not the instance's holes.
 *
 * The region is 47 GiB of addresses and mostly holes.  To lock it would make
 * memory of them, until the machine has none left.  So where it is mapped the
 * program's mappings are first locked as they stand, with nothing filled; then
 * the region is unlocked; then each of the others is filled, which is what the
 * kernel would have done.  What is mapped later is no matter of this file:
 * PK_MAP_HOLLOW.
 */
#include "platform.h"
#include "posix.h"

#include <fcntl.h>
#include <sys/mman.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

struct range {
	uint64_t from, to;
};

/* A line of /proc/self/maps as its characters come: "FROM-TO ...", in hexadecimal. */
struct line {
	struct range range;
	uint64_t *digits; /* of which number; NULL: what follows them */
};

static bool line_takes(struct line *line, char next)
{
	if (next == '\n')
		return true;
	if (line->digits && next == '-')
		line->digits = &line->range.to;
	else if (line->digits && next == ' ')
		line->digits = NULL;
	else if (line->digits)
		*line->digits = *line->digits << 4 | (uint64_t)(next <= '9' ? next - '0' : next - 'a' + 10);
	return false;
}

static void line_begin(struct line *line)
{
	line->range = (struct range){ 0, 0 };
	line->digits = &line->range.from;
}

/* As the kernel has it: what can't be filled is no error. */
static void fill_all_but(struct range spared)
{
	char text[1024];
	struct line line;
	long length;
	int maps = pk_open("/proc/self/maps", O_RDONLY, 0);
	line_begin(&line);
	while (maps >= 0 && (length = pk_syscall3(SYS_read, maps, text, sizeof text)) > 0) {
		for (long at = 0; at < length; at++) {
			if (!line_takes(&line, text[at]))
				continue;
			if (line.range.to <= spared.from || line.range.from >= spared.to)
				pk_syscall2(SYS_mlock, line.range.from, line.range.to - line.range.from);
			line_begin(&line);
		}
	}
	if (maps >= 0)
		pk_close(maps);
}

static long lock_all_but(struct range spared, int flags)
{
	long error = pk_syscall1(SYS_mlockall, flags | MCL_ONFAULT);
	if (error)
		return error;
	pk_syscall2(SYS_munlock, spared.from, spared.to - spared.from);
	if (flags & MCL_ONFAULT)
		return 0;
	if (flags & MCL_FUTURE)
		pk_syscall1(SYS_mlockall, MCL_FUTURE);
	fill_all_but(spared);
	return 0;
}

PK_EXPORT int mlockall(int flags)
{
	struct portico *k = pk_load(&pk_opened);
	if (!k || !(flags & MCL_CURRENT))
		return (int)pk_result(pk_syscall1(SYS_mlockall, flags));
	uint64_t base = (uint64_t)(uintptr_t)k->base;
	return (int)pk_result(lock_all_but((struct range){ base, base + PK_REGION_BYTES }, flags));
}
