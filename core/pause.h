/* SPDX-License-Identifier: MIT */
/*
 * A port that is paused hands out nothing: what is sent there is queued as far
 * as its limits allow, and then its senders wait; who receives waits, or is told
 * EAGAIN, as if it were empty.  So a queue can be looked at, emptied and filled
 * while nobody is served from it.
 *
 * In a port set the messages of a member that is paused keep their places among
 * the others', and are passed over.
 *
 *  PA1  A port is paused while PK_SPECIAL_PAUSED is set, which is truth, and is
 *      changed by one store under its guard.  It outlives who set it.
 *  PA2  While it is set no message that was sent there is handed to a receiver;
 *      P1 holds for all others.  By hand (by_hand.h) some may be taken.
 *  PA3  Once it is cleared those who wait are served in the order of their line.
 *      If we die before, who inherits the lock serves them.
 */
#ifndef PK_PAUSE_H
#define PK_PAUSE_H

#include "port.h"

/*
 * Pause a port, or resume it; 0 also where it is so already.
 * -EPERM: this task neither owns it nor is privileged; or it is a task's own, which can't be paused.
 * -EINVAL, -EIDRM.
 */
int pk_port_pause(struct portico *k, pk_id port);
int pk_port_resume(struct portico *k, pk_id port);

/* PA3.  Under the guard: serve who waits to receive what was sent here. */
void pk_port_catch_up(struct portico *k, struct pk_port *port, struct pk_wakes *wakes);

#endif
