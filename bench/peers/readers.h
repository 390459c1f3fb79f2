/* SPDX-License-Identifier: MIT */
/* Threads that read a mailbox of the mount each, to which nobody writes. */
#ifndef BENCH_READERS_H
#define BENCH_READERS_H

/* In a process of their own.  0 once each has its mailbox open, or a negative errno. */
int start_readers(long count);
void end_readers(void);

#endif
