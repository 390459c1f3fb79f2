/* SPDX-License-Identifier: MIT */
#include "sinks.h"
#include "json.h"

#include <stdio.h>

/* ---- lines */

static void line(struct sink *sink, const char *label, const char *text)
{
	const struct output *output = (const struct output *)sink;
	printf("%-*s %s\n", output->width, label, text);
}

static void number_line(struct sink *sink, const char *label, int64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)number);
	line(sink, label, text);
}

static void count_line(struct sink *sink, const char *label, uint64_t count)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)count);
	line(sink, label, text);
}

static void truth_line(struct sink *sink, const char *label, bool truth)
{
	line(sink, label, truth ? "yes" : "no");
}

static void time_line(struct sink *sink, const char *label, int64_t seconds)
{
	struct described time;
	line(sink, label, describe_time(&time, seconds));
}

static const struct sink_kind lines = {
	.text = line,
	.number = number_line,
	.count = count_line,
	.most = count_line,
	.truth = truth_line,
	.time = time_line,
};

/* ---- JSON, of which there is one */

static void text_member(struct sink *sink, const char *key, const char *text)
{
	(void)sink;
	json_text(key, text);
}

static void number_member(struct sink *sink, const char *key, int64_t number)
{
	(void)sink;
	json_number(key, number);
}

static void count_member(struct sink *sink, const char *key, uint64_t count)
{
	(void)sink;
	json_count(key, count);
}

static void truth_member(struct sink *sink, const char *key, bool truth)
{
	(void)sink;
	json_bool(key, truth);
}

static void open_bracket(struct sink *sink, const char *key, char bracket)
{
	(void)sink;
	json_open(key, bracket);
}

static void close_bracket(struct sink *sink, char bracket)
{
	(void)sink;
	json_close(bracket);
}

static const struct sink_kind json_members = {
	.structured = true,
	.text = text_member,
	.number = number_member,
	.count = count_member,
	.most = count_member,
	.truth = truth_member,
	.time = number_member,
	.open = open_bracket,
	.close = close_bracket,
};

struct sink *output_as(struct output *output, bool json, int width)
{
	*output = (struct output){ { json ? &json_members : &lines }, width };
	return &output->sink;
}
