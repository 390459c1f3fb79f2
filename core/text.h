/* SPDX-License-Identifier: MIT */
/* Text built in fixed buffers, cut where it doesn't fit, always ended by NUL. */
#ifndef PK_TEXT_H
#define PK_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct pk_text {
	char *buffer;
	size_t size, length;
};

/* A text in an array. */
#define PK_TEXT(array) pk_text((array), sizeof(array))

static inline struct pk_text pk_text(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct pk_text){ .buffer = buffer, .size = size };
}

static inline void pk_text_character(struct pk_text *text, char c)
{
	if (text->length + 1 < text->size)
		text->buffer[text->length] = c;
	text->length++;
	text->buffer[text->length < text->size ? text->length : text->size - 1] = '\0';
}

static inline void pk_text_add(struct pk_text *text, const char *more)
{
	while (*more)
		pk_text_character(text, *more++);
}

static inline void pk_text_number(struct pk_text *text, uint64_t number)
{
	char digits[20];
	int count = 0;
	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	while (count > 0)
		pk_text_character(text, digits[--count]);
}

static inline void pk_text_hex(struct pk_text *text, uint32_t number)
{
	int shift = 28;
	while (shift > 0 && number >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		pk_text_character(text, "0123456789abcdef"[number >> shift & 15]);
}

static inline int pk_text_fits(const struct pk_text *text)
{
	return text->length < text->size;
}

/* before, the number, after: of a path in /proc. */
static inline const char *pk_proc_path(char path[32], const char *before, uint32_t number, const char *after)
{
	struct pk_text text = pk_text(path, 32);
	pk_text_add(&text, before);
	pk_text_number(&text, number);
	pk_text_add(&text, after);
	return path;
}

#endif
