/* SPDX-License-Identifier: MIT */
/*
 * What the files say that are to be read: struct entry's `text`.
 *
 * Each looks, and touches nothing: no message is consumed, nobody is waited for.
 * Those that aren't slow tell of at most VIEW_MOST things of a kind, and then of
 * how many more there are.
 */
#ifndef PORTICO_FUSE_VIEWS_H
#define PORTICO_FUSE_VIEWS_H

#include "server.h"

#include <stdio.h>

#define VIEW_MOST 1000u

/* view_port.c: mailboxes and queues */
int port_status_text(FILE *text, pk_id port);
int port_peek_text(FILE *text, pk_id port);
int port_holders_text(FILE *text, pk_id port);
int port_waiters_text(FILE *text, pk_id port);

/* view_pipe.c */
int pipe_status_text(FILE *text, pk_id pipe);
int pipe_holders_text(FILE *text, pk_id pipe);
int pipe_waiters_text(FILE *text, pk_id pipe);

/* view_sysv.c; and of a link 0xKEY, the id of that object */
int set_status_text(FILE *text, pk_id set);
int set_holders_text(FILE *text, pk_id set);
int set_waiters_text(FILE *text, pk_id set);
int segment_status_text(FILE *text, pk_id segment);
int segment_holders_text(FILE *text, pk_id segment);
int sysv_link_text(FILE *text, pk_id object);

/* view_task.c */
int task_status_text(FILE *text, pk_id task);
int task_ports_text(FILE *text, pk_id task);
int task_rights_text(FILE *text, pk_id task);
int task_waits_text(FILE *text, pk_id task);
int task_why_text(FILE *text, pk_id task);

/* view_kernel.c: nothing's id */
int version_text(FILE *text, pk_id none);
int instance_text(FILE *text, pk_id none);
int pid_text(FILE *text, pk_id none);
int supervisor_text(FILE *text, pk_id none);
int limits_text(FILE *text, pk_id none);
int stats_text(FILE *text, pk_id none);
int deadlocks_text(FILE *text, pk_id none);

/* ---- view_parties.c: who uses an object, as core knows it and as this mount does */

struct service;
struct sink;

/* Who has it open through this mount. */
void say_files(const struct service *service, pk_id id, struct sink *sink);

/* Who waits for it, of those that core knows. */
int say_waiters(unsigned table, pk_id id, struct sink *sink);

/* Who waits, of those that core knows nothing of: for a pipe, or a lock. */
void say_calls(const struct service *service, pk_id id, struct sink *sink);

#endif
