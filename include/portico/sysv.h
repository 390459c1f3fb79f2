/* SPDX-License-Identifier: MIT */
/*
 * What Portico's System V objects can that the kernel's can't.
 *
 * These are for programs that call msgget(2) and the like, and that run under
 * `portico run`, with the preload object, or linked with libportico-posix.a:
 * there the calls are found, and nowhere else.  A program that runs either way
 * names them weak, and looks whether they are there:
 *
 *     #include <portico/sysv.h>
 *     #pragma weak portico_msg_fd
 *
 *     if (portico_msg_fd)
 *             fd = portico_msg_fd(queue);
 *
 * They take ids of System V, work in the instance whose objects the process
 * uses, and return a negative errno, as those of <portico/portico.h>; errno
 * isn't touched.  See portico_sysv(3).
 */
#ifndef PORTICO_SYSV_H
#define PORTICO_SYSV_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A descriptor of a message queue, which is readable exactly while the queue
 * has messages, or is removed: in poll(2), select(2) and epoll(7),
 * level-triggered, beside ordinary descriptors.  Whoever sends, receives, or
 * dies in the middle.
 *
 * It is the caller's to close, has FD_CLOEXEC, and shall be neither read nor
 * written.  Never blocks; thread-safe and fork-safe, not async-signal-safe.
 *
 * -EINVAL  there is no such queue
 * -EIDRM   it was removed meanwhile
 * -EACCES  this process may not receive from it
 * -ENOSYS  this process has no instance: its queues are the real kernel's
 * -EMFILE, -ENFILE, -ENOSPC  there is no descriptor left, or no room in the instance's file system
 */
int portico_msg_fd(int queue);

/*
 * The same of a semaphore of a set: readable exactly while it is above zero, or
 * the set is removed.  To take it then say IPC_NOWAIT: another may be faster.
 *
 * -EINVAL  there is no such set, or no such semaphore in it
 * -EACCES  this process may not read it
 * -EIDRM, -ENOSYS, -EMFILE, -ENFILE, -ENOSPC  as above
 */
int portico_sem_fd(int set, int semaphore);

#ifdef __cplusplus
}
#endif

#endif
