/* SPDX-License-Identifier: MIT */
/*
 * The lock of core/lock.h: contenders, sleepers, the death of an owner, and of
 * the one who inherits.  Follows pk_lock(), pk_lock_slowly() and pk_unlock().
 *
 * Built with -D: TASKS (2 to 4), TIMES (that each locks it), DEATHS, and at most one MUTANT_….
 */
#ifndef TASKS
#define TASKS 3
#endif
#ifndef TIMES
#define TIMES 2
#endif
#define MORTALS ((1 << TASKS - 1) - 1) /* one is left to tell */

#include "pk.pml"

#define PK_LOCK_WAITERS 128
#define flagged(word) ((word) | PK_LOCK_WAITERS)
#define owner_of(word) ((word) & 127)
#define mine (self + 1)

byte lock;	   /* 0, or a task + 1, and the flag */
bit half_done;	   /* what the lock guards is between two truths */
bit asleep[4];
byte inside;	   /* L1: live tasks that hold it */
bit done[TASKS];

hidden byte q;

/* A swap; with it, who dies while inside is inside no more. */
inline swap_if(expected, new)
{
	swapped = (lock == expected);
	if
	:: swapped -> lock = new
	:: else
	fi
}

inline repair()
{
#ifndef MUTANT_NO_INHERIT_REPAIR
	half_done = 0
#else
	skip
#endif
}

/* Its naps end by a wake-up or, after a death, by their time. */
inline pk_sleep(expected)
{
	atomic {
		if
		:: lock == expected -> asleep[self] = 1
		:: else
		fi;
		may_die()
	};
	if
	:: !asleep[self]
	:: atomic { asleep[self] && deaths > 0 && (lock == 0 || dead[owner_of(lock) - 1]) -> asleep[self] = 0 }
	fi
}

inline pk_lock_slowly()
{
	do
	:: word = lock; /* the look; the swaps below come later */
		if
		:: word == 0 ->
#ifdef MUTANT_FORGET_THE_OTHERS
			step(swap_if(word, mine));
#else
			step(swap_if(word, flagged(mine))); /* L3: others may sleep, too */
#endif
			if
			:: swapped -> break
			:: else
			fi
		:: word != 0 && dead[owner_of(word) - 1] ->
#ifdef MUTANT_INHERIT_BY_STORE
			step(lock = flagged(mine); swapped = 1);
#else
			step(swap_if(word, flagged(mine))); /* L2 */
#endif
			if
			:: swapped -> inherited = 1; break
			:: else
			fi
		:: word != 0 && !dead[owner_of(word) - 1] ->
			if
			:: !(word & PK_LOCK_WAITERS) -> step(swap_if(word, flagged(word)))
			:: else -> swapped = 1
			fi;
			if
			:: swapped -> pk_sleep(flagged(word))
			:: else
			fi
		fi
	od
}

inline pk_lock()
{
	inherited = 0;
	step(swap_if(0, mine));
	if
	:: swapped
	:: else -> pk_lock_slowly()
	fi
}

#define wake(task) task < TASKS && asleep[task] -> asleep[task] = 0
inline wake_one()
{
	if
	:: wake(0)
	:: wake(1)
	:: wake(2)
	:: wake(3)
	:: else
	fi
}

inline pk_unlock()
{
	step(word = lock; lock = 0);
	if
	:: word & PK_LOCK_WAITERS -> step(wake_one())
	:: else
	fi
}

/* Changes what the lock guards, in two stores. */
inline critical_section()
{
	atomic { inside++; assert(inside == 1); assert(owner_of(lock) == mine) };
	if
	:: inherited -> atomic { inside--; may_die(); inside++ }; repair()
	:: else
	fi;
	assert(!half_done);
	atomic { half_done = 1; inside--; may_die(); inside++ };
	half_done = 0;
	assert(inside == 1 && owner_of(lock) == mine);
	inside--
}

proctype Task(byte self)
{
	byte i, word;
	bit swapped, inherited;
	do
	:: i < TIMES ->
		pk_lock();
		critical_section();
		pk_unlock();
		atomic { i++; word = 0; swapped = 0; inherited = 0 }
	:: else -> break
	od;
	done[self] = 1;
died:	atomic { i = 0; word = 0; swapped = 0; inherited = 0 }
}

proctype Judge()
{
	timeout;
	d_step {
		q = 0;
		do
		:: q < TASKS -> assert(done[q] || dead[q]); q++ /* else a lost wake-up */
		:: else -> break
		od;
		assert(lock == 0 || dead[owner_of(lock) - 1])
	}
}

init {
	byte t = 0;
	atomic {
		do
		:: t < TASKS -> run Task(t); t++
		:: else -> break
		od;
		run Judge();
		t = 0
	}
}
