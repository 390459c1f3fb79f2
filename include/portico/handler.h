/* SPDX-License-Identifier: MIT */
/*
 * Told without asking: functions that run, and signals that are raised, when a
 * message arrives.
 *
 * Both are done by one thread that the library starts in this process when
 * first asked, one for each portico_open().  All signals are blocked in it.  It
 * ends with portico_close(), which no handler may call.  A fork's child has no
 * handlers and is raised no signals.
 *
 * The conventions are those of <portico/portico.h>; see portico_handler(3).
 */
#ifndef PORTICO_HANDLER_H
#define PORTICO_HANDLER_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- handlers */

/*
 * Given a message that was received: `bytes` of data, valid until it returns,
 * and its envelope.  Where bytes is negative it is the error, as of
 * portico_receive(), for which the handler has ended: there is no message, data
 * and envelope are NULL, and this is the last call.
 */
typedef void portico_handler_function(portico *instance, void *context, const void *data, ssize_t bytes,
				      const struct portico_envelope *envelope);

typedef struct portico_handler {
	uint64_t id;
} portico_handler;

/*
 * From now on receive each message of `port`, as a blocked receiver would, and
 * run `function` on it.  Functions run one at a time, in the order in which
 * their messages were received.  They may make any call but portico_close();
 * while one waits, the others do.  A port may have several handlers: each
 * message goes to one.
 *
 * -ENOBUFS  this process has 1000 handlers, or the instance is full
 * -EAGAIN, -ENOMEM  no thread, or no memory for it
 * -EPERM    a port for completions: those are had by portico_complete()
 * and as portico_post_receive()
 */
int portico_handle(portico *instance, portico_port port, portico_handler_function *function, void *context,
		   portico_handler *handler);

/*
 * Take it back.  When this returns the function doesn't run, and will not: what
 * it wasn't run on is in the port, at its place.  Waits for the function where
 * that runs, unless it is called by a function.
 *
 * -EINVAL  there is no such handler, or it has ended
 */
int portico_unhandle(portico *instance, portico_handler handler);

/* ---- signals */

/*
 * Raise signal `signo` in this process whenever messages come to a port that
 * had none; at once where it has some.  0 for signo takes that back, and after
 * it none is raised any more.  Another signo replaces the first.
 *
 * Several that come at once may raise it once, and it may be raised where
 * another receiver was faster.  But whoever, each time it is raised, receives
 * with PORTICO_NOW until that returns -EAGAIN, misses nothing; of a port in a set,
 * from the set.  It is raised a last time when the port is destroyed, or is no
 * longer this task's to receive from.
 *
 * siginfo: si_code is SI_MESGQ, or SI_ASYNCIO for completions; si_value.sival_ptr
 * is the port's id.  The calls of this library aren't async-signal-safe: have
 * the handler set a flag, or take the signal by sigwaitinfo() or signalfd().
 *
 * -EINVAL   no such port, or signo isn't 0 to 64, or is SIGKILL or SIGSTOP
 * -EIDRM    the port was destroyed
 * -EACCES   its mode doesn't let this task receive
 * -EPERM    a port for completions that isn't this task's
 * -ENOBUFS  this process has 1000 ports that raise signals
 * -EAGAIN, -ENOMEM  no thread, or no memory for it
 */
int portico_port_signal(portico *instance, portico_port port, int signo);

/* The same of completions, which portico_complete() takes.  -EPERM: not this task's port for them. */
int portico_completions_signal(portico *instance, portico_port completions, int signo);

#ifdef __cplusplus
}
#endif

#endif
