/* SPDX-License-Identifier: MIT */
/*
 * JSON to standard output.  A key of NULL is for elements of an array, and for
 * the outermost value; commas and line breaks are the writer's business.
 */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>

void json_open(const char *key, char bracket); /* '{' or '[' */
void json_close(char bracket);		       /* '}' or ']'; the outermost ends the line */
void json_text(const char *key, const char *text);
void json_number(const char *key, int64_t number);
void json_count(const char *key, uint64_t number);
void json_bool(const char *key, bool truth);

#endif
