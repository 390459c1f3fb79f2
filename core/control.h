/* SPDX-License-Identifier: MIT */
/*
 * Task control: a task is suspended, resumed, inspected and ended by those of
 * its own user, and by root.
 *
 * To suspend is SIGSTOP, by a descriptor of the process that was proven to be
 * the task.  A process stops wherever it is; so whoever stops it waits until
 * all its threads have stopped, looks whether they hold a lock of the instance,
 * and if they do lets it go on and tries again.  Suspensions are counted in the
 * task's record, and the last resume is SIGCONT.
 *
 * One does so at a time: the control lock is held, and under it no other is
 * taken.  So of two who suspend each other one comes first, and the other is
 * stopped while it waits for that lock.
 *
 *  C1  A process that was stopped here and let be holds no lock of the instance.
 *  C2  While it isn't known whether that is so, PK_SUSPEND_UNSURE is set, which
 *      is truth.  Whoever inherits the control lock lets the process go on and
 *      clears it.  And whoever waits in vain for a lock that the process holds
 *      lets it go on, where the one who stopped it is dead.
 *  C3  Of several tasks of one process, which opened the instance more than
 *      once, each has a count; it goes on when all are 0.
 *  C4  `suspended` is changed by swaps only, so where the task has been reaped
 *      meanwhile, and its record is another's, which begins at 0, nothing is.
 */
#ifndef PK_CONTROL_H
#define PK_CONTROL_H

#include "task.h"

#define PK_SUSPEND_UNSURE 0x80000000u
#define PK_SUSPEND_COUNT 0x7fffffffu

/* How often that task is suspended. */
static inline uint32_t pk_suspensions(const struct pk_task *task)
{
	return pk_load(&task->suspended) & PK_SUSPEND_COUNT;
}

/* What a task is, and what it has. */
struct pk_control_status {
	pk_id task;
	uint32_t pid, uid, gid;
	int64_t since_ns; /* CLOCK_REALTIME */
	char command[16];
	uint32_t spins, sleeps, suspended;
	uint32_t waits, messages, ports, rights, adjustments, attachments;
};

/*
 * All of these: -EINVAL, -EIDRM: no such task; -ESRCH: its process is dead;
 * -EPERM: it is another user's; -EXDEV: it is in another pid namespace; -ENOSYS:
 * a Linux without pidfd_open().
 *
 * Suspend: -EINVAL: this task itself.  -EBUSY: it couldn't be stopped outside of
 * its locks, or not at all, in PK_SUSPEND_NS.
 * Resume: -EINVAL: it isn't suspended.
 * End, by SIGTERM or SIGKILL: -EINVAL: any other.
 */
int pk_control_permitted(struct portico *k, pk_id task); /* 0: it may do these */
int pk_control_suspend(struct portico *k, pk_id task);
int pk_control_suspend_within(struct portico *k, pk_id task, int64_t ns); /* in place of PK_SUSPEND_NS */
int pk_control_resume(struct portico *k, pk_id task);
int pk_control_inspect(struct portico *k, pk_id task, struct pk_control_status *status);
int pk_control_end(struct portico *k, pk_id task, int signal);
int pk_control_signal(struct portico *k, pk_id task, int signal); /* any */

#define PK_SUSPEND_NS INT64_C(2000000000)

/* Inherit the lock of a dead task.  C2. */
void pk_control_inherit(struct portico *k, pk_id dead);

/* A lock of that task's has been waited for in vain.  C2. */
void pk_control_rescue(struct portico *k, const struct pk_task *task);

#endif
