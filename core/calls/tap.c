/* SPDX-License-Identifier: MIT */
/* The calls of <portico/tap.h>. */
#include "deliver.h"
#include "public.h"
#include "tap.h"

#include <portico/tap.h>
#include <string.h>

PUBLIC int portico_tap_open(portico *instance, portico_port source, uint32_t slots, uint32_t bytes,
			    portico_tap *tap)
{
	pk_id id;
	int error = pk_name_to_port(instance, source.id, PK_TO_LOOK, &id);
	return error ? error : pk_tap_open(instance, id, slots, bytes, &tap->port.id, &tap->listener.id);
}

/* What this copy is of, into the caller's, and it is gone. */
static ssize_t deliver(struct portico *k, uint32_t message, void *buffer, size_t size_bytes,
		       struct portico_tapped *tapped)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, message);
	const unsigned char *data = m ? pk_message_data_at(k, message, m, &length) : NULL;
	struct pk_tapped head;
	ssize_t result = -EIO;
	if (data && length >= sizeof head) {
		size_t has = length - sizeof head;
		memcpy(&head, data, sizeof head);
		result = (ssize_t)(has < size_bytes ? has : size_bytes);
		pk_copy(buffer, data + sizeof head, (size_t)result);
		if (tapped) {
			tapped->time_ns = head.time_ns;
			tapped->bytes = head.bytes;
			pk_envelope_fill(k, &tapped->envelope, m);
		}
	}
	if (m)
		pk_message_release_at(k, message, m);
	return result;
}

PUBLIC ssize_t portico_tap_read(portico *instance, portico_tap tap, void *buffer, size_t size_bytes,
				struct portico_tapped *tapped, int64_t deadline)
{
	uint32_t message = 0;
	int error = pk_check_call(buffer, size_bytes, deadline);
	if (!error)
		error = pk_port_receive(instance, tap.port.id, &PK_WANT_ANY, NULL, &message, NULL);
	if (error == -EAGAIN && deadline != PORTICO_NOW)
		error = pk_port_receive_until(instance, tap.port.id, &PK_WANT_ANY, deadline, &message);
	return error ? error : deliver(instance, message, buffer, size_bytes, tapped);
}

PUBLIC int portico_tap_close(portico *instance, portico_tap tap)
{
	return pk_tap_close(instance, tap.port.id);
}
