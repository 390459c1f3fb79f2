/* SPDX-License-Identifier: MIT */
/*
 * Messages of typed parts: data, rights, and memory that moves.
 *
 * A message begins with a header that lists its parts in order; so whoever
 * carries it elsewhere finds in one place all that has a meaning on this machine
 * alone.  Such messages go to any port, by name or by right, and are received
 * with portico_message_receive(): portico_receive() leaves them where they are, with
 * -EBADMSG, or with -E2BIG where its buffer is shorter than data and list.  In a port's limits each part
 * counts 16 bytes more than its data. portico_message(3).
 */
#ifndef PORTICO_MESSAGE_H
#define PORTICO_MESSAGE_H

#include <portico/memory.h>
#include <portico/rights.h>

#ifdef __cplusplus
extern "C" {
#endif

enum portico_part_kind {
	PORTICO_PART_DATA = 1, /* `bytes` from `data` */
	PORTICO_PART_RIGHT,    /* `right` */
	PORTICO_PART_MEMORY,   /* `memory`, or with PORTICO_COPY `bytes` from `data` */
};

/* What becomes of what is sent. */
enum portico_disposition {
	PORTICO_MOVE = 0,  /* it is the receiver's: one reference of a send right, any other right, memory */
	PORTICO_COPY,	   /* both have it: a send right, memory; data always */
	PORTICO_MAKE_SEND, /* of a receive right, which stays */
	PORTICO_MAKE_SEND_ONCE,
};

struct portico_part {
	enum portico_part_kind kind;
	enum portico_disposition how; /* not looked at on receipt */
	void *data;
	size_t bytes;
	portico_port right;
	struct portico_memory memory;
};

#define PORTICO_PARTS_MOST 255u

struct portico_message {
	int64_t type;
	/* sent: a receive right of the sender's, where an answer shall go; received: a send-once right to it,
	 * or 0 */
	portico_port reply;
	/* sent: its parts; received: room for so many, and then what there is */
	struct portico_part *parts;
	unsigned count;
	/* received: where the data of its parts goes, one after the other; `data` of each points there */
	void *buffer;
	size_t size_bytes;
	struct portico_envelope envelope;
};

/*
 * Send it.  Rights and memory leave this task when, and only when, this returns
 * 0.  As portico_send(), and
 *
 * -EINVAL  more than PORTICO_PARTS_MOST parts, a kind there isn't, memory this task hasn't
 * -EBADF   a right can't be sent that way
 * -EFAULT  `data` of a part that has bytes is NULL
 * -ELOOP   a receive right would wait in its own queue, perhaps through others
 */
int portico_message_send(portico *instance, portico_port to, const struct portico_message *message,
			 int64_t deadline);

/*
 * Receive one, of any kind: a plain message is one part of data.  Returns how
 * many parts it has.  As portico_receive(), and -E2BIG also where its parts are
 * more than message->count.
 */
int portico_message_receive(portico *instance, portico_port from, const struct portico_filter *filter,
			    struct portico_message *message, int64_t deadline);

/*
 * Ask and wait for the answer: send `request` with a send-once right to a port
 * of this thread's own, and receive what is sent there.  The deadline is that of
 * both; what was asked isn't taken back when it comes.  As the two calls above,
 * but that an answer which is -E2BIG is lost, and
 *
 * -ECONNRESET  whoever had the request gave it up, or died, without an answer
 *
 * The asker spins for a while if the answerer runs on another processor, and else
 * sleeps at once, so that it gets this one.
 */
int portico_call(portico *instance, portico_port to, const struct portico_message *request,
		 struct portico_message *answer, int64_t deadline);

#ifdef __cplusplus
}
#endif

#endif
