/* SPDX-License-Identifier: MIT */
/* The calls that change ids, in the preload object: what the libc has by these names. */
#define _GNU_SOURCE
#include "identity_calls.h"

/* Where there is no dlsym the program is an old glibc's of one thread: more come with a library that has it.
 */
static int by_hand(long number, int first, int second, int third)
{
	return (int)pk_result(pk_syscall3(number, first, second, third));
}

#define CALL(name, parameters, given, system_call)                                                           \
	PK_EXPORT int name parameters                                                                        \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int(*real) parameters = (int(*) parameters)pk_next(&found, #name);                           \
		int result = real ? real given : by_hand system_call;                                        \
		pk_identity_changed();                                                                       \
		return result;                                                                               \
	}

PK_IDENTITY_CALLS(CALL)
