/* SPDX-License-Identifier: MIT */
/* Sending to a port's listeners.  listener.h is the essay. */
#include "guard.h"
#include "listener.h"
#include "tap.h"
#include "transfer.h"

/* ---- who listens */

#define BATCH 64 /* so many are noted at once */

struct hearer {
	pk_id listener, port;
};

/* Under the source's lock: the next of lower slots than *below. */
static unsigned note_hearers(struct portico *k, struct pk_port *source, pk_id id, uint32_t *below,
			     struct hearer hearers[BATCH])
{
	unsigned count = 0;
	uint32_t slot = source->listeners;
	for (uint32_t most = pk_committed(k, PK_LISTENERS); most > 0 && slot != 0 && count < BATCH; most--) {
		const struct pk_listener *listener = pk_slot(k, PK_LISTENERS, slot);
		if (!listener || listener->source != id) {
			pk_listener_rebuild(k, source, id); /* scribbled; the next send hears all of it */
			break;
		}
		if (slot < *below) {
			hearers[count++] =
				(struct hearer){ pk_slot_id(&listener->head, slot), listener->port };
			*below = slot;
		}
		slot = listener->next;
	}
	return count;
}

/* ---- a copy for one of them */

void pk_listener_sign(struct pk_message *copy, const struct pk_message *m)
{
	copy->type = m->type;
	copy->sender = m->sender;
	copy->pid = m->pid;
	copy->uid = m->uid;
	copy->gid = m->gid;
	copy->priority = m->priority;
	copy->more = m->more & PK_MORE_PRIORITY;
}

static int copy_into(struct portico *k, uint32_t copy, const struct pk_message *m, const void *data,
		     uint32_t length)
{
	struct pk_message *c = pk_message_at(k, copy);
	uint32_t room;
	void *to = pk_message_data(k, copy, &room);
	if (!to || room != length)
		return -EIO;
	pk_copy(to, data, length);
	pk_listener_sign(c, m);
	return 0;
}

/* By whoever sent the message; 0: there is no memory for it. */
static uint32_t copy_of(struct portico *k, uint32_t message)
{
	uint32_t copy = 0, length;
	const void *data = pk_message_data(k, message, &length);
	if (!data || pk_message_claim(k, length, &copy) != 0)
		return 0;
	if (copy_into(k, copy, pk_message_at(k, message), data, length) == 0)
		return copy;
	pk_message_release(k, copy);
	return 0;
}

/* ---- giving it one */

enum offered { TAKEN, MISSED, WELCOME, SILENT, GONE };

/* H5 */
void pk_listener_count_missed(struct pk_listener *listener)
{
	pk_add_relaxed(&listener->missed, 1);
	if (listener->missed_lately != UINT32_MAX)
		listener->missed_lately++;
}

/* H5 */
bool pk_listener_put(struct portico *k, struct pk_port *port, pk_id id, struct pk_listener *listener,
		     uint32_t copy, struct pk_wakes *wakes)
{
	struct pk_message *m = pk_message_at(k, copy);
	if (!m || m->length > port->bytes)
		return false;
	m->missed = listener->missed_lately;
	if (m->missed != 0)
		m->more |= PK_MORE_MISSED;
	if (pk_send_now(k, port, id, copy, wakes) != 0)
		return false;
	PK_POINT("listener: has its copy, not counted");
	pk_add_relaxed(&listener->heard, 1);
	listener->missed_lately = 0;
	return true;
}

/* Would it get that message, if it were sent now? */
static bool is_welcome(struct portico *k, struct pk_port *port, const struct pk_message *m)
{
	if (!m || m->length > port->bytes)
		return false;
	return (!pk_is_paused(port) && pk_is_awaited(k, pk_port_queue(k, port), m, NULL)) ||
	       (!port->senders.first && pk_fits(port, m));
}

/* Look whether it has room, with `copy` 0 and `look`; or give it the copy, where there is one. */
static enum offered offer(struct portico *k, const struct hearer *hearer, uint32_t message, uint32_t copy,
			  bool look)
{
	struct pk_listener *listener = pk_slot(k, PK_LISTENERS, pk_id_slot(hearer->listener));
	struct pk_port *port, *guard;
	struct pk_wakes wakes;
	enum offered result = SILENT;
	int error = listener ? pk_port_lock(k, hearer->port, &port, &guard) : -EIO;
	if (error)
		return error == -EINVAL || error == -EIDRM ? GONE : SILENT;
	pk_wakes_begin(&wakes);
	if (pk_load(&listener->head.word) == pk_word(PK_LIVE, hearer->listener)) { /* H1 */
		if (look && is_welcome(k, port, pk_message_at(k, message)))
			result = WELCOME;
		else if (copy && pk_listener_put(k, port, hearer->port, listener, copy, &wakes))
			result = TAKEN;
		else
			result = MISSED;
		if (result == MISSED)
			pk_listener_count_missed(listener);
	}
	uint32_t rung = (uint32_t)guard->next_number;
	pk_port_unlock(k, guard);
	pk_store_relaxed(&guard->rung, rung);
	pk_wakes_flush(k, &wakes);
	return result;
}

/* Copied only if there is room, and not under a lock: it may be long. */
static void give(struct portico *k, const struct hearer *hearer, uint32_t message)
{
	uint32_t copy = 0;
	enum offered result = offer(k, hearer, message, 0, true);
	if (result == WELCOME) {
		copy = copy_of(k, message);
		PK_POINT("listener: copied, not given");
		result = offer(k, hearer, message, copy, false);
	}
	if (result != TAKEN && copy != 0)
		pk_message_release(k, copy);
	if (result == GONE)
		pk_listener_end(k, hearer->listener);
}

/* ---- giving it to all */

/* Under the source's lock, which this leaves.  H4 */
static void give_all(struct portico *k, struct pk_port *source, struct pk_port *guard, pk_id id,
		     uint32_t message)
{
	struct hearer hearers[BATCH];
	uint32_t below = UINT32_MAX;
	unsigned count;
	const struct pk_message *m = pk_message_at(k, message);
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	pk_note_sent_by(k, source, m->pid, m->sender);
	pk_tap_note(k, source, message, &wakes);
	do {
		count = note_hearers(k, source, id, &below, hearers);
		pk_port_unlock(k, guard);
		pk_wakes_flush(k, &wakes);
		pk_wakes_begin(&wakes);
		for (unsigned i = 0; i < count; i++)
			give(k, &hearers[i], message);
	} while (count == BATCH && pk_port_lock(k, id, &source, &guard) == 0);
	PK_POINT("listener: all have theirs");
	pk_message_release(k, message);
}

/* Of what can be had once only there are no copies. */
static int may_broadcast(struct portico *k, struct pk_port *source, uint32_t message)
{
	const struct pk_message *m = pk_message_at(k, message);
	int error = pk_may_send(k, source, m);
	if (!error)
		error = pk_share_allows(k, source, PK_FOR_SEND);
	return error ? error : m->more & (PK_MORE_PARTS | PK_MORE_RECEIPT) ? -EOPNOTSUPP : 0;
}

int pk_listener_send(struct portico *k, struct pk_port *source, struct pk_port *guard, pk_id id,
		     uint32_t message)
{
	int error = may_broadcast(k, source, message);
	if (error)
		pk_port_unlock(k, guard);
	else
		give_all(k, source, guard, id, message);
	return error;
}

int pk_listener_post_send(struct portico *k, struct pk_port *source, struct pk_port *guard, pk_id id,
			  uint32_t message, const struct pk_post *post, uint32_t *wait)
{
	struct pk_post held = *post;
	struct pk_wakes wakes;
	held.held = true;
	pk_wakes_begin(&wakes);
	int error = may_broadcast(k, source, message);
	if (!error) /* the message stays ours: a repair would queue it */
		error = pk_post_send(k, source, id, 0, &held, wait, &wakes);
	if (error != PK_POSTED) {
		pk_port_unlock(k, guard);
		return error;
	}
	pk_wait_grant(k, &source->senders, *wait, 0, &wakes);
	give_all(k, source, guard, id, message);
	pk_wait_announce(k, *wait);
	pk_wakes_flush(k, &wakes);
	return 0;
}
