/* SPDX-License-Identifier: MIT */
/* Messages through a stream of bytes: each is as many as its receiver has room for. */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include "lib/peer.h"

/* What peer_send() and peer_receive() use from now on. */
void stream_open(int to_send, int to_receive);

/* Let a pipe hold that much, as far as is usual; 0: the kernel's default. */
void stream_room(int pipe, long bytes);

#endif
