/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>

static unsigned depth;
static bool follows; /* a value stands before, in this bracket */

static void print_text(const char *text)
{
	putchar('"');
	while (*text) {
		size_t length = utf8_length(text);
		if (length == 0)
			fputs("\\ufffd", stdout);
		else if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			printf("\\u%04x", (unsigned)*text);
		else
			fwrite(text, 1, length, stdout);
		text += length ? length : 1;
	}
	putchar('"');
}

static void begin_value(const char *key)
{
	if (follows)
		putchar(',');
	if (depth > 0)
		printf("\n%*s", (int)depth * 2, "");
	if (key) {
		print_text(key);
		fputs(": ", stdout);
	}
	follows = true;
}

void json_open(const char *key, char bracket)
{
	begin_value(key);
	putchar(bracket);
	depth++;
	follows = false;
}

void json_close(char bracket)
{
	depth--;
	if (follows)
		printf("\n%*s", (int)depth * 2, "");
	putchar(bracket);
	follows = depth > 0;
	if (depth == 0)
		putchar('\n');
}

void json_text(const char *key, const char *text)
{
	begin_value(key);
	print_text(text);
}

void json_number(const char *key, int64_t number)
{
	begin_value(key);
	printf("%" PRId64, number);
}

void json_count(const char *key, uint64_t number)
{
	begin_value(key);
	printf("%" PRIu64, number);
}

void json_bool(const char *key, bool truth)
{
	begin_value(key);
	fputs(truth ? "true" : "false", stdout);
}
