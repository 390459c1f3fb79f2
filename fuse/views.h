/* SPDX-License-Identifier: MIT */
/* What the files say that are to be read: struct entry's `text`. */
#ifndef PORTICO_FUSE_VIEWS_H
#define PORTICO_FUSE_VIEWS_H

#include "server.h"

#include <stdio.h>

/* view_port.c */
int port_status_text(FILE *text, pk_id port);

/* view_task.c */
int task_why_text(FILE *text, pk_id task);

/* view_kernel.c: nothing's id */
int version_text(FILE *text, pk_id none);
int instance_text(FILE *text, pk_id none);
int pid_text(FILE *text, pk_id none);
int supervisor_text(FILE *text, pk_id none);

#endif
