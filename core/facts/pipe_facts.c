/* SPDX-License-Identifier: MIT */
/* All about a named pipe. */
#include "facts.h"
#include "pipe.h"

int pipe_facts(struct portico *k, pk_id id, struct sink *sink)
{
	struct pk_pipe_status status;
	int error = pk_pipe_inspect(k, id, &status);
	if (error)
		return error;
	say_name(sink, "named pipe", status.name);
	say_owner(sink, status.permission.uid, status.permission.gid);
	say_mode(sink, status.permission.mode);
	say_count(sink, "bytes", "bytes", status.queued_bytes);
	say_count(sink, "bytes at most", "size", status.size);
	say_count(sink, "waiting", "waiting", status.watchers);
	say_time(sink, "last written", "write_time", status.write_time);
	say_time(sink, "last read", "read_time", status.read_time);
	say_time(sink, "last changed", "change_time", status.change_time);
	return 0;
}
