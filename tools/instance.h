/* SPDX-License-Identifier: MIT */
/* Opening the instance a command works on, and finding things in it. */
#ifndef TOOL_INSTANCE_H
#define TOOL_INSTANCE_H

#include "live.h"

#include <portico/portico.h>

/* Open and enter it, or complain and return NULL.  flags: PORTICO_CREATE, task_flags: PK_TASK_… */
struct portico *open_instance(const char *directory, unsigned flags, uint32_t task_flags);

/* The same where a mount will do, whose handle (remote.h) can't be entered. */
struct portico *open_or_mount(const char *directory, unsigned flags);

/* 0, or a negative errno, complained of. */
int find_mailbox(struct portico *k, const char *name, pk_id *port);

/*
 * The same to look at only, so that nobody gets a right by it.  With is_number what `portico ls -a` shows in
 * the place of a name.
 */
int find_port(struct portico *k, const char *name, bool is_number, pk_id *port);

/* A pid that was given as an operand; what is none is wrong usage. */
uint32_t pid_operand(const char *text);

/* The task of that process.  0, or a negative errno, complained of; what is no number is wrong usage. */
int find_process(struct portico *k, const char *pid, pk_id *task);

#endif
