/* SPDX-License-Identifier: MIT */
/*
 * Stamps: when messages were sent, without writing it to any.
 *
 * A port notes the second of its last send, and stores that only where it
 * changes.  There, once a second, it also notes which number was the first of
 * that second: a stamp.  A message has its place among those by its number, so
 * its second is known, and a send costs nothing more.
 *
 * A port has few stamps.  Those that no queued message needs are forgotten; and
 * where there is no room two that follow each other become one, which then says
 * from when to when: those by which the fewest is lost of what is known of their
 * messages' age.
 *
 *  ST1  Stamps are hints, under the port's lock: what is read of them is bounded,
 *       nothing else depends on them, and repair forgets them.  Of messages
 *       before the first stamp only the latest time is known.
 *  ST2  A port that is in a set, or is one, has none: its messages are numbered
 *       with those of others.
 */
#ifndef PK_STAMP_H
#define PK_STAMP_H

#include "message.h"

/* A message was sent, of that number if it is queued, and this is another second than the last was sent in.
 */
void pk_stamp(struct portico *k, struct pk_port *port, uint64_t number, int64_t now);

/* From when to when, in seconds, a queued message may have been sent; *from 0: that isn't known, *to: nor
 * that. */
void pk_stamp_find(const struct pk_port *port, uint64_t number, int64_t *from, int64_t *to);

#endif
