/* SPDX-License-Identifier: MIT */
/*
 * Tasks: direct communication, from task to task by name; and control of a
 * task by another.
 *
 * A message may be sent to a task itself instead of a mailbox.  It is queued at
 * the task's *inbox*, which is a mailbox with one receiver, and ends with the
 * task.  The receiver names whom it wants to hear (symmetric: each names the
 * other) or hears anybody (asymmetric); either way it learns who sent.
 *
 * A task is named as envelopes name senders.  The name of a task that ended is
 * -ESRCH, never another's.  Conventions as in <portico/portico.h>; all calls are
 * thread-safe, and none is async-signal-safe.  See portico_task(3).
 */
#ifndef PORTICO_TASK_H
#define PORTICO_TASK_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* This process, as others see it on its messages.  After fork() a child is another task.  id 0: it can't be
 * one, since the instance is damaged or full. */
portico_task portico_self(portico *instance);

/*
 * The task of a process of this pid namespace; of several (a process that opened
 * the instance more than once), the newest.
 *
 * -ESRCH  it hasn't used the instance yet, or has ended
 */
int portico_task_of_pid(portico *instance, pid_t pid, portico_task *task);

/*
 * This task's inbox.  It is made by whoever needs it first: this call, a sender,
 * or a receive.  limits: its limits from now on; NULL leaves what they are, which
 * is portico_default_limits at first.  The port works in all calls of
 * <portico/portico.h>: receive, wait for one of several, post, status.  Anybody
 * may send there; only this task receives.
 *
 * -EMSGSIZE, -ENOBUFS, -ENOSPC  as portico_mailbox_create()
 */
int portico_inbox(portico *instance, const struct portico_limits *limits, portico_port *port);

/*
 * Send to a task.  As portico_send() to its inbox, and
 *
 * -ESRCH   the task has ended; or ends while this waits for room
 * -EINVAL  there never was such a task
 *
 * A death that nobody has noticed yet (for at most 100 ms) isn't seen here: what
 * is sent meanwhile is lost with the task, like what it hadn't read.
 */
int portico_send_to(portico *instance, portico_task task, const void *data, size_t bytes, int64_t type,
		    int64_t deadline);

/*
 * Receive the next message that `from` sent to this task's inbox, and leave
 * others' where they are; or anybody's, where from.id is 0.  As
 * portico_receive(), and
 *
 * -ESRCH   `from` has ended, and nothing that it sent is left.  A call that waits
 *          learns of it within 200 ms.
 * -EINVAL  there never was such a task
 */
ssize_t portico_receive_from(portico *instance, portico_task from, void *buffer, size_t size_bytes,
			     struct portico_envelope *envelope, int64_t deadline);

/* ---- control */

/*
 * Control of another task: by whoever runs as its user, and by root.  All of
 * these may return
 *
 * -ESRCH   the task has ended
 * -EINVAL  there never was such a task
 * -EPERM   it is another user's
 * -EXDEV   it is in another pid namespace, where its process can't be named
 * -ENOSYS  Linux is older than 5.3
 */

/*
 * Stop it until it is resumed as often as it was suspended, whoever did either,
 * and whether those still live.  It is stopped (SIGSTOP) at a place where it
 * holds no lock of this instance, and so is in nobody's way; what it waits for
 * it may be given meanwhile.  Of a process with several tasks, all stop.
 *
 * -EINVAL  it is the calling process
 * -EBUSY   in 2 s no such place was found
 */
int portico_task_suspend(portico *instance, portico_task task);

/*
 * Take one suspension back; with the last it goes on (SIGCONT).
 *
 * -EINVAL  it isn't suspended
 */
int portico_task_resume(portico *instance, portico_task task);

/* What a task is, and how much it has just now. */
struct portico_task_status {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	char command[16];
	int64_t since_ns;	/* CLOCK_REALTIME: when it first used the instance */
	uint32_t spins, sleeps; /* waits that were over while it spun, or for which it slept; both wrap */
	uint32_t suspended;	/* how often */
	uint32_t waits;		/* calls that are blocked, and transfers that are posted */
	uint32_t messages;	/* received, and not yet handed over to the program */
	uint32_t ports;	      /* of its own: its inbox, ports for completions, what it alone receives from */
	uint32_t rights;      /* to ports */
	uint32_t adjustments; /* of System V semaphores, done when it ends (SEM_UNDO) */
	uint32_t attachments; /* of System V segments */
};

int portico_task_inspect(portico *instance, portico_task task, struct portico_task_status *status);

/*
 * End it, by SIGTERM, which it may handle, or SIGKILL.  One that is suspended
 * acts on SIGTERM when it goes on.
 *
 * -EINVAL  signo is neither
 */
int portico_task_end(portico *instance, portico_task task, int signo);

/* ---- kernel ports */

/*
 * A right to a task's kernel port, by which the task is controlled: this task's
 * own, or that of one that this task may control.  It is named and dropped like
 * any right (rights.h), is moved and copied in messages, and can be asked to
 * tell of its task's end (PORTICO_DEAD_NAME).  Nothing is sent there: what would
 * be asked of a kernel, the library does itself.
 *
 * -ESRCH, -EINVAL, -EPERM as above; -EDQUOT, -ENOBUFS, -ENOSPC as portico_right_make()
 */
int portico_kernel_port(portico *instance, portico_task task, portico_port *kernel);

/*
 * The task of such a right, for the calls above.
 *
 * -ESRCH   it has ended
 * -EINVAL  this task has no such right
 * -EBADF   it isn't one to a kernel port
 */
int portico_kernel_task(portico *instance, portico_port kernel, portico_task *task);

#ifdef __cplusplus
}
#endif

#endif
