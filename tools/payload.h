/* SPDX-License-Identifier: MIT */
/* What a command is given to send: words, or standard input. */
#ifndef TOOL_PAYLOAD_H
#define TOOL_PAYLOAD_H

#include <stddef.h>

/* Both return NULL after complaining; else the caller frees it. */

/* The words with a space between them, as echo would print them, without a newline. */
char *payload_of_words(char **words, size_t *bytes);

/* All of standard input, but no more than `most`. */
char *payload_of_input(size_t most, size_t *bytes);

#endif
