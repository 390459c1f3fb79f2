/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "options.h"
#include "payload.h"

#include <errno.h>
#include <portico/mail.h>
#include <stdio.h>
#include <stdlib.h>

struct sending {
	struct portico *k;
	const char *name;
	portico_port port;
	struct portico_sending how;
	int64_t deadline;
};

/* line: which of many it is, for the error; 0 for the only one. */
static int send_one(const struct sending *sending, const void *data, size_t bytes, size_t line)
{
	char what[PK_NAME_MAX + 32];
	int error =
		portico_send_with(sending->k, sending->port, data, bytes, &sending->how, sending->deadline);
	if (!error)
		return DONE;
	if (line)
		snprintf(what, sizeof what, "%s: line %zu", sending->name, line);
	complain_of("mailbox", line ? what : sending->name, error);
	return error == -EAGAIN || error == -ETIMEDOUT ? NOTHING : FAILED;
}

static int send_words(const struct sending *sending, char **words)
{
	size_t bytes;
	char *text = payload_of_words(words, &bytes);
	int status = text ? send_one(sending, text, bytes, 0) : FAILED;
	free(text);
	return status;
}

/* Standard input as one message; a byte more than the mailbox takes tells that it is too long. */
static int send_input(const struct sending *sending)
{
	struct portico_status status;
	int error = portico_mailbox_status(sending->k, sending->port, &status);
	if (error == -EACCES) /* by a mount, where who may only send can't ask */
		status.limits.bytes = PK_LARGEST;
	else if (error)
		return complain_of("mailbox", sending->name, error);
	size_t bytes;
	char *data = payload_of_input((size_t)status.limits.bytes + 1, &bytes);
	if (!data)
		return FAILED;
	int result = send_one(sending, data, bytes, 0);
	free(data);
	return result;
}

static int send_lines(const struct sending *sending)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t bytes;
	int status = DONE;
	while (status == DONE && (bytes = getline(&line, &room, stdin)) >= 0) {
		size_t text = (size_t)bytes;
		if (text > 0 && line[text - 1] == '\n')
			text--;
		status = send_one(sending, line, text, ++number);
	}
	if (status == DONE && ferror(stdin)) {
		complain("standard input can't be read: %m");
		status = FAILED;
	}
	free(line);
	return status;
}

static const char *directory;
static int64_t type, timeout_ns;
static uint64_t priority;
static bool timed, no_wait, lines;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "type", 't', OPTION_NUMBER, &type, "N", "its type, for receivers that select by it (0)", NULL },
	{ "priority", 'p', OPTION_SIZE, &priority, "N",
	  "0 to 255: of more than one the highest is received first (0)", NULL },
	{ "timeout", 0, OPTION_SECONDS, &timeout_ns, "SECONDS", "how long to wait for room", &timed },
	{ "no-wait", 0, OPTION_FLAG, &no_wait, NULL, "don't wait for room", NULL },
	{ "lines", 0, OPTION_FLAG, &lines, NULL, "each line of standard input is a message", NULL },
	{ 0 },
};

static const struct usage usage = {
	"send", "NAME [TEXT...]", "Send TEXT, or else standard input, as one message", options, 1, -1, false
};

int cmd_send(int argc, char **argv)
{
	int words = parse_options(&usage, argc, argv);
	if (timed && no_wait)
		bad_usage("--timeout and --no-wait exclude each other");
	if (lines && words > 1)
		bad_usage("--lines reads standard input, and takes no TEXT");
	if (priority > 255)
		bad_usage("--priority may be 255 at most");
	struct sending sending = {
		.name = argv[0],
		.how = { .type = type, .priority = (unsigned)priority },
		.deadline = PORTICO_FOREVER,
	};
	sending.k = open_or_mount(directory, 0);
	if (!sending.k || find_mailbox(sending.k, argv[0], &sending.port.id) != 0)
		return FAILED;
	if (no_wait)
		sending.deadline = PORTICO_NOW;
	else if (timed)
		sending.deadline = portico_deadline(timeout_ns);
	if (lines)
		return send_lines(&sending);
	return words > 1 ? send_words(&sending, argv + 1) : send_input(&sending);
}
