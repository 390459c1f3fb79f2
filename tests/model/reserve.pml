/* SPDX-License-Identifier: MIT */
/*
 * A lock that one thread has to itself (core/reserve.h): it says that it is
 * inside by stores that its processor may keep back, others ask for it, fence
 * and take it, and anybody dies at any step.  Follows pk_reserved_enter(),
 * pk_reserve(), take_from(), take_back() and pk_reserved_take().
 *
 * What a thread stores plainly (inside, and what the lock guards) goes out in
 * its order: by itself, with that thread's next swap, when somebody fences all
 * processors, and with its death.  Sleeping for a lock that isn't reserved, and
 * the late store that leaves it, are in lock.pml.
 *
 * Built with -D: TASKS (2 or 3), TIMES (that each uses it), RESERVERS (whose bit
 * is set reserve it where they may), DEATHS, and at most one MUTANT_….
 */
#ifndef TASKS
#define TASKS 3
#endif
#ifndef TIMES
#define TIMES 2
#endif
#ifndef RESERVERS
#define RESERVERS 7
#endif
#ifndef MORTALS
#define MORTALS 7
#endif
#define at_death drain_all(self); died_inside[self] = at_work[self]; at_work[self] = 0

#include "pk.pml"

/* A word: 0, or a thread + 1; and the flags. */
#define PK_LOCK_RESERVED 8
#define PK_LOCK_WAITERS 16
#define mine (self + 1)
#define thread_of(word) (((word) & 7) - 1)
#define is_reserved(word) ((word) & PK_LOCK_RESERVED)
#define lives(word) (!dead[thread_of(word)])
#define nobody(word) (word == 0 || dead[thread_of(word)])

byte lock;
byte taker;
byte reserver;
bit inside;
bit half_done; /* what the lock guards is between two truths */

bit at_work[3];	    /* who is past its lock */
bit died_inside[3]; /* and died there: who takes the lock from it is to be told */
bit done[3];
hidden byte q;

/* ---- memory: the stores that a thread has made and others don't see yet */
mtype = { go_inside, go_outside, begin_change, end_change };
chan kept[3] = [6] of { mtype };
hidden mtype store;

inline drain(thread)
{
	kept[thread]?store;
	if
	:: store == go_inside -> inside = 1
	:: store == go_outside -> inside = 0
	:: store == begin_change -> half_done = 1
	:: store == end_change -> half_done = 0
	fi
}

inline drain_all(thread)
{
	do
	:: nempty(kept[thread]) -> drain(thread)
	:: empty(kept[thread]) -> break
	od
}

inline pk_fence_all()
{
#ifdef MUTANT_NO_FENCE
	skip
#else
	step(drain_all(0); drain_all(1); drain_all(2))
#endif
}

/* Outside, a thread sees its own latest stores, by which it is outside and the change whole. */
#define sees(what) (len(kept[self]) == 0 && what)

inline swap_if(at, expected, new)
{
	drain_all(self);
	swapped = (at == expected);
	if
	:: swapped -> at = new
	:: else
	fi
}

/* ---- the lock's owner */

/* Sets entered. */
inline pk_reserved_enter()
{
	atomic { swapped = (lock == (mine | PK_LOCK_RESERVED) && !sees(inside)); may_die() };
	if
	:: swapped ->
		step(kept[self]!go_inside);
#ifdef MUTANT_NO_SECOND_LOOK
		entered = 1;
#else
		step(entered = (lock == (mine | PK_LOCK_RESERVED)));
#endif
		if
		:: entered
		:: else -> step(kept[self]!go_outside)
		fi
	:: else
	fi
}

inline pk_unlock()
{
	step(drain_all(self); lock = 0)
}

inline pk_reserve()
{
	step(swapped = (nobody(reserver) || reserver == mine));
	if
#ifdef MUTANT_ANYBODY_RESERVES
	:: true ->
#else
	:: swapped ->
#endif
		step(drain_all(self); reserver = mine);
#ifndef MUTANT_INSIDE_STAYS
		step(drain_all(self); inside = 0);
#endif
		step(swap_if(lock, mine, mine | PK_LOCK_RESERVED))
	:: else
	fi;
	if
	:: swapped
	:: else -> pk_unlock()
	fi
}

/* Sets entered, or not: look again. */
inline take_back()
{
	assert(!sees(inside)); /* -EDEADLK */
	step(swap_if(lock, word, mine | word & PK_LOCK_WAITERS); entered = swapped)
}

/* ---- who takes it from its owner */

/* Sets entered, and inherited. */
inline take_from()
{
	word = lock;
	if
	:: is_reserved(word) && thread_of(word) != self ->
#ifndef MUTANT_ASK_AFTER_THE_FENCE
		step(swap_if(lock, word, word | PK_LOCK_WAITERS));
#else
		swapped = 1;
#endif
		if
		:: swapped ->
			pk_fence_all();
#ifdef MUTANT_ASK_AFTER_THE_FENCE
			step(swap_if(lock, word, word | PK_LOCK_WAITERS));
#endif
			word = word | PK_LOCK_WAITERS;
#ifndef MUTANT_DONT_WAIT
			/* until_outside() */
			(!inside || lock != word || !lives(word));
#endif
			out = (!inside || lives(word));
#ifdef MUTANT_INHERITANCE_UNTOLD
			out = 1;
#endif
			step(swap_if(lock, word, mine);
			     entered = swapped;
			     inherited = swapped && !out;
			     assert(!swapped || !died_inside[thread_of(word)] || inherited))
		:: else
		fi
	:: else
	fi
}

#ifdef MUTANT_MANY_TAKERS
#define may_take (taker != mine)
#else
#define may_take nobody(taker)
#endif

inline pk_reserved_take()
{
	step((may_take || !is_reserved(lock));
	     swapped = may_take;
	     if
	     :: swapped -> drain_all(self); taker = mine
	     :: else
	     fi);
	if
	:: swapped ->
		take_from();
#ifndef MUTANT_TAKER_STAYS
		step(taker = 0)
#else
		skip
#endif
	:: else
	fi
}

/* ---- */

inline pk_lock_slowly()
{
	do
	:: entered -> break
	:: !entered ->
		/* sleeps while another holds it that lives */
		atomic { (lock == 0 || is_reserved(lock) || dead[thread_of(lock)]) -> word = lock };
		if
		:: is_reserved(word) && thread_of(word) == self -> take_back()
		:: is_reserved(word) && thread_of(word) != self -> pk_reserved_take()
		:: !is_reserved(word) ->
			step(swap_if(lock, word, mine); entered = swapped; inherited = swapped && word != 0)
		fi;
		atomic { word = 0; swapped = 0; out = 0 }
	od
}

inline work()
{
	atomic {
		assert(!at_work[0] && !at_work[1] && !at_work[2]);
		at_work[self] = 1;
		if
		:: inherited -> drain_all(self); half_done = 0 /* repair */
		:: else
		fi;
		assert(!sees(half_done));
		inherited = 0
	};
	step(kept[self]!begin_change);
	step(kept[self]!end_change);
	at_work[self] = 0
}

inline unlock()
{
	if
	:: is_reserved(lock) -> step(kept[self]!go_outside)
	:: !is_reserved(lock) && (RESERVERS >> self & 1) -> pk_reserve()
	:: !is_reserved(lock) -> pk_unlock()
	fi
}

proctype Task(byte self)
{
	byte i, word;
	bit swapped, entered, inherited, out;
	do
	:: i < TIMES ->
		pk_reserved_enter();
		pk_lock_slowly();
		work();
		unlock();
		atomic { i++; entered = 0; swapped = 0 }
	:: else -> break
	od;
	done[self] = 1;
died:	atomic { i = 0; word = 0; swapped = 0; entered = 0; inherited = 0; out = 0 }
}

/* Stores go out by themselves, sooner or later. */
proctype Processors()
{
	do
	:: atomic { nempty(kept[0]) -> drain(0) }
	:: atomic { nempty(kept[1]) -> drain(1) }
	:: atomic { nempty(kept[2]) -> drain(2) }
	od
}

proctype Judge()
{
	timeout;
	d_step {
		q = 0;
		do
		:: q < TASKS -> assert(done[q] || dead[q]); q++ /* else it waits for ever */
		:: else -> break
		od
	}
}

init {
	byte t = 0;
	atomic {
		do
		:: t < TASKS -> run Task(t); t++
		:: else -> break
		od;
		run Processors();
		run Judge();
		t = 0
	}
}
