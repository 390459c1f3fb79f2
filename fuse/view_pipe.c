/* SPDX-License-Identifier: MIT */
/* Named pipes, to be looked at. */
#include "channel.h"
#include "facts.h"
#include "flat.h"
#include "views.h"

int pipe_status_text(FILE *text, pk_id pipe)
{
	struct flat flat;
	const struct channel *channel = channel_find(&fifo_service, pipe);
	struct sink *sink = flat_sink(&flat, text);
	int error = pipe_facts(server.kernel, pipe, sink);
	say_count(sink, NULL, "open_readers", channel ? channel->readers : 0);
	say_count(sink, NULL, "open_writers", channel ? channel->writers : 0);
	return error;
}

int pipe_holders_text(FILE *text, pk_id pipe)
{
	struct flat flat;
	say_files(&fifo_service, pipe, flat_sink(&flat, text));
	return 0;
}

int pipe_waiters_text(FILE *text, pk_id pipe)
{
	struct flat flat;
	say_calls(&fifo_service, pipe, flat_sink(&flat, text));
	return 0;
}
