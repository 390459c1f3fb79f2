/* SPDX-License-Identifier: MIT */
/* Ports as people look at them: a copy of what one has, and what there is beside it. */
#ifndef FACTS_PORTS_H
#define FACTS_PORTS_H

#include "describe.h"
#include "port.h"

struct port_view {
	struct pk_port_status status;
	pk_id owner;	    /* the task that receives, or 0 */
	uint32_t owner_pid; /* or 0 */
	uint32_t special, rule, bell, pooled, sends;
	uint32_t receipts; /* senders that wait for one */
	pk_id users[2], set;
};

/* 0 or a negative errno. */
int port_view_take(struct portico *k, pk_id port, struct port_view *view);

/* Of a port set: how many ports are in it. */
uint32_t port_members(struct portico *k, pk_id set);

/* How many messages of each priority are queued there. */
void port_priorities(struct portico *k, pk_id port, uint32_t counts[256]);

/* The pid of that task; 0: it is no more. */
uint32_t pid_of_task(struct portico *k, pk_id task);

/* Call for each that hears `port`, and then for each that `port` hears. */
struct pk_listener_status;
typedef void visit_listener(struct portico *k, const struct pk_listener_status *listener, void *context);
void each_listener(struct portico *k, pk_id port, visit_listener *visit, void *context);
void each_source(struct portico *k, pk_id port, visit_listener *visit, void *context);

#endif
