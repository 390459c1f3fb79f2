/* SPDX-License-Identifier: MIT */
/*
 * A semaphore set (S1 to S5): operations on one and on both of its semaphores,
 * with adjustments and without, at once or granted to a wait; SETVAL; the end of
 * tasks; kill -9 between any two steps, and repair.
 *
 * Follows core/operation.c, core/semaphore.c, core/semaphore_line.c and
 * core/adjust.c; pk_set_store() of core/semaphore_value.c, pk_set_repair() of
 * core/set.c, withdraw_waits() and reap() of core/reap.c.
 *
 * What an operation is to come to, wanted_value and wanted_adjust, becomes so in
 * the one step that commits it; the set is as wanted whenever its lock is left.
 *
 * Built with -D: SETS (how often SETVAL comes), GIVE_UPS, DEATHS, MORTALS, FIRST, SECOND and
 * perhaps THIRD (what each task does, and then takes back: an operation below),
 * and at most one MUTANT_….
 */
#ifndef FIRST
#define FIRST TAKE_BOTH
#define SECOND TAKE_ONE
#endif
#ifndef SETS
#define SETS 0
#endif
#ifndef GIVE_UPS
#define GIVE_UPS 0
#endif
#define OPERATORS 3 /* tasks 0 to 2; each has a wait of its own */
#define SETTER 3
#define REAPER 4
#define LAST_REAPER 5 /* immortal */
#define TASKS 6
#ifndef MORTALS
#define MORTALS ((1 << REAPER + (DEATHS > 1)) - 1)
#endif
#define NONE 7

#include "pk.pml"

/*
 * Operations: what each does to a semaphore, and with SEM_UNDO?  An odd one
 * gives back what the one before it takes.
 */
#define TAKE_BOTH 0	  /* with SEM_UNDO */
#define TAKE_ONE 2	  /* semaphore 0, with SEM_UNDO */
#define TAKE_OTHER 4	  /* semaphore 1, without */
#define RAISE_BOTH 6	  /* semaphore 0 with SEM_UNDO, 1 without, and takes them back */
#define WAIT_FOR_ZERO 8	  /* of semaphore 0, and takes 1 with SEM_UNDO */
#define first_of(o) ((o) - (o) % 2)
#define taken(o, s) ((first_of(o) == TAKE_BOTH) || (first_of(o) == TAKE_ONE && s == 0) ||	\
		     (first_of(o) == TAKE_OTHER && s == 1) || (first_of(o) == WAIT_FOR_ZERO && s == 1))
#define raised(o) (first_of(o) == RAISE_BOTH)
#define sign(o) ((o) % 2 -> 1 : -1)
#define change(o, s) (taken(o, s) -> sign(o) : (raised(o) -> -sign(o) : 0))
#define with_undo(o, s) (taken(o, s) && first_of(o) != TAKE_OTHER || raised(o) && s == 0)
#define wants_zero(o, s) ((o) == WAIT_FOR_ZERO && s == 0)
#define can(o) (value[0] + change(o, 0) >= 0 && value[1] + change(o, 1) >= 0 &&	\
		!(wants_zero(o, 0) && value[0] != 0))

/* ---- the region: truth */

byte value[2] = 1;
short adjust[8];	/* task * 2 + semaphore */
#define ADJUST(t, s) adjust[(t) * 2 + (s)]

byte steps;		/* committed; each is of one semaphore */
byte intent_wait = NONE;
typedef step_of {
	byte semaphore, value, undo; /* 0, a task + 1, or FORGET */
	short adjust
}
step_of at[2];
#define FORGET 9

bit posted[OPERATORS];
byte outcome[OPERATORS], wants[OPERATORS], number[OPERATORS];
byte next_ticket;
byte lock = NOBODY, task_lock[TASKS] = NOBODY;
bit reaped[TASKS];

/* ---- ledger */

byte wanted_value[2] = 1;
short wanted_adjust[8];
bit committed[TASKS]; /* what the task is about */
bit done[OPERATORS];
byte gave_up;

hidden byte q;

#define is_waiting(w) (posted[w] && outcome[w] == PK_WAITING)
#define could_go_on(w) (is_waiting(w) && can(wants[w]))

/* ---- planning: nobody believes the steps before they are committed */

inline plan_part(o, t, s)
{
	if
	:: change(o, s) != 0 ->
		at[planned].semaphore = s;
		at[planned].value = value[s] + change(o, s);
		at[planned].undo = (with_undo(o, s) -> (t) + 1 : 0);
		at[planned].adjust = (with_undo(o, s) -> ADJUST(t, s) - change(o, s) : 0);
		planned++
	:: else
	fi
}

inline plan(o, t)
{
	atomic {
		planned = 0;
		plan_part(o, t, 0);
		plan_part(o, t, 1)
	}
}

/* ---- committing: S1, S2 */

inline want_step(i)
{
	if
	:: i < planned ->
		wanted_value[at[i].semaphore] = at[i].value;
		if
		:: at[i].undo == FORGET ->
			q = 0;
			do
			:: q < OPERATORS -> wanted_adjust[q * 2 + at[i].semaphore] = 0; q++
			:: else -> break
			od
		:: at[i].undo != FORGET && at[i].undo != 0 ->
			wanted_adjust[(at[i].undo - 1) * 2 + at[i].semaphore] = at[i].adjust
		:: else
		fi
	:: else
	fi
}

/* Part of the step that commits it. */
inline it_is_so(t)
{
	want_step(0);
	want_step(1);
	committed[t] = 1
}

#ifdef MUTANT_DIFFERENCES
#define new_value(i) (wanted_value[at[i].semaphore] == value[at[i].semaphore] -> value[at[i].semaphore] + 1 : at[i].value)
#else
#define new_value(i) at[i].value
#endif

inline store_adjustment(i)
{
	if
	:: at[i].undo != 0 && at[i].undo != FORGET -> step(ADJUST(at[i].undo - 1, at[i].semaphore) = at[i].adjust)
	:: else
	fi
}

inline do_step(i)
{
	if
	:: i < steps ->
		step(value[at[i].semaphore] = new_value(i));
#ifndef MUTANT_ADJUST_LATER
		store_adjustment(i)
#endif
	:: else
	fi
}

inline forget_adjustments()
{
	if
	:: steps != 0 && at[0].undo == FORGET ->
		step(ADJUST(0, at[0].semaphore) = 0);
		step(ADJUST(1, at[0].semaphore) = 0);
		step(ADJUST(2, at[0].semaphore) = 0)
	:: else
	fi
}

inline pk_intent_do()
{
	do_step(0);
	do_step(1);
#ifndef MUTANT_FORGET_LATER
	forget_adjustments()
#endif
}

inline pk_intent_clear()
{
#ifdef MUTANT_FORGET_LATER
	if
	:: steps != 0 && at[0].undo == FORGET ->
		step(steps = 0);
		step(ADJUST(0, at[0].semaphore) = 0);
		step(ADJUST(1, at[0].semaphore) = 0);
		step(ADJUST(2, at[0].semaphore) = 0)
	:: else -> step(steps = 0)
	fi
#else
	step(steps = 0);
#ifdef MUTANT_ADJUST_LATER
	if
	:: planned > 0 -> store_adjustment(0)
	:: else
	fi;
	if
	:: planned > 1 -> store_adjustment(1)
	:: else
	fi
#endif
#endif
}

inline pk_commit(t)
{
	if
#ifdef MUTANT_NO_INTENT
	:: true ->
		step(it_is_so(t); value[at[0].semaphore] = at[0].value);
		store_adjustment(0);
		if
		:: planned == 2 -> step(value[at[1].semaphore] = at[1].value); store_adjustment(1)
		:: else
		fi
#else
	:: planned == 1 && at[0].undo == 0 -> step(it_is_so(t); value[at[0].semaphore] = at[0].value)
	:: !(planned == 1 && at[0].undo == 0) ->
#ifdef MUTANT_COMMIT_LATE
		step(it_is_so(t); value[at[0].semaphore] = at[0].value);
#endif
		step(it_is_so(t); steps = planned);
		pk_intent_do();
		pk_intent_clear()
#endif
	fi
}

/* ---- the line: S4 */

#define before(w, x) (!could_go_on(x) || number[w] <= number[x])
#define next_in_line(w) (could_go_on(w) && before(w, 0) && before(w, 1) && before(w, 2))

/* S3 */
inline grant(w)
{
	plan(wants[w], w);
#ifdef MUTANT_GRANT_FIRST
	step(outcome[w] = PK_WAIT_GRANTED; it_is_so(w));
	step(intent_wait = w);
	step(steps = planned);
#else
	step(intent_wait = w);
	step(steps = planned);
	step(outcome[w] = PK_WAIT_GRANTED; it_is_so(w));
#endif
	pk_intent_do();
	pk_intent_clear();
	step(intent_wait = NONE)
}

#ifdef MUTANT_ONE_ONLY
#define again break
#else
#define again skip
#endif

inline pk_set_advance()
{
	do
	:: next_in_line(0) -> grant(0); again
	:: next_in_line(1) -> grant(1); again
	:: next_in_line(2) -> grant(2); again
	:: else -> break
	od
}

/* ---- the lock, and repair */

#ifdef MUTANT_STANDS_ALWAYS
#define intent_stands true
#else
#define intent_stands (intent_wait == NONE || (posted[intent_wait] && outcome[intent_wait] == PK_WAIT_GRANTED))
#endif

inline pk_set_repair()
{
	if
	:: steps != 0 && intent_stands ->
#ifndef MUTANT_FINISH_NOTHING
		pk_intent_do()
#endif
	:: else
	fi;
	step(steps = 0);
	step(intent_wait = NONE);
#ifndef MUTANT_REPAIR_LETS_NOBODY_GO
	pk_set_advance()
#endif
}

inline lock_set()
{
	atomic {
		lockable(lock) -> inherited = (lock != NOBODY);
		lock = self;
		may_die()
	};
	if
	:: inherited -> inherited = 0; pk_set_repair()
	:: else
	fi
}

inline check_task(t)
{
	assert(ADJUST(t, 0) == wanted_adjust[(t) * 2] && ADJUST(t, 1) == wanted_adjust[(t) * 2 + 1]);
	assert(!could_go_on(t))
}

inline unlock_set()
{
	step(d_step {
		assert(steps == 0 && intent_wait == NONE); /* S1 */
		assert(value[0] == wanted_value[0] && value[1] == wanted_value[1]);
		check_task(0);
		check_task(1);
		check_task(2);
		lock = NOBODY
	})
}

/* ---- tasks */

inline sleep_until_done()
{
	do
	:: outcome[self] != PK_WAITING -> break
	:: gave_up < GIVE_UPS ->
		gave_up++;
		lock_set();
		if
		:: outcome[self] == PK_WAITING -> step(outcome[self] = PK_WAIT_FAILED)
		:: else
		fi;
		unlock_set()
	od;
#ifndef MUTANT_END_UNSEEN
	lock_set(); /* S3 */
	unlock_set();
#endif
	atomic {
		happened = (outcome[self] == PK_WAIT_GRANTED);
		posted[self] = 0;
		outcome[self] = 0;
		wants[self] = 0;
		number[self] = 0;
		may_die()
	}
}

inline pk_set_operate(o)
{
	lock_set();
	if
	:: can(o) ->
		plan(o, self);
		pk_commit(self);
		pk_set_advance();
		happened = 1;
		unlock_set()
	:: else ->
		atomic {
			wants[self] = o;
			outcome[self] = PK_WAITING;
			number[self] = next_ticket;
			next_ticket++;
			may_die()
		};
		step(posted[self] = 1);
		unlock_set();
		sleep_until_done()
	fi;
	atomic {
		assert(happened == committed[self]); /* it is told the truth */
		committed[self] = 0
	}
}

proctype Operator(byte self; byte operation)
{
	byte planned;
	bit inherited, happened;
	pk_set_operate(operation);
	if
	:: happened -> happened = 0; pk_set_operate(operation + 1)
	:: else
	fi;
	done[self] = 1;
died:	atomic { planned = 0; inherited = 0; happened = 0 }
}

/* SETVAL of semaphore 0: nobody's end changes it any more. */
proctype Setter(byte self)
{
	byte planned, i;
	bit inherited;
	do
	:: i < SETS ->
		lock_set();
		atomic {
			at[0].semaphore = 0;
			at[0].value = 1;
			at[0].undo = FORGET;
			at[0].adjust = 0;
			planned = 1
		};
		pk_commit(self);
		pk_set_advance();
		unlock_set();
		atomic { committed[self] = 0; i++ }
	:: else -> break
	od;
died:	atomic { planned = 0; i = 0; inherited = 0 }
}

/* ---- reaping */

inline end_part(s)
{
	if
	:: ADJUST(d, s) != 0 ->
		at[planned].semaphore = s;
		at[planned].value = (value[s] + ADJUST(d, s) < 0 -> 0 : value[s] + ADJUST(d, s));
		at[planned].undo = d + 1;
		at[planned].adjust = 0;
		planned++
	:: else
	fi
}

inline pk_set_undo()
{
	lock_set();
	atomic {
		planned = 0;
		end_part(0);
		end_part(1)
	};
	if
	:: planned > 0 ->
		pk_commit(self);
#ifndef MUTANT_END_LETS_NOBODY_GO
		pk_set_advance()
#endif
	:: else
	fi;
	unlock_set();
	committed[self] = 0
}

inline withdraw()
{
	if
	:: posted[d] ->
		lock_set();
		if
		:: outcome[d] == PK_WAITING -> step(outcome[d] = PK_WAIT_FAILED)
		:: else
		fi;
		unlock_set();
		step(posted[d] = 0)
	:: else
	fi;
	step(outcome[d] = 0)
}

inline reap()
{
	if
	:: lock == d -> lock_set(); unlock_set()
	:: else
	fi;
	if
	:: d < OPERATORS -> withdraw(); pk_set_undo()
	:: else
	fi;
	atomic { reaped[d] = 1; task_lock[d] = NOBODY; d = 0 }
}

#define to_reap(t) (dead[t] && !reaped[t] && lockable(task_lock[t]))

proctype Reaper(byte self)
{
	byte d, planned;
	bit inherited;
	do
	:: atomic {
			if
			:: to_reap(0) -> d = 0
			:: to_reap(1) -> d = 1
			:: to_reap(2) -> d = 2
			:: to_reap(SETTER) -> d = SETTER
			:: to_reap(REAPER) -> d = REAPER
			fi;
			task_lock[d] = self
		};
		reap();
		atomic { planned = 0; inherited = 0 }
	od;
died:	atomic { d = 0; planned = 0; inherited = 0 }
}

/* ---- at the end */

/* Who isn't done waits for what can't be; the end of the dead has taken back what it should. */
inline check_end(t)
{
	assert(done[t] || dead[t] || is_waiting(t));
	assert(!dead[t] || (reaped[t] && ADJUST(t, 0) == 0 && ADJUST(t, 1) == 0 && !posted[t]))
}

proctype Judge()
{
	timeout;
	d_step {
		assert(lock == NOBODY);
		check_end(0);
		check_end(1);
		check_end(2);
		assert(dead[SETTER] == reaped[SETTER])
	}
}

init {
	atomic {
		run Operator(0, FIRST);
		run Operator(1, SECOND);
#ifdef THIRD
		run Operator(2, THIRD);
#else
		done[2] = 1;
#endif
#if SETS > 0
		run Setter(SETTER);
#endif
#if DEATHS > 1
		run Reaper(REAPER);
#endif
#if DEATHS > 0
		run Reaper(LAST_REAPER);
#endif
		run Judge()
	}
}
