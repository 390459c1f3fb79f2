/* SPDX-License-Identifier: MIT */
/*
 * Mailboxes as in the operating systems course of the University of Arizona
 * (CS 452, phase 2), with its names and its return values; threads or
 * processes are its processes.  portico_mbox(3).
 *
 * A mailbox is known by a small number, to every process that uses the same
 * instance ($PORTICO_KERNEL, as portico_open(3) has it; it is made if there is
 * none).  It lasts until it is released.  Thread-safe and fork-safe, not
 * async-signal-safe.
 */
#ifndef PORTICO_MBOX_H
#define PORTICO_MBOX_H

#ifdef __cplusplus
extern "C" {
#endif

#define MAXMBOX 2000	/* mailboxes; their numbers are below that */
#define MAXSLOTS 2500	/* messages queued in all of them, unless portico_limits_set() says otherwise */
#define MAX_MESSAGE 150 /* bytes in a message */

int portico_mbox_create(int slots, int slot_size);
int portico_mbox_release(int id);
int portico_mbox_send(int id, const void *msg, int size);
int portico_mbox_receive(int id, void *msg, int max_size);
int portico_mbox_try_send(int id, const void *msg, int size);
int portico_mbox_try_receive(int id, void *msg, int max_size);

/*
 * Make a mailbox that holds `slots` messages of up to slot_size bytes; both
 * may be 0.  Without slots a sender waits for its receiver.  Returns its number,
 * from 0 on, or
 *
 * -1  slots isn't 0 to MAXSLOTS, slot_size isn't 0 to MAX_MESSAGE, no mailbox
 *     is left, or the instance can't be used
 */
static inline int MboxCreate(int slots, int slot_size)
{
	return portico_mbox_create(slots, slot_size);
}

/*
 * End it.  What it holds is gone, and whoever waits there gets -3.  Returns 0, or
 *
 * -1  there is no such mailbox
 */
static inline int MboxRelease(int id)
{
	return portico_mbox_release(id);
}

/*
 * Send `size` bytes.  Waits while the mailbox is full; who waits is served in
 * order, and the slot of a message that is received goes to the first of them.
 * Returns 0, or
 *
 * -1  there is no such mailbox, size isn't 0 to its slot_size, or msg is NULL
 *     and size isn't 0
 * -2  the mailbox has room, but all mailboxes together hold MAXSLOTS messages
 * -3  the mailbox was released while the call waited
 */
static inline int MboxSend(int id, void *msg, int size)
{
	return portico_mbox_send(id, msg, size);
}

/*
 * Receive the next message into a buffer of max_size bytes.  Waits while there
 * is none.  Returns its size, or
 *
 * -1  there is no such mailbox, max_size is negative, msg is NULL and max_size
 *     isn't 0, or the message is longer than max_size: it stays in the mailbox
 * -3  the mailbox was released while the call waited
 */
static inline int MboxRecv(int id, void *msg, int max_size)
{
	return portico_mbox_receive(id, msg, max_size);
}

/* The same, but where they would wait they return -2. */
static inline int MboxCondSend(int id, void *msg, int size)
{
	return portico_mbox_try_send(id, msg, size);
}
static inline int MboxCondRecv(int id, void *msg, int max_size)
{
	return portico_mbox_try_receive(id, msg, max_size);
}

#ifdef __cplusplus
}
#endif

#endif
