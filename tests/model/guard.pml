/* SPDX-License-Identifier: MIT */
/*
 * Which lock guards a port (A1 to A4): its own, or that of the set that it is in.
 * It joins, leaves, and the set ends; tasks send to it and receive from it and
 * from the set, and die with either lock.  No two are ever in its fields at once,
 * and no message is lost.
 *
 * Follows pk_port_lock() and pk_port_lock_slot() of core/guard.h and guard.c,
 * join(), leave(), pk_portset_expel() and pk_portset_disband() of core/portset.c,
 * pk_port_repair() of core/port_repair.c, is_plain() of core/transfer.c.
 *
 * Built with -D: JOINS, ENDS (1: the set may end), SENDERS (1 or 2), RINGS (1: a task
 * changes the port's flags), DEATHS, MORTALS, and at most one MUTANT_….
 */
#ifndef JOINS
#define JOINS 2
#endif
#ifndef ENDS
#define ENDS 0
#endif
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef RINGS
#define RINGS 0
#endif
#define FIRST_SENDER 0 /* each sends the message of its own number */
#define RECEIVER 2     /* from the port, or the set */
#define OWNER 3	       /* of the set: joins and leaves */
#define EXPELLER 4     /* takes the receive right, say */
#define RINGER 5
#define REAPER 6 /* immortal */
#define TASKS 7
#ifndef MORTALS
#define MORTALS 63
#endif
#define at_death inside = (inside == self -> NOBODY : inside)

#include "pk.pml"
#include "line.pml"

#define SET 1	/* PK_SPECIAL_SET */
#define OTHER 2 /* any other bit of port->special */
#define THE_SET 1

/* ---- the region: truth */

byte word[2];	   /* struct pk_message: FREE, QUEUED (at the port), HELD */
byte set;	   /* port->set: THE_SET, or 0 */
byte special;	   /* the port's flags */
byte the_set = PK_LIVE;
bit bell;	   /* it says that the port has something to receive */
byte own_lock = NOBODY, set_lock = NOBODY;

/* ---- caches */

line_of own_queue, set_queue;

/* ---- ledger */

byte inside = NOBODY; /* who is in the port's fields */
bit half_done;	      /* they are between two truths */
bit acknowledged[2], received[2];
bit rung;
byte joined;

hidden byte q;

/* ---- what the guard guards */

inline enter()
{
	atomic { assert(inside == NOBODY && !half_done); inside = self; half_done = 1 }
}

inline leave_fields()
{
	d_step { half_done = 0; inside = NOBODY }
}

/* A change of the flags that isn't one instruction. */
inline change_special(what)
{
	step(flags = special);
	step(special = what);
	flags = 0
}

/* What is queued there, into this queue; what the other had is forgotten where this lock guards that, too. */
inline rebuild(queue)
{
	forget(queue);
	if
	:: word[0] == PK_QUEUED -> put_last(queue, 0)
	:: else
	fi;
	if
	:: word[1] == PK_QUEUED -> put_last(queue, 1)
	:: else
	fi
}

inline append(to, from)
{
	do
	:: from.count > 0 -> n = from.at[0]; put_last(to, n); q = n; take_out(from, q)
	:: else -> break
	od;
	q = 0
}

/* Its fields are entered, and the set's lock held. */
inline leave()
{
#ifdef MUTANT_LEAVE_FIRST
	step(set = 0);
	step(d_step { append(own_queue, set_queue) })
#else
#ifdef MUTANT_LEAVER_CLEARS_FLAG
	change_special(flags & ~SET);
#endif
	step(d_step { append(own_queue, set_queue) });
	step(bell = own_queue.count > 0);
	/* the last store: from here on the port's own lock guards it */
	step(set = 0; half_done = 0; inside = NOBODY)
#endif
}

/* pk_port_repair() of the port, under its own lock */
inline repair_own()
{
#ifdef MUTANT_REPAIR_IS_BLIND
	if
	:: false
#else
	if
	:: set != 0 ->
#ifdef MUTANT_REPAIR_WRITES_FLAGS
		change_special(flags | SET)
#elif defined(MUTANT_REPAIR_SETTLES_BELL)
		flags = own_queue.count > 0 && !(special & SET);
		step(bell = flags);
		flags = 0
#else
		assert(special & SET) /* A4 */
#endif
#endif
	:: else ->
		atomic { assert(inside == NOBODY); inside = self; half_done = 1 };
		change_special(flags & ~SET);
		step(d_step { rebuild(own_queue) });
		step(bell = own_queue.count > 0);
		leave_fields()
	fi
}

/* The same of the set, and its members. */
inline repair_set()
{
	if
	:: set == THE_SET ->
		atomic { assert(inside == NOBODY); inside = self; half_done = 1 };
#ifdef MUTANT_MEMBERS_FORGOTTEN
		step(d_step { forget(set_queue); forget(own_queue) });
#else
		step(d_step { rebuild(set_queue); forget(own_queue) });
#endif
		change_special(flags | SET);
		if
		:: the_set == PK_DYING -> leave()
		:: else -> step(bell = 0); leave_fields()
		fi
	:: else -> step(d_step { forget(set_queue) })
	fi;
	if
	:: the_set == PK_DYING -> step(the_set = PK_FREE)
	:: else
	fi
}

/* ---- locks */

#define LOCK(lock, repair)					\
	atomic {						\
		lockable(lock) -> inherited = (lock != NOBODY);	\
		lock = self;					\
		may_die()					\
	};							\
	if							\
	:: inherited -> inherited = 0; repair			\
	:: else							\
	fi

inline lock_own()
{
	LOCK(own_lock, repair_own())
}

inline lock_set()
{
	LOCK(set_lock, repair_set())
}

/* P4, J1: what is queued is in the queue that this lock guards. */
inline check_queues()
{
	q = (word[0] == PK_QUEUED) + (word[1] == PK_QUEUED);
	assert(set == 0 && own_queue.count == q || set == THE_SET && set_queue.count == q);
	assert(bell == (set == 0 && q > 0));
	q = 0
}

inline unlock_own()
{
	step(own_lock = NOBODY)
}

inline unlock_set()
{
	step(set_lock = NOBODY)
}

#ifdef MUTANT_LOOK_ONCE
#define still_a_member true
#else
#define still_a_member (the_set == PK_LIVE && set == THE_SET) /* A3 */
#endif

/* pk_port_lock() */
inline lock_port()
{
	lock_own();
#ifdef MUTANT_FLAG_UNSEEN
	if
	:: guard = 1
#else
	if
	:: !(special & SET) -> guard = 1
	:: special & SET -> unlock_own()
#endif
	fi;
	do
	:: guard != 0 -> break
	:: guard == 0 -> /* pk_port_lock_slot() */
		lock_own();
		found = set;
		if
		:: found == 0 ->
			if
			:: special & SET -> change_special(flags & ~SET)
			:: else
			fi;
			guard = 1
		:: else ->
			unlock_own();
			lock_set();
			assert(the_set != PK_FREE || set == 0); /* no set ends before its members have left */
			if
			:: still_a_member -> guard = 2
			:: else -> unlock_set()
			fi
		fi;
		found = 0
	od
}

inline unlock_port()
{
	d_step { check_queues() };
	if
	:: guard == 1 -> unlock_own()
	:: else -> unlock_set()
	fi;
	guard = 0
}

#define QUEUE(operation, m)				\
	if						\
	:: guard == 1 -> operation(own_queue, m)	\
	:: else -> operation(set_queue, m)		\
	fi

proctype Sender(byte self)
{
	byte guard, found, flags;
	bit inherited;
	lock_port();
	enter();
	step(word[self] = PK_QUEUED);
	step(d_step { QUEUE(put_last, self) });
	step(bell = (guard == 1));
	leave_fields();
	unlock_port();
	acknowledged[self] = 1;
died:	atomic { guard = 0; found = 0; flags = 0; inherited = 0 }
}

inline take(m)
{
	step(word[m] = pk_word(PK_HELD, self); received[m] = 1);
	step(d_step { QUEUE(take_out, m) });
	step(bell = (guard == 1 && own_queue.count > 0))
}

#define some_queued (word[0] == PK_QUEUED || word[1] == PK_QUEUED)

/* From the set while the port is in it, else from the port: which is it, whoever wants to know sees under the lock. */
proctype Receiver(byte self)
{
	byte guard, found, flags;
	bit inherited;
	do
	:: some_queued ->
		if
		:: lock_port()
		:: set == THE_SET -> lock_set(); guard = (the_set == PK_LIVE && set == THE_SET -> 2 : 3)
		fi;
		if
		:: guard != 3 && (guard == 1 && own_queue.count > 0 || guard == 2 && set_queue.count > 0) ->
			enter();
			found = (guard == 1 -> own_queue.at[0] : set_queue.at[0]);
			take(found);
			leave_fields();
			unlock_port()
		:: guard == 3 -> unlock_set()
		:: else -> unlock_port()
		fi;
		atomic { guard = 0; found = 0 }
	od;
died:	atomic { guard = 0; found = 0; flags = 0; inherited = 0 }
}

/* ---- joining and leaving */

inline join()
{
	enter();
	change_special(flags | SET); /* A2 */
	step(d_step { append(set_queue, own_queue) });
	step(set = THE_SET); /* A1 */
	step(bell = 0);
	leave_fields()
}

inline pk_portset_add()
{
#ifndef MUTANT_JOIN_WITHOUT_OWN_LOCK
	lock_own();
#endif
	if
	:: set == 0 ->
		lock_set();
		if
		:: the_set == PK_LIVE -> join(); d_step { check_queues() }
		:: else
		fi;
		unlock_set()
	:: else
	fi;
#ifndef MUTANT_JOIN_WITHOUT_OWN_LOCK
	unlock_own()
#endif
}

inline pk_portset_expel()
{
	lock_set();
	if
	:: set == THE_SET && the_set == PK_LIVE ->
		enter();
		leave()
	:: else
	fi;
	unlock_set()
}

inline pk_portset_destroy()
{
	lock_set();
	if
	:: the_set == PK_LIVE ->
		step(the_set = PK_DYING);
		if
		:: set == THE_SET -> enter(); leave()
		:: else
		fi;
		step(the_set = PK_FREE)
	:: else
	fi;
	unlock_set()
}

proctype Owner(byte self)
{
	byte flags;
	bit inherited;
	do
	:: joined < JOINS -> joined++; pk_portset_add()
	:: joined == JOINS -> break
	od;
#if ENDS
	if
	:: pk_portset_destroy()
	:: true
	fi;
#endif
died:	atomic { flags = 0; inherited = 0 }
}

proctype Expeller(byte self)
{
	byte flags;
	bit inherited;
	pk_portset_expel();
died:	atomic { flags = 0; inherited = 0 }
}

/* Whoever has a descriptor made for the port, or listens to it. */
proctype Ringer(byte self)
{
	byte guard, found, flags;
	bit inherited;
	lock_port();
	enter();
	change_special(flags | OTHER);
	leave_fields();
	unlock_port();
	rung = 1;
died:	atomic { guard = 0; found = 0; flags = 0; inherited = 0 }
}

proctype Reaper(byte self)
{
	byte flags;
	bit inherited;
	do
	:: own_lock != NOBODY && dead[own_lock] -> lock_own(); unlock_own()
	:: set_lock != NOBODY && dead[set_lock] -> lock_set(); unlock_set()
	od;
died:	skip
}

/* ---- at the end */

proctype Judge()
{
	timeout;
	d_step {
		assert(own_lock == NOBODY && set_lock == NOBODY && inside == NOBODY && !half_done);
		check_queues();
		assert(set == 0 || special & SET && the_set == PK_LIVE);
		assert(!rung || special & OTHER);
		assert(!acknowledged[0] || received[0] || word[0] == PK_QUEUED);
		assert(!acknowledged[1] || received[1] || word[1] == PK_QUEUED);
		assert(!some_queued || dead[RECEIVER])
	}
}

init {
	atomic {
		run Sender(0);
#if SENDERS > 1
		run Sender(1);
#endif
		run Receiver(RECEIVER);
		run Owner(OWNER);
		run Expeller(EXPELLER);
#if RINGS
		run Ringer(RINGER);
#endif
#if DEATHS > 0
		run Reaper(REAPER);
#endif
		run Judge()
	}
}
