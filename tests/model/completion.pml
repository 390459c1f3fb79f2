/* SPDX-License-Identifier: MIT */
/*
 * Completions (W5): tasks settle waits and push them on the stack of their
 * owner, who takes them, listens to its bell, and looks through its own waits
 * when a waker may have died between settling and pushing.
 *
 * Follows settle(), tell_task(), pk_wait_completed(), take_untold() and
 * pk_wait_listen() of core/wait.c.  Each wait is on an object of its own.
 *
 * Built with -D: WAITS (2 or 3; one waker each), DEATHS, and at most one MUTANT_….
 */
#ifndef WAITS
#define WAITS 2
#endif
#define OWNER WAITS
#define TASKS (WAITS + 1)
#define MORTALS ((1 << OWNER) - 1)
#define NONE 255

#include "pk.pml"

byte outcome[WAITS] = PK_WAITING;
bit taken[WAITS];	    /* wait->told: its owner has it; in a mutant, somebody means to push it */
byte next_told[WAITS] = NONE;
byte lock[WAITS] = NOBODY;  /* of the object each is on */
byte top = NONE;	    /* task->told */
byte bell, bell_sleepers;
bit asleep;		    /* the owner, on its bell */

byte completions[WAITS];    /* how often the owner was told; the ledger */

hidden byte q;

#define lockable(owner) (owner == NOBODY || dead[owner])
#define settled(w) (pk_outcome_kind(outcome[w]) != PK_WAITING)

inline ring()
{
	step(bell++);
	if
	:: bell_sleepers > 0 -> may_wake = 1
	:: else
	fi
}

inline push(w)
{
	below = top;
	do
	:: next_told[w] = below;
		atomic {
			swapped = (top == below);
			if
			:: swapped -> top = w
			:: else -> below = top
			fi;
			may_die()
		};
		if
		:: swapped -> break
		:: else
		fi
	od;
	atomic { below = 0; swapped = 0 }
}

inline tell_task(w)
{
#ifdef MUTANT_TOLD_BEFORE_PUSH
	step(taken[w] = 1);
#endif
#ifdef MUTANT_RING_BEFORE_PUSH
	ring();
	push(w)
#else
	push(w);
	ring()
#endif
}

/* pk_wakes_flush(), once the object is unlocked */
inline flush()
{
	if
	:: may_wake -> step(asleep = 0; may_wake = 0)
	:: else
	fi
}

proctype Waker(byte self)
{
	byte below;
	bit swapped, may_wake;
	atomic { lock[self] = self; may_die() };
#ifdef MUTANT_PUSH_BEFORE_SETTLE
	tell_task(self);
	step(outcome[self] = PK_WAIT_GRANTED);
#else
	step(outcome[self] = PK_WAIT_GRANTED);
	tell_task(self);
#endif
	step(lock[self] = NOBODY);
	flush();
died:	atomic { below = 0; swapped = 0; may_wake = 0 }
}

/* Take all, and note each as its owner's. */
inline take_stack()
{
	atomic {
		below = top;
		top = NONE;
		q = 0;
		do
		:: below != NONE ->
			assert(q < WAITS && settled(below)); /* a ring of pushes would have no end */
			completions[below]++;
			assert(completions[below] == 1);
			taken[below] = 1;
			below = next_told[below];
			q++
		:: else -> break
		od;
		below = 0;
		q = 0
	}
}

/* Under the object's lock a live waker has pushed, and a dead one never will. */
inline take_untold()
{
	do
	:: i < WAITS && settled(i) && !taken[i] ->
		atomic { lockable(lock[i]) -> lock[i] = OWNER };
#ifndef MUTANT_TAKE_WITHOUT_LOOKING
		take_stack();
#endif
		atomic {
			if
			:: !taken[i] ->
				completions[i]++;
				assert(completions[i] == 1);
				taken[i] = 1
			:: else
			fi
		};
		lock[i] = NOBODY;
		i++
	:: i < WAITS && !(settled(i) && !taken[i]) -> i++
	:: i == WAITS -> break
	od;
	i = 0
}

/* Else a tick finds nothing, and the owner sleeps on. */
#define untold(w) (settled(w) && !taken[w] && lockable(lock[w]))
#define anything_untold (untold(0) || untold(1) || untold(WAITS - 1))

inline pk_wait_listen()
{
	seen = bell;
	bell_sleepers++;
	if
	:: top == NONE ->
		atomic {
			if
			:: bell == seen -> asleep = 1
			:: else
			fi
		};
		if
		:: !asleep
#ifndef MUTANT_NEVER_LOOK
		:: atomic { asleep && deaths > 0 && anything_untold -> asleep = 0; ticked = 1 } /* PK_TICK_NS */
#endif
		fi
	:: else
	fi;
	bell_sleepers--
}

#define still_expected(w) (completions[w] == 0 && !(dead[w] && !settled(w)))

proctype Owner()
{
	byte below, seen, i;
	bit ticked;
	do
	:: take_stack();
		if
		:: still_expected(0) || still_expected(1) || still_expected(WAITS - 1) -> pk_wait_listen()
		:: else -> break
		fi;
		if
		:: ticked -> take_untold()
		:: else
		fi;
		atomic { ticked = 0; seen = 0 }
	od
}

/* At the end whatever was settled was told, once. */
proctype Judge()
{
	timeout;
	d_step {
		q = 0;
		do
		:: q < WAITS -> assert(completions[q] == settled(q)); q++
		:: else -> break
		od
	}
}

init {
	byte t = 0;
	atomic {
		do
		:: t < WAITS -> run Waker(t); t++
		:: else -> break
		od;
		run Owner();
		run Judge();
		t = 0
	}
}
