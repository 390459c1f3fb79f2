/* SPDX-License-Identifier: MIT */
/* A right that a task holds, or a message carries; or memory. */
#ifndef FACTS_RIGHT_FACTS_H
#define FACTS_RIGHT_FACTS_H

#include "describe.h"
#include "holdings.h"
#include "sink.h"

/* receive, send, send once, task; memory. */
const char *right_word(uint32_t kind);

/* What a request of that kind is to be told of. */
const char *request_word(uint32_t kind);

/* What it is a right to; no name: gone. */
void right_label(struct portico *k, const struct holding *holding, struct described *into);

bool right_is_dead(struct portico *k, const struct holding *holding);

/* Of a right to receive: how many references to send there are. */
uint32_t right_senders(struct portico *k, const struct holding *holding);

/* How it stands: "in a message at", once it was sent, or what else its word says; and the port. */
const char *describe_carrier(struct portico *k, const struct holding *holding, struct described *port);

/* The members of an object that is open; of all holdings, this one. */
void right_facts(struct portico *k, const struct holdings *holdings, const struct holding *holding,
		 struct sink *sink);

#endif
