/* SPDX-License-Identifier: MIT */
#include "rename.h"
#include "directory_inside.h"
#include "permission.h"
#include "pipe.h"
#include "port.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- names and what lies below them */

struct path {
	const char *text;
	uint32_t length;
};

static bool equal(struct path one, struct path other)
{
	return one.length == other.length && memcmp(one.text, other.text, one.length) == 0;
}

static bool is_below(struct path path, struct path above)
{
	return path.length > above.length && path.text[above.length] == '/' &&
	       memcmp(path.text, above.text, above.length) == 0;
}

static bool is_in_space(const struct pk_name *name, unsigned space)
{
	return space == PK_NAME_FIFO ? name->space == PK_NAME_FIFO
				     : name->space == PK_NAME_MAILBOX || name->space == PK_NAME_DIRECTORY;
}

/* Is it that name, or what lies below? */
static bool is_part(const struct pk_name *name, unsigned space, struct path of)
{
	struct path path = { name->text, name->length };
	return is_in_space(name, space) && (equal(path, of) || is_below(path, of));
}

/* The entry of that name, a port's or a directory's; 0: none. */
static uint32_t slot_of(struct portico *k, unsigned space, struct path path)
{
	pk_id object;
	uint32_t slot = pk_name_find(k, space == PK_NAME_FIFO ? PK_NAME_FIFO : PK_NAME_MAILBOX, path.text,
				     path.length, &object);
	return slot != 0 || space == PK_NAME_FIFO
		       ? slot
		       : pk_name_find(k, PK_NAME_DIRECTORY, path.text, path.length, &object);
}

static bool is_directory(struct portico *k, uint32_t slot)
{
	return pk_name_at(k, slot)->space == PK_NAME_DIRECTORY;
}

/* ---- doing what is written down, from any point on */

enum step {
	DONE = 0,
	MOVE,	     /* the last, and all there is to do where nothing has the new name */
	REPLACE,     /* before that */
	FROM_HIDING, /* an exchange: the last of its three */
	OTHER_BACK,
	INTO_HIDING,
};

/* Between the two halves of an exchange: no name begins like that. */
static const struct path hiding = { "/", 1 };

static struct pk_renaming *renaming_of(struct portico *k)
{
	return &pk_header(k)->renaming;
}

static struct path path_of(const char *text, uint8_t length)
{
	return (struct path){ text, length <= PK_NAME_MAX ? length : PK_NAME_MAX };
}

/* N8. */
static void finish_text(struct portico *k)
{
	struct pk_renaming *renaming = renaming_of(k);
	uint32_t slot = pk_load(&renaming->changing);
	struct path text = path_of(renaming->text, renaming->text_length);
	if (pk_name_at(k, slot))
		pk_name_change(k, slot, text.text, text.length);
	PK_POINT("rename: a text changed");
	pk_store(&renaming->changing, 0);
}

static void change(struct portico *k, uint32_t slot, struct path from, struct path to)
{
	struct pk_renaming *renaming = renaming_of(k);
	const struct pk_name *name = pk_name_at(k, slot);
	uint32_t rest = name->length - from.length;
	if (to.length + rest > PK_NAME_MAX)
		return; /* it was scribbled: that was looked at before */
	memcpy(renaming->text, to.text, to.length);
	memcpy(renaming->text + to.length, name->text + from.length, rest);
	renaming->text_length = (uint8_t)(to.length + rest);
	PK_POINT("rename: a text to be changed");
	pk_store(&renaming->changing, slot);
	finish_text(k);
}

/* N7. */
static void move(struct portico *k, struct path from, struct path to)
{
	const struct pk_renaming *renaming = renaming_of(k);
	uint32_t committed = pk_committed(k, PK_NAMES);
	if (!renaming->deep) {
		uint32_t only = slot_of(k, renaming->space, from);
		if (only != 0)
			change(k, only, from, to);
		return;
	}
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		if (name && is_part(name, renaming->space, from))
			change(k, slot, from, to);
	}
}

static void replace(struct portico *k, pk_id replaced, struct pk_port_ended *ended)
{
	uint32_t slot = pk_id_slot(replaced);
	const struct pk_name *name = pk_name_at(k, slot);
	/* by its word, which it has until it is free; its generation is raised before */
	if (!name || pk_load(&name->head.word) != pk_word(PK_LIVE, replaced))
		return;
	if (name->space != PK_NAME_MAILBOX) {
		pk_name_remove(k, slot);
		return;
	}
	pk_id doomed = pk_directory_doomed(k, slot);
	if (doomed)
		pk_port_end_within(k, doomed, ended);
	PK_POINT("rename: the replaced has ended, and not its name");
	pk_directory_take(k, slot);
}

/* One step, and which comes after it. */
static enum step take_step(struct portico *k, enum step step, struct pk_port_ended *ended)
{
	const struct pk_renaming *renaming = renaming_of(k);
	struct path from = path_of(renaming->from, renaming->from_length);
	struct path to = path_of(renaming->to, renaming->to_length);
	switch (step) {
	case INTO_HIDING:
		move(k, from, hiding);
		return OTHER_BACK;
	case OTHER_BACK:
		move(k, to, from);
		return FROM_HIDING;
	case FROM_HIDING:
		move(k, hiding, to);
		return DONE;
	case REPLACE:
		replace(k, renaming->replaced, ended);
		return MOVE;
	case MOVE:
		move(k, from, to);
		return DONE;
	default:
		return DONE;
	}
}

static void take_steps(struct portico *k, struct pk_port_ended *ended)
{
	struct pk_renaming *renaming = renaming_of(k);
	enum step step;
	while ((step = (enum step)pk_load(&renaming->step)) != DONE) {
		step = take_step(k, step, ended);
		PK_POINT("rename: a step done");
		pk_store(&renaming->step, step);
	}
}

void pk_rename_finish(struct portico *k)
{
	struct pk_port_ended ended = { 0 };
	if (pk_load(&renaming_of(k)->step) == DONE)
		return;
	if (pk_load(&renaming_of(k)->changing) != 0)
		finish_text(k);
	take_steps(k, &ended);
}

/* ---- may it be done? */

/* What is asked for, and what there is. */
struct wish {
	struct path from, to;
	unsigned space, flags;
	uint32_t source, target; /* entries; target: 0 where there is none */
};

/* What lies below it must still have a name. */
static bool fits(struct portico *k, unsigned space, struct path from, struct path to)
{
	uint32_t committed = pk_committed(k, PK_NAMES);
	for (uint32_t slot = 1; slot < committed && to.length > from.length; slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		if (name && is_part(name, space, from) &&
		    to.length + name->length - from.length > PK_NAME_MAX)
			return false;
	}
	return true;
}

static int check_lengths(struct portico *k, const struct wish *wish)
{
	bool exchange = wish->flags & PK_RENAME_EXCHANGE;
	if ((is_directory(k, wish->source) && !fits(k, wish->space, wish->from, wish->to)) ||
	    (exchange && is_directory(k, wish->target) && !fits(k, wish->space, wish->to, wish->from)))
		return -ENAMETOOLONG;
	return 0;
}

static int check_target(struct portico *k, const struct wish *wish)
{
	if (wish->flags & PK_RENAME_NEW)
		return -EEXIST;
	if (wish->flags & PK_RENAME_EXCHANGE)
		return is_below(wish->from, wish->to) ? -EINVAL : 0;
	bool directory = is_directory(k, wish->target);
	if (directory != is_directory(k, wish->source))
		return directory ? -EISDIR : -ENOTDIR;
	return directory && !pk_directory_is_empty(k, wish->to.text, wish->to.length) ? -ENOTEMPTY : 0;
}

static int check_permission(struct portico *k, const struct pk_client *client, const struct wish *wish)
{
	int error = pk_directory_may_remove(k, client, pk_name_at(k, wish->source));
	if (!error)
		error = pk_directory_may_add(k, client, wish->to.text, wish->to.length);
	if (!error && wish->target)
		error = pk_directory_may_remove(k, client, pk_name_at(k, wish->target));
	if (!error && (wish->flags & PK_RENAME_EXCHANGE))
		error = pk_directory_may_add(k, client, wish->from.text, wish->from.length);
	return error;
}

/* Two names of one port stay, as two links to one file do. */
static bool are_one(struct portico *k, const struct wish *wish)
{
	return wish->source == wish->target ||
	       (!is_directory(k, wish->source) && !is_directory(k, wish->target) &&
		pk_name_at(k, wish->source)->object == pk_name_at(k, wish->target)->object);
}

/* ---- doing it */

static void write_down(struct portico *k, const struct wish *wish)
{
	struct pk_renaming *renaming = renaming_of(k);
	const struct pk_name *target = wish->target ? pk_name_at(k, wish->target) : NULL;
	memcpy(renaming->from, wish->from.text, wish->from.length);
	memcpy(renaming->to, wish->to.text, wish->to.length);
	renaming->from_length = (uint8_t)wish->from.length;
	renaming->to_length = (uint8_t)wish->to.length;
	renaming->space = (uint8_t)wish->space;
	renaming->deep = is_directory(k, wish->source) || (target && target->space == PK_NAME_DIRECTORY);
	renaming->replaced = target ? pk_word_id(pk_load(&target->head.word)) : 0;
	pk_store(&renaming->changing, 0);
	PK_POINT("rename: written down");
	pk_store(&renaming->step, (wish->flags & PK_RENAME_EXCHANGE) ? INTO_HIDING : target ? REPLACE : MOVE);
	PK_POINT("rename: decided");
}

static void carry_out(struct portico *k, const struct wish *wish, struct pk_port_ended *ended)
{
	write_down(k, wish);
	take_steps(k, ended);
	if (wish->space == PK_NAME_FIFO)
		return;
	pk_name_touch_directory(k, wish->from.text, wish->from.length);
	pk_name_touch_directory(k, wish->to.text, wish->to.length);
}

static int rename_locked(struct portico *k, const struct pk_client *client, struct wish *wish,
			 struct pk_port_ended *ended)
{
	wish->source = slot_of(k, wish->space, wish->from);
	wish->target = slot_of(k, wish->space, wish->to);
	if (wish->source == 0)
		return pk_directory_missing(k, wish->from.text, wish->from.length);
	if (is_below(wish->to, wish->from))
		return is_directory(k, wish->source) ? -EINVAL : -ENOTDIR;
	if (wish->target == 0 && (wish->flags & PK_RENAME_EXCHANGE))
		return pk_directory_missing(k, wish->to.text, wish->to.length);
	int error = check_permission(k, client, wish);
	if (!error && wish->target)
		error = check_target(k, wish);
	if (!error && wish->target && are_one(k, wish))
		return 0;
	if (!error)
		error = check_lengths(k, wish);
	if (!error)
		carry_out(k, wish, ended);
	return error;
}

/* N3 of both names; the second look takes the lock for good. */
static int lock_for(struct portico *k, const struct wish *wish)
{
	pk_directory_notice(k, wish->to.text, wish->to.length);
	int error = pk_directory_lock(k, wish->to.text, wish->to.length);
	if (error)
		return error;
	pk_names_unlock(k);
	return pk_directory_lock(k, wish->from.text, wish->from.length);
}

static int rename_now(struct portico *k, const struct pk_client *client, struct wish *wish)
{
	struct pk_port_ended ended = { 0 };
	int error = lock_for(k, wish);
	if (error)
		return error;
	error = rename_locked(k, client, wish, &ended);
	pk_names_unlock(k);
	pk_port_bury(k, &ended);
	return error;
}

int pk_directory_rename(struct portico *k, const struct pk_client *client, const char *from,
			uint32_t from_length, const char *to, uint32_t to_length, unsigned flags)
{
	struct wish wish = { .from = { from, from_length },
			     .to = { to, to_length },
			     .space = PK_NAME_MAILBOX,
			     .flags = flags };
	if ((flags & ~(PK_RENAME_NEW | PK_RENAME_EXCHANGE)) || flags == (PK_RENAME_NEW | PK_RENAME_EXCHANGE))
		return -EINVAL;
	int error = rename_now(k, client, &wish);
	if (error != -ENOTEMPTY)
		return error;
	pk_task_sweep(k, true); /* what is in it may be a dead task's */
	return rename_now(k, client, &wish);
}

/* ---- named pipes */

static int may_take_pipe(struct portico *k, uint32_t slot)
{
	int error;
	const struct pk_pipe *pipe = pk_object(k, PK_PIPES, pk_name_at(k, slot)->object, &error);
	return pipe ? pk_pipe_may_take(k, &pipe->permission) : error;
}

static int rename_pipe_locked(struct portico *k, struct wish *wish, pk_id *replaced)
{
	struct pk_port_ended none = { 0 };
	bool exchange = wish->flags & PK_RENAME_EXCHANGE;
	wish->source = slot_of(k, wish->space, wish->from);
	wish->target = slot_of(k, wish->space, wish->to);
	if (wish->source == 0 || (wish->target == 0 && exchange))
		return -ENOENT;
	if (wish->target != 0 && (wish->flags & PK_RENAME_NEW))
		return -EEXIST;
	if (wish->source == wish->target)
		return 0;
	int error = may_take_pipe(k, wish->source);
	if (!error && wish->target != 0)
		error = may_take_pipe(k, wish->target);
	if (error)
		return error;
	*replaced = wish->target && !exchange ? pk_name_at(k, wish->target)->object : 0;
	carry_out(k, wish, &none);
	return 0;
}

int pk_pipe_rename(struct portico *k, const char *from, const char *to, unsigned flags, pk_id *replaced)
{
	struct wish wish = { .from = { from, (uint32_t)strlen(from) },
			     .to = { to, (uint32_t)strlen(to) },
			     .space = PK_NAME_FIFO,
			     .flags = flags };
	*replaced = 0;
	if ((flags & ~(PK_RENAME_NEW | PK_RENAME_EXCHANGE)) || flags == (PK_RENAME_NEW | PK_RENAME_EXCHANGE))
		return -EINVAL;
	if (wish.from.length > PK_NAME_MAX || wish.to.length > PK_NAME_MAX)
		return -ENAMETOOLONG;
	int error = pk_names_lock(k);
	if (error)
		return error;
	error = rename_pipe_locked(k, &wish, replaced);
	pk_names_unlock(k);
	return error;
}
