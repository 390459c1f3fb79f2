/* SPDX-License-Identifier: MIT */
#include "tap.h"
#include "copy.h"
#include "listener.h"
#include "part.h"
#include "transfer.h"

#include <string.h>

/* ---- beginning and ending */

int pk_tap_open(struct portico *k, pk_id source, uint32_t slots, uint32_t bytes, pk_id *port, pk_id *listener)
{
	const struct pk_port_limits limits = {
		.slots = slots,
		.bytes = bytes < PK_MESSAGE_MOST ? bytes + (uint32_t)sizeof(struct pk_tapped) : bytes,
		.capacity = UINT64_MAX,
	};
	int error = pk_port_create(k, PK_TAP, &limits, 0666, PK_NAME_MAILBOX, NULL, 0, port);
	if (error)
		return error;
	error = pk_listen_as_tap(k, source, *port, listener);
	if (error)
		pk_port_end(k, *port);
	return error;
}

int pk_tap_close(struct portico *k, pk_id port)
{
	int error = pk_enter(k);
	const struct pk_port *found = error ? NULL : pk_object(k, PK_PORTS, port, &error);
	if (!found)
		return error;
	if (found->use != PK_TAP || found->owner != pk_self(k))
		return -EPERM;
	pk_listener_leave(k, port);
	return pk_port_end(k, port); /* whomever it acts for by now */
}

void pk_tap_end(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	port->special |= PK_SPECIAL_OVER;
	PK_POINT("tap: over, nobody told");
	pk_wait_fail_all(k, &port->receivers, EIDRM, wakes);
	pk_tell_watchers(k, port, wakes);
}

/* ---- copying: T1 */

/* The most that one of them wants. */
static uint32_t most_wanted(struct portico *k, const struct pk_port *source)
{
	uint32_t slot = source->taps, wanted = 0;
	for (uint32_t most = pk_committed(k, PK_LISTENERS); most > 0 && slot != 0; most--) {
		const struct pk_listener *tap = pk_slot(k, PK_LISTENERS, slot);
		const struct pk_port *port = tap ? pk_slot(k, PK_PORTS, pk_id_slot(tap->port)) : NULL;
		if (!port)
			break;
		wanted = port->bytes > wanted ? port->bytes : wanted;
		slot = tap->next;
	}
	return wanted < sizeof(struct pk_tapped) ? (uint32_t)sizeof(struct pk_tapped) : wanted;
}

static uint32_t make_copy(struct portico *k, const struct pk_message *m, const struct pk_tapped *tapped,
			  const void *data, uint32_t length)
{
	uint32_t copy = 0, room;
	if (pk_message_claim(k, (uint32_t)sizeof *tapped + length, &copy) != 0)
		return 0;
	struct pk_message *c = pk_message_at(k, copy);
	unsigned char *to = pk_message_data(k, copy, &room);
	if (!to || room != sizeof *tapped + length) {
		pk_message_release(k, copy);
		return 0;
	}
	memcpy(to, tapped, sizeof *tapped);
	if (length > 0)
		pk_copy(to + sizeof *tapped, data, length);
	pk_listener_sign(c, m);
	return copy;
}

uint32_t pk_tap_copy(struct portico *k, struct pk_port *source, uint32_t message)
{
	uint32_t length = 0, count = 0, most = most_wanted(k, source) - (uint32_t)sizeof(struct pk_tapped);
	struct pk_message *m = pk_message_at(k, message);
	const unsigned char *data = m ? pk_message_data_at(k, message, m, &length) : NULL;
	if (!data)
		return 0;
	/* a list of parts comes before the data */
	uint32_t from = pk_parts_of(k, message, &count) ? count * (uint32_t)sizeof(struct pk_part) : 0;
	length = length > from ? length - from : 0;
	const struct pk_tapped tapped = { .time_ns = pk_realtime_ns(), .bytes = length };
	return make_copy(k, m, &tapped, data + from, length < most ? length : most);
}

/* ---- giving */

/* Its own, as much of the copy as it wants. */
static uint32_t own_copy(struct portico *k, const struct pk_port *port, uint32_t copy)
{
	uint32_t length, header = (uint32_t)sizeof(struct pk_tapped);
	struct pk_message *m = pk_message_at(k, copy);
	const unsigned char *data = m ? pk_message_data_at(k, copy, m, &length) : NULL;
	struct pk_tapped tapped;
	if (!data || length < header || port->bytes < header)
		return 0;
	memcpy(&tapped, data, sizeof tapped);
	uint32_t most = port->bytes - header, has = length - header;
	return make_copy(k, m, &tapped, data + header, has < most ? has : most);
}

/* Under the tap's lock. */
static void offer(struct portico *k, struct pk_port *port, struct pk_listener *tap, uint32_t copy,
		  struct pk_wakes *wakes)
{
	const struct pk_message *m = pk_message_at(k, copy);
	bool room = m && (port->receivers.first != 0 || pk_fits(port, m));
	uint32_t own = room ? own_copy(k, port, copy) : 0;
	if (own != 0 && pk_listener_put(k, port, tap->port, tap, own, wakes))
		return;
	if (own != 0)
		pk_message_release(k, own);
	pk_listener_count_missed(tap);
}

void pk_tap_give(struct portico *k, struct pk_port *source, uint32_t copy, struct pk_wakes *wakes)
{
	uint32_t slot = source->taps;
	for (uint32_t most = pk_committed(k, PK_LISTENERS); most > 0 && slot != 0; most--) {
		struct pk_listener *tap = pk_slot(k, PK_LISTENERS, slot);
		struct pk_port *port;
		if (!tap)
			break;
		uint32_t next = tap->next;
		pk_id id = pk_slot_id(&tap->head, slot);
		int error = pk_object_lock(k, PK_PORTS, tap->port, &port); /* T2 */
		if (!error) {
			if (port->use == PK_TAP && pk_load(&tap->head.word) == pk_word(PK_LIVE, id)) /* H1 */
				offer(k, port, tap, copy, wakes);
			uint32_t rung = (uint32_t)port->next_number;
			pk_port_unlock(k, port);
			pk_store_relaxed(&port->rung, rung);
		} else if (error == -EINVAL || error == -EIDRM) {
			pk_listener_drop(k, source, slot);
		}
		slot = next;
	}
	PK_POINT("tap: all have theirs");
	if (copy != 0)
		pk_message_release(k, copy);
}
