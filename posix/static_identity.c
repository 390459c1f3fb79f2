/* SPDX-License-Identifier: MIT */
/*
 * The calls that change ids, in a static program.
 *
 * musl's are all one function of its own, which has every thread change.  With
 * glibc there is none that a dynamic program that is linked with this library
 * could call, too; there a change is noticed as one by a system call is.
 */
#define _GNU_SOURCE
#include "identity_calls.h"

#ifndef __GLIBC__

extern int __setxid(int number, int first, int second, int third);

#define CALL(name, parameters, given, system_call)                                                           \
	PK_EXPORT int name parameters                                                                        \
	{                                                                                                    \
		int result = __setxid system_call;                                                           \
		pk_identity_changed();                                                                       \
		return result;                                                                               \
	}

PK_IDENTITY_CALLS(CALL)

#endif
