/* SPDX-License-Identifier: MIT */
/*
 * What there is to know of an object, told to a sink: all that `portico stat`
 * and the files `status` of view/ say.  A structured sink gets members of an
 * object, without the brackets around them all.  0 or a negative errno.
 */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "sink.h"

int port_facts(struct portico *k, pk_id port, struct sink *sink);
int set_facts(struct portico *k, pk_id set, struct sink *sink);
int segment_facts(struct portico *k, pk_id segment, struct sink *sink);
int pipe_facts(struct portico *k, pk_id pipe, struct sink *sink);
int task_facts(struct portico *k, pk_id task, struct sink *sink);
int instance_facts(struct portico *k, struct sink *sink);

/*
 * Who has to do with an object, to structured sinks: the tasks that have sent and
 * received there, whose end would change a semaphore, or who have it attached.
 */
int port_holders(struct portico *k, pk_id port, struct sink *sink);
int set_holders(struct portico *k, pk_id set, struct sink *sink);
int segment_holders(struct portico *k, pk_id segment, struct sink *sink);

/* What the instance allows, and how much of it is used; the labels begin with `prefix`. */
int limit_facts(struct portico *k, const char *prefix, struct sink *sink);
int sysv_limit_facts(struct portico *k, const char *prefix, struct sink *sink);
void policy_facts(struct portico *k, const char *prefix, struct sink *sink);

#endif
