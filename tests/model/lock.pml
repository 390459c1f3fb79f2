/* SPDX-License-Identifier: MIT */
/*
 * The lock of core/lock.h: contenders, sleepers, the death of an owner, and of
 * the one who inherits.  Follows pk_lock(), spin(), pk_lock_slowly(), pk_unlock()
 * and pk_unlock_slowly().
 *
 * A plain store waits in its processor's buffer: others see it later, perhaps
 * after what that thread has loaded meanwhile.  It goes out by itself, with the
 * next swap of that thread, when somebody fences all processors, and at the
 * latest with the thread's death, before anybody is told of that.
 *
 * Built with -D: TASKS (2 to 4), TIMES (that each locks it), NAPS (that end by
 * their time though nobody died), SWAPPERS (whose bit is set leaves locks by a
 * swap), THREADS (that make one task; more than one only without DEATHS),
 * DEATHS, and at most one MUTANT_….
 */
#ifndef TASKS
#define TASKS 3
#endif
#ifndef TIMES
#define TIMES 2
#endif
#ifndef NAPS
#define NAPS 0
#endif
#ifndef SWAPPERS
#define SWAPPERS 0
#endif
#ifndef THREADS
#define THREADS 1
#endif
#define MORTALS 15
#define at_death drain(self)

#include "pk.pml"

/* The low half: 0, or a thread + 1.  The high half: the task it is of, which stays when it leaves, and the flag. */
#define PK_LOCK_WAITERS 128
#define LOW 7
#define HIGH 248
#define low(word) ((word) & LOW)
#define high(word) ((word) & HIGH)
#define flag(word) ((word) & PK_LOCK_WAITERS)
#define flagged(word) ((word) | PK_LOCK_WAITERS)
#define unflagged(word) ((word) & 127)
#define is_free(word) (low(word) == 0)
#define owner_of(word) (low(word) - 1)
#define mine (self + 1 | self / THREADS + 1 << 3)

byte lock;
bit left[4];	   /* a store of 0 to the low half that only its thread sees */
bit half_done;	   /* what the lock guards is between two truths */
bit asleep[4];
byte naps;
byte inside;	   /* L1: live threads that hold it */
bit succeeded[4];  /* L2: whose lock was inherited */
bit done[TASKS];
byte begun;

/* They are alike, so call them by the order in which they begin. */
#if SWAPPERS == 0 && THREADS == 1
#define begin() begun >= self -> begun = (begun == self -> self + 1 : begun)
#else
#define begin() skip
#endif

hidden byte q;

/* ---- memory */

inline drain(thread)
{
	if
	:: left[thread] -> lock = high(lock); left[thread] = 0
	:: else
	fi
}

inline pk_fence_all()
{
#ifndef MUTANT_NO_FENCE
	step(drain(0); drain(1); drain(2); drain(3))
#else
	skip
#endif
}

/* What a thread loads: its own store, too. */
#define look() (lock & (left[self] -> HIGH : 255))

inline swap_if(expected, new)
{
	drain(self);
	swapped = (lock == expected);
	if
	:: swapped -> lock = new
	:: else
	fi
}

/* ---- the kernel's part */

/* It ends by a wake-up; by its time after a death, and else NAPS times. */
inline pk_sleep(expected)
{
	atomic {
		if
#ifdef MUTANT_SLEEP_ON_THE_OWNER
		:: low(lock) == low(expected) -> asleep[self] = 1
#else
		:: high(lock) == high(expected) -> asleep[self] = 1
#endif
		:: else
		fi;
		word = 0;
		swapped = 0;
		may_die()
	};
	if
	:: !asleep[self]
	:: atomic { asleep[self] && deaths > 0 && (is_free(lock) || dead[owner_of(lock)]) -> asleep[self] = 0 }
	:: atomic { asleep[self] && naps < NAPS -> naps++; asleep[self] = 0 }
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

/* ---- the lock */

inline repair()
{
#ifndef MUTANT_NO_INHERIT_REPAIR
	half_done = 0
#else
	skip
#endif
}

inline succeed(dead_one)
{
	inherited = 1;
	assert(!succeeded[dead_one]);
	succeeded[dead_one] = 1
}

/*
 * A look, and the swap that relies on it, are one step where a swap that fails
 * changes nothing and is followed by another look.
 */
inline pk_lock_slowly()
{
	do
	:: atomic {
		word = look();
		if
		:: is_free(word) ->
#ifdef MUTANT_FORGET_THE_OTHERS
			swap_if(word, mine);
#else
			swap_if(word, flagged(mine)); /* L3: others may sleep, too */
#endif
			may_die()
		:: !is_free(word) && !dead[owner_of(word)] && !flag(word) ->
			swap_if(word, flagged(word));
			word = flagged(word);
			may_die()
		:: else
		fi };
		if
		:: is_free(word) -> break
		:: !is_free(word) && dead[owner_of(word)] ->
			atomic {
#ifdef MUTANT_INHERIT_BY_STORE
				lock = flagged(mine);
				swapped = 1;
#else
				swap_if(word, flagged(mine)); /* L2 */
#endif
				if
				:: swapped -> succeed(owner_of(word))
				:: else
				fi;
				may_die()
			};
			if
			:: swapped -> break
			:: else
			fi
		:: !is_free(word) && !dead[owner_of(word)] ->
			pk_fence_all();
			if
#ifdef MUTANT_SLEEP_UNSEEING
			:: true -> pk_sleep(word)
#else
			:: low(look()) == low(word) -> pk_sleep(word)
			:: else
#endif
			fi
		fi;
		atomic { word = 0; swapped = 0 }
	od
}

/* One attempt stands for pk_lock_free() and all turns of spin(). */
inline pk_lock()
{
	atomic {
		begin();
		drain(self);
		swapped = is_free(lock);
		if
#ifdef MUTANT_SPIN_FORGETS_THE_OTHERS
		:: swapped -> lock = mine
#else
		:: swapped -> lock = mine | flag(lock)
#endif
		:: else
		fi;
		may_die()
	};
	if
	:: swapped
	:: else -> pk_lock_slowly()
	fi;
	atomic { word = 0; swapped = 0 }
}

inline pk_unlock_slowly()
{
#if defined(MUTANT_CLEAR_ANOTHERS_FLAG)
	step(drain(self); word = lock; lock = unflagged(lock));
	if
	:: is_free(word) && flag(word) -> step(wake_one())
	:: else
	fi
#else
	word = look();
	do
	:: is_free(word) && flag(word) ->
#ifdef MUTANT_WAKE_BEFORE_CLEARING
		step(wake_one());
#endif
		step(swap_if(word, unflagged(word)));
		if
		:: swapped ->
#ifndef MUTANT_WAKE_BEFORE_CLEARING
			step(wake_one());
#endif
			break
		:: else -> word = look()
		fi
	:: else -> break
	od
#endif
}

inline leave()
{
	if
	:: SWAPPERS >> self & 1 -> step(lock = high(lock))
	:: else -> step(left[self] = 1)
	fi
}

inline pk_unlock()
{
#ifdef MUTANT_LOOK_BEFORE_LEAVING
	word = look();
	leave();
#else
	leave();
	word = look();
#endif
	if
	:: flag(word) -> pk_unlock_slowly()
	:: else
	fi
}

/* Changes what the lock guards, in two stores. */
inline critical_section()
{
	atomic { inside++; assert(inside == 1 && owner_of(lock) == self) };
	if
	:: inherited -> atomic { inside--; may_die(); inside++; repair(); inherited = 0 }
	:: else
	fi;
	atomic { assert(!half_done); half_done = 1; inside--; may_die(); inside++ };
	atomic { assert(inside == 1 && owner_of(lock) == self); half_done = 0; inside-- }
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
		atomic { i++; word = 0; swapped = 0; done[self] = (i == TIMES) }
	:: else -> break
	od;
died:	atomic { i = 0; word = 0; swapped = 0; inherited = 0 }
}

/* Stores go out by themselves, sooner or later. */
proctype Processors()
{
	do
	:: atomic { left[0] -> drain(0) }
	:: atomic { left[1] -> drain(1) }
	:: atomic { left[2] -> drain(2) }
	:: atomic { left[3] -> drain(3) }
	od
}

proctype Judge()
{
	timeout;
	d_step {
		q = 0;
		do
		:: q < TASKS -> assert(done[q] || dead[q]); q++ /* else it sleeps, and nobody is to wake it */
		:: else -> break
		od;
		assert(is_free(lock) || dead[owner_of(lock)])
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
