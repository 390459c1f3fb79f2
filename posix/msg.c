/* SPDX-License-Identifier: MIT */
/* System V message queues: ports with a key. */
#define _GNU_SOURCE
#include "bell.h"
#include "copy.h"
#include "name.h"
#include "peek.h"
#include "port.h"
#include "posix.h"
#include "tunable.h"

#include <errno.h>
#include <limits.h>
#include <portico/sysv.h>
#include <string.h>
#include <sys/msg.h>

_Static_assert(sizeof(struct msqid_ds) == 120, "msqid_ds");
_Static_assert(offsetof(struct msqid_ds, msg_qbytes) == 88, "msqid_ds");
_Static_assert(offsetof(struct msqid_ds, msg_lrpid) == 100, "msqid_ds");

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

/* ---- msgget */

static int find(struct portico *k, key_t key, pk_id *id)
{
	return pk_name_look_up(k, PK_NAME_MSG, &key, sizeof key, id);
}

static int make(struct portico *k, key_t key, size_t size, uint32_t mode, pk_id *id)
{
	struct pk_port_limits limits = pk_queue_limits(pk_sysv_limit(k, PK_MSGMNB));
	(void)size;
	return pk_port_create(k, PK_QUEUE, &limits, mode, PK_NAME_MSG, key == IPC_PRIVATE ? NULL : &key,
			      sizeof key, id);
}

static int suits(struct portico *k, pk_id id, size_t size, struct pk_permission *permission)
{
	struct pk_port_status status;
	int error = pk_port_inspect(k, id, &status);
	(void)size;
	if (!error)
		*permission = status.permission;
	return error;
}

static const struct pk_getter queues = { find, make, suits, PK_PORTS };

PK_EXPORT int msgget(key_t key, int flags)
{
	struct portico *k = pk_call();
	return (int)pk_result(k ? pk_get(k, &queues, key, 0, flags) : pk_syscall2(SYS_msgget, key, flags));
}

/* ---- the queue of an id */

/*
 * A process keeps the queues that it used last: to find one in the region is to
 * read its word, which the sender or receiver on another processor has just
 * written.  What was removed since is seen under the port's lock.  A fork's
 * child finds none, and so is noted as a user of those that it uses (lifetime.h).
 */
static inline _Atomic pk_id *known(struct portico *k, int queue)
{
	return &k->mine->queues[(unsigned)queue %
				PK_QUEUES_KNOWN]; /* a full id tells which of System V it is */
}

static __attribute__((noinline)) int find_queue_slowly(struct portico *k, int queue, pk_id *id)
{
	int error = pk_sysv_find(k, PK_PORTS, queue, id);
	if (!error)
		pk_store_relaxed(known(k, queue), *id);
	return error;
}

static inline int find_queue(struct portico *k, int queue, pk_id *id)
{
	*id = pk_load_relaxed(known(k, queue));
	return __builtin_expect(pk_sysv_id(*id) == queue, 1) ? 0 : find_queue_slowly(k, queue, id);
}

/* The queue that was known is no more: -EINVAL, unless its id has come round to another. */
static int find_queue_anew(struct portico *k, int queue, pk_id *id)
{
	pk_id before = *id;
	int error = find_queue_slowly(k, queue, id);
	return error ? error : *id == before ? -EIDRM : 0;
}

/* What the instance, or its file system, hasn't got the kernel would lack memory for. */
static int no_memory(int error)
{
	return error == -ENOBUFS || error == -ENOSPC || error == -EMSGSIZE ? -ENOMEM : error;
}

/* ---- msgsnd */

/* Whatever keeps a message from being queued at once. */
static __attribute__((noinline)) int send_slowly(struct portico *k, int queue, pk_id id, uint32_t message,
						 int flags, int error)
{
	if (error == -EIDRM || error == -EINVAL) {
		error = find_queue_anew(k, queue, &id);
		if (!error)
			error = pk_port_send(k, id, message, NULL, NULL);
	}
	while (error == -EAGAIN && !(flags & IPC_NOWAIT)) /* again after an IPC_SET: may it still? */
		error = pk_port_send_until(k, id, message, PK_FOREVER);
	if (error && error != -EIO) /* as portico_send() */
		pk_message_release_own(k, message);
	return no_memory(error);
}

static inline long send_message(struct portico *k, int queue, const void *data, size_t size, int flags)
{
	int64_t type;
	uint32_t message = 0;
	pk_id id;
	if (pk_bad_address(data))
		return -EFAULT;
	memcpy(&type, data, sizeof type);
	if (type < 1 || pk_sysv_over(k, PK_MSGMAX, size))
		return -EINVAL;
	int error = pk_enter(k);
	if (!error)
		error = find_queue(k, queue, &id);
	if (error)
		return error;
	error = pk_message_make_from(k, (const char *)data + sizeof(long), size, type, &message);
	if (error)
		return no_memory(error);
	error = pk_port_send(k, id, message, NULL, NULL);
	return __builtin_expect(error == 0, 1) ? 0 : send_slowly(k, queue, id, message, flags, error);
}

PK_EXPORT int msgsnd(int queue, const void *data, size_t size, int flags)
{
	struct portico *k = pk_call();
	return (int)pk_result_quickly(k ? send_message(k, queue, data, size, flags)
					: pk_syscall4(SYS_msgsnd, queue, data, size, flags));
}

/* ---- msgrcv */

static struct pk_want want_of(size_t size, long type, int flags)
{
	struct pk_want want = { .select = PK_ANY, .type = type };
	want.room = flags & MSG_NOERROR || size >= UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	if (type < 0) {
		want.select = PK_TYPE_AT_MOST;
		want.type = type == LONG_MIN ? LONG_MAX : -type;
	} else if (type > 0) {
		want.select = flags & MSG_EXCEPT ? PK_TYPE_EXCEPT : PK_TYPE;
	}
	return want;
}

static inline void put_type(void *buffer, const struct pk_message *m)
{
	long type = (long)m->type;
	memcpy(buffer, &type, sizeof type);
}

static inline void *text_of(void *buffer)
{
	return (char *)buffer + sizeof(long);
}

/* The rest of a message's way, to a program's buffer; one where nothing can be is seen last, and it is gone.
 */
static inline long deliver(struct portico *k, uint32_t message, void *buffer, size_t size)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, message);
	const void *data = m ? pk_message_data_at(k, message, m, &length) : NULL;
	long result = -EIO;
	if (__builtin_expect(data && !pk_bad_address(buffer), 1)) {
		if (length > size)
			length = (uint32_t)size; /* MSG_NOERROR */
		put_type(buffer, m);
		pk_copy(text_of(buffer), data, length);
		result = (long)length;
	} else if (data) {
		result = -EFAULT;
	}
	if (m)
		pk_message_release_at(k, message, m);
	return result;
}

/* MSG_COPY: the message at a position, which stays.  As the kernel has it, MSG_NOERROR doesn't cut it. */
static __attribute__((noinline)) long copy_message(struct portico *k, int queue, void *buffer, size_t size,
						   long position, int flags)
{
	uint64_t most = pk_sysv_limit(k, PK_MSGMAX), room = size < most ? size : most;
	uint32_t index = position >= 0 && position < UINT32_MAX ? (uint32_t)position : UINT32_MAX;
	struct pk_message seen;
	pk_id id;
	if (queue < 0 || flags & MSG_EXCEPT || !(flags & IPC_NOWAIT))
		return -EINVAL;
	if (pk_bad_address(buffer))
		return -EFAULT;
	int error = pk_enter(k);
	if (!error)
		error = pk_sysv_find(k, PK_PORTS, queue, &id);
	if (!error)
		error = pk_port_peek_queued(k, id, index, text_of(buffer), (uint32_t)room, &seen);
	if (error == -E2BIG)
		return seen.length <= size || flags & MSG_NOERROR ? -EINVAL : -E2BIG;
	if (error)
		return error == -EAGAIN ? -ENOMSG : error;
	put_type(buffer, &seen);
	return (long)seen.length;
}

/* Whatever keeps a message from being had at once. */
static __attribute__((noinline)) int receive_slowly(struct portico *k, int queue, pk_id id,
						    const struct pk_want *want, int flags, uint32_t *message,
						    int error)
{
	if (error == -EIDRM || error == -EINVAL) {
		error = find_queue_anew(k, queue, &id);
		if (!error)
			error = pk_port_receive(k, id, want, NULL, message, NULL);
	}
	while (error == -EAGAIN && !(flags & IPC_NOWAIT)) /* again after an IPC_SET: may it still? */
		error = pk_port_receive_until(k, id, want, PK_FOREVER, message);
	return error == -EAGAIN ? -ENOMSG : no_memory(error);
}

static inline long receive_message(struct portico *k, int queue, void *buffer, size_t size, long type,
				   int flags)
{
	uint32_t message = 0;
	pk_id id;
	if (size > SSIZE_MAX)
		return -EINVAL;
	if (__builtin_expect(flags & MSG_COPY, 0))
		return copy_message(k, queue, buffer, size, type, flags);
	struct pk_want want = want_of(size, type, flags);
	int error = find_queue(k, queue, &id);
	if (error)
		return error;
	error = pk_port_receive(k, id, &want, NULL, &message, NULL);
	if (__builtin_expect(error != 0, 0))
		error = receive_slowly(k, queue, id, &want, flags, &message, error);
	return error ? error : deliver(k, message, buffer, size);
}

PK_EXPORT ssize_t msgrcv(int queue, void *buffer, size_t size, long type, int flags)
{
	struct portico *k = pk_call();
	return pk_result_quickly(k ? receive_message(k, queue, buffer, size, type, flags)
				   : pk_syscall5(SYS_msgrcv, queue, buffer, size, type, flags));
}

/* ---- msgctl */

static int stat_queue(struct portico *k, pk_id id, bool any, struct msqid_ds *ds)
{
	struct pk_port_status status;
	int error = pk_port_inspect(k, id, &status);
	if (!error && !any)
		error = pk_permission_check(k, &status.permission, 0444);
	if (!error && pk_bad_address(ds))
		error = -EFAULT;
	if (error)
		return error;
	memset(ds, 0, sizeof *ds);
	pk_to_ipc_perm(id, &status.permission, &ds->msg_perm);
	ds->msg_stime = status.send_time;
	ds->msg_rtime = status.receive_time;
	ds->msg_ctime = status.change_time;
	ds->__msg_cbytes = status.queued_bytes;
	ds->msg_qnum = status.count;
	ds->msg_qbytes = status.limits.capacity;
	ds->msg_lspid = (pid_t)status.last_sender;
	ds->msg_lrpid = (pid_t)status.last_receiver;
	return 0;
}

static int set_queue(struct portico *k, pk_id id, const struct msqid_ds *ds)
{
	struct pk_port_limits limits = pk_queue_limits(ds->msg_qbytes);
	struct pk_permission permission;
	if (pk_sysv_over(k, PK_MSGMNB, ds->msg_qbytes) && !pk_process_capable(PK_CAP_SYS_RESOURCE))
		return -EPERM;
	pk_from_ipc_perm(&ds->msg_perm, &permission);
	return pk_port_adjust(k, id, &limits, &permission);
}

static long control(struct portico *k, int queue, int command, struct msqid_ds *ds)
{
	bool by_index = command == MSG_STAT || command == MSG_STAT_ANY;
	pk_id id;
	if (queue < 0)
		return -EINVAL;
	if (pk_bad_address(ds) && (command == IPC_SET || command == IPC_INFO || command == MSG_INFO))
		return -EFAULT;
	if (command == IPC_INFO || command == MSG_INFO)
		return pk_msg_inform(k, command == MSG_INFO, (struct msginfo *)ds);
	long error = by_index ? pk_sysv_at(k, PK_PORTS, queue, &id) : pk_sysv_find(k, PK_PORTS, queue, &id);
	if (error)
		return error;
	switch (command) {
	case IPC_STAT:
		return stat_queue(k, id, false, ds);
	case MSG_STAT:
	case MSG_STAT_ANY:
		error = stat_queue(k, id, command == MSG_STAT_ANY, ds);
		return error ? error : pk_sysv_id(id);
	case IPC_SET:
		return set_queue(k, id, ds);
	case IPC_RMID:
		return pk_port_destroy(k, id);
	default:
		return -EINVAL;
	}
}

PK_EXPORT int msgctl(int queue, int command, struct msqid_ds *ds)
{
	struct portico *k = pk_call();
	long error = k ? pk_enter(k) : 0;
	if (!k)
		return (int)pk_result(pk_syscall3(SYS_msgctl, queue, command, ds));
	return (int)pk_result(error ? error : control(k, queue, command, ds));
}

/* ---- beyond System V: in this file, since who names it weak gets of an archive what is linked anyway */

PK_EXPORT int portico_msg_fd(int queue)
{
	struct portico *k = pk_call();
	pk_id id;
	if (!k)
		return -ENOSYS;
	int result = pk_enter(k);
	if (!result)
		result = pk_sysv_find(k, PK_PORTS, queue, &id);
	if (!result)
		result = pk_bell_open(k, id);
	pk_inside_end();
	return result;
}
