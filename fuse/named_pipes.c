/* SPDX-License-Identifier: MIT */
/* The instance's named pipes. */
#include "channel.h"
#include "collection.h"
#include "pipe.h"
#include "rename.h"

#include <errno.h>
#include <string.h>

static int find(pk_id in, const char *name, struct found *found)
{
	(void)in;
	found->directory = false;
	return pk_name_look_up(server.kernel, PK_NAME_FIFO, name, (uint32_t)strlen(name), &found->id);
}

static int next(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found, bool *any)
{
	struct portico *k = server.kernel;
	uint32_t committed = pk_committed(k, PK_PIPES);
	(void)in;
	*any = false;
	for (uint64_t slot = *cursor + 1; slot < committed && !*any; slot++) {
		const struct pk_pipe *pipe = pk_slot(k, PK_PIPES, (uint32_t)slot);
		*cursor = slot;
		if (!pipe || pk_word_kind(pk_load(&pipe->head.word)) != PK_LIVE)
			continue;
		*found = (struct found){ .id = pk_slot_id(&pipe->head, (uint32_t)slot) };
		pk_name_text(k, pipe->name, found->id, name);
		*any = name[0] != '\0';
	}
	return 0;
}

static int make(const struct pk_client *client, pk_id in, const char *name, mode_t mode, pk_id *id)
{
	(void)client, (void)in;
	return pk_pipe_create(server.kernel, name, PK_PIPE_BYTES, mode, id);
}

/* One that is open loses its name now, and ends with its last file. */
static int remove_pipe(pk_id id, struct channel *channel)
{
	if (!channel && pk_pipe_keep(server.kernel, id, 0, 0) != -EBUSY) /* not open through another mount */
		return pk_pipe_destroy(server.kernel, id);
	int error = pk_pipe_unname(server.kernel, id);
	if (channel)
		channel->unnamed = !error;
	return error;
}

/* Whom it replaces goes as one that is removed. */
static int rename_pipe(const struct pk_client *client, pk_id in, const char *name, pk_id to,
		       const char *new_name, unsigned flags)
{
	pk_id replaced;
	(void)client, (void)in, (void)to;
	int error = pk_pipe_rename(server.kernel, name, new_name, flags, &replaced);
	struct channel *channel = replaced ? channel_find(&fifo_service, replaced) : NULL;
	if (channel)
		channel->unnamed = true;
	else if (replaced)
		pk_pipe_destroy(server.kernel, replaced);
	return error;
}

int named_pipe_inspect(pk_id id, struct facts *facts)
{
	struct pk_pipe_status status;
	int error = pk_pipe_inspect(server.kernel, id, &status);
	if (error)
		return error;
	*facts = (struct facts){
		.permission = status.permission,
		.queued_bytes = status.queued_bytes,
		.block_bytes = PK_PIPE_BYTES,
		.names = status.name[0] != '\0',
		.read_time = status.read_time,
		.write_time = status.write_time,
		.change_time = status.change_time,
	};
	return 0;
}

void named_pipe_ioctl(fuse_req_t request, pk_id id, unsigned command, size_t room)
{
	const struct pk_pipe_card card = {
		.device = server.kernel->file.device,
		.inode = server.kernel->file.inode,
		.keeper = pk_self(server.kernel),
		.pipe = id,
	};
	if (command == PK_PIPE_ASK && room == sizeof card)
		fuse_reply_ioctl(request, 0, &card, sizeof card);
	else
		fuse_reply_err(request, ENOTTY);
}

const struct collection named_pipes = {
	.find = find,
	.next = next,
	.make = make,
	.adjust = pk_pipe_adjust,
	.remove = remove_pipe,
	.rename = rename_pipe,
};
