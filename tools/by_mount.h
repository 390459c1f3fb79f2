/* SPDX-License-Identifier: MIT */
/*
 * Commands on an instance that can't be opened, but is mounted for others: done
 * by the mount's files.  Each returns DONE, NOTHING or FAILED, having complained.
 */
#ifndef TOOL_BY_MOUNT_H
#define TOOL_BY_MOUNT_H

#include <portico/portico.h>
#include <stdbool.h>

/* Messages from that mailbox: `count` of them, or with `all` the first and whatever else is there. */
int recv_by_mount(portico *k, const char *name, uint64_t count, bool all, bool lines, int64_t deadline);

/* Print a file of a mailbox's view: "status", "peek". */
int show_by_mount(portico *k, const char *name, const char *file);

/* Print what it tells of the instance. */
int show_instance_by_mount(portico *k);

/* List mailboxes, named pipes and System V objects. */
int list_by_mount(portico *k, bool quiet);

/* What was asked for can't be done so. */
int refuse_by_mount(portico *k, const char *what);

/* This command can't do so what it is for; which file of the mount does. */
int refer_to_mount(portico *k);

#endif
