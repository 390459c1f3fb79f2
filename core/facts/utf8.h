/* SPDX-License-Identifier: MIT */
/* Names are any bytes; what is shown of them must be text. */
#ifndef FACTS_UTF8_H
#define FACTS_UTF8_H

#include <stddef.h>

/* How many bytes the character at text takes; 0: it is none, but a stray byte.  text ends in NUL. */
static inline size_t utf8_length(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc2 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
			: at[0] < 0xf5 ? 4
				       : 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0; /* overlong, a surrogate, or beyond Unicode */
	return length;
}

#endif
