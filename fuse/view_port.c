/* SPDX-License-Identifier: MIT */
/* Mailboxes and queues, to be looked at. */
#include "channel.h"
#include "facts.h"
#include "flat.h"
#include "message_facts.h"
#include "port.h"
#include "views.h"

static bool is_queue(pk_id id)
{
	const struct pk_port *port = pk_slot(server.kernel, PK_PORTS, pk_id_slot(id));
	return port && port->use == PK_QUEUE;
}

int port_status_text(FILE *text, pk_id port)
{
	struct flat flat;
	const struct channel *channel = channel_find(&mailbox_service, port);
	struct sink *sink = flat_sink(&flat, text);
	int error = port_facts(server.kernel, port, sink);
	if (is_queue(port)) /* nobody can open one */
		return error;
	say_count(sink, NULL, "open_readers", channel ? channel->readers : 0);
	say_count(sink, NULL, "open_writers", channel ? channel->writers : 0);
	return error;
}

static void say_message(uint32_t number, const struct pk_glance *glance, void *sink)
{
	say_open(sink, NULL, '{');
	message_facts(number, glance, sink);
	say_close(sink, '}');
}

int port_peek_text(FILE *text, pk_id port)
{
	struct flat flat;
	struct pk_port_status status;
	struct sink *sink = flat_sink(&flat, text);
	say_open(sink, "message", '[');
	int shown = messages_each(server.kernel, port, VIEW_MOST, say_message, sink);
	say_close(sink, ']');
	int error = shown < 0 ? shown : pk_port_inspect(server.kernel, port, &status);
	if (!error && shown == (int)VIEW_MOST && status.count + status.senders > VIEW_MOST)
		say_count(sink, NULL, "more", status.count + status.senders - VIEW_MOST);
	return error;
}

int port_holders_text(FILE *text, pk_id port)
{
	struct flat flat;
	struct sink *sink = flat_sink(&flat, text);
	if (!is_queue(port))
		say_files(&mailbox_service, port, sink);
	return port_holders(server.kernel, port, sink);
}

int port_waiters_text(FILE *text, pk_id port)
{
	struct flat flat;
	struct sink *sink = flat_sink(&flat, text);
	int error = say_waiters(PK_PORTS, port, sink);
	say_calls(&mailbox_service, port, sink);
	return error;
}
