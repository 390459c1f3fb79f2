/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "commands.h"
#include "complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int usage_status = USAGE;

void bad_usage(const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	complain("%s; see `portico %s --help`", text, command_name);
	exit(usage_status);
}

/* ---- values */

static bool parse_number(const char *text, int64_t *value)
{
	char *end;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static bool parse_size(const char *text, uint64_t *value)
{
	static const char suffixes[] = "KMG";
	char *end;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *text == '-')
		return false;
	const char *suffix = *end ? strchr(suffixes, *end) : NULL;
	if (!suffix)
		return *end == '\0';
	unsigned shift = 10 * (unsigned)(suffix - suffixes + 1);
	if (end[1] != '\0' || *value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

static bool parse_seconds(const char *text, int64_t *ns)
{
	char *end;
	double seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds >= 0))
		return false;
	*ns = seconds < 9e9 ? (int64_t)(seconds * 1e9) : INT64_MAX;
	return true;
}

static bool parse_mode(const char *text, unsigned *mode)
{
	char *end;
	unsigned long value = strtoul(text, &end, 8);
	*mode = (unsigned)value;
	return end != text && *end == '\0' && *text != '-' && value <= 0777;
}

static void store(const struct option_entry *option, const char *text)
{
	bool good = true;
	const char *wanted = "";
	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)option->value = true;
		break;
	case OPTION_TEXT:
		*(const char **)option->value = text;
		break;
	case OPTION_NUMBER:
		good = parse_number(text, option->value);
		wanted = "a whole number";
		break;
	case OPTION_SIZE:
		good = parse_size(text, option->value);
		wanted = "a number, such as 100, 64K or 1M";
		break;
	case OPTION_SECONDS:
		good = parse_seconds(text, option->value);
		wanted = "seconds, such as 2 or 0.5";
		break;
	case OPTION_MODE:
		good = parse_mode(text, option->value);
		wanted = "an octal mode up to 777, such as 640";
		break;
	}
	if (!good)
		bad_usage("--%s wants %s, not '%s'", option->name, wanted, text);
	if (option->given)
		*option->given = true;
}

/* ---- help */

static void print_option(const char *name, char letter, const char *metavar, const char *help)
{
	char left[64];
	snprintf(left, sizeof left, "%c%c%s --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
		 letter ? "," : " ", name, metavar ? " " : "", metavar ? metavar : "");
	printf("  %-26s %s\n", left, help);
}

static void print_help(const struct usage *usage)
{
	printf("usage: portico %s [OPTION...]%s%s\n%s.\n\n", usage->command, *usage->operands ? " " : "",
	       usage->operands, usage->summary);
	for (const struct option_entry *option = usage->options; option->name; option++)
		print_option(option->name, option->letter, option->metavar, option->help);
	print_option("help", 'h', NULL, "print this");
	printf("\nThe whole story: man portico-%s\n", usage->command);
}

/* ---- words */

static const struct option_entry *find_long(const struct usage *usage, const char *name, size_t length)
{
	for (const struct option_entry *option = usage->options; option->name; option++)
		if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
			return option;
	return NULL;
}

static const struct option_entry *find_short(const struct usage *usage, char letter)
{
	for (const struct option_entry *option = usage->options; option->name; option++)
		if (option->letter == letter)
			return option;
	return NULL;
}

static void help_and_end(const struct usage *usage)
{
	print_help(usage);
	exit(fflush(stdout) == 0 ? DONE : FAILED);
}

/* Parse the option at argv[0]; returns how many words it took. */
static int take_option(const struct usage *usage, char **argv)
{
	const char *word = argv[0], *value = NULL;
	const struct option_entry *option;
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		help_and_end(usage);
	if (word[1] == '-') {
		const char *equals = strchr(word, '=');
		option = find_long(usage, word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word + 2));
		value = equals ? equals + 1 : NULL;
	} else {
		option = find_short(usage, word[1]);
		value = word[2] ? word + 2 : NULL;
	}
	if (!option)
		bad_usage("no option %s (what begins with '-' and is none stands after --)", word);
	if (option->kind == OPTION_FLAG && value)
		bad_usage("--%s takes no value", option->name);
	if (option->kind == OPTION_FLAG || value) {
		store(option, value);
		return 1;
	}
	if (!argv[1])
		bad_usage("%s wants %s", word, option->metavar);
	store(option, argv[1]);
	return 2;
}

int parse_options(const struct usage *usage, int argc, char **argv)
{
	int operands = 0;
	for (int at = 0; at < argc;) {
		if (strcmp(argv[at], "--") == 0) {
			while (++at < argc)
				argv[operands++] = argv[at];
		} else if (argv[at][0] == '-' && argv[at][1] != '\0') {
			at += take_option(usage, argv + at);
		} else if (usage->operands_end_options) {
			while (at < argc)
				argv[operands++] = argv[at++];
		} else {
			argv[operands++] = argv[at++];
		}
	}
	argv[operands] = NULL;
	if (operands < usage->fewest)
		bad_usage("%s missing", usage->operands);
	if (usage->most >= 0 && operands > usage->most)
		bad_usage("'%s' is one word too many", argv[usage->most]);
	return operands;
}
