/* SPDX-License-Identifier: MIT */
/*
 * Receive.  A message is consumed once it has been written out, not before:
 * should the write fail, or this process be killed, it goes back to its place.
 * Of a message with parts the data and the memory are written.  Rights are of
 * no use to a shell, and whoever sent them may wait for what comes of it: so
 * such a message stays, unless it is said that they may be lost.
 */
#include "by_mount.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "options.h"
#include "part.h"
#include "port.h"
#include "remote.h"
#include "run.h"
#include "task.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct receiving {
	struct portico *k;
	const char *name;
	pk_id port;
	struct pk_want want;
	int64_t deadline;
	bool lines, verbose, drop_rights;
};

static bool write_all(const char *data, size_t bytes)
{
	while (bytes > 0) {
		ssize_t wrote = write(STDOUT_FILENO, data, bytes);
		if (wrote < 0 && errno != EINTR)
			return false;
		data += wrote > 0 ? wrote : 0;
		bytes -= wrote > 0 ? (size_t)wrote : 0;
	}
	return true;
}

/* ---- what a message holds */

/* Data follows the list in the message; memory lies elsewhere, and is the message's as long as it says so. */
static bool write_part(struct portico *k, const struct pk_part *part, uint64_t word, const char **data,
		       const char *end)
{
	const struct pk_head *run = part->kind == PK_PART_MEMORY ? pk_slot(k, PK_RUNS, part->record) : NULL;
	uint64_t room = 0;
	const char *memory = run && pk_load(&run->word) == word ? pk_run_data(k, part->record, &room) : NULL;
	if (memory)
		return write_all(memory, part->bytes < room ? part->bytes : room);
	if (part->kind != PK_PART_DATA || part->bytes > (uint64_t)(end - *data))
		return true;
	*data += part->bytes;
	return write_all(*data - part->bytes, part->bytes);
}

static bool write_parts(struct portico *k, uint32_t message, const char *data, uint32_t bytes)
{
	uint32_t count;
	const struct pk_part *parts = pk_parts_of(k, message, &count);
	uint64_t word = pk_message_body_word(pk_message_at(k, message), message);
	const char *end = data + bytes;
	bool written = true;
	if (!parts)
		return write_all(data, bytes);
	data += count * sizeof *parts;
	for (uint32_t i = 0; i < count && written; i++)
		written = write_part(k, &parts[i], word, &data, end);
	return written;
}

static void say_envelope(const struct pk_message *m, const struct pk_cargo *cargo)
{
	struct described with, bytes;
	describe_cargo(&with, cargo);
	fprintf(stderr, "type %lld, priority %u, pid %u, uid %u, %s%s%s\n", (long long)m->type,
		pk_number_priority(m->number), m->pid, m->uid, describe_bytes(&bytes, cargo->data_bytes),
		*with.text ? ", " : "", with.text);
}

static int refuse_rights(const struct receiving *r, uint32_t message, const struct pk_cargo *cargo)
{
	struct described with;
	complain("mailbox %s: its next message brings %s; rights would be lost here, so it stays: take it "
		 "with a program, or with --drop-rights; `portico peek` shows it",
		 r->name, describe_cargo(&with, cargo));
	pk_port_give_back(r->k, message);
	return FAILED;
}

static int write_message(const struct receiving *r, uint32_t message)
{
	struct portico *k = r->k;
	struct pk_cargo cargo;
	uint32_t bytes;
	const struct pk_message *m = pk_message_at(k, message);
	const char *data = pk_message_data(k, message, &bytes);
	if (!data)
		return complain_of("mailbox", r->name, -EIO);
	pk_parts_add_up(k, message, &cargo);
	if ((cargo.rights > 0 || cargo.wants_answer) && !r->drop_rights)
		return refuse_rights(r, message, &cargo);
	if (!write_parts(k, message, data, bytes) || (r->lines && !write_all("\n", 1))) {
		complain("standard output can't be written: %m; the message is back in the mailbox");
		pk_port_give_back(k, message);
		return FAILED;
	}
	if (r->verbose)
		say_envelope(m, &cargo);
	pk_message_release(k, message);
	pk_parts_bury(k);
	return DONE;
}

/* ---- as many as were asked for */

/* One message: DONE, or NOTHING in time, or FAILED. */
static int receive_one(const struct receiving *r)
{
	uint32_t message = 0;
	int error;
	if (r->deadline == PORTICO_NOW)
		error = pk_port_receive(r->k, r->port, &r->want, NULL, &message, NULL);
	else
		error = pk_port_receive_until(r->k, r->port, &r->want, r->deadline, &message);
	if (error == -EAGAIN || error == -ETIMEDOUT)
		return NOTHING;
	return error ? complain_of("mailbox", r->name, error) : write_message(r, message);
}

static int receive_count(const struct receiving *r, uint64_t count)
{
	int status = DONE;
	for (; count > 0 && status == DONE; count--)
		status = receive_one(r);
	return status;
}

/* All there is: waits, if at all, for the first. */
static int receive_all(struct receiving *r)
{
	int status = receive_one(r);
	if (status != DONE)
		return status;
	r->deadline = PORTICO_NOW;
	do
		status = receive_one(r);
	while (status == DONE);
	return status == NOTHING ? DONE : status;
}

/* The task of that process, or 0. */
static uint32_t task_of_process(struct portico *k, int64_t pid)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (task && task->pid == pid && task->pid_namespace == k->mine->process.pid_namespace)
			return pk_task_tag(pk_slot_id(&task->head, slot));
	}
	return 0;
}

static const char *directory;
static int64_t type, from, timeout_ns;
static uint64_t count = 1;
static bool equal, at_most, except, sender;
static bool timed, no_wait, counted, all, lines, verbose, drop_rights;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "type", 't', OPTION_NUMBER, &type, "N", "only a message of this type", &equal },
	{ "at-most", 0, OPTION_NUMBER, &type, "N", "only of the lowest type, if at most this", &at_most },
	{ "except", 0, OPTION_NUMBER, &type, "N", "only of another type", &except },
	{ "from", 0, OPTION_NUMBER, &from, "PID", "only from this task", &sender },
	{ "timeout", 0, OPTION_SECONDS, &timeout_ns, "SECONDS", "how long to wait in all", &timed },
	{ "no-wait", 0, OPTION_FLAG, &no_wait, NULL, "don't wait", NULL },
	{ "count", 'n', OPTION_SIZE, &count, "N", "how many messages (1)", &counted },
	{ "all", 'a', OPTION_FLAG, &all, NULL, "the first and whatever else is there", NULL },
	{ "lines", 0, OPTION_FLAG, &lines, NULL, "write a newline after each message", NULL },
	{ "drop-rights", 0, OPTION_FLAG, &drop_rights, NULL, "give up rights that messages carry", NULL },
	{ "verbose", 'v', OPTION_FLAG, &verbose, NULL, "say on standard error who sent each", NULL },
	{ 0 },
};

static const struct usage usage = { "recv",  "NAME", "Receive a message and write it to standard output",
				    options, 1,	     1,
				    false };

static void check_options(void)
{
	if (equal + at_most + except + sender > 1)
		bad_usage("--type, --at-most, --except and --from exclude each other");
	if (timed && no_wait)
		bad_usage("--timeout and --no-wait exclude each other");
	if (counted && all)
		bad_usage("--count and --all exclude each other");
}

static int choose_messages(struct receiving *r)
{
	r->want.type = type;
	if (equal)
		r->want.select = PK_TYPE;
	else if (at_most)
		r->want.select = PK_TYPE_AT_MOST;
	else if (except)
		r->want.select = PK_TYPE_EXCEPT;
	else if (sender)
		r->want.select = PK_FROM;
	if (!sender || (r->want.from = task_of_process(r->k, from)) != 0)
		return DONE;
	complain("pid %lld: is no task of this instance; `portico ps` shows who is", (long long)from);
	return FAILED;
}

int cmd_recv(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	check_options();
	struct receiving r = { .name = argv[0], .want = PK_WANT_ANY, .deadline = PORTICO_FOREVER };
	r.lines = lines;
	r.verbose = verbose;
	r.drop_rights = drop_rights;
	if (no_wait)
		r.deadline = PORTICO_NOW;
	else if (timed)
		r.deadline = portico_deadline(timeout_ns);
	r.k = open_or_mount(directory, 0);
	if (r.k && pk_is_remote(r.k))
		return (equal || at_most || except || sender || verbose)
			       ? refuse_by_mount(r.k, "choosing messages")
			       : recv_by_mount(r.k, argv[0], count, all, lines, r.deadline);
	if (!r.k || find_port(r.k, argv[0], false, &r.port) != 0 || choose_messages(&r) != DONE)
		return FAILED;
	signal(SIGPIPE, SIG_IGN); /* so that a message that can't be written is given back at once */
	return all ? receive_all(&r) : receive_count(&r, count);
}
