/* SPDX-License-Identifier: MIT */
#include "rows.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct peer mailbox = { .program = "mailbox", .name = "Portico mailbox" };
static const struct peer memory = { .program = "memory", .name = "Portico memory, moved" };
static const struct peer call = { .program = "call", .name = "Portico call, by rights" };
const struct peer preloaded = {
	.program = "sysv", .name = "Portico, preloaded", .preloaded = true, .sysv = true
};
const struct peer sysv = { .program = "sysv", .name = "msgsnd + msgrcv", .sysv = true };
const struct peer mq = { .program = "mq", .name = "POSIX mq" };
const struct peer pipes = { .program = "pipe", .name = "pipe" };
const struct peer seqpacket = { .program = "seqpacket", .name = "UNIX seqpacket" };
const struct peer boost = { .program = "boost", .name = "Boost message_queue" };
const struct peer nng = { .program = "nng", .name = "nng ipc://" };
const struct peer zeromq = { .program = "zeromq", .name = "ZeroMQ ipc://" };
static const struct peer semop_preloaded = {
	.program = "semop", .name = "Portico, preloaded", .preloaded = true, .sysv = true
};
static const struct peer semop = { .program = "semop", .name = "semop", .sysv = true };

#define UNCHANGED 0.95 /* of what it costs alone */

const struct group groups[] = {
	{ .name = "one process: send + receive, 64 B",
	  .setup = "loop bytes=64",
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 35 },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket },
		       { .peer = &boost, .goal = 1 },
		       { .peer = &nng },
		       { .peer = &zeromq } } },
	{ .name = "one process: send + receive, 4 KiB",
	  .setup = "loop bytes=4096",
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 15 },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket },
		       { .peer = &boost },
		       { .peer = &nng },
		       { .peer = &zeromq } } },
	{ .name = "one process, unmodified: msgsnd + msgrcv, 64 B",
	  .setup = "loop bytes=64",
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 15 } } },
	{ .name = "one process, unmodified: msgsnd + msgrcv, 4 KiB",
	  .setup = "loop bytes=4096",
	  .entries = { { .peer = &preloaded }, { .peer = &sysv } } },
	{ .name = "one process, unmodified: semop P + V",
	  .setup = "loop",
	  .entries = { { .peer = &semop_preloaded }, { .peer = &semop, .goal = 20 } } },
	{ .name = "one process, unmodified: semop P + V, SEM_UNDO",
	  .setup = "loop undo=1",
	  .entries = { { .peer = &semop_preloaded }, { .peer = &semop } } },
	{ .name = "round trip across cores, in a row, 64 B",
	  .setup = "round-trip bytes=64",
	  .place = APART,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 100 },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket },
		       { .peer = &boost },
		       { .peer = &nng },
		       { .peer = &zeromq } } },
	{ .name = "round trip across cores, receiver asleep, 64 B",
	  .setup = "round-trip bytes=64 pause=200000",
	  .place = APART,
	  .rounds = 40,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 1 },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket },
		       { .peer = &boost },
		       { .peer = &nng },
		       { .peer = &zeromq } } },
	{ .name = "round trip on one core, receiver asleep, 64 B",
	  .setup = "round-trip bytes=64 pause=200000 nap=1",
	  .place = TOGETHER,
	  .rounds = 40,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 1.3 },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket },
		       { .peer = &boost },
		       { .peer = &nng },
		       { .peer = &zeromq } } },
	{ .name = "round trip on one core, in a row, 64 B",
	  .setup = "round-trip bytes=64",
	  .place = TOGETHER,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 1.3 },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket } } },
	{ .name = "request and answer across cores, in a row, 64 B",
	  .setup = "round-trip bytes=64",
	  .place = APART,
	  .entries = { { .peer = &call }, { .peer = &sysv }, { .peer = &pipes }, { .peer = &seqpacket } } },
	{ .name = "request and answer of 64 MiB each",
	  .setup = "round-trip bytes=67108864 depth=1",
	  .place = APART,
	  .rounds = 10,
	  .entries = { { .peer = &memory },
		       { .peer = &pipes, .goal = 1000 },
		       { .peer = &seqpacket, .goal = 1000 } } },
	{ .name = "flood across cores, 64 B, a message",
	  .setup = "flood bytes=64",
	  .place = APART,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv },
		       { .peer = &mq },
		       { .peer = &pipes },
		       { .peer = &seqpacket },
		       { .peer = &boost, .goal = 2 },
		       { .peer = &nng },
		       { .peer = &zeromq, .goal = 3 } } },
	{ .name = "typed send + receive behind 1 000 of other types",
	  .setup = "backlog bytes=1 depth=64",
	  .entries = { { .peer = &mailbox, .setup = "backlog=1000" },
		       { .peer = &sysv, .goal = 50, .setup = "backlog=1000" },
		       { .peer = &mailbox,
			 .goal = UNCHANGED,
			 .setup = "backlog=100",
			 .name = "Portico mailbox, behind 100" },
		       { .peer = &mailbox, .name = "Portico mailbox, no backlog" } } },
	{ .name = "send + receive beside 100 000 mailboxes, 10 000 waits",
	  .setup = "loop bytes=64",
	  .entries = { { .peer = &mailbox, .setup = "mailboxes=100000 waits=10000" },
		       { .peer = &mailbox, .goal = UNCHANGED, .name = "Portico mailbox, nothing idle" } } },
	{ .name = "four busy processes on all cores: round trips, 64 B",
	  .setup = "round-trip bytes=64",
	  .place = ANYWHERE,
	  .workers = 2,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 1 },
		       { .peer = &pipes },
		       { .peer = &seqpacket } } },
	{ .name = "four busy processes on all cores: floods, 64 B",
	  .setup = "flood bytes=64",
	  .place = ANYWHERE,
	  .workers = 2,
	  .entries = { { .peer = &mailbox },
		       { .peer = &sysv, .goal = 1 },
		       { .peer = &pipes },
		       { .peer = &seqpacket } } },
};

const unsigned group_count = COUNT(groups);

#define SIZES                                                                                                \
	{                                                                                                    \
		1, 4, 16, 64, 256, 1024, 4096, 8192, 16384, 65536, 262144, 1048576                           \
	}

/* After %ld for the value, a depth that keeps a queue of such messages within a few MiB. */
const struct sweep sweeps[] = {
	{ .name = "latency",
	  .what = "bytes",
	  .setup = "round-trip bytes=%ld depth=%ld",
	  .values = SIZES,
	  .count = 12,
	  .group = { .place = APART,
		     .entries = { { .peer = &mailbox },
				  { .peer = &sysv },
				  { .peer = &pipes },
				  { .peer = &seqpacket } } } },
	{ .name = "throughput",
	  .what = "bytes",
	  .setup = "flood bytes=%ld depth=%ld",
	  .values = SIZES,
	  .count = 12,
	  .group = { .place = APART,
		     .entries = { { .peer = &mailbox },
				  { .peer = &sysv },
				  { .peer = &pipes },
				  { .peer = &seqpacket } } } },
	{ .name = "backlog",
	  .what = "messages of other types",
	  .setup = "backlog bytes=1 depth=64 backlog=%ld",
	  .values = { 1, 3, 10, 30, 100, 300, 1000, 3000, 10000 },
	  .count = 9,
	  .group = { .entries = { { .peer = &mailbox }, { .peer = &preloaded }, { .peer = &sysv } } } },
	{ .name = "idle",
	  .what = "idle mailboxes",
	  .setup = "loop bytes=64 mailboxes=%ld",
	  .values = { 1, 10, 100, 1000, 10000, 100000 },
	  .count = 6,
	  .group = { .entries = { { .peer = &mailbox, .name = "no idle waits" },
				  { .peer = &mailbox,
				    .name = "10 000 idle waits",
				    .setup = "waits=10000" } } } },
};

const unsigned sweep_count = COUNT(sweeps);
