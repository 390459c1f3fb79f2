/* SPDX-License-Identifier: MIT */
/* The mount: what a file of it costs beside a file that does nothing, and its named pipes beside the
 * kernel's. */
#include "rows.h"

static const struct peer file = { .program = "file", .name = "mbox/NAME of the mount" };
static const struct peer bare = { .program = "file", .name = "a FUSE file that does nothing" };
static const struct peer fifo = { .program = "fifo", .name = "fifo/NAME of the mount" };
static const struct peer fifo_preloaded = { .program = "fifo",
					    .name = "fifo/NAME, both sides preloaded",
					    .preloaded = true };
static const struct peer kernel_fifo = { .program = "fifo", .name = "kernel FIFO" };

#define MOUNTED .setup = "mounted=1"
#define HOLDING_64_KIB .setup = "depth=0", .name = "kernel FIFO of 64 KiB"
#define HOLDING_1_MIB .setup = "depth=1", .name = "kernel FIFO of 1 MiB"

const struct group fuse_groups[] = {
	{ .name = "mailbox file: write + read, 4 KiB, on one core",
	  .setup = "loop bytes=4096",
	  .place = TOGETHER,
	  .entries = { { .peer = &file, MOUNTED }, { .peer = &bare, .goal = 1 / 1.15, .setup = "bare=1" } } },
	{ .name = "mailbox file: write + read, 4 KiB, as it comes",
	  .setup = "loop bytes=4096",
	  .place = ANYWHERE,
	  .entries = { { .peer = &file, MOUNTED }, { .peer = &bare, .setup = "bare=1" } } },
	{ .name = "mailbox file: write + read beside 1 000 blocked readers",
	  .setup = "loop bytes=4096 mounted=1",
	  .place = TOGETHER,
	  .entries = { { .peer = &file, .setup = "waits=1000" },
		       { .peer = &file, .goal = UNCHANGED, .name = "beside none" } } },
	{ .name = "FIFO: flood, writes and reads of 1 MiB",
	  .setup = "flood bytes=1048576",
	  .place = ANYWHERE,
	  .entries = { { .peer = &fifo, MOUNTED },
		       { .peer = &kernel_fifo, .goal = 1, HOLDING_64_KIB },
		       { .peer = &kernel_fifo, .goal = 0.5, HOLDING_1_MIB } } },
	{ .name = "FIFO: flood, writes and reads of 1 MiB, preloaded",
	  .setup = "flood bytes=1048576",
	  .place = ANYWHERE,
	  .entries = { { .peer = &fifo_preloaded, MOUNTED },
		       { .peer = &kernel_fifo, .goal = 2, HOLDING_1_MIB } } },
	{ 0 },
};
