/* SPDX-License-Identifier: MIT */
#include "flat.h"
#include "utf8.h"

#include <string.h>

static FILE *begin(struct sink *sink, const char *name)
{
	const struct flat *flat = (const struct flat *)sink;
	if (flat->depth == 0)
		fprintf(flat->out, "%s ", name);
	else if (flat->depth == 1 && name)
		fprintf(flat->out, "%s.%s ", flat->outer, name);
	else if (flat->depth == 1)
		fprintf(flat->out, "%s ", flat->outer);
	else
		fprintf(flat->out, " %s=", name);
	return flat->out;
}

static void end(const struct sink *sink)
{
	const struct flat *flat = (const struct flat *)sink;
	if (flat->depth < 2)
		putc('\n', flat->out);
}

/* What is no text as \ooo: control characters, and stray bytes, as UTF-8 has them. */
static void escape(FILE *out, const char *text, bool quoted)
{
	for (size_t length; *text; text += length) {
		unsigned char c = (unsigned char)*text;
		length = utf8_length(text);
		bool stray = length == 0;
		length += stray;
		if (stray || c < 0x20 || c == 0x7f || c == '\\' || (quoted && c == '"'))
			fprintf(out, "\\%03o", c);
		else
			fwrite(text, 1, length, out);
	}
}

static void put_text(struct sink *sink, const char *name, const char *text)
{
	FILE *out = begin(sink, name);
	bool quoted = ((const struct flat *)sink)->depth >= 2 && (!*text || strpbrk(text, " \""));
	if (quoted)
		putc('"', out);
	escape(out, text, quoted);
	if (quoted)
		putc('"', out);
	end(sink);
}

static void put_number(struct sink *sink, const char *name, int64_t number)
{
	fprintf(begin(sink, name), "%lld", (long long)number);
	end(sink);
}

static void put_count(struct sink *sink, const char *name, uint64_t count)
{
	fprintf(begin(sink, name), "%llu", (unsigned long long)count);
	end(sink);
}

/* As kernel/limits has it, and takes it. */
static void put_most(struct sink *sink, const char *name, uint64_t most)
{
	if (most == 0)
		put_text(sink, name, "none");
	else
		put_count(sink, name, most);
}

static void put_truth(struct sink *sink, const char *name, bool truth)
{
	fputs(truth ? "yes" : "no", begin(sink, name));
	end(sink);
}

static void open_bracket(struct sink *sink, const char *name, char bracket)
{
	struct flat *flat = (struct flat *)sink;
	(void)bracket;
	if (flat->depth == 0)
		flat->outer = name;
	else if (flat->depth == 1 && name)
		fprintf(flat->out, "%s.%s", flat->outer, name);
	else if (flat->depth == 1)
		fputs(flat->outer, flat->out);
	flat->depth++;
}

static void close_bracket(struct sink *sink, char bracket)
{
	struct flat *flat = (struct flat *)sink;
	(void)bracket;
	if (flat->depth == 2)
		putc('\n', flat->out);
	flat->depth--;
}

static const struct sink_kind flat_kind = {
	.structured = true,
	.text = put_text,
	.number = put_number,
	.count = put_count,
	.most = put_most,
	.truth = put_truth,
	.time = put_number,
	.open = open_bracket,
	.close = close_bracket,
};

struct sink *flat_sink(struct flat *flat, FILE *out)
{
	*flat = (struct flat){ .sink = { &flat_kind }, .out = out };
	return &flat->sink;
}
