/* SPDX-License-Identifier: MIT */
/*
 * What lies in the region: every struct that processes share.
 *
 * The region is one sparse file, mapped whole by everybody, each at another
 * address.  It is a header and a row of tables.  Each table owns a window of
 * the file large enough for the most slots it may ever have; only its
 * committed prefix exists in memory, and grows with fallocate().  So a slot's
 * address is a multiplication, nothing moves, and nothing is ever remapped.
 *
 * References between slots are slot numbers (0 is none: slot 0 of a table is
 * never used) or ids, which are a slot number and the generation it had; so
 * an id that outlived its object is recognised as stale.
 *
 * Every slot begins with a pk_head.  Its word alone says what the slot is and
 * whose: that word is the truth, and each change of it is one atomic store.
 * Lists, counters and free lists are caches that repair rebuilds from the
 * words.  Comments below say who may write each group of fields; 'truth' and
 * 'cache' say which kind it is.
 */
#ifndef PK_LAYOUT_H
#define PK_LAYOUT_H

#include "atomics.h"

#include <stddef.h>
#include <stdint.h>

#define PK_MAGIC UINT64_C(0x006f636974726f70) /* "portico" */
#define PK_ABI 4u

/* What different tasks write lies on different cache lines. */
#define PK_LINE 64

/* An object's identity: slot (24 bits) and generation (32 bits). */
typedef uint64_t pk_id;

#define PK_SLOT_BITS 24
#define PK_ID_BITS 56
#define PK_SLOT_MASK ((UINT64_C(1) << PK_SLOT_BITS) - 1)

static inline uint32_t pk_id_slot(pk_id id)
{
	return (uint32_t)(id & PK_SLOT_MASK);
}
static inline uint32_t pk_id_generation(pk_id id)
{
	return (uint32_t)(id >> PK_SLOT_BITS);
}
static inline pk_id pk_id_make(uint32_t slot, uint32_t generation)
{
	return ((pk_id)generation << PK_SLOT_BITS) | slot;
}

/* What a slot is: the low byte of its word.  The rest is the id named here. */
enum pk_kind {
	PK_FREE = 0, /* nobody's; zeroed memory is free slots */
	PK_CLAIMED,  /* task's: being made, or filled (a message) */
	PK_LIVE,     /* an object in service */
	PK_DYING,    /* an object whose destruction is decided and may be unfinished */
	PK_QUEUED,   /* message: in the queue of port */
	PK_GRANTED,  /* message: given to wait */
	PK_HELD,     /* message: taken by task, not yet consumed; right, run: task's to use */
	PK_BODY,     /* buffer: the storage of an object (tag says of which table); right, run: a message's */
};

static inline uint64_t pk_word(enum pk_kind kind, pk_id id)
{
	return (uint64_t)kind | (id << 8);
}
/* The same, and false where the id has bits that none has: those of a right's name, say. */
static inline bool pk_word_is(uint64_t word, enum pk_kind kind, pk_id id)
{
	return (word >> 8 | word << PK_ID_BITS) == id + ((uint64_t)kind << PK_ID_BITS);
}
static inline enum pk_kind pk_word_kind(uint64_t word)
{
	return (enum pk_kind)(word & 0xff);
}
static inline pk_id pk_word_id(uint64_t word)
{
	return word >> 8;
}

struct pk_head {
	_Atomic uint64_t word;	     /* truth */
	_Atomic uint32_t generation; /* truth: raised each time the slot is freed */
	uint32_t next;		     /* cache: the free list, or the queue a message is in */
};

/*
 * A lock; lock.h is the essay.  Low half: the thread that holds it, or 0: it
 * is free.  High half (the futex): the task of whoever holds or last held it,
 * slot and generation, and PK_LOCK_WAITERS.
 */
typedef _Atomic uint64_t pk_lock_word;

#define PK_LOCK_WAITERS (UINT64_C(1) << 47)
#define PK_LOCK_THREAD UINT64_C(0x7fffffff)
#define PK_LOCK_RESERVED                                                                                     \
	UINT64_C(0x80000000) /* reserve.h: its owner holds it while it says that it is inside */

/* A list of waits, first in first out; cache (truth: each wait's number). */
struct pk_wait_list {
	uint32_t first, last;
};

/* Who may do what with an object, as in struct ipc_perm. */
struct pk_permission {
	int32_t key;
	uint32_t uid, gid;   /* owner */
	uint32_t cuid, cgid; /* creator */
	uint32_t mode;	     /* nine permission bits */
};

/* Who made an object, and when it ends by itself: lifetime.h.  Written before it is published, but for ended.
 */
struct pk_origin {
	_Atomic uint32_t
		maker; /* truth: pk_task_tag() of the task that made it; 0: it has ended, or was none */
	_Atomic uint32_t
		ended; /* cache: when that was seen, in seconds, CLOCK_REALTIME; 0: not yet, or never */
	uint32_t pid;  /* of the maker; 0: it isn't known */
	_Atomic uint32_t lifetime; /* PK_LIFETIME_…, or the seconds that it may be idle */
	char command[16];
};

/* ---- tasks -------------------------------------------------------------- */

/* A process that has used this instance.  task.h tells its life and death. */
struct pk_task {
	_Alignas(PK_LINE) struct pk_head head; /* LIVE while registered, DYING while it is reaped */
	pk_lock_word lock;		       /* held by whoever reaps it */
	/* written once, before LIVE */
	uint32_t pid; /* in its own pid namespace */
	uint32_t uid, gid;
	uint32_t flags;		/* PK_TASK_… */
	uint64_t start_time;	/* clock ticks after boot: tells a reused pid */
	uint64_t pid_namespace; /* inode number */
	uint64_t image;		/* a number of its own for each exec, 0 unknown */
	int64_t since_ns;	/* CLOCK_REALTIME */
	char command[16];
	/* counters, by its own threads */
	_Atomic uint32_t spins, sleeps; /* waits that were settled while it spun, or for which it slept */
	_Atomic uint32_t locking;	/* threads of it that sleep for a lock */
	_Atomic uint32_t suspended; /* truth: how often it is suspended, and PK_SUSPEND_UNSURE: control.h */
	_Atomic uint32_t forking;   /* threads of it whose child may not have counted what it has attached */
	/* ports of its own, 0 until it asks for them */
	_Atomic pk_id inbox;  /* where others send to the task itself */
	_Atomic pk_id notify; /* where it is told of what happened to its rights */
	/* where its names are looked up, and those of who comes to be from it; 0: in the instance */
	_Atomic pk_id name_server, bequest;
};

/* A task's id in 32 bits, as messages name their sender: 15 bits of slot, 17 of generation. */
static inline uint32_t pk_task_tag(pk_id task)
{
	return pk_id_generation(task) << 15 | (pk_id_slot(task) & 0x7fff);
}

#define PK_TASK_SUPERVISOR 1u /* a `portico run` or a mount: not a program */
#define PK_TASK_MOUNT 2u      /* with that: a mount */
#define PK_TASK_UNMARKED                                                                                     \
	4u /* it couldn't take its mark: a fork's child of that slot's last task holds it                    \
	    */
#define PK_TASK_ABANDONED                                                                                    \
	8u /* its image is gone and was seen to; its process lives, and has its adjustments */

#include "layout_message.h"
#include "layout_port.h"
#include "layout_sysv.h"

/* ---- runs of pages ------------------------------------------------------ */

/* Pages side by side that hold what no buffer is large enough for.  run.h is the essay. */
struct pk_run {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by a task, or BODY of a message */
	_Atomic uint32_t first;		       /* page */
	_Atomic uint32_t pages;		       /* truth: 0 while it has none */
};

/* ---- names -------------------------------------------------------------- */

enum pk_space {
	PK_NAME_MAILBOX = 1,
	PK_NAME_FIFO,
	PK_NAME_MSG, /* the three System V name spaces: the text is the key */
	PK_NAME_SEM,
	PK_NAME_SHM,
	PK_NAME_NUMBER,	   /* a small number; these have a table of their own: number.h */
	PK_NAME_DIRECTORY, /* of names of mailboxes: it names no object */
};

#define PK_NAME_MAX 200

/* A name and what it names.  Guarded by the names lock. */
struct pk_name {
	_Alignas(PK_LINE) struct pk_head head; /* truth: LIVE */
	pk_id object;			       /* truth: of the table its space implies; name.h */
	_Atomic pk_id owner;		       /* truth: the task with which it goes, or 0: it stays */
	uint32_t hash;			       /* cache */
	uint32_t chain;			       /* cache: next in its bucket */
	uint32_t uid, gid;		       /* whose it is */
	uint16_t mode;	/* nine permission bits: who may look it up; of a directory, as in a file system */
	uint8_t space;	/* enum pk_space */
	uint8_t length; /* bytes of text */
	char text[PK_NAME_MAX + 1]; /* NUL after length bytes */
};

/* A renaming that is under way: rename.h is the essay.  Under the names lock. */
struct pk_renaming {
	_Atomic uint32_t step; /* truth: what is to be done next; 0: nothing, and all else means nothing */
	_Atomic uint32_t changing; /* truth: the entry that is being given `text`, or 0 */
	pk_id replaced;		   /* truth: the entry that goes, with its generation */
	uint8_t space, deep;	   /* truth: whose name it is; whether names lie below */
	uint8_t from_length, to_length, text_length;
	char from[PK_NAME_MAX], to[PK_NAME_MAX], text[PK_NAME_MAX]; /* truth */
};

/* ---- pipes -------------------------------------------------------------- */

/* The bytes of a pipe: a ring in a buffer.  pipe.h is the essay. */
struct pk_pipe {
	_Alignas(PK_LINE) struct pk_head head; /* LIVE or DYING */
	pk_lock_word lock;
	struct pk_permission permission;
	_Atomic uint32_t body; /* message slot of the ring; this and its size by who holds the write lock */
	_Atomic uint32_t size; /* bytes of the ring, a power of two */
	struct pk_wait_list watchers; /* cache */
	/* by who holds the write lock */
	_Alignas(PK_LINE) pk_lock_word write_lock;
	_Atomic uint64_t written; /* truth: bytes ever; the ring holds what isn't taken of them */
	_Atomic int64_t write_time;
	/* by readers */
	_Alignas(PK_LINE) _Atomic uint64_t taken; /* truth: bytes ever */
	_Atomic int64_t read_time;		  /* times: seconds, CLOCK_REALTIME */
	/* under the lock, but for touched: by anybody, by an atomic operation */
	_Alignas(PK_LINE) _Atomic uint32_t watched; /* cache: somebody may stand in the line of watchers */
	uint32_t name;				    /* cache */
	uint64_t next_ticket;			    /* cache */
	int64_t change_time;
	_Atomic uint64_t touched; /* cache: a bit for each task that moved bytes, by its slot */
	/* by the keeper: the mount through which it is open */
	_Atomic pk_id keeper;		   /* truth: its task; 0: it isn't open */
	_Atomic uint32_t readers, writers; /* truth, while the keeper lives */
	_Atomic uint64_t began;		   /* what was written when it was opened */
	_Atomic uint32_t in_line; /* cache: PK_PIPE_READ, PK_PIPE_WRITE: such calls wait at the keeper */
};

/* ---- tables and the header ---------------------------------------------- */

enum pk_table_id {
	PK_TASKS = 0,
	PK_PORTS,
	PK_WAITS,
	PK_NAMES,
	PK_SETS,
	PK_ADJUSTS,
	PK_SEGMENTS,
	PK_ATTACHES,
	PK_PIPES,
	PK_LANES,
	PK_RUNS,
	PK_RIGHTS,
	PK_LISTENERS,
	PK_USES,
	PK_OPENINGS,
	PK_BUFFERS, /* the first of PK_CLASSES tables, one a size of buffer */
};

/* Buffers hold 64 bytes, 128, … 1 MiB.  A message slot is class << 28 | slot. */
#define PK_CLASSES 15u
#define PK_CLASS_SHIFT 28
#define PK_SMALLEST 64u
#define PK_LARGEST (PK_SMALLEST << (PK_CLASSES - 1)) /* 1 MiB */
#define PK_TABLES (PK_BUFFERS + PK_CLASSES)
#define PK_PAGE 4096u

#define PK_WINDOW (UINT64_C(1) << 30) /* bytes of file for each table, and for the header */
#define PK_RUN_PAGES (1u << 22)	      /* pages for runs: 16 GiB, after the tables' windows */
#define PK_RUN_OFFSET (PK_WINDOW * (PK_TABLES + 1))
#define PK_REGION_BYTES (PK_RUN_OFFSET + (uint64_t)PK_RUN_PAGES * PK_PAGE)

/* The state of a table.  Under its lock, but for committed. */
struct pk_table {
	_Alignas(PK_LINE) pk_lock_word lock;
	_Atomic uint64_t committed; /* truth: slots that exist; only ever raised; pk_committed_word() */
	_Atomic uint32_t used;	    /* cache */
	uint32_t free;		    /* cache: first of the free list */
	uint32_t fresh;		    /* cache: from here to committed, never used yet */
	uint32_t last;		    /* cache: the last of the free list, of a table that rotates; table.h */
};

/*
 * The one number whose wrong value would be paid in memory: touching a slot
 * that doesn't exist makes it exist.  So the other half of its word proves it.
 */
static inline uint64_t pk_committed_word(unsigned table, uint32_t slots)
{
	return (uint64_t)((~slots * 2654435761u) ^ table) << 32 | slots;
}

#define PK_BUCKETS 65536u
#define PK_NUMBERS 2000u /* mailboxes known by a small number */
#define PK_SEATS 64
#define PK_SYSV_LIMITS 10
#define PK_SYSV_FAMILIES 3

/* Something that went wrong, and was seen to.  log.h says what each kind means. */
struct pk_log_entry {
	_Atomic int64_t time_ns; /* CLOCK_REALTIME; 0 while it is being written */
	pk_id object;
	uint32_t pid, uid; /* of whom it happened to, or who found it */
	int32_t error;	   /* positive errno, or 0 */
	uint32_t times;	   /* the same in a row */
	uint16_t kind;	   /* enum pk_log_kind */
	uint16_t table;	   /* of the object; PK_TABLES: of none */
};

#define PK_LOG_ENTRIES 256

struct pk_header {
	/* written once, before the region is published */
	uint64_t magic;
	uint32_t abi;
	uint32_t uid;	    /* whose instance it is */
	uint64_t layout;    /* a hash of the sizes here, and of where fields lie */
	int64_t created_ns; /* CLOCK_REALTIME */
	/* by whoever does it */
	_Alignas(PK_LINE) _Atomic int64_t swept_ns; /* CLOCK_MONOTONIC: when the dead were last looked for */
	_Atomic uint64_t repairs, reaped;	    /* counters */
	_Atomic uint32_t bells_owed;		    /* cache: some bell has still to be rung; bell.h */
	_Alignas(PK_LINE) _Atomic int64_t spinning_until_ns[PK_SEATS]; /* by CPU, CLOCK_MONOTONIC; spin.h */
	/* log.c */
	_Alignas(PK_LINE) _Atomic uint64_t logged; /* entries ever */
	struct pk_log_entry log[PK_LOG_ENTRIES];
	/* run.c */
	_Alignas(PK_LINE) pk_lock_word runs_lock;
	uint32_t runs_mapped; /* cache: the bitmap says which pages are taken */
	uint32_t runs_hint;   /* cache: no page below it is free */
	/* control.c */
	_Alignas(PK_LINE) pk_lock_word control_lock;
	/* right.c */
	_Alignas(PK_LINE) pk_lock_word rights_lock;
	/* limit.c: what the instance allows; 0: as much as its tables hold */
	_Alignas(PK_LINE) _Atomic uint32_t most_ports, most_ports_per_owner, most_rights_per_task,
		most_pooled, most_taps_per_owner;
	/* sysv.h */
	_Atomic uint64_t sysv_limits[PK_SYSV_LIMITS]; /* by enum pk_sysv_limit */
	_Atomic int64_t
		sysv_next_id[PK_SYSV_FAMILIES]; /* of queues, sets, segments: the next one's id; -1 any */
	_Atomic uint32_t tunables_written;	/* a bit for each file that may have been: tunable.h */
	/* lifetime.h */
	_Atomic uint32_t sysv_lifetime; /* of objects made from now on */
	_Atomic uint32_t mortals;	/* whether it ever was another than to persist */
	/* pool.c */
	_Alignas(PK_LINE) _Atomic uint64_t pooled; /* cache: places taken, and how often that changed */
	/* name.c */
	_Alignas(PK_LINE) pk_lock_word names_lock;
	_Atomic uint32_t name_servers; /* whether there ever was one: else nobody looks for its parent's */
	struct pk_table tables[PK_TABLES];
	uint32_t buckets[PK_BUCKETS]; /* cache: names by hash */
	/* number.c: under the names lock */
	_Atomic pk_id numbered[PK_NUMBERS]; /* truth: the port of that number, if it is LIVE */
	_Atomic uint32_t next_number;	    /* cache: where to look for a free one */
	/* rename.c */
	struct pk_renaming renaming;
};

_Static_assert(sizeof(struct pk_head) == 16, "layout");
_Static_assert(sizeof(struct pk_task) == 192, "layout");
_Static_assert(sizeof(struct pk_run) == 64, "layout");
_Static_assert(sizeof(struct pk_log_entry) == 40, "layout");
_Static_assert(sizeof(struct pk_name) == 256, "layout");
_Static_assert(sizeof(struct pk_pipe) == 256, "layout");
_Static_assert(sizeof(struct pk_table) == 64, "layout");
_Static_assert(offsetof(struct pk_header, tables) % PK_LINE == 0, "layout");

#endif
