/* SPDX-License-Identifier: MIT */
/*
 * Portico: a message kernel in user space.
 *
 * An *instance* is a directory that holds one shared-memory region.  Whoever
 * may open it shares its mailboxes: no daemon, and no system call while nobody
 * has to sleep.  A process is a *task* of the instance from its first call;
 * when it ends, even by kill -9, whatever it was in the middle of is undone or
 * finished by the others.
 *
 * Conventions of every call here
 *   - It returns 0 or a count, or a negative errno: compare with -EAGAIN, print
 *     with portico_explain(-error).  errno itself isn't touched.
 *     Beside the errors listed, any call may return -EIO (the instance is
 *     damaged, or was removed) and -EDEADLK (it was made by a signal handler that
 *     interrupted Portico in its own thread).
 *   - Times are nanoseconds of CLOCK_MONOTONIC; a deadline is absolute.
 *     PORTICO_NOW never waits, PORTICO_FOREVER waits until it is done.
 *   - Thread-safe.  Fork-safe: a child is a task of its own from its first
 *     call.  Not async-signal-safe.
 *   - A signal handler that runs while a call sleeps makes it return -EINTR; a
 *     call that returns -EINTR has done nothing.  One that runs in the
 *     microseconds before it sleeps doesn't: give a deadline where that matters.
 *
 * See portico(7) for an overview, portico_ports(7) for the model of ports,
 * portico_mailbox(3) and portico_async(3) for the calls.
 */
#ifndef PORTICO_PORTICO_H
#define PORTICO_PORTICO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PORTICO_VERSION "0.1.0"

#define PORTICO_NOW INT64_C(0)
#define PORTICO_FOREVER INT64_MAX

/* One process's hold on one instance. */
typedef struct portico portico;

/* A port: a mailbox, or a right (rights.h).  What outlived it is -EIDRM or -EINVAL, never another's. */
typedef struct portico_port {
	uint64_t id;
} portico_port;

/* A task, as messages name their sender. */
typedef struct portico_task {
	uint32_t id; /* 0: none */
} portico_task;

/* ---- the instance */

#define PORTICO_CREATE 1u /* make it where there is none */

/*
 * Open an instance: `directory`, or with NULL the one that $PORTICO_KERNEL
 * names, else $XDG_RUNTIME_DIR/portico, else /dev/shm/portico-UID.  The
 * directory should lie on a tmpfs.
 *
 * -EACCES  it belongs to another user, and no mount of it serves this one: portico_mailbox(3)
 * -EPROTO  it was made by another version, or isn't one
 * -ENOENT  there is none, and flags doesn't say PORTICO_CREATE
 * -ENOSPC  its file system is full
 * -ENOMEM  its 47 GiB of addresses aren't to be had (ulimit -v)
 * -EROFS, -ENOTDIR, -ENAMETOOLONG  the directory can't be made
 *
 * portico_open_error() says the last failure of this thread in a sentence.
 */
int portico_open(const char *directory, unsigned flags, portico **instance);
const char *portico_open_error(void);

/* Let go of it.  No other thread may be in a call on it.  What it holds stays. */
void portico_close(portico *instance);

/* The instance's directory; valid until portico_close(). */
const char *portico_directory(const portico *instance);

/* ---- mailboxes */

struct portico_limits {
	uint32_t slots;	   /* most messages queued; 0 is rendezvous: a send waits for its receive */
	uint32_t bytes;	   /* most bytes in a message, at most 1 GiB; may be 0 */
	uint64_t capacity; /* most bytes queued in all */
};

/* For slots, and for capacity: as many as the instance has memory for.  Then -ENOBUFS, or -ENOSPC. */
#define PORTICO_UNBOUNDED UINT32_MAX
#define PORTICO_UNBOUNDED_BYTES UINT64_MAX

/* 1024 slots, 1 MiB a message, 64 MiB in all. */
extern const struct portico_limits portico_default_limits;

/*
 * Make a mailbox.  name: 1 to 200 bytes, a path in directories that are there
 * (<portico/names.h>), or NULL for one known by its id only.  limits: NULL for portico_default_limits.  mode:
 * the permission bits, as of open(2); no umask is applied.  It lasts until it is destroyed.
 *
 * -EEXIST       that name is taken
 * -EINVAL, -ENAMETOOLONG  the name is none
 * -ENOENT, -ENOTDIR  the directory in which it would lie isn't there
 * -EACCES       this task may not write there
 * -EMSGSIZE     limits->bytes is over 1 GiB
 * -ENOBUFS      the instance holds as many as it can (131 071), or as portico_limits(3) allow
 * -EDQUOT       the caller's user holds as many as those allow one owner
 * -ENOSPC       its file system is full
 */
int portico_mailbox_create(portico *instance, const char *name, const struct portico_limits *limits,
			   mode_t mode, portico_port *port);

/* Find one by name.  Errors as portico_name_look_up(): -ENOENT, -ENOTDIR, -EISDIR, … */
int portico_mailbox_open(portico *instance, const char *name, portico_port *port);

/* End it: whoever waits gets -EIDRM, what is queued is gone.  -EPERM: not its owner. */
int portico_mailbox_destroy(portico *instance, portico_port port);

struct portico_status {
	struct portico_limits limits;
	uint64_t queued_bytes;
	uint32_t queued;	     /* messages */
	uint32_t receivers, senders; /* how many wait */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	pid_t last_sender, last_receiver;	      /* 0: none yet */
	int64_t send_time, receive_time, change_time; /* seconds of CLOCK_REALTIME, 0: never */
	int paused;				      /* nothing is received until it is resumed */
};

int portico_mailbox_status(portico *instance, portico_port port, struct portico_status *status);

/* Change its limits.  Lowering them loses nothing; raising them lets senders go on.  -EPERM, -EMSGSIZE. */
int portico_mailbox_limit(portico *instance, portico_port port, const struct portico_limits *limits);

/*
 * Pause it: until it is resumed, by whomever, nothing is received there.  Who
 * receives waits, or gets -EAGAIN, as if it were empty; sends are queued as far as its
 * limits allow, and then wait.  Resuming serves those who wait, in order.  0 also
 * where it is so already.  -EPERM: not its owner; or it is a port of a task's own.
 */
int portico_mailbox_pause(portico *instance, portico_port port);
int portico_mailbox_resume(portico *instance, portico_port port);

/* ---- messages */

/*
 * Send a message: `bytes` of data, and a type for receivers that select by it.
 * When this returns 0 the message is queued, or a waiting receiver has it.
 * Senders that wait are served first come, first served, and none overtakes.
 *
 * -EAGAIN     deadline is PORTICO_NOW and it would wait
 * -ETIMEDOUT  the deadline came
 * -EINTR      a signal handler ran
 * -EIDRM      the mailbox was destroyed, before or meanwhile
 * -EINVAL     there is no such mailbox, or the deadline is negative
 * -EFAULT     data is NULL, and bytes isn't 0
 * -EMSGSIZE   over the mailbox's limit of bytes
 * -EACCES     its mode doesn't let this task write
 * -ENOBUFS    there is no buffer of that size left, or no place in the pool: portico_limits(3)
 * -ENOSPC     the instance's file system is full
 */
int portico_send(portico *instance, portico_port port, const void *data, size_t bytes, int64_t type,
		 int64_t deadline);

enum portico_select {
	PORTICO_ANY = 0,
	PORTICO_TYPE,	      /* whose type equals `type` */
	PORTICO_TYPE_AT_MOST, /* of the lowest type, if that isn't above `type` */
	PORTICO_TYPE_EXCEPT,  /* whose type isn't `type` */
	PORTICO_FROM,	      /* which the task `from` sent */
};

/* Which message to receive; of those that match, the first. */
struct portico_filter {
	enum portico_select select;
	int64_t type;
	portico_task from;
};

/* What is known of a message besides its data. */
struct portico_envelope {
	int64_t type;
	portico_task sender;
	pid_t pid; /* of the sender, in its own pid namespace */
	uid_t uid; /* effective, of the sender, as it was when it first used the instance or was last refused
		    */
	gid_t gid;
	portico_port port; /* where it was sent */
	unsigned priority; /* 0 to 255: portico_send_with() */
	uint32_t missed;   /* how many were lost before it, for want of room */
};

/*
 * Receive a message into buffer.  filter and envelope may be NULL.  Returns
 * its length in bytes, or as portico_send() and
 *
 * -E2BIG      it is longer than size_bytes; it stays where it is
 *
 * A receiver killed before this returns has received nothing: the message goes
 * back to its place in the queue.
 */
ssize_t portico_receive(portico *instance, portico_port port, void *buffer, size_t size_bytes,
			const struct portico_filter *filter, struct portico_envelope *envelope,
			int64_t deadline);

/*
 * The same from whichever of `count` mailboxes (1 to 1024) has such a message
 * first; envelope->port says which it was.  Of those that have one now, the
 * first in the list.  One of them may be a port for completions.
 */
ssize_t portico_receive_any(portico *instance, const portico_port *ports, unsigned count, void *buffer,
			    size_t size_bytes, const struct portico_filter *filter,
			    struct portico_envelope *envelope, int64_t deadline);

/* Now, and `after_ns` later: deadlines for the calls above. */
int64_t portico_deadline(int64_t after_ns);

/* ---- asynchronous transfers: portico_async(3) */

/* A send or receive that was posted, until it is collected or cancelled. */
typedef struct portico_wait {
	uint64_t id;
} portico_wait;

/* What tells of one that is over: a message of this type that holds this. */
#define PORTICO_COMPLETION INT64_MIN
struct portico_completion {
	uint64_t cookie; /* as it was posted with */
	portico_wait wait;
};

/*
 * Make a port for the completions of this task's transfers.  Nobody else may
 * send there; it ends with portico_mailbox_destroy() or the task.
 */
int portico_completions_create(portico *instance, portico_port *completions);

/*
 * Post a send, or a receive from any of `count` mailboxes, of at most
 * size_bytes.  They stand in line like blocked callers.  When it is over,
 * perhaps at once, a completion with that cookie is queued at `completions`;
 * then portico_collect() says how it ended.  At the deadline it ends with
 * -ETIMEDOUT; the task notices while it waits in any call.
 * Errors as portico_send() and portico_receive(), which then queue nothing, and
 *
 * -EPERM  `completions` isn't this task's port for completions, or is what is waited on
 */
int portico_post_send(portico *instance, portico_port port, const void *data, size_t bytes, int64_t type,
		      int64_t deadline, portico_port completions, uint64_t cookie, portico_wait *wait);
int portico_post_receive(portico *instance, const portico_port *ports, unsigned count, size_t size_bytes,
			 const struct portico_filter *filter, int64_t deadline, portico_port completions,
			 uint64_t cookie, portico_wait *wait);

/*
 * The next completion.  -EAGAIN, -ETIMEDOUT, -EINTR, -EPERM as above.  -EBADMSG:
 * of this task's notify port, the next message there is a notification; it stays.
 */
int portico_complete(portico *instance, portico_port completions, struct portico_completion *completion,
		     int64_t deadline);

/*
 * How it ended, and the message of a receive; then it is over.  0, or the
 * message's length, or the errors of portico_send() and portico_receive(), and
 *
 * -EINPROGRESS  it hasn't ended, or its completion isn't queued yet; it goes on
 * -E2BIG        the message is longer than size_bytes: it can be collected again;
 *               or than what was posted: it stays in its mailbox, and this is over
 * -EINVAL       there is no such wait: it was collected or cancelled
 */
ssize_t portico_collect(portico *instance, portico_wait wait, void *buffer, size_t size_bytes,
			struct portico_envelope *envelope);

/* How it stands, without ending it: 0 or the error that portico_collect() would say, -EINPROGRESS, -EINVAL.
 */
int portico_wait_status(portico *instance, portico_wait wait);

/*
 * Cancel it.  0: it did nothing, is over, and no completion will come.
 * -EALREADY: it has ended; its completion comes or came.  -EINVAL: no such wait.
 */
int portico_cancel(portico *instance, portico_wait wait);

/* What an error of these calls means, in a sentence; for `error` negative or positive. */
const char *portico_explain(int error);

#ifdef __cplusplus
}
#endif

#endif
