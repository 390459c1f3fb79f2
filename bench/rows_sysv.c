/* SPDX-License-Identifier: MIT */
#include "rows.h"

#define PRELOADED(program_name)                                                                              \
	{                                                                                                    \
		.program = program_name, .name = "Portico, preloaded", .preloaded = true, .sysv = true       \
	}

const struct peer preloaded = PRELOADED("sysv");
const struct peer sysv = { .program = "sysv", .name = "msgsnd + msgrcv", .sysv = true };
static const struct peer semop_preloaded = PRELOADED("semop");
static const struct peer semop = { .program = "semop", .name = "semop", .sysv = true };
static const struct peer semaphore_preloaded = PRELOADED("semaphore");
static const struct peer semaphore = { .program = "semaphore", .name = "semop", .sysv = true };
static const struct peer shm_preloaded = PRELOADED("shm");
static const struct peer shm = { .program = "shm", .name = "shmat + shmdt", .sysv = true };
static const struct peer spawn_preloaded = { .program = "spawn",
					     .name = "with Portico preloaded",
					     .preloaded = true };
static const struct peer spawn = { .program = "spawn", .name = "without" };
static const struct peer fakeroot = { .program = "fakeroot", .name = "the kernel" };
static const struct peer pgbench = { .program = "pgbench", .name = "the kernel" };

const struct group sysv_groups[] = {
	{ .name = "msgsnd + msgrcv, one process, 64 B",
	  .setup = "loop bytes=64 in-place=1",
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 30 } } },
	{ .name = "msgsnd + msgrcv, one process, 4 KiB",
	  .setup = "loop bytes=4096 in-place=1",
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 12 } } },
	{ .name = "msgrcv of a type behind 1 000 of others",
	  .setup = "backlog bytes=1 in-place=1 depth=64 backlog=1000",
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 40 } } },
	{ .name = "msgrcv of the lowest type behind 1 000 of others",
	  .setup = "backlog bytes=1 in-place=1 depth=64 backlog=1000 select=-5000",
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 40 } } },
	{ .name = "msgrcv of a type, flat",
	  .setup = "backlog bytes=1 in-place=1 depth=64",
	  .entries = { { .peer = &preloaded, .setup = "backlog=10000", .name = "behind 10 000" },
		       { .peer = &preloaded,
			 .goal = UNCHANGED,
			 .setup = "backlog=1000",
			 .name = "behind 1 000" },
		       { .peer = &preloaded,
			 .goal = UNCHANGED,
			 .setup = "backlog=10",
			 .name = "behind 10" } } },
	{ .name = "msgrcv of the lowest type, flat",
	  .setup = "backlog bytes=1 in-place=1 depth=64 select=-20000",
	  .entries = { { .peer = &preloaded, .setup = "backlog=10000", .name = "behind 10 000" },
		       { .peer = &preloaded,
			 .goal = UNCHANGED,
			 .setup = "backlog=1000",
			 .name = "behind 1 000" },
		       { .peer = &preloaded,
			 .goal = UNCHANGED,
			 .setup = "backlog=10",
			 .name = "behind 10" } } },
	{ .name = "semop P + V",
	  .setup = "loop",
	  .entries = { { .peer = &semop_preloaded }, { .peer = &semop, .goal = 40 } } },
	{ .name = "semop P + V, SEM_UNDO",
	  .setup = "loop undo=1",
	  .entries = { { .peer = &semop_preloaded }, { .peer = &semop, .goal = 25 } } },
	{ .name = "semop P + V, four at once",
	  .setup = "loop at-once=4",
	  .entries = { { .peer = &semop_preloaded }, { .peer = &semop, .goal = 25 } } },
	{ .name = "semop: a mutex fought over across cores, a section",
	  .setup = "contest",
	  .place = APART,
	  .entries = { { .peer = &semop_preloaded }, { .peer = &semop, .goal = 100 } } },
	{ .name = "msgsnd + msgrcv, round trip across cores, in a row",
	  .setup = "round-trip bytes=64 in-place=1",
	  .place = APART,
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 50 } } },
	{ .name = "msgsnd + msgrcv, round trip across cores, receiver asleep",
	  .setup = "round-trip bytes=64 in-place=1 pause=200000",
	  .place = APART,
	  .rounds = 40,
	  .entries = { { .peer = &preloaded }, { .peer = &sysv, .goal = 1 } } },
	{ .name = "semop, round trip across cores, in a row",
	  .setup = "round-trip",
	  .place = APART,
	  .entries = { { .peer = &semaphore_preloaded }, { .peer = &semaphore, .goal = 50 } } },
	{ .name = "semop, round trip across cores, receiver asleep",
	  .setup = "round-trip pause=200000",
	  .place = APART,
	  .rounds = 40,
	  .entries = { { .peer = &semaphore_preloaded }, { .peer = &semaphore, .goal = 1 } } },
	{ .name = "shmat + shmdt, 64 KiB",
	  .setup = "loop bytes=65536",
	  .entries = { { .peer = &shm_preloaded }, { .peer = &shm, .goal = 1 } } },
	{ .name = "start and end of a program that uses no IPC",
	  .setup = "loop",
	  .entries = { { .peer = &spawn_preloaded }, { .peer = &spawn, .most_added_ns = 500000 } } },
	{ 0 },
};

/* Whole commands: a worker of these is a script. */
#define UNDER_RUN .setup = "run=1", .name = "under portico run"

const struct group program_groups[] = {
	{ .name = "fakeroot building a package of 5 000 files",
	  .setup = "files=5000",
	  .place = ANYWHERE,
	  .rounds = 15,
	  .batch = 1,
	  .entries = { { .peer = &fakeroot, UNDER_RUN }, { .peer = &fakeroot, .goal = 1 } } },
	{ .name = "pgbench -S on PostgreSQL, shared_memory_type=sysv: a transaction",
	  .setup = "select=1",
	  .place = ANYWHERE,
	  .rounds = 30,
	  .batch = 4000,
	  .entries = { { .peer = &pgbench, UNDER_RUN }, { .peer = &pgbench, .goal = 0.98 } } },
	{ .name = "pgbench like TPC-B: a transaction",
	  .setup = "",
	  .place = ANYWHERE,
	  .rounds = 30,
	  .batch = 1000,
	  .entries = { { .peer = &pgbench, UNDER_RUN }, { .peer = &pgbench, .goal = 0.98 } } },
	{ 0 },
};
