/* SPDX-License-Identifier: MIT */
/* A message put into a System V queue, as msgsnd(2) does. */
#include "by_hand.h"
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "options.h"
#include "payload.h"
#include "sysv.h"
#include "sysv_names.h"

#include <errno.h>
#include <stdlib.h>

static const char *directory;
static int64_t timeout_ns;
static bool timed, no_wait;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "timeout", 0, OPTION_SECONDS, &timeout_ns, "SECONDS", "how long to wait for room", &timed },
	{ "no-wait", 0, OPTION_FLAG, &no_wait, NULL, "don't wait for room", NULL },
	{ 0 },
};

static const struct usage usage = { "inject",
				    "QUEUE TYPE [TEXT...]",
				    "Send TEXT, or else standard input, as one message of that type",
				    options,
				    2,
				    -1,
				    false };

/* A System V message's is 1 or more. */
static int64_t type_operand(const char *text)
{
	char *end;
	errno = 0;
	long long type = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || type < 1)
		bad_usage("type '%s': is none; it is a whole number from 1 on", text);
	return type;
}

static int64_t deadline(void)
{
	return no_wait ? PORTICO_NOW : timed ? portico_deadline(timeout_ns) : PORTICO_FOREVER;
}

static int report(struct portico *k, const char *queue, int error)
{
	if (error == -EMSGSIZE)
		complain("queue %s: a message may have %llu bytes; `portico limits` can change msgmax", queue,
			 (unsigned long long)pk_sysv_limit(k, PK_MSGMAX));
	else if (error)
		complain_of("queue", queue, error);
	return !error ? DONE : error == -EAGAIN || error == -ETIMEDOUT ? NOTHING : FAILED;
}

int cmd_inject(int argc, char **argv)
{
	int words = parse_options(&usage, argc, argv);
	if (timed && no_wait)
		bad_usage("--timeout and --no-wait exclude each other");
	int64_t type = type_operand(argv[1]);
	struct portico *k = open_instance(directory, 0, 0);
	pk_id queue;
	size_t bytes;
	if (!k || find_sysv(k, &sysv_queue, argv[0], &queue) != 0)
		return FAILED;
	char *data = words > 2 ? payload_of_words(argv + 2, &bytes)
			       : payload_of_input((size_t)pk_sysv_limit(k, PK_MSGMAX) + 1, &bytes);
	int status = data ? report(k, argv[0], pk_port_inject(k, queue, data, bytes, type, NULL, deadline()))
			  : FAILED;
	free(data);
	return status;
}
