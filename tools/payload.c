/* SPDX-License-Identifier: MIT */
#include "payload.h"
#include "complain.h"

#include <errno.h>
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *payload_of_words(char **words, size_t *bytes)
{
	size_t room = 1;
	for (char **word = words; *word; word++)
		room += strlen(*word) + 1;
	char *text = malloc(room), *end = text;
	if (!text) {
		complain("%s", portico_explain(-ENOMEM));
		return NULL;
	}
	for (char **word = words; *word; word++) {
		end = stpcpy(end, *word);
		*end++ = ' ';
	}
	*bytes = end > text ? (size_t)(end - text) - 1 : 0;
	return text;
}

/* Room for more of it, up to `most`. */
static char *grow(char *data, size_t *room, size_t most)
{
	*room = *room < most / 2 ? *room * 2 : most;
	char *larger = realloc(data, *room);
	if (!larger)
		free(data);
	return larger;
}

char *payload_of_input(size_t most, size_t *bytes)
{
	size_t room = most < 65536 ? most : 65536;
	char *data = malloc(room);
	ssize_t got = 1;
	*bytes = 0;
	while (data && got > 0 && *bytes < most) {
		if (*bytes == room && !(data = grow(data, &room, most)))
			break;
		do
			got = read(STDIN_FILENO, data + *bytes, room - *bytes);
		while (got < 0 && errno == EINTR);
		*bytes += got > 0 ? (size_t)got : 0;
	}
	if (!data) {
		complain("standard input: %s", portico_explain(-ENOMEM));
	} else if (got < 0) {
		complain("standard input can't be read: %m");
		free(data);
		data = NULL;
	}
	return data;
}
