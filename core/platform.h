/* SPDX-License-Identifier: MIT */
/*
 * The one seam to the machine: time, sleeping and waking, memory, files, and
 * who lives.  Nothing else in core asks the kernel for anything, so a test
 * that links another platform drives core through any interleaving.
 *
 * Of a libc core needs what both have and no more: clock_gettime(), memcpy()
 * and their like.  So one object serves processes of glibc and of musl.
 *
 * Results are 0 or a value, or a negative errno.  Times are nanoseconds.
 */
#ifndef PK_PLATFORM_H
#define PK_PLATFORM_H

#include "atomics.h"

#include <stddef.h>
#include <stdint.h>

#define PK_FOREVER INT64_MAX

/* ---- time */

int64_t pk_monotonic_ns(void);	   /* CLOCK_MONOTONIC */
int64_t pk_realtime_ns(void);	   /* CLOCK_REALTIME */
int64_t pk_realtime_seconds(void); /* CLOCK_REALTIME_COARSE: cheap, to the tick */

/* ---- sleeping and waking */

/*
 * Sleep while *word is expected, until the monotonic time until_ns.
 * 0: woken, or *word differs.  -ETIMEDOUT.  -EINTR: a signal handler ran.
 */
int pk_sleep(const _Atomic uint32_t *word, uint32_t expected, int64_t until_ns);
void pk_wake(const _Atomic uint32_t *word, int count);

/*
 * Have every thread of every process that joined, and runs now, see and show all
 * memory as of now: a fence on all processors.  False: this machine can't, or
 * this process may not; who hasn't joined isn't reached.
 */
bool pk_fence_join(void);
bool pk_fence_all(void);

/*
 * Hold off this thread's signal handlers, and let them run again: true if one
 * did, so that a signal that comes between two sleeps interrupts like any other.
 */
uint64_t pk_signals_hold(void);
bool pk_signals_release(uint64_t held);

/* ---- who lives */

struct pk_process {
	uint32_t pid;		/* in pid_namespace */
	uint64_t pid_namespace; /* inode number, 0 unknown */
	uint64_t start_time;	/* clock ticks after boot, 0 unknown */
	uint64_t image;		/* the kernel's random number for this exec, 0 unknown */
	char command[16];
};

/* This process.  Works without /proc, and then leaves unknown what it can't tell. */
void pk_process_self(struct pk_process *self);

/*
 * Does that process, of this pid namespace, still run?  A zombie doesn't.  Asks
 * for its pid and start time.
 */
bool pk_process_alive(const struct pk_process *process);

/* The parent of that process of this pid namespace; 0: it has none here, or that can't be told. */
uint32_t pk_process_parent(uint32_t pid);

/*
 * A descriptor of that process, which lives, and signals by it: none ever gets
 * to another that has its pid.  -ESRCH: it is dead.  -ENOSYS: a Linux before 5.3.
 */
int pk_process_open(const struct pk_process *process);
int pk_process_signal(int process, int signal);

/* Have all its threads stopped, or ended? */
bool pk_process_stopped(const struct pk_process *process);

/*
 * A mark of life: a lock on a byte of the region's file.  It belongs to the open
 * file description, and the kernel drops it when the last descriptor for that is
 * closed and the last mapping made by it is gone; so, with the process or its exec.
 * pk_process_mark: 0, or -EAGAIN if another description holds it.
 */
int pk_process_mark(int region, uint64_t mark);
bool pk_process_marked(int region, uint64_t mark); /* by another description than this */
bool pk_process_any_marked(int region);		   /* any mark at all */

/* Raise a signal in this process, with that SI_ code and value.  -EAGAIN: too many are pending. */
int pk_process_raise(int signal, int code, uint64_t value);

/* How many threads it has, of this pid namespace; 0: it can't be told.  Has a signal stopped it? */
uint32_t pk_process_threads(uint32_t pid, bool *stopped);

/* What it runs; false: it has ended. */
bool pk_process_command(uint32_t pid, char command[16]);

uint32_t pk_thread_id(void);
bool pk_thread_alive(uint32_t thread); /* of this process */
/* Of any process of this pid namespace: */
bool pk_thread_exists(uint32_t pid, uint32_t thread);
bool pk_thread_sleeps(uint32_t pid, uint32_t thread);
/* How often this thread has left its processor by itself, but for memory: to sleep, and to be stopped. */
int64_t pk_thread_rests(void);
bool pk_thread_traced(
	void); /* or it can't be told: then it stops at each system call, and that says nothing */
void pk_process_ids(uint32_t *euid, uint32_t *egid);
bool pk_process_in_group(uint32_t gid); /* its own for files, or a supplementary one */
bool pk_thread_in_group(uint32_t thread,
			uint32_t gid);	 /* a supplementary one, of any thread of this pid namespace */
bool pk_process_capable(int capability); /* effective; by its number */
uint32_t pk_cpu(void);			 /* on which this thread runs */
int pk_cpu_count(void);			 /* that are online; 1 where it can't be told */

/* ---- files and memory; paths end in NUL */

int pk_open(const char *path, int flags, unsigned mode);
void pk_close(int fd);
int pk_unlink(const char *path);
int pk_mkdir(const char *path, unsigned mode);
int pk_rename_new(const char *from, const char *to); /* -EEXIST where `to` exists */

/* A named pipe: make one; put a byte in, if there is room; take all out. */
int pk_make_fifo(const char *path, unsigned mode);
void pk_put_byte(int fd);
void pk_drain(int fd);

/* A file in that directory that has no name yet, and naming it: -EEXIST.  -EOPNOTSUPP: not here. */
int pk_open_unnamed(const char *directory, unsigned mode);
int pk_name_new(int fd, const char *path);

/* Visit the directory's entries, but for itself and its parent, until a visit returns something; return that.
 */
int pk_each_entry(const char *directory, int (*visit)(const char *name, void *context), void *context);

/* -EFBIG where the limit on the sizes of files (`ulimit -f`) forbids it; no signal comes of that. */
int pk_truncate(int fd, uint64_t size_bytes);
int pk_allocate(int fd, uint64_t offset, uint64_t size_bytes); /* backs the range with memory, now */
/* How many bytes more that file's file system, and this machine, could possibly hold. */
uint64_t pk_room(int fd);
void pk_discard(int fd, uint64_t offset, uint64_t size_bytes); /* gives that memory back */

/* Some bytes of a small file: how many, or an error. */
int pk_file_read(int fd, uint64_t offset, void *bytes, size_t size);
int pk_file_write(int fd, uint64_t offset, const void *bytes, size_t size); /* all, or an error */

/*
 * Some bytes from, and to, a file that is a stream: one system call; and sleeping
 * until that wouldn't wait, or until_ns: 0, -ETIMEDOUT, -EINTR.
 */
int64_t pk_file_take(int fd, void *bytes, size_t size);
int64_t pk_file_put(int fd, const void *bytes, size_t size);
int pk_file_await(int fd, bool to_write, int64_t until_ns);

/* An ordinary file, new, of that very mode. */
int pk_make_file(const char *path, unsigned mode);

/*
 * A lock on the file that belongs to the open file description: it's there until
 * the last descriptor for that is closed, whoever has it.  Shared, after a wait;
 * or exclusive: -EAGAIN where there is another.
 */
int pk_file_share(int fd);
int pk_file_own(int fd);

/* A file in memory, without a name that is found; close_on_exec: or it's inherited. */
int pk_file_in_memory(const char *name, bool close_on_exec);

struct pk_file {
	uint64_t device, inode, size_bytes;
	uint32_t mode, uid, gid;
};
int pk_set_mode(int fd, unsigned mode);
int pk_give_away(int fd, uint32_t uid, uint32_t gid); /* UINT32_MAX: as it is */
int pk_inspect(int fd, struct pk_file *file);
int pk_inspect_path(const char *path, struct pk_file *file); /* doesn't follow a symbolic link */

/* The lowest free descriptor from 64 up, so that a program's own numbers stay what they were. */
int pk_out_of_the_way(int fd);

enum pk_map {
	PK_MAP_SHARED = 1,
	PK_MAP_READ_ONLY = 2,
	PK_MAP_EXECUTE = 4,
	PK_MAP_FIXED = 8, /* over whatever is there */
	PK_MAP_HINT = 16,
	PK_MAP_VACANT = 32, /* there, or -EEXIST where something is */
	PK_MAP_HOLLOW = 64, /* mostly holes: mlockall(MCL_FUTURE) isn't to fill them with memory */
};
/* Maps fd, or fresh memory where fd is -1.  *address is the place wanted (by FIXED, HINT, VACANT) and the
 * place got. */
int pk_map(void **address, uint64_t size_bytes, int fd, unsigned how);
int pk_unmap(void *address, uint64_t size_bytes);

/*
 * Map again, from its beginning and to that size, what a page of a shared mapping is of: in one call, and
 * however little of it was mapped.  `how` is PK_MAP_FIXED or 0; *address as above.
 */
int pk_map_again(void *page, uint64_t size_bytes, unsigned how, void **address);
int pk_protect(void *address, uint64_t size_bytes, bool closed); /* no access, or to read and write */
int pk_wipe_on_fork(void *address, uint64_t size_bytes);	 /* a child finds zeroes there */

void pk_random(void *buffer, size_t size_bytes);

#endif
