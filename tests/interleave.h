/* SPDX-License-Identifier: MIT */
/*
 * Races, one order of events at a time.  A script says which of several actors
 * goes on, and how far; nothing else moves.
 *
 * Each actor is a thread with a handle, and so a task, of its own; one runs at
 * a time.  The seam (core/platform.h) is simulated: the clock stands still
 * until the script lets time pass, sleep is a pause until somebody wakes the
 * word or the clock comes there, and the kernel's word on who lives is the
 * script's.  So a script takes the same course every time, and one in which a
 * wake is lost says so instead of hanging.
 *
 * Where actors can be stopped:
 *
 *   "area: what was done"   a PK_POINT of core
 *   "pk_sleep"              before that call of the seam
 *   "swap in FUNCTION"      before that atomic operation of core
 *   "..."                   interleave_point() of a script's own
 *
 * A name that ends in a star stands for every point that begins so.
 *
 * Each file keeps the names it uses at its head.  A script that waits for one
 * that doesn't come fails, and says where the actor went instead.
 */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include "check.h"
#include "message.h"
#include "object.h"
#include "region.h"
#include "task.h"

struct actor;

/* What an actor does; `with` is what begins() was told.  Its result is what
 * ends() asserts. */
typedef int64_t deed(struct portico *k, int64_t with);

/* The script's own task: it acts at once, and may neither wait nor find a lock
 * taken. */
extern struct portico *k;

/* ---- who is there */

struct actor *enters(const char *name);	 /* a task */
struct actor *arrives(const char *name); /* a process that hasn't used the instance yet */
struct actor *joins(const char *name, const struct actor *other); /* another thread of its task */
struct portico *kernel_of(const struct actor *actor);
pk_id task_of(const struct actor *actor);

/* ---- what they do.  Each fails the script where it isn't so. */

#define begins(actor, deed, with) (interleave_at(__FILE__, __LINE__), interleave_begin(actor, deed, with))
/* It goes on, and comes to that point, and stops there. */
#define reaches(actor, point) (interleave_at(__FILE__, __LINE__), interleave_reach(actor, point))
/* It goes on until it sleeps in a wait; or for a lock. */
#define sleeps(actor) (interleave_at(__FILE__, __LINE__), interleave_sleep(actor, false))
#define blocks(actor) (interleave_at(__FILE__, __LINE__), interleave_sleep(actor, true))
/* It goes on to the end of what it began, and that is its result. */
#define ends(actor, should) (interleave_at(__FILE__, __LINE__), interleave_end(actor, should))
/* It begins, and ends. */
#define does(actor, deed, with, should) (begins(actor, deed, with), ends(actor, should))
/* The same, and whatever its result is. */
#define tells(actor, deed, with) (begins(actor, deed, with), interleave_finish(actor))

/* kill -9, with all threads of its task, where they stand; nobody has noticed yet. */
void dies(struct actor *actor);
/* That thread ends, having nothing to do; its task lives on. */
void retires(struct actor *actor);
/* exec: whoever comes is the same process, with another image. */
struct actor *execs(struct actor *actor);
/* A signal with a handler; it interrupts what the kernel would let it
 * interrupt. */
void signals(struct actor *actor);
/* And that is what the handler does, where the actor stands, before it goes on. */
void interrupts(struct actor *actor, deed *handler, int64_t with);
int64_t handled_by(const struct actor *actor); /* how that ended */
/* Time passes, and wakes whose time has come. */
void passes_ms(int64_t ms);
int64_t ms_passed(void); /* since the beginning */

#define A_TICK 101 /* ms after which whoever sleeps looks round */

/* Does it sleep still, woken by nobody? */
bool is_asleep(const struct actor *actor);

/* ---- what must hold */

/* D2: no word, no lock and no granted message names that task. */
bool is_named(pk_id task);

/* How what it did ended; or whether it died. */
int64_t result_of(const struct actor *actor);
bool has_died(const struct actor *actor);

/* ---- for deeds */

void interleave_point(const char *where);

/* ---- main() */

int run_scripts(const struct test_case *scripts, int argc, char **argv);

/*
 * Or every order of events, instead of one: the explorer's.  prepare() says who
 * is there and what they begin, and what may_die(), may_interrupt() and
 * may_pass_ms() add to that; then they go on in every order in which the one that runs is left for
 * another at most `departures` times before it must be, deaths and passed time
 * counted among them.  verify() says what must hold after each.
 */
struct exploration {
	const char *name;
	void (*prepare)(void);
	void (*verify)(void);
	int departures;
};

void may_die(struct actor *actor);
void may_interrupt(struct actor *actor, deed *handler, int64_t with);
void may_pass_ms(int64_t ms);

int run_explorations(const struct exploration *explorations, int argc, char **argv);

/* ---- the inside */

void interleave_at(const char *file, int line);
void interleave_begin(struct actor *actor, deed *deed, int64_t with);
void interleave_reach(struct actor *actor, const char *point);
void interleave_sleep(struct actor *actor, bool lock);
void interleave_end(struct actor *actor, int64_t should);
int64_t interleave_finish(struct actor *actor);

#endif
