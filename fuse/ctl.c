/* SPDX-License-Identifier: MIT */
#include "ctl.h"
#include "channel.h"
#include "clerk.h"
#include "failures.h"
#include "snapshot.h"

#include <errno.h>
#include <portico/portico.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST (PK_LARGEST + 4096) /* bytes: a message, and the command before it */
#define LINE_SHORT 4096		      /* bytes; longer ones are counted */
#define LONG_MOST (64 << 20) /* bytes of long lines, of all such files together, that haven't ended */

/* All but what it is of is the clerk's. */
struct ctl_file {
	const struct entry *entry;
	pk_id id;
	char *line; /* what has come of one */
	size_t used, room;
	bool skips;	    /* the line was too long: the rest of it is dropped */
	struct order order; /* what is being done, or was last, */
	struct quoted said; /* and how that line began */
	struct snapshot text;
	struct subject subject;
};

static struct clerk clerk = CLERK;
static size_t long_bytes; /* the room of all long lines */

/* ---- what commands are made of */

int order_refuse(struct order *order, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(order->why, sizeof order->why, format, arguments);
	va_end(arguments);
	return error;
}

char *order_word(struct order *order)
{
	char *word = order->rest + strspn(order->rest, " \t");
	size_t length = strcspn(word, " \t");
	if (length == 0)
		return NULL;
	char *after = word + length;
	order->rest = *after ? after + 1 : after;
	order->rest_bytes = strlen(order->rest);
	*after = '\0';
	return word;
}

bool order_number(const char *text, uint64_t most, uint64_t *number)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	*number = value;
	return *text >= '0' && *text <= '9' && errno == 0 && *end == '\0' && value <= most;
}

/* ---- doing a line */

static int run_command(const struct controls *controls, struct order *order)
{
	if (!controls->commands)
		return controls->line(order);
	const char *name = order_word(order);
	for (const struct command *command = controls->commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command->run(order);
	return order_refuse(order, -EINVAL, "'%.40s' is no command; this file tells which there are", name);
}

/* Note why it failed, or that it did not. */
static int conclude(struct ctl_file *file, int error)
{
	const struct order *order = &file->order;
	if (error == 0)
		failure_forget(file->entry, file->id);
	else if (error != -EINPROGRESS && error != -EINTR)
		failure_note(file->entry, file->id, &file->said,
			     *order->why ? order->why : portico_explain(error));
	return error;
}

/* line[bytes] is writable.  0 or a negative errno, noted; -EINPROGRESS. */
static int do_line(struct ctl_file *file, uint32_t pid, char *line, size_t bytes)
{
	struct order *order = &file->order;
	*order = (struct order){ .id = file->id, .pid = pid, .rest = line, .rest_bytes = bytes };
	line[bytes] = '\0';
	quote(&file->said, line, bytes); /* before it is cut into words */
	if (line[strspn(line, " \t")] == '\0' && strlen(line) == bytes)
		return 0;
	int error = file->entry->controls->permit(file->id);
	if (error == 0 && strlen(line) != bytes)
		error = order_refuse(order, -EINVAL, "there is a NUL byte in it");
	if (error == 0)
		error = run_command(file->entry->controls, order);
	return conclude(file, error);
}

static int too_long(struct ctl_file *file)
{
	struct quoted said;
	quote(&said, file->line, file->used);
	failure_note(file->entry, file->id, &said, "the line is longer than a message may be");
	file->used = 0;
	file->skips = true;
	return -EMSGSIZE;
}

static size_t long_part(size_t room)
{
	return room > LINE_SHORT ? room : 0;
}

static void drop_line(struct ctl_file *file)
{
	long_bytes -= long_part(file->room);
	free(file->line);
	file->line = NULL;
	file->used = file->room = 0;
}

/* Room for a line of so many bytes, and a NUL. */
static int make_room(struct ctl_file *file, size_t bytes)
{
	size_t others = long_bytes - long_part(file->room);
	if (bytes < file->room)
		return 0;
	if (others + long_part(bytes + 1) > LONG_MOST)
		return -ENOMEM;
	char *larger = realloc(file->line, bytes + 1);
	if (!larger)
		return -ENOMEM;
	file->line = larger;
	file->room = bytes + 1;
	long_bytes = others + long_part(file->room);
	return 0;
}

static int gather(struct ctl_file *file, const char *data, size_t size)
{
	if (file->used + size > LINE_MOST)
		return too_long(file);
	int error = make_room(file, file->used + size);
	if (error) {
		drop_line(file); /* half of it isn't to be done */
		file->skips = true;
		return error;
	}
	memcpy(file->line + file->used, data, size);
	file->used += size;
	return 0;
}

static int end_line(struct ctl_file *file, uint32_t pid)
{
	size_t bytes = file->used;
	bool skipped = file->skips;
	file->used = 0;
	file->skips = false;
	int error = skipped ? 0 : make_room(file, 0);
	if (!error && !skipped)
		error = do_line(file, pid, file->line, bytes);
	if (long_part(file->room) && error != -EINPROGRESS)
		drop_line(file);
	return error;
}

/* The next turn of the line that was begun. */
static int go_on(struct ctl_file *file, bool interrupted)
{
	struct order *order = &file->order;
	int error = interrupted ? -EINTR : order->go_on(order);
	if (error == -EINPROGRESS)
		return error;
	order->go_on = NULL;
	if (long_part(file->room))
		drop_line(file);
	return conclude(file, error);
}

/* A line, or the part of one that has come: how much of the data that is, and doing it. */
static int take_line(struct ctl_file *file, uint32_t pid, const char *data, size_t size, size_t *taken)
{
	const char *newline = memchr(data, '\n', size);
	size_t piece = newline ? (size_t)(newline - data) : size;
	*taken = piece + (newline != NULL);
	if (file->order.go_on)
		return go_on(file, false);
	int error = file->skips ? 0 : gather(file, data, piece);
	return newline && !error ? end_line(file, pid) : error;
}

/* ---- what it says */

static int tell_commands(FILE *text, const struct ctl_file *file)
{
	const struct entry *entry = file->entry;
	if (entry->text)
		return entry->text(text, file->id);
	for (const struct command *command = entry->controls->commands; command->name; command++)
		fprintf(text, "%s%s%s\t%s\n", command->name, *command->operands ? " " : "", command->operands,
			command->help);
	return 0;
}

static int tell(struct ctl_file *file)
{
	snapshot_drop(&file->text);
	FILE *text = open_memstream(&file->text.bytes, &file->text.size);
	if (!text)
		return -ENOMEM;
	int error = tell_commands(text, file);
	if (file->entry->controls->permit(file->id) == 0) /* it quotes what others may not know */
		failure_tell(text, file->entry, file->id);
	return fclose(text) != 0 && !error ? -ENOMEM : error;
}

/* ---- errands */

struct call_of {
	struct errand errand;
	struct ctl_file *file;
	uint32_t pid;
	size_t size, done;
	off_t offset;
	char data[];
};

static bool run_read(struct errand *errand)
{
	struct call_of *call = (struct call_of *)errand;
	struct ctl_file *file = call->file;
	int error = call->offset == 0 ? tell(file) : 0;
	errand_answer(errand);
	if (error)
		fuse_reply_err(errand->request, channel_error(error));
	else
		snapshot_read(errand->request, &file->text, call->size, call->offset);
	return true;
}

/* Every line that ends in it, until one fails or wants another turn. */
static int take(struct call_of *call)
{
	struct ctl_file *file = call->file;
	size_t taken = 0;
	int error = 0;
	while (call->done < call->size && !error) {
		bool interrupted = errand_interrupted(&call->errand);
		if (interrupted)
			error = file->order.go_on ? go_on(file, true) : -EINTR;
		else
			error = take_line(file, call->pid, call->data + call->done, call->size - call->done,
					  &taken);
		call->done += error ? 0 : taken;
	}
	return error;
}

static bool run_write(struct errand *errand)
{
	struct call_of *call = (struct call_of *)errand;
	int error = take(call);
	if (error == -EINPROGRESS)
		return false;
	errand_answer(errand);
	if (error && !(error == -EINTR && call->done > 0))
		fuse_reply_err(errand->request, -error);
	else
		fuse_reply_write(errand->request, call->done);
	return true;
}

static bool run_flush(struct errand *errand)
{
	struct call_of *call = (struct call_of *)errand;
	struct ctl_file *file = call->file;
	int error = file->order.go_on ? go_on(file, errand_interrupted(errand))
		    : file->used > 0  ? end_line(file, call->pid)
				      : 0;
	if (error == -EINPROGRESS)
		return false;
	errand_answer(errand);
	fuse_reply_err(errand->request, -error);
	return true;
}

static bool run_release(struct errand *errand)
{
	struct call_of *call = (struct call_of *)errand;
	snapshot_drop(&call->file->text);
	drop_line(call->file);
	fuse_reply_err(errand->request, 0);
	return true;
}

static void drop_call(struct errand *errand)
{
	free(errand);
}

static void drop_release(struct errand *errand)
{
	struct call_of *call = (struct call_of *)errand;
	free(call->file);
	free(call);
}

static void give(fuse_req_t request, struct ctl_file *file, bool (*run)(struct errand *errand),
		 const char *data, size_t size, off_t offset)
{
	bool last = run == run_release;
	struct call_of *call = malloc(sizeof *call + (data ? size : 0));
	if (!call) {
		fuse_reply_err(request, ENOMEM);
		return;
	}
	*call = (struct call_of){
		.errand = { .request = request,
			    .manner = last ? ERRAND_CERTAIN : ERRAND_HEEDING,
			    .subject = &file->subject,
			    .run = run,
			    .drop = last ? drop_release : drop_call },
		.file = file,
		.pid = (uint32_t)fuse_req_ctx(request)->pid,
		.size = size,
		.offset = offset,
	};
	if (data)
		memcpy(call->data, data, size);
	clerk_give(&clerk, &call->errand);
}

/* ---- requests */

int ctl_start(void)
{
	return clerk_start(&clerk);
}

void ctl_open(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info)
{
	struct ctl_file *file = calloc(1, sizeof *file);
	if (!file) {
		fuse_reply_err(request, ENOMEM);
		return;
	}
	file->entry = entry;
	file->id = id;
	subject_init(&file->subject);
	info->fh = (uintptr_t)file;
	info->direct_io = 1;
	if (fuse_reply_open(request, info) != 0)
		free(file); /* no RELEASE will come */
}

void ctl_read(fuse_req_t request, struct ctl_file *file, size_t size, off_t offset)
{
	give(request, file, run_read, NULL, size, offset);
}

void ctl_write(fuse_req_t request, struct ctl_file *file, const char *data, size_t size)
{
	give(request, file, run_write, data, size, 0);
}

void ctl_flush(fuse_req_t request, struct ctl_file *file)
{
	give(request, file, run_flush, NULL, 0, 0);
}

void ctl_release(fuse_req_t request, struct ctl_file *file)
{
	give(request, file, run_release, NULL, 0, 0);
}
