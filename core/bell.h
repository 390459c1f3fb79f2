/* SPDX-License-Identifier: MIT */
/*
 * Bells: descriptors that are readable while a port has something to receive.
 *
 * The bell of a port is a named pipe, bells/ID in the instance's directory, made
 * when it is first asked for.  Whoever listens has it open for both reading and
 * writing, so that poll(2) never sees it hung up, and what is in it outlives its
 * name.  It holds a byte exactly while the port has something to receive, and
 * whoever changes that puts the byte in, or takes it out, before it leaves the
 * guard of the port: pk_port_unlock() looks.  Nobody keeps a bell open to ring it.
 *
 *  E1  While PK_SPECIAL_BELL is set, port->bell says what the pipe holds, or
 *      PK_BELL_OWED: that isn't known, or couldn't be done.
 *  E2  Whoever inherits the guard makes it say that again.
 *  E3  A bell that nobody listens to any more, which a ringer sees as it can't be
 *      opened for writing only, is removed, and the port is as others again.
 *  E4  What can't be opened for want of descriptors is owed, and the header says
 *      that some are: who changes the port next tries again, and who looks round.
 *      A send doesn't fail for it.
 *  E5  A member of a set has nothing to receive, so its bell is silent; a port
 *      that is destroyed rings, for good.
 */
#ifndef PK_BELL_H
#define PK_BELL_H

#include "object.h"

enum pk_bell_state { PK_BELL_OWED = 0, PK_BELL_SILENT, PK_BELL_RINGING };

/* A descriptor of this port's bell, the caller's to close.  -EBUSY (a member), -EACCES, -EPERM, -EMFILE, … */
int pk_bell_open(struct portico *k, pk_id port);

/* ---- under the guard of a port that has one */

void pk_bell_show(struct portico *k, struct pk_port *port, bool rings);

/* As the port is. */
void pk_bell_settle(struct portico *k, struct pk_port *port);

/* E2 */
void pk_bell_repair(struct portico *k, struct pk_port *port);

/* E5: it is being destroyed. */
void pk_bell_end(struct portico *k, struct pk_port *port);

/* E4: those that are owed. */
void pk_bells_look_round(struct portico *k);

/* Is that the name, in bells/, of a port's bell?  One that isn't is a stray. */
bool pk_bell_is_named(struct portico *k, const char *name);

#endif
