/* SPDX-License-Identifier: MIT */
/*
 * What scenarios about rights share: we, who last, and a victim that is handed
 * rights, does something with them, and is gone.  All that follows from that is
 * counted, once it was repaired.
 */
#ifndef CRASH_RIGHTS_H
#define CRASH_RIGHTS_H

#include "crash.h"

#include <portico/message.h>

/* A mailbox where we hand the victim what it needs, and a second, for bystanders; and our notify port. */
extern portico_port meeting, aside, notify;

/* What came to a port. */
struct tally {
	unsigned dead_names, no_senders, destroyed, lost, messages;
	portico_port inherited; /* what a backup was brought */
	uint64_t cookies;	/* their sum */
};

/* Receive all that is there; rights in messages are dropped. */
struct tally tally_at(portico_port port);

/* Is it that, and nothing else? */
#define CHECK_TOLD(got, member, times)                                                                       \
	do {                                                                                                 \
		const struct tally *told_ = &(got);                                                          \
		CHECK_EQUAL(told_->member, times);                                                           \
		CHECK_EQUAL(told_->dead_names + told_->no_senders + told_->destroyed + told_->lost +         \
				    told_->messages,                                                         \
			    times);                                                                          \
	} while (0)

void open_stage(void);
void close_stage(void);
bool rights_are_valid(void);

portico_port make_port(uint32_t slots);
portico_port make_right(portico_port receive, enum portico_right_kind kind);
void ask(portico_port right, enum portico_event event, uint64_t cookie);

void give(portico_port to, portico_port right, enum portico_disposition how);
portico_port take(portico_port from);

int put(portico_port to, char letter);
int get(portico_port from, int64_t deadline);

struct portico_right_status status_of(portico_port right);

#endif
