/* SPDX-License-Identifier: MIT */
/*
 * What this machine allows, in plain words and with the remedy.  Each finding
 * is good, limited (Portico works, less something) or bad (it doesn't).
 */
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "examine.h"
#include "json.h"
#include "options.h"

#include <stdarg.h>
#include <stdio.h>

static bool as_json, anything_bad;

void report(enum finding finding, const char *subject, const char *remedy, const char *format, ...)
{
	static const char *const words[] = { [GOOD] = "ok", [LIMITED] = "limited", [BAD] = "bad" };
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	anything_bad |= finding == BAD;
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

static const char *directory;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&as_json),
	{ 0 },
};

static const struct usage usage = {
	"doctor", "", "Tell what this machine allows, and what to do about the rest", options, 0, 0, false
};

int cmd_doctor(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if (as_json)
		json_open(NULL, '[');
	examine_instance(directory);
	examine_machine();
	examine_preload();
	examine_fuse(directory);
	if (as_json)
		json_close(']');
	else
		printf("\n%s\n", anything_bad ? "Something needed is missing: see 'bad' above."
					      : "Everything needed works.");
	return anything_bad ? FAILED : DONE;
}
