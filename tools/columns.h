/* SPDX-License-Identifier: MIT */
/* A table of text whose columns are as wide as they must be, but for a cell that is very long. */
#ifndef TOOL_COLUMNS_H
#define TOOL_COLUMNS_H

#include <stddef.h>

struct columns {
	size_t width;	    /* how many columns */
	size_t count, room; /* cells */
	char **cells;	    /* row by row; the first row is the heading */
};

void columns_begin(struct columns *columns, size_t width, const char *const headings[]);

/* The next cell, left to right and down.  What would disturb a terminal is shown as '?'. */
__attribute__((format(printf, 2, 3))) void columns_add(struct columns *columns, const char *format, ...);

/* Print it and free it. */
void columns_end(struct columns *columns);

#endif
