/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "columns.h"
#include "complain.h"
#include "commands.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH_MOST 40 /* of a column; what is longer moves its own row only */

static void *need(void *memory)
{
	if (memory)
		return memory;
	complain("no memory");
	exit(FAILED);
}

static void make_printable(char *text)
{
	for (size_t length; *text; text += length ? length : 1) {
		length = utf8_length(text);
		if (length == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
		else if (length == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0)
			text[0] = text[1] = '?'; /* control characters of Latin-1 */
	}
}

static size_t width_of(const char *text)
{
	size_t width = 0;
	for (; *text; text += utf8_length(text))
		width++;
	return width;
}

void columns_begin(struct columns *columns, size_t width, const char *const headings[])
{
	*columns = (struct columns){ .width = width };
	for (size_t i = 0; i < width; i++)
		columns_add(columns, "%s", headings[i]);
}

void columns_add(struct columns *columns, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		text = NULL;
	make_printable(need(text));
	if (columns->count == columns->room) {
		columns->room = columns->room ? 2 * columns->room : 64;
		columns->cells = need(realloc(columns->cells, columns->room * sizeof *columns->cells));
	}
	columns->cells[columns->count++] = text;
}

static int padding(size_t widest, size_t width)
{
	return width < widest ? (int)(widest - width) + 2 : 2;
}

void columns_end(struct columns *columns)
{
	size_t *widest = need(calloc(columns->width, sizeof *widest));
	for (size_t i = 0; i < columns->count; i++) {
		size_t width = width_of(columns->cells[i]);
		if (width > widest[i % columns->width] && width <= WIDTH_MOST)
			widest[i % columns->width] = width;
	}
	for (size_t i = 0; i < columns->count; i++) {
		size_t column = i % columns->width;
		const char *text = columns->cells[i];
		if (column == columns->width - 1)
			printf("%s\n", text);
		else
			printf("%s%*s", text, padding(widest[column], width_of(text)), "");
		free(columns->cells[i]);
	}
	free(columns->cells);
	free(widest);
}
