/* SPDX-License-Identifier: MIT */
/*
 * The named pipe of a bell, by its name in bells/ of the instance's directory:
 * bell.h tells of those of ports, set_bell.h of those of semaphores.
 */
#ifndef PK_BELL_FILE_H
#define PK_BELL_FILE_H

#include "kernel.h"

#define PK_BELL_NAME_MAX 40

/* To listen: made if it isn't there.  A descriptor, or a negative errno. */
int pk_bell_file_listen(struct portico *k, const char *name);

/* To ring it, without a signal if all who listened have just gone.  A descriptor; -ENXIO: nobody listens. */
int pk_bell_file_ring(struct portico *k, const char *name);

/* Readable from now on, or not. */
void pk_bell_file_fill(int fd, bool rings);

void pk_bell_file_remove(struct portico *k, const char *name);

#endif
