/* SPDX-License-Identifier: MIT */
/*
 * Completions (W5): a task posts waits and is told of each by a message at its
 * port for completions.  Settlers settle them, die, and inherit; the owner
 * collects, cancels and lets expire, and posts again in the same slots.
 *
 * Follows claim_completion(), settle(), tell_port(), tell_if_untold(), give_up()
 * and pk_wait_end() of core/wait.c, pk_port_complete() of core/transfer.c.
 *
 * Built with -D: POSTS (in all), WAITS and MESSAGES (slots, the owner's own: its
 * magazine), OBJECTS (1 or 2), GROUP (1: each is on both), SETTLERS, CANCELS, EXPIRIES,
 * THREADS (2: another thread of the owner's sees to deadlines), DEATHS, MORTALS,
 * and at most one MUTANT_….
 */
#ifndef POSTS
#define POSTS 2
#define WAITS 2
#define MESSAGES 2
#define GROUP 0
#define SETTLERS 2
#define CANCELS 1
#define EXPIRIES 0
#endif
#ifndef THREADS
#define THREADS 1
#endif
#ifndef OBJECTS
#define OBJECTS (1 + GROUP)
#endif
#define OWNER 0
#define REAPER (SETTLERS + 1) /* whoever ticks, supervises or registers; immortal */
#define EXPIRER (SETTLERS + 2)
#define TASKS (SETTLERS + 3)
#ifndef MORTALS
#define MORTALS ((1 << REAPER) - 1)
#endif
#define NONE 255

#include "pk.pml"
#include "line.pml"

#define PK_WAIT_SILENT 4 /* withdrawn: no completion */
#define claimed pk_word(PK_CLAIMED, OWNER)

/* ---- the region: truth */

byte wait_word[WAITS] = claimed; /* struct pk_wait; a magazine's are CLAIMED, too (G1) */
byte generation[WAITS];
byte outcome[WAITS] = PK_WAIT_GRANTED;
byte object[WAITS];		 /* on which, from 1 on; 0: on none */
byte leader[WAITS];
byte next_member[WAITS] = NONE;
byte completion[WAITS];

byte word[MESSAGES] = claimed;	 /* struct pk_message */
byte tells[MESSAGES];		 /* a wait, from 1 on; 0: of none */
byte payload[MESSAGES];		 /* which post it tells of */

byte lock[2] = NOBODY;		 /* of the objects */
byte completions_lock = NOBODY;  /* of the port for completions */
bit completions_live = 1;

/* ---- caches, under these locks */

line_of line[2], queue;

/* ---- what the owner knows, and the ledger */

bit wait_used[WAITS], message_used[MESSAGES];
byte post_of[WAITS];
byte posted, cancelled, expired;
bit hasty[POSTS];	 /* its time has come */
bit settled[POSTS];	 /* by a grant, or its deadline */
bit told[POSTS], gone[POSTS];
bit reaped;

hidden byte q;

#define is_waiting(w) (pk_outcome_kind(outcome[w]) == PK_WAITING)

/* ---- the port for completions; its lock comes after an object's */

inline lock_completions()
{
	atomic {
		lockable(completions_lock) -> inherited = (completions_lock != NOBODY);
		completions_lock = self;
		may_die()
	};
	if
	:: inherited ->
		step(d_step {
			forget(queue);
			q = 0;
			do
			:: q < MESSAGES ->
				if
				:: word[q] == PK_QUEUED -> put_last(queue, q)
				:: else
				fi;
				q++
			:: else -> break
			od;
			q = 0
		});
		inherited = 0
	:: else
	fi
}

inline check_queue()
{
	q = 0;
	n = 0;
	do
	:: q < MESSAGES -> n = n + (word[q] == PK_QUEUED); q++
	:: else -> break
	od;
	assert(n == queue.count); /* P4 */
	q = 0;
	do
	:: q < queue.count -> assert(word[queue.at[q]] == PK_QUEUED); q++
	:: else -> break
	od;
	q = 0;
	n = 0
}

inline unlock_completions()
{
	step(d_step { check_queue(); completions_lock = NOBODY })
}

/* The message that will tell of it, if it hasn't yet. */
#define untold(w) (word[completion[w]] == claimed && tells[completion[w]] == (w) + 1)

#ifdef MUTANT_LOOK_ONCE
#define still_untold true
#elif defined(MUTANT_ANY_GENERATION)
#define still_untold (word[m] == claimed && tells[m] == l + 1)
#else
#define still_untold (word[m] == claimed && tells[m] == l + 1 && generation[l] == g)
#endif

/* Queue m; where another was faster, it needn't. */
inline pk_port_complete()
{
	lock_completions();
	if
	:: completions_live && still_untold ->
#ifndef MUTANT_COMPLETE_LEAVES_CLAIMED
		step(word[m] = PK_QUEUED; d_step { put_last(queue, m) })
#else
		step(d_step { put_last(queue, m) });
		step(word[m] = PK_QUEUED)
#endif
	:: else
	fi;
	unlock_completions()
}

inline tell_port()
{
	atomic { m = completion[l]; is_untold = untold(l) };
	if
	:: is_untold -> is_untold = 0; pk_port_complete()
	:: else
	fi;
	m = 0
}

/* Settled, and whoever did it died before it told?  In a group that is the leader's, on whatever object. */
inline tell_if_untold(w)
{
	atomic { l = leader[w]; g = generation[l] };
	if
#ifdef MUTANT_TELL_ITS_OWN_ONLY
	:: l == w && object[l] != 0 ->
#elif defined(MUTANT_TELL_THE_UNPOSTED)
	:: true ->
#else
	:: object[l] != 0 -> /* its generation was read before: else the outcome may be its predecessor's */
#endif
		if
#ifdef MUTANT_TELL_THE_WITHDRAWN
		:: !is_waiting(l) -> tell_port()
#else
		:: !is_waiting(l) && !(outcome[l] & PK_WAIT_SILENT) -> tell_port()
#endif
		:: else
		fi
	:: else
	fi;
	atomic { l = 0; g = 0 }
}

/* ---- objects */

#ifdef MUTANT_REBUILD_LOOKS_ONCE
#define still_on(w, o) true
#else
#define still_on(w, o) (object[w] == o + 1)
#endif

inline pk_wait_rebuild(o)
{
	d_step { forget(line[o]); v = 0 };
	do
	:: v < WAITS && wait_word[v] == claimed && object[v] == o + 1 ->
		waits = is_waiting(leader[v]);
		atomic {
			if
			:: waits && still_on(v, o) -> d_step { put_last(line[o], v) } /* so it has been all the while */
			:: else
			fi
		};
#ifndef MUTANT_REPAIR_TELLS_NOBODY
		if
		:: !waits -> tell_if_untold(v)
		:: else
		fi;
#endif
		atomic { waits = 0; v++ }
	:: v < WAITS && !(wait_word[v] == claimed && object[v] == o + 1) -> v++
	:: v == WAITS -> break
	od;
	v = 0
}

inline pk_object_lock(o)
{
	atomic {
		lockable(lock[o]) -> inherited = (lock[o] != NOBODY);
		lock[o] = self;
		may_die()
	};
	if
	:: inherited -> inherited = 0; pk_wait_rebuild(o)
	:: else
	fi
}

inline pk_object_unlock(o)
{
	step(lock[o] = NOBODY)
}

/* W1, in the name of the leader of w; in a mutant, of w. */
inline swap_if_waiting(w, new)
{
	l = leader[w];
	won = is_waiting(l);
	if
	:: won ->
		assert((new) != PK_WAIT_FAILED || hasty[post_of[l]]);
		outcome[l] = new;
		settled[post_of[l]] = !((new) & PK_WAIT_SILENT)
	:: else
	fi
}

/* The first in line is settled, and told. */
inline settle(o)
{
	w = line[o].at[0];
	step(d_step { take_out(line[o], w); g = generation[leader[w]] });
#ifdef MUTANT_TELL_BEFORE_SWAP
	l = leader[w];
	if
	:: is_waiting(l) -> tell_port()
	:: else
	fi;
	step(swap_if_waiting(w, PK_WAIT_GRANTED));
#else
	step(swap_if_waiting(w, PK_WAIT_GRANTED));
	if
	:: won -> tell_port()
	:: else
	fi;
#endif
	atomic { w = 0; l = 0; g = 0; won = 0 }
}

proctype Settler(byte self)
{
	byte o, w, v, l, m, g;
	bit inherited, is_untold, waits, won;
	if
	:: o = 0
#if OBJECTS > 1
	:: o = 1
#endif
	fi;
	pk_object_lock(o);
	if
	:: line[o].count > 0 -> settle(o)
	:: else
	fi;
	pk_object_unlock(o);
died:	atomic { o = 0; w = 0; v = 0; l = 0; m = 0; g = 0; inherited = 0; is_untold = 0; waits = 0; won = 0 }
}

/* ---- the owner */

#define is_posted(w) (wait_used[w] && object[w] != 0 && leader[w] == w)

/* Settle it, for its owner; with a completion if `tell`. */
inline give_up(w, how, tell, so_far)
{
	o = object[w];
	if
	:: o > 0 ->
		o--;
		pk_object_lock(o);
		if
		:: so_far ->
			g = generation[leader[w]];
			step(swap_if_waiting(w, how));
#ifndef MUTANT_STAY_IN_LINE
			step(d_step { take_out(line[o], w) });
#endif
			if
			:: won && tell -> tell_port()
			:: else
			fi
		:: else
		fi;
		pk_object_unlock(o)
	:: else
	fi;
	atomic { o = 0; l = 0; g = 0 }
}

/* Settled through one of its group, it may still stand in its own line. */
inline leave_own_line(w)
{
	o = object[w] - 1;
	pk_object_lock(o);
	step(d_step { take_out(line[o], w) });
	pk_object_unlock(o);
	o = 0
}

inline pk_wait_free(w)
{
	step(object[w] = 0);
	step(generation[w]++; wait_used[w] = 0; next_member[w] = NONE)
}

inline pk_wait_end(w)
{
	if
	:: next_member[w] != NONE ->
		leave_own_line(next_member[w]);
		m = next_member[w];
		step(next_member[w] = NONE);
		pk_wait_free(m);
		m = 0;
		leave_own_line(w)
	:: else
	fi;
	gone[post_of[w]] = 1;
	pk_wait_free(w)
}

inline pk_message_release(m)
{
#ifdef MUTANT_CLAIMED_BEFORE_TELLS
	step(word[m] = claimed);
	step(tells[m] = 0; message_used[m] = 0)
#else
#ifndef MUTANT_TELLS_STAYS
	step(tells[m] = 0);
#endif
	step(word[m] = claimed; message_used[m] = 0)
#endif
}

/* One that is free; which the magazine yields is chance. */
#define CLAIM(used, last, x)			\
	if					\
	:: !used[0] -> x = 0			\
	:: !used[last] -> x = last		\
	fi;					\
	used[x] = 1

inline pk_wait_post(o, w)
{
	step(outcome[w] = PK_WAITING);
	step(object[w] = o + 1);
	step(d_step { put_last(line[o], w) })
}

inline post()
{
#if OBJECTS > 1 && !GROUP
	if
	:: o = 0
	:: o = 1
	fi;
#endif
	pk_object_lock(o);
	atomic {
		CLAIM(wait_used, WAITS - 1, w);
		CLAIM(message_used, MESSAGES - 1, m);
		post_of[w] = posted;
		leader[w] = w;
		completion[w] = m;
		payload[m] = posted;
		may_die()
	};
	step(tells[m] = w + 1);
	atomic {
		m = 0;
		if
		:: expired < EXPIRIES -> expired++; hasty[posted] = 1
		:: true
		fi
	};
	pk_wait_post(o, w);
	posted++;
	pk_object_unlock(o);
	o = 0;
#if GROUP
	if
	:: is_waiting(w) ->
		l = w;
		pk_object_lock(1);
		step(CLAIM(wait_used, WAITS - 1, w); leader[w] = l; completion[w] = 0; post_of[w] = post_of[l]);
		step(next_member[l] = w);
		pk_wait_post(1, w);
		pk_object_unlock(1);
		l = 0
	:: else
	fi;
#endif
	w = 0
}

inline receive()
{
	lock_completions();
	step(d_step {
		m = queue.at[0];
		word[m] = pk_word(PK_HELD, OWNER);
		take_out(queue, m);
		q = payload[m];
		assert(settled[q] && !told[q]);
		told[q] = 1;
		q = 0
	});
	unlock_completions();
	atomic {
		w = 0;
		do
		:: w < WAITS && !(is_posted(w) && post_of[w] == payload[m]) -> w++
		:: else -> break
		od
	};
	pk_message_release(m);
	if
	:: w < WAITS -> pk_wait_end(w)
	:: else /* collected before */
	fi;
	atomic { w = 0; m = 0 }
}

inline pk_wait_discard(w)
{
	m = completion[w];
	if
	:: untold(w) -> pk_message_release(m)
	:: else
	fi;
	m = 0;
	pk_wait_end(w)
}

inline cancel(w)
{
	cancelled++;
	give_up(w, PK_WAIT_FAILED | PK_WAIT_SILENT, 0, true);
	if
	:: won ->
		won = 0;
		pk_wait_discard(w)
	:: else
	fi
}

#define is_over(w) (is_posted(w) && !is_waiting(w) && !untold(w))
#define may_post (posted < POSTS && some_are_free)
#if GROUP
#define some_are_free (!wait_used[0] && !wait_used[1])
#else
#define some_are_free ((!wait_used[0] || !wait_used[WAITS - 1]) && (!message_used[0] || !message_used[MESSAGES - 1]))
#endif

proctype Owner(byte self)
{
	byte o, w, v, l, m, g;
	bit inherited, is_untold, waits, won;
	do
	:: may_post -> post()
	:: queue.count > 0 -> receive()
	:: is_over(0) -> pk_wait_end(0) /* portico_collect() needs no completion */
	:: is_over(1) -> pk_wait_end(1)
	:: cancelled < CANCELS && is_posted(0) && is_waiting(0) -> cancel(0)
	:: cancelled < CANCELS && is_posted(1) && is_waiting(1) -> cancel(1)
#if THREADS == 1
	:: is_posted(0) && hasty[post_of[0]] && is_waiting(0) -> give_up(0, PK_WAIT_FAILED, 1, true); won = 0
	:: is_posted(1) && hasty[post_of[1]] && is_waiting(1) -> give_up(1, PK_WAIT_FAILED, 1, true); won = 0
#endif
	od;
died:	atomic { o = 0; w = 0; v = 0; l = 0; m = 0; g = 0; inherited = 0; is_untold = 0; waits = 0; won = 0 }
}

#ifdef MUTANT_EXPIRE_ANOTHER
#define the_same true
#else
#define the_same (generation[w] == judged)
#endif

/* pk_wait_expire() in another thread: what it finds may be settled, ended and posted anew before it has the lock. */
proctype Expirer(byte self)
{
	byte o, w, v, l, m, g, judged;
	bit inherited, is_untold, waits, won;
	do
	:: atomic {
			if
			:: is_posted(0) && hasty[post_of[0]] && is_waiting(0) -> w = 0
			:: is_posted(1) && hasty[post_of[1]] && is_waiting(1) -> w = 1
			fi;
			judged = generation[w]
		};
		give_up(w, PK_WAIT_FAILED, 1, the_same);
		atomic { won = 0; w = 0; judged = 0 }
	od;
died:	skip
}

/* ---- whoever sees that others are dead */

inline reap()
{
	do
	:: w < WAITS && object[w] != 0 -> give_up(w, PK_WAIT_FAILED | PK_WAIT_SILENT, 0, true); won = 0; w++
	:: w < WAITS && object[w] == 0 -> w++
	:: w == WAITS -> break
	od;
	w = 0;
	lock_completions();
	d_step { /* pk_completions_reap() */
		completions_live = 0;
		forget(queue);
		do
		:: q < MESSAGES ->
			if
			:: word[q] == PK_QUEUED -> word[q] = PK_FREE
			:: else
			fi;
			q++
		:: else -> break
		od;
		q = 0
	};
	unlock_completions();
	d_step {
		do
		:: q < MESSAGES -> word[q] = PK_FREE; q++
		:: else -> break
		od;
		q = 0;
		do
		:: q < WAITS ->
			wait_word[q] = PK_FREE;
			object[q] = 0;
			q++
		:: else -> break
		od;
		q = 0
	};
	reaped = 1
}

proctype Reaper(byte self)
{
	byte o, w, v, l, m, g;
	bit inherited, is_untold, waits, won;
	do
	:: lock[0] != NOBODY && dead[lock[0]] -> pk_object_lock(0); pk_object_unlock(0)
	:: lock[1] != NOBODY && dead[lock[1]] -> pk_object_lock(1); pk_object_unlock(1)
	:: completions_lock != NOBODY && dead[completions_lock] -> lock_completions(); unlock_completions()
	:: dead[OWNER] && !reaped -> reap()
	od;
died:	skip
}

/* At the end what was settled was told, once, and what was not still waits in its line. */
inline check_line(o)
{
	q = 0;
	do
	:: q < line[o].count ->
		n = line[o].at[q];
		assert(wait_word[n] == claimed && object[n] == o + 1 && is_waiting(leader[n]));
		q++
	:: else -> break
	od
}

proctype Judge()
{
	timeout;
	d_step {
		assert(lock[0] == NOBODY && lock[1] == NOBODY && completions_lock == NOBODY);
		check_queue();
		check_line(0);
		check_line(1);
		assert(dead[OWNER] == reaped);
		q = 0;
		do
		:: !dead[OWNER] && q < posted ->
			assert(told[q] == settled[q]);
			q++
		:: else -> break
		od;
		q = 0;
		do
		:: !dead[OWNER] && q < WAITS -> assert(!is_posted(q) || is_waiting(q)); q++
		:: else -> break
		od
	}
}

init {
	byte t = 1;
	atomic {
		run Owner(OWNER);
		do
		:: t <= SETTLERS -> run Settler(t); t++
		:: else -> break
		od;
#if DEATHS > 0
		run Reaper(REAPER);
#endif
#if THREADS > 1
		run Expirer(EXPIRER);
#endif
		run Judge();
		t = 0
	}
}
