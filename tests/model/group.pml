/* SPDX-License-Identifier: MIT */
/*
 * A wait on two ports: a group with one outcome, its leader's.  A sender to
 * each port; a receiver from any of them, until a deadline; a second receiver
 * that may stand behind it, or wait in a slot that was the group's; kill -9,
 * repair and reaping.
 *
 * Follows post_group(), serve_receiver(), hand_over() and grant_to() of
 * core/transfer.c, settle(), give_up() and pk_wait_end() of core/wait.c,
 * abandon() of core/reap.c.  What a single port does is in port.pml.
 *
 * Built with -D: GIVE_UPS (0: no deadline), ONE_AT (the port that the second receiver wants of; else either), ONE_SENDER (to port 1), DEATHS, MORTALS, and at most one MUTANT_….
 */
#ifndef GIVE_UPS
#define GIVE_UPS 1
#endif
#define PORTS 2
#define WAITS 3
#define BUFFERS 2   /* a sender's is its own; so it stands for its message, too */
#define ANY 2	    /* tasks: senders 0 and 1, each to the port of its number; the receiver from any port */
#define ONE 3	    /* who wants one of one port */
#define REAPER 4
#define LAST_REAPER 5 /* immortal */
#define TASKS 6
#ifndef MORTALS
#define MORTALS 31
#endif
#define NONE 255

#include "pk.pml"
#include "line.pml"

/* ---- the region: truth */

byte word[BUFFERS]; /* struct pk_message */
bit sent[BUFFERS];  /* m->port is that of its number */

byte wait_word[WAITS]; /* struct pk_wait */
byte generation[WAITS];
byte outcome[WAITS] = PK_WAIT_FAILED;
byte object[WAITS]; /* a port, from 1 on; 0: none */
byte leader[WAITS];
byte next_member[WAITS] = NONE;

byte lock[PORTS] = NOBODY;
byte task_lock[TASKS] = NOBODY;
bit reaped[TASKS];

/* ---- caches, under the ports' locks */

line_of queue[PORTS], receivers[PORTS];

/* ---- the ledger */

bit acknowledged[BUFFERS];
byte got[BUFFERS];
bit done[TASKS];
byte gave_up;

hidden byte q, j;

#define is_waiting(w) (pk_outcome_kind(outcome[leader[w]]) == PK_WAITING)
#define granted(m) (PK_WAIT_GRANTED | (m) << 3)
#define wait_id(w) ((w) | generation[w] << 2)
#define granted_wait(found) (pk_word_id(found) & 3)
#define granted_generation(found) (pk_word_id(found) >> 2)

/* ---- a port's lock, and what must hold when it is left: W4, P1, P4 */

inline check_port(c)
{
	assert(queue[c].count == (word[c] == PK_QUEUED && sent[c]));
	j = 0;
	do
	:: j < receivers[c].count ->
		q = receivers[c].at[j];
		assert(pk_word_kind(wait_word[q]) == PK_CLAIMED && object[q] == c + 1);
		assert(!is_waiting(q) || queue[c].count == 0);
		j++
	:: else -> break
	od;
	n = 0;
	q = 0;
	do
	:: q < WAITS -> n = n + (wait_word[q] != PK_FREE && object[q] == c + 1 && is_waiting(q)); q++
	:: else -> break
	od;
	assert(n <= receivers[c].count); /* and as those that wait are in it once each: */
	q = 0;
	j = 0;
	n = 0
}

inline pk_object_lock(o)
{
	atomic {
		lockable(lock[o]) -> inherited = (lock[o] != NOBODY);
		lock[o] = self;
		may_die()
	};
	if
	:: inherited -> inherited = 0; pk_port_repair(o)
	:: else
	fi
}

inline pk_object_unlock(u)
{
	step(d_step { check_port(u); assert(lock[u] == self); lock[u] = NOBODY })
}

/* ---- settling */

/* W1, by the leader's outcome.  W4: off its line first. */
inline unlink_and_settle(line, v, how)
{
	step(d_step {
		take_out(receivers[line], v);
#ifdef MUTANT_SETTLE_THE_MEMBER
		settled = (pk_outcome_kind(outcome[v]) == PK_WAITING);
		if
		:: settled -> outcome[v] = how
		:: else
		fi
#else
		settled = is_waiting(v);
		if
		:: settled -> outcome[leader[v]] = how
		:: else
		fi
#endif
	})
}

/* W2: the word first, then the swap.  Lost, it is what it was. */
inline grant_to(at_port, v, given)
{
#ifdef MUTANT_WORD_NAMES_THE_MEMBER
	step(before = word[given]; word[given] = pk_word(PK_GRANTED, wait_id(v)));
#else
	step(before = word[given]; word[given] = pk_word(PK_GRANTED, wait_id(leader[v])));
#endif
	unlink_and_settle(at_port, v, granted(given));
	if
#ifndef MUTANT_LOSER_KEEPS_THE_WORD
	:: !settled -> step(word[given] = before)
#endif
	:: else
	fi;
	before = 0
}

/* To the first in line who still waits: members of a group that is settled are passed over. */
inline hand_over(to_port, message)
{
	do
	:: !settled && receivers[to_port].count > 0 ->
		w = receivers[to_port].at[0];
		grant_to(to_port, w, message);
		w = 0
#ifdef MUTANT_LOSER_STOPS
		; break
#endif
	:: else -> break
	od
}

inline enqueue(on, what)
{
	step(word[what] = PK_QUEUED; d_step { put_last(queue[on], what) })
}

/* ---- repairing */

#define in_vain(m) (wait_word[granted_wait(word[m])] == PK_FREE || \
		    generation[granted_wait(word[m])] != granted_generation(word[m]) || \
		    outcome[granted_wait(word[m])] != granted(m))

inline pk_port_repair(r)
{
#ifndef MUTANT_DROP_REQUEUE
	if
	:: pk_word_kind(word[r]) == PK_GRANTED && sent[r] && in_vain(r) -> step(word[r] = PK_QUEUED)
	:: else
	fi;
#endif
	step(d_step {
		forget(queue[r]);
		forget(receivers[r]);
		if
		:: word[r] == PK_QUEUED -> put_last(queue[r], r)
		:: else
		fi;
		j = 0;
		do
		:: j < WAITS ->
			if
			:: wait_word[j] != PK_FREE && object[j] == r + 1 && is_waiting(j) -> put_last(receivers[r], j)
			:: else
			fi;
			j++
		:: else -> break
		od;
		j = 0
	});
	if
	:: queue[r].count > 0 ->
		hand_over(r, r);
		if
		:: settled -> d_step { take_out(queue[r], r); settled = 0 }
		:: else
		fi
	:: else
	fi
}

/* ---- waits */

inline claim_wait(new)
{
	step(d_step {
		new = 0;
		do
		:: wait_word[new] != PK_FREE -> new++
		:: else -> break
		od;
		wait_word[new] = pk_word(PK_CLAIMED, self);
		leader[new] = new;
		next_member[new] = NONE
	})
}

inline join(new, first)
{
	leader[new] = first;
	step(next_member[first] = new)
}

/* Post it, and take at once what is queued. */
inline pk_port_post_receive(port, wait)
{
	step(outcome[wait] = PK_WAITING; object[wait] = port + 1; d_step { put_last(receivers[port], wait) });
	if
	:: queue[port].count > 0 ->
		grant_to(port, wait, port);
		if
		:: settled -> d_step { take_out(queue[port], port); settled = 0 }
		:: else
		fi
	:: else
	fi
}

/* Settle it, for oneself or for the dead. */
#define in_group(w) (leader[w] != w || next_member[w] != NONE)
inline give_up(g)
{
	p = object[g] - 1;
	pk_object_lock(p);
	step(d_step {
		settled = is_waiting(g);
		if
		:: settled -> outcome[leader[g]] = PK_WAIT_FAILED
		:: else
		fi
	});
	atomic {
#ifdef MUTANT_GROUPS_ONLY_LEAVE
		if
		:: settled || in_group(g) -> d_step { take_out(receivers[p], g) }
		:: else
		fi;
#else
		d_step { take_out(receivers[p], g) }; /* one that is settled may stand there yet, the last of its group */
#endif
		pk_object_unlock(p);
		settled = 0;
		p = 0
	}
}

inline pk_wait_free(f)
{
	step(object[f] = 0);
	step(generation[f]++; wait_word[f] = PK_FREE)
}

inline leave_own_line(l)
{
	p = object[l] - 1;
	pk_object_lock(p);
	atomic {
		d_step { take_out(receivers[p], l) };
		pk_object_unlock(p);
		p = 0
	}
}

inline pk_wait_end(e)
{
	if
	:: next_member[e] != NONE ->
		member = next_member[e];
#ifndef MUTANT_MEMBERS_STAY
		leave_own_line(member);
#endif
		step(next_member[e] = NONE);
		pk_wait_free(member);
		leave_own_line(e);
		member = 0
	:: else
	fi;
	pk_wait_free(e)
}

/* ---- tasks */

proctype Sender(byte self)
{
	byte w, before;
	bit inherited, settled;
	pk_object_lock(self);
	sent[self] = 1;
	hand_over(self, self);
	if
	:: settled -> settled = 0
	:: else -> enqueue(self, self)
	fi;
	atomic { pk_object_unlock(self); acknowledged[self] = 1; done[self] = 1 };
died:	atomic { w = 0; before = 0; inherited = 0; settled = 0 }
}

/* What was granted with x: it copies the message out, then gives the buffer back. */
inline collect_and_end(z)
{
	step(m = pk_outcome_value(outcome[z]);
	     assert(word[m] == pk_word(PK_GRANTED, wait_id(z)));
	     word[m] = pk_word(PK_HELD, self));
	pk_wait_end(z);
	step(d_step { got[m]++; assert(got[m] == 1); word[m] = PK_FREE; sent[m] = 0 });
	m = 0
}

inline sleep_and_end(y)
{
	if
	:: pk_outcome_kind(outcome[y]) != PK_WAITING
	:: gave_up < GIVE_UPS -> gave_up++; give_up(y)
	fi;
	if
	:: pk_outcome_kind(outcome[y]) == PK_WAIT_FAILED -> pk_wait_end(y)
	:: else -> collect_and_end(y)
	fi
}

/* pk_port_receive_any_until() */
proctype Any(byte self)
{
	byte p, w, x, m, before, member;
	bit inherited, settled;
	pk_object_lock(0);
	claim_wait(x);
	pk_port_post_receive(0, x);
	pk_object_unlock(0);
	if
	:: is_waiting(x) ->
		pk_object_lock(1);
		claim_wait(member);
		join(member, x);
		pk_port_post_receive(1, member);
		pk_object_unlock(1);
		member = 0
	:: else
	fi;
	sleep_and_end(x);
	done[self] = 1;
died:	atomic { p = 0; w = 0; x = 0; m = 0; before = 0; member = 0; inherited = 0; settled = 0 }
}

/* pk_port_receive_until() */
proctype One(byte self)
{
	byte p, w, x, m, before, member;
	bit inherited, settled;
#ifdef ONE_AT
	p = ONE_AT;
#else
	if
	:: p = 0
	:: p = 1
	fi;
#endif
	pk_object_lock(p);
	claim_wait(x);
	pk_port_post_receive(p, x);
	pk_object_unlock(p);
	p = 0;
	sleep_and_end(x);
	done[self] = 1;
died:	atomic { p = 0; w = 0; x = 0; m = 0; before = 0; member = 0; inherited = 0; settled = 0 }
}

/* ---- reaping */

inline pk_port_give_back(back)
{
	p = back;
	pk_object_lock(p);
	hand_over(p, back);
	if
	:: settled
	:: else -> enqueue(p, back)
	fi;
	pk_object_unlock(p);
	atomic { settled = 0; p = 0 }
}

#define claimed_by_dead pk_word(PK_CLAIMED, d)
#define granted_to_dead(found) \
	(pk_word_kind(found) == PK_GRANTED && wait_word[granted_wait(found)] == claimed_by_dead && \
	 granted_generation(found) == generation[granted_wait(found)])

inline inherit_locks()
{
	if
	:: lock[0] == d -> pk_object_lock(0); pk_object_unlock(0)
	:: else
	fi;
	if
	:: lock[1] == d -> pk_object_lock(1); pk_object_unlock(1)
	:: else
	fi
}

inline withdraw_waits()
{
	x = 0;
	do
	:: x < WAITS && wait_word[x] == claimed_by_dead && object[x] != 0 -> give_up(x); x++
	:: x < WAITS && !(wait_word[x] == claimed_by_dead && object[x] != 0) -> x++
	:: x == WAITS -> break
	od;
	x = 0
}

inline return_messages()
{
	do
	:: x < BUFFERS && (word[x] == pk_word(PK_HELD, d) || granted_to_dead(word[x])) -> pk_port_give_back(x); x++
	:: x < BUFFERS && word[x] == pk_word(PK_CLAIMED, d) && d == x -> step(word[x] = PK_FREE; sent[x] = 0); x++
	:: x < BUFFERS && !(word[x] == pk_word(PK_HELD, d) || granted_to_dead(word[x]) ||
			    (word[x] == pk_word(PK_CLAIMED, d) && d == x)) -> x++
	:: x == BUFFERS -> break
	od;
	x = 0
}

/* All are on nothing before the first is free: a member's leader may be another's from then on. */
inline free_waits()
{
#ifndef MUTANT_FREE_IN_ORDER
	do
	:: x < WAITS && wait_word[x] == claimed_by_dead && object[x] != 0 -> step(object[x] = 0); x++
	:: x < WAITS && !(wait_word[x] == claimed_by_dead && object[x] != 0) -> x++
	:: x == WAITS -> break
	od;
	x = 0;
#endif
	do
	:: x < WAITS && wait_word[x] == claimed_by_dead -> pk_wait_free(x); x++
	:: x < WAITS && wait_word[x] != claimed_by_dead -> x++
	:: x == WAITS -> break
	od;
	x = 0
}

#define to_reap(t) (dead[t] && !reaped[t] && lockable(task_lock[t]))

proctype Reaper(byte self)
{
	byte p, w, x, d, before;
	bit inherited, settled;
	do
	:: atomic {
			if
			:: to_reap(0) -> d = 0
			:: to_reap(1) -> d = 1
			:: to_reap(ANY) -> d = ANY
			:: to_reap(ONE) -> d = ONE
			:: to_reap(REAPER) -> d = REAPER
			fi;
			task_lock[d] = self;
			may_die()
		};
		inherit_locks();
		withdraw_waits();
		return_messages();
		free_waits();
		atomic { reaped[d] = 1; task_lock[d] = NOBODY; d = 0 } /* D1 */
	od;
died:	atomic { p = 0; w = 0; x = 0; d = 0; before = 0; inherited = 0; settled = 0 }
}

/* ---- the end */

#define is_asleep(t) (wait_word[0] == pk_word(PK_CLAIMED, t) || wait_word[1] == pk_word(PK_CLAIMED, t) || \
		      wait_word[2] == pk_word(PK_CLAIMED, t))

proctype Judge()
{
	timeout;
	d_step {
		assert(lock[0] == NOBODY && lock[1] == NOBODY);
		check_port(0);
		check_port(1);
		q = 0;
		do
		:: q < TASKS ->
			assert(q >= REAPER || done[q] || dead[q] || is_asleep(q));
			assert(!dead[q] || reaped[q]);
			q++
		:: else -> break
		od;
		q = 0;
		do
		:: q < WAITS ->
			assert(wait_word[q] == PK_FREE || (object[q] != 0 && is_waiting(q)));
			q++
		:: else -> break
		od;
		q = 0;
		do
		:: q < BUFFERS ->
			assert(got[q] + (word[q] == PK_QUEUED) <= 1);
			assert(!acknowledged[q] || got[q] + (word[q] == PK_QUEUED) == 1 || dead[ANY] || dead[ONE]);
			assert(word[q] == PK_FREE || word[q] == PK_QUEUED);
			q++
		:: else -> break
		od
	}
}

init {
	atomic {
		word[1] = pk_word(PK_CLAIMED, 1);
		run Sender(1);
#ifndef ONE_SENDER
		word[0] = pk_word(PK_CLAIMED, 0);
		run Sender(0);
#else
		done[0] = 1;
#endif
		run Any(ANY);
		run One(ONE);
#if DEATHS > 1
		run Reaper(REAPER);
#endif
#if DEATHS > 0
		run Reaper(LAST_REAPER);
#endif
		run Judge()
	}
}
