/* SPDX-License-Identifier: MIT */
/* Messages taken out of a System V queue, and thrown away. */
#include "by_hand.h"
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "options.h"
#include "sysv_names.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *directory;
static int64_t type;
static bool typed;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "type", 't', OPTION_NUMBER, &type, "T",
	  "of this type only; negative: of any up to that, the lowest first", &typed },
	{ 0 },
};

static const struct usage usage = {
	"drop", "QUEUE [N|all]", "Remove the first N messages from a System V queue, or all", options, 1, 2,
	false
};

/* "all" is UINT64_MAX. */
static uint64_t count_operand(const char *text)
{
	char *end;
	if (!text && !typed)
		bad_usage("how many? N, all, or --type");
	if (!text || strcmp(text, "all") == 0)
		return UINT64_MAX;
	errno = 0;
	unsigned long long count = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-')
		bad_usage("'%s' is no number of messages, nor all", text);
	return count;
}

/* As msgrcv(2) selects. */
static struct pk_want wanted(void)
{
	struct pk_want want = PK_WANT_ANY;
	if (type != 0) {
		want.select = type > 0 ? PK_TYPE : PK_TYPE_AT_MOST;
		want.type = type > 0 ? type : type == INT64_MIN ? INT64_MAX : -type;
	}
	return want;
}

int cmd_drop(int argc, char **argv)
{
	pk_id queue;
	parse_options(&usage, argc, argv);
	uint64_t most = count_operand(argv[1]);
	struct portico *k = open_instance(directory, 0, 0);
	if (!k || find_sysv(k, &sysv_queue, argv[0], &queue) != 0)
		return FAILED;
	pk_task_sweep(k, true); /* what the dead had taken is back */
	struct pk_want want = wanted();
	int64_t dropped = pk_port_drop(k, queue, &want, most);
	if (dropped < 0)
		return complain_of("queue", argv[0], (int)dropped);
	printf("%lld %s dropped\n", (long long)dropped, dropped == 1 ? "message" : "messages");
	return DONE;
}
