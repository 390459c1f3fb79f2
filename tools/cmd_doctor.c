/* SPDX-License-Identifier: MIT */
/*
 * What this machine allows, in plain words and with the remedy.  Each finding
 * is good, limited (Portico works, less something) or bad (it doesn't); with
 * --repair, what can be put right is, and then everything is looked at.
 */
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "examine.h"
#include "json.h"
#include "options.h"

#include <stdarg.h>
#include <stdio.h>

static bool as_json, repair, force;
static unsigned counts[BAD + 1];

void report(enum finding finding, const char *subject, const char *remedy, const char *format, ...)
{
	static const char *const words[] = {
		[GOOD] = "ok", [REPAIRED] = "repaired", [LIMITED] = "limited", [BAD] = "bad"
	};
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	counts[finding]++;
	if (as_json) {
		json_open(NULL, '{');
		json_text("finding", words[finding]);
		json_text("subject", subject);
		json_text("text", text);
		if (remedy)
			json_text("remedy", remedy);
		json_close('}');
		return;
	}
	printf("%-8s %s: %s\n", words[finding], subject, text);
	if (remedy)
		printf("         -> %s\n", remedy);
}

/* Past, so neither good nor bad. */
void report_event(const struct event *event, const char *object, const char *text)
{
	struct described time;
	if (as_json) {
		json_open(NULL, '{');
		json_text("finding", "past");
		json_text("subject", "log");
		json_text("text", text);
		if (*object)
			json_text("object", object);
		json_number("time_ns", event->time_ns);
		json_count("pid", event->pid);
		json_count("uid", event->uid);
		json_count("times", event->times);
		if (event->error)
			json_count("error", (uint64_t)event->error);
		json_close('}');
		return;
	}
	printf("%-8s %s, process %u", "past", describe_time(&time, event->time_ns / 1000000000), event->pid);
	if (event->times > 1)
		printf(", %u times", event->times);
	printf(": %s%s%s\n", object, *object ? ": " : "", text);
}

bool repair_was_tried(void)
{
	return repair;
}

unsigned reported(enum finding finding)
{
	return counts[finding];
}

static const char *directory;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "repair", 0, OPTION_FLAG, &repair, NULL, "put right what can be, and look again", NULL },
	{ "force", 0, OPTION_FLAG, &force, NULL,
	  "remove an instance that can't be repaired, if nobody uses it", NULL },
	JSON_OPTION(&as_json),
	{ 0 },
};

static const struct usage usage = {
	"doctor", "", "Tell what this machine allows, and what to do about the rest", options, 0, 0, false
};

int cmd_doctor(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if (force && !repair)
		bad_usage("--force goes with --repair");
	if (as_json)
		json_open(NULL, '[');
	if (repair)
		repair_instance(directory, force);
	bool by_mount = examine_by_mount(directory);
	if (!by_mount)
		examine_instance(directory);
	examine_machine();
	examine_preload();
	if (!by_mount)
		examine_fuse(directory);
	if (as_json)
		json_close(']');
	else
		printf("\n%s\n", counts[BAD] ? "Something needed is missing: see 'bad' above."
					     : "Everything needed works.");
	return counts[BAD] ? FAILED : DONE;
}
