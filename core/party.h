/* SPDX-License-Identifier: MIT */
/*
 * The parties of a port: who has sent there, and who has received.
 *
 * Any task may use a mailbox, whose mode allows it; so who could end a wait on
 * one can only be guessed from who has used it, and each port remembers that.
 * A transfer looks whether it is the same process as the last time, which is in
 * a line that it has at hand, and only else comes here.  The dead are forgotten
 * when their places are wanted.  Where there are more of the living than places
 * the last says PK_MANY: then nothing can be said of who else there is.
 *
 *  Y1  Each live task that has sent (received) since its image began, but for
 *      one whose pid another image had that did so last, stands among the
 *      senders (receivers), or PK_MANY does.
 *  Y2  They are hints: whoever reads them looks whether the task lives, and no
 *      transfer depends on them.
 */
#ifndef PK_PARTY_H
#define PK_PARTY_H

#include "table.h"

#define PK_MANY UINT32_MAX

/* The live task of that tag, or 0. */
pk_id pk_task_by_tag(struct portico *k, uint32_t tag);

/* Under the port's lock. */
void pk_party_sends(struct portico *k, struct pk_port *port, uint32_t tag);
void pk_party_receives(struct portico *k, struct pk_port *port, uint32_t tag);

#endif
