/* SPDX-License-Identifier: MIT */
/* For the programs about System V queues, tests/sysv_msg*.c. */
#ifndef SYSV_MSG_H
#define SYSV_MSG_H

#include "sysv_check.h"

#ifndef MSG_COPY
#define MSG_COPY 040000 /* musl has none */
#endif

#define MESSAGE_MOST 8192 /* msgmax */
#define QUEUE_MOST 16384  /* msgmnb */

struct message {
	long type;
	char text[MESSAGE_MOST];
};

static inline int queue(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	CHECK(id >= 0);
	return id;
}

static inline void destroy(int id)
{
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static inline int send_text(int id, long type, const char *text, int flags)
{
	struct message m = { .type = type };
	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text) + 1, flags);
}

static inline int send_bytes(int id, long type, size_t bytes, int flags)
{
	struct message m = { .type = type };
	return msgsnd(id, &m, bytes, flags);
}

static inline ssize_t receive(int id, long type, int flags)
{
	struct message m;
	return msgrcv(id, &m, sizeof m.text, type, flags);
}

/* The next of those wanted is that one, and is received. */
static inline void expect(int id, long wanted, int flags, long type, const char *text)
{
	struct message m = { 0 };
	CHECK_EQUAL(msgrcv(id, &m, sizeof m.text, wanted, flags | IPC_NOWAIT), (long)strlen(text) + 1);
	CHECK_EQUAL(m.type, type);
	CHECK_EQUAL(strcmp(m.text, text), 0);
}

static inline struct msqid_ds status_of(int id)
{
	struct msqid_ds ds;
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	return ds;
}

static inline void set_capacity(int id, msglen_t bytes)
{
	struct msqid_ds ds = status_of(id);
	ds.msg_qbytes = bytes;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
}

static inline key_t some_key(void)
{
	return 0x50000000 | (getpid() & 0xffffff);
}

#endif
