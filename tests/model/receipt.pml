/* SPDX-License-Identifier: MIT */
/*
 * Receipts (Q1 to Q4): senders wait until their messages were consumed, give up,
 * and take them back; receivers consume, give back, die; the port ends.  What a
 * sender is told is true, and it is told.
 *
 * Follows core/receipt.c; pk_post_send(), pk_admit() and pk_port_advance() of
 * core/transfer.c, give_up() of core/wait.c, settle_senders(), go_on() and
 * pk_port_finish_destroying() of core/port.c, withdraw_waits() and return_message() of core/reap.c.
 *
 * Built with -D: ENDS (1: the port may end), GIVE_UPS, GIVE_BACKS, DEATHS, MORTALS, and at
 * most one MUTANT_….
 */
#ifndef ENDS
#define ENDS 0
#endif
#ifndef GIVE_UPS
#define GIVE_UPS 1
#endif
#ifndef GIVE_BACKS
#define GIVE_BACKS 0
#endif
#define SENDERS 2 /* tasks 0 and 1; each sends the message of its own number */
#define RECEIVER 2
#define HEIR 3 /* receives when the other is dead */
#define ENDER 4
#define REAPER 5
#define LAST_REAPER 6 /* immortal */
#define TASKS 7
#ifndef MORTALS
#define MORTALS ((1 << REAPER + (DEATHS > 1)) - 1)
#endif
#define NONE 255

#include "pk.pml"

#define failed(error) (PK_WAIT_FAILED | (error) << 3)
#define ETIMEDOUT 1
#define EALREADY 2
#define EIDRM 3
#define EOWNERDEAD 4
#define EIO 5

#define FOR_SEND 1
#define FOR_RECEIPT 2

/* ---- the region: truth */

byte word[2];		   /* struct pk_message */
byte receipt[2] = NONE;	   /* the wait of its sender */
bit wants_receipt[2];
byte wait_word[2];	   /* struct pk_wait */
bit posted[2];		   /* its object: the port */
byte outcome[2], purpose[2], message_of[2], signed_by[2];
byte port = PK_LIVE;	   /* its slots: 1 */
byte port_lock = NOBODY, task_lock[TASKS] = NOBODY;
bit reaped[TASKS];

/* ---- cache, under the port's lock: in which line a wait stands */

byte line[2];

/* ---- ledger */

byte consumed[2] = NOBODY; /* by whom */
bit told_no[2], done[2];   /* of senders */
byte gave_up, gave_back;

hidden byte q;

#define is_waiting(w) (posted[w] && outcome[w] == PK_WAITING)
#define is_queued(m) (word[m] == PK_QUEUED)
#define fits (!is_queued(0) && !is_queued(1))

/* ---- consuming */

/* Somebody waits at the port who may be its sender. */
#define somebody(m) (receipt[m] != NONE && is_waiting(receipt[m]))
#ifdef MUTANT_ANY_MESSAGE
#define is_awaited(m) (somebody(m) && purpose[receipt[m]] == FOR_RECEIPT)
#else
#define is_awaited(m) (somebody(m) && purpose[receipt[m]] == FOR_RECEIPT && message_of[receipt[m]] == (m))
#endif

inline note_consumed(m)
{
	if
	:: word[m] == pk_word(PK_HELD, self) && consumed[m] != self ->
		assert(consumed[m] == NOBODY && !told_no[m]);
		consumed[m] = self
	:: else
	fi
}

inline tell(m, consumer)
{
	lock_port();
	if
	:: port == PK_LIVE && is_awaited(m) ->
		step(signed_by[receipt[m]] = consumer);
		step(line[receipt[m]] = 0);
		step(outcome[receipt[m]] = PK_WAIT_GRANTED)
	:: else
	fi;
	unlock_port()
}

inline pk_receipt_give(m)
{
	if
	:: somebody(m) ->
#ifdef MUTANT_TELL_BEFORE_CONSUMED
		if
		:: word[m] == pk_word(PK_HELD, self) -> tell(m, self)
		:: else
		fi;
#endif
		if
		:: word[m] == pk_word(PK_HELD, self) ->
			step(note_consumed(m); word[m] = pk_word(PK_CLAIMED, self))
		:: else
		fi;
		if
		:: pk_word_kind(word[m]) == PK_CLAIMED -> tell(m, pk_word_id(word[m]))
		:: else
		fi
	:: else
	fi
}

inline pk_message_release(m)
{
#ifdef MUTANT_FREE_BEFORE_TELL
	o = word[m];
	step(note_consumed(m); word[m] = PK_FREE);
	if
	:: wants_receipt[m] && (o == pk_word(PK_HELD, self) || pk_word_kind(o) == PK_CLAIMED) -> tell(m, pk_word_id(o))
	:: else
	fi;
	o = 0
#else
	if
	:: wants_receipt[m] -> pk_receipt_give(m)
	:: else
	fi;
	step(wants_receipt[m] = 0);
	step(note_consumed(m); word[m] = PK_FREE)
#endif
}

/* ---- under the port's lock */

inline pk_admit(w)
{
#ifndef MUTANT_NAMED_AFTER_QUEUED
	step(receipt[message_of[w]] = w);
#endif
	step(word[message_of[w]] = PK_QUEUED);
#ifdef MUTANT_NAMED_AFTER_QUEUED
	step(receipt[message_of[w]] = w);
#endif
	step(purpose[w] = FOR_RECEIPT); /* pk_receipt_await() */
#ifndef MUTANT_STAY_AMONG_SENDERS
	step(line[w] = FOR_RECEIPT)
#endif
}

inline pk_port_advance()
{
	do
	:: line[0] == FOR_SEND && fits -> pk_admit(0)
	:: !(line[0] == FOR_SEND && fits) && line[1] == FOR_SEND && fits -> pk_admit(1)
	:: else -> break
	od
}

inline fail(w, error)
{
	if
	:: line[w] != 0 ->
		step(line[w] = 0);
		step(outcome[w] = (outcome[w] == PK_WAITING -> failed(error) : outcome[w]))
	:: else
	fi
}

inline destroy_message(m)
{
	if
	:: is_queued(m) ->
		step(wants_receipt[m] = 0);
		step(word[m] = PK_FREE)
	:: else
	fi
}

inline finish_destroying()
{
#ifdef MUTANT_DESTROY_FORGETS
	if
	:: line[0] == FOR_SEND -> fail(0, EIDRM)
	:: else
	fi;
	if
	:: line[1] == FOR_SEND -> fail(1, EIDRM)
	:: else
	fi;
#else
	fail(0, EIDRM);
	fail(1, EIDRM);
#endif
	destroy_message(0);
	destroy_message(1);
	step(port = PK_FREE)
}

/* W3 */
inline settle_sender(w)
{
	if
	:: is_waiting(w) && purpose[w] == FOR_SEND && is_queued(message_of[w]) ->
#ifdef MUTANT_REPAIR_GRANTS
		step(outcome[w] = PK_WAIT_GRANTED)
#else
		step(purpose[w] = FOR_RECEIPT)
#endif
	:: else
	fi
}

/* No receipt is awaited for a message that doesn't know of it: that would be damage. */
inline check_receipt(w)
{
	assert(line[w] != FOR_RECEIPT || (wants_receipt[message_of[w]] && receipt[message_of[w]] == w &&
					  word[message_of[w]] != PK_FREE))
}

inline pk_port_repair()
{
	settle_sender(0);
	settle_sender(1);
	step(d_step {
		line[0] = (is_waiting(0) -> purpose[0] : 0);
		line[1] = (is_waiting(1) -> purpose[1] : 0)
	});
	if
	:: port == PK_DYING -> finish_destroying()
	:: else ->
		d_step { check_receipt(0); check_receipt(1) };
		pk_port_advance()
	fi
}

inline lock_port()
{
	atomic {
		lockable(port_lock) -> inherited = (port_lock != NOBODY);
		port_lock = self;
		may_die()
	};
	if
	:: inherited -> inherited = 0; pk_port_repair()
	:: else
	fi
}

inline unlock_port()
{
	step(d_step {
		assert(line[0] == (is_waiting(0) -> purpose[0] : 0)); /* P4 */
		assert(line[1] == (is_waiting(1) -> purpose[1] : 0));
		port_lock = NOBODY
	})
}

/* ---- senders */

/* What it was is of no use to anybody. */
inline pk_wait_free(w)
{
	wait_word[w] = PK_FREE;
	outcome[w] = 0;
	purpose[w] = 0;
	message_of[w] = 0;
	signed_by[w] = 0
}

inline pk_port_post_send()
{
	lock_port();
	if
	:: port == PK_LIVE ->
		atomic {
			w = (wait_word[0] == PK_FREE -> 0 : 1);
			wait_word[w] = pk_word(PK_CLAIMED, self);
			message_of[w] = self;
			purpose[w] = FOR_SEND;
			may_die()
		};
		step(outcome[w] = PK_WAITING);
		step(posted[w] = 1);
		step(line[w] = FOR_SEND);
		pk_port_advance()
	:: else
	fi;
	unlock_port()
}

#ifdef MUTANT_TAKE_BACK_WHAT_IS_HELD
#define may_take_back (word[self] != PK_FREE && consumed[self] == NOBODY)
#else
#define may_take_back is_queued(self)
#endif

/* give_up() and pk_receipt_give_up(): by its deadline, or a cancel. */
inline give_up(cancels)
{
	lock_port();
	if
	:: outcome[w] == PK_WAITING && purpose[w] == FOR_RECEIPT && may_take_back ->
		step(word[self] = pk_word(PK_CLAIMED, self));
		step(line[w] = 0);
#ifndef MUTANT_PURPOSE_STAYS
		step(purpose[w] = FOR_SEND);
#endif
		pk_port_advance();
		step(outcome[w] = failed(ETIMEDOUT))
	:: outcome[w] == PK_WAITING && purpose[w] == FOR_RECEIPT && !(may_take_back) ->
		if
		:: cancels
		:: !cancels ->
			step(outcome[w] = failed(EALREADY));
			step(line[w] = 0)
		fi
	:: outcome[w] == PK_WAITING && purpose[w] == FOR_SEND ->
		step(outcome[w] = failed(ETIMEDOUT));
		step(line[w] = 0);
		pk_port_advance()
	:: outcome[w] != PK_WAITING
	fi;
	unlock_port()
}

proctype Sender(byte self)
{
	byte w = NONE, o;
	bit inherited;
	pk_port_post_send();
	if
	:: w != NONE ->
		do
		:: outcome[w] != PK_WAITING -> break
		:: outcome[w] == PK_WAITING && gave_up < GIVE_UPS -> gave_up++; give_up(0)
		:: outcome[w] == PK_WAITING && gave_up < GIVE_UPS -> gave_up++; give_up(1)
		od;
		atomic {
			assert(outcome[w] != failed(EIO));
			if
			:: outcome[w] == PK_WAIT_GRANTED -> assert(consumed[self] != NOBODY && consumed[self] == signed_by[w])
			:: else -> told_no[self] = (purpose[w] == FOR_SEND)
			fi
		};
		step(posted[w] = 0);
		step(pk_wait_free(w))
	:: else -> told_no[self] = 1
	fi;
	if
	:: told_no[self] ->
		assert(consumed[self] == NOBODY && word[self] == pk_word(PK_CLAIMED, self));
		pk_message_release(self)
	:: else
	fi;
	done[self] = 1;
died:	atomic { w = 0; o = 0; inherited = 0 }
}

/* ---- receivers */

inline take(m)
{
	step(word[m] = pk_word(PK_HELD, self); h = m);
	pk_port_advance()
}

inline pk_port_give_back(m, whose)
{
	lock_port();
	if
	:: port == PK_LIVE -> step(word[m] = PK_QUEUED)
	:: else
	fi;
	unlock_port();
	if
	:: word[m] == pk_word(PK_HELD, whose) -> pk_message_release(m) /* its port is no more */
	:: else
	fi
}

proctype Receiver(byte self)
{
	byte h = NONE, o;
	bit inherited;
	do
	:: !fits && (self == RECEIVER || dead[RECEIVER]) ->
		lock_port();
		if
		:: port == PK_LIVE && is_queued(0) -> take(0)
		:: port == PK_LIVE && is_queued(1) -> take(1)
		:: else
		fi;
		unlock_port();
		if
		:: h != NONE -> pk_message_release(h)
		:: h != NONE && gave_back < GIVE_BACKS ->
			gave_back++;
			pk_port_give_back(h, self)
		:: else
		fi;
		h = NONE
	od;
died:	atomic { h = 0; o = 0; inherited = 0 }
}

proctype Ender(byte self)
{
	bit inherited;
	if
	:: true ->
		lock_port();
		step(port = PK_DYING);
		finish_destroying();
		unlock_port()
	:: true
	fi;
died:	inherited = 0
}

/* ---- reaping */

inline withdraw(w)
{
	if
	:: wait_word[w] == pk_word(PK_CLAIMED, d) && posted[w] ->
		lock_port();
		step(outcome[w] = (outcome[w] == PK_WAITING -> failed(EOWNERDEAD) : outcome[w]));
		step(line[w] = 0);
		pk_port_advance();
		unlock_port()
	:: else
	fi
}

inline return_message(m)
{
	if
	:: word[m] == pk_word(PK_HELD, d) -> pk_port_give_back(m, d)
	:: word[m] == pk_word(PK_CLAIMED, d) ->
#ifdef MUTANT_REAPER_TELLS_NOBODY
		step(word[m] = PK_FREE)
#else
		pk_message_release(m)
#endif
	:: else
	fi
}

inline free_wait(w)
{
	if
	:: wait_word[w] == pk_word(PK_CLAIMED, d) ->
		step(posted[w] = 0);
		step(pk_wait_free(w))
	:: else
	fi
}

inline reap()
{
	if
	:: port_lock == d -> lock_port(); unlock_port()
	:: else
	fi;
	withdraw(0);
	withdraw(1);
	return_message(0);
	return_message(1);
	free_wait(0);
	free_wait(1);
	atomic { reaped[d] = 1; task_lock[d] = NOBODY; d = 0 }
}

#define to_reap(t) (dead[t] && !reaped[t] && lockable(task_lock[t]))

proctype Reaper(byte self)
{
	byte d, o;
	bit inherited;
	do
	:: atomic {
			if
			:: to_reap(0) -> d = 0
			:: to_reap(1) -> d = 1
			:: to_reap(RECEIVER) -> d = RECEIVER
			:: to_reap(HEIR) -> d = HEIR
			:: to_reap(ENDER) -> d = ENDER
			:: to_reap(REAPER) -> d = REAPER
			fi;
			task_lock[d] = self
		};
		reap()
	od;
died:	atomic { d = 0; o = 0; inherited = 0 }
}

/* ---- at the end */

#define sleeps(s) (!dead[s] && !done[s])

/* Who isn't done sleeps for what hasn't happened; of the others nothing is left but what is queued. */
inline check_sender(s)
{
	assert(!sleeps(s) || (port == PK_LIVE && consumed[s] == NOBODY && word[s] != PK_FREE));
	assert(sleeps(s) || word[s] == PK_FREE || is_queued(s));
	assert(!is_queued(s) || port == PK_LIVE);
	assert(pk_word_kind(wait_word[s]) == PK_FREE || sleeps(pk_word_id(wait_word[s])))
}

proctype Judge()
{
	timeout;
	d_step {
		assert(port_lock == NOBODY);
		q = 0;
		do
		:: q < TASKS -> assert(dead[q] == reaped[q]); q++
		:: else -> break
		od;
		q = 0;
		assert(fits || dead[RECEIVER] && dead[HEIR]);
		check_sender(0);
		check_sender(1)
	}
}

init {
	atomic {
		word[0] = pk_word(PK_CLAIMED, 0);
		word[1] = pk_word(PK_CLAIMED, 1);
		wants_receipt[0] = 1;
		wants_receipt[1] = 1;
		run Sender(0);
		run Sender(1);
		run Receiver(RECEIVER);
#if DEATHS > 0
		run Receiver(HEIR);
#if DEATHS > 1
		run Reaper(REAPER);
#endif
		run Reaper(LAST_REAPER);
#endif
#if ENDS
		run Ender(ENDER);
#endif
		run Judge()
	}
}
