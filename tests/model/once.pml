/* SPDX-License-Identifier: MIT */
/*
 * A send-once right (R6): one of two threads sends by it, or gives it up; the
 * sender dies, the receiver, whoever ends the port, the reaper.  The port gets the
 * message, or is told that the right was lost; never both, and not neither.
 *
 * Follows pk_right_sign(), pk_right_unsign(), pk_right_unsent() and pk_right_used() of
 * core/right_carry.c, give_up_once(), finish() and repair() of right_end.c, pk_notice_send() and
 * pk_notice_drop() of core/notice.c, pk_port_finish_destroying() of core/port.c,
 * return_message() of core/reap.c.
 *
 * Built with -D: THREADS (1 or 2), DROPS (1: the second may give the right up), ENDS (1:
 * the port may end), DEATHS, MORTALS, and at most one MUTANT_….
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef DROPS
#define DROPS 1
#endif
#ifndef ENDS
#define ENDS 1
#endif
#define SENDER 0
#define RECEIVER 1
#define HEIR 2 /* who has the receive right next */
#define ENDER 3
#define REAPER 4
#define LAST_REAPER 5 /* immortal */
#define TASKS 6
#ifndef MORTALS
#define MORTALS ((1 << REAPER + (DEATHS > 1)) - 1)
#endif
#define SHARED_FATE

#include "pk.pml"
#include "line.pml"

/* ---- the region: truth */

byte right = pk_word(PK_HELD, SENDER); /* struct pk_right */
byte notice = PK_BODY;		       /* what it has to tell, if it is lost: its own, QUEUED or FREE */
byte word[2] = pk_word(PK_CLAIMED, SENDER);
bit via[2];
byte port = PK_LIVE;
bit receive_dying; /* the port's receive right was given up */
byte rights_lock = NOBODY, port_lock = NOBODY, task_lock[TASKS] = NOBODY;
bit reaped[TASKS];

/* ---- cache, under the port's lock */

line_of queue;

/* ---- ledger: what the port got, and what it was told */

byte got, lost;

hidden byte q;

#define body(m) pk_word(PK_BODY, m)
#define is_in(m) (right == body(m))

/* ---- the port */

inline pk_notice_drop()
{
	step(right = pk_word(PK_CLAIMED, self));
	step(notice = (notice == PK_BODY -> PK_FREE : notice));
	step(right = PK_FREE)
}

inline pk_right_used(m)
{
	if
	:: via[m] && is_in(m) -> pk_notice_drop()
	:: else
	fi
}

inline pk_message_release(m)
{
	pk_right_used(m);
	step(via[m] = 0);
	step(word[m] = PK_FREE)
}

inline finish_destroying()
{
	do
	:: word[0] == PK_QUEUED -> pk_message_release(0)
	:: word[0] != PK_QUEUED && word[1] == PK_QUEUED -> pk_message_release(1)
	:: word[0] != PK_QUEUED && word[1] != PK_QUEUED -> break
	od;
	step(d_step { forget(queue); port = PK_FREE })
}

inline lock_port()
{
	atomic {
		dead[self] || lockable(port_lock);
		live();
		inherited = (port_lock != NOBODY);
		port_lock = self;
		may_die()
	};
	if
	:: inherited ->
		inherited = 0;
		step(d_step {
			forget(queue);
			if
			:: word[0] == PK_QUEUED -> put_last(queue, 0)
			:: else
			fi;
			if
			:: word[1] == PK_QUEUED -> put_last(queue, 1)
			:: else
			fi
		});
		if
		:: port == PK_DYING -> finish_destroying()
		:: else
		fi
	:: else
	fi
}

inline unlock_port()
{
	step(d_step {
		assert(queue.count == (word[0] == PK_QUEUED) + (word[1] == PK_QUEUED)); /* P4 */
		port_lock = NOBODY
	})
}

/* ---- the lock of rights */

#ifdef MUTANT_TELL_AGAIN
#define is_untold true
#else
#define is_untold (notice == PK_BODY) /* R4 */
#endif

/* It is DYING. */
inline pk_notice_send()
{
	if
	:: is_untold ->
		lock_port();
		if
		:: port == PK_LIVE -> step(notice = PK_QUEUED; lost++; assert(got + lost == 1))
		:: else
		fi;
		unlock_port();
		step(notice = (notice == PK_BODY -> PK_FREE : notice)) /* nobody is there to be told */
	:: else
	fi;
	step(right = PK_FREE)
}

inline end_port()
{
	lock_port();
	if
	:: port == PK_LIVE ->
		step(port = PK_DYING);
		finish_destroying()
	:: else
	fi;
	unlock_port();
	step(receive_dying = 0)
}

inline lock_rights()
{
	atomic {
		dead[self] || lockable(rights_lock);
		live();
		repairs = (rights_lock != NOBODY);
		rights_lock = self;
		may_die()
	};
	if
	:: repairs ->
		repairs = 0;
#ifndef MUTANT_FINISH_NOTHING
		if
		:: right == PK_DYING -> pk_notice_send()
		:: else
		fi;
#endif
		if
		:: receive_dying -> end_port()
		:: else
		fi
	:: else
	fi
}

inline unlock_rights()
{
	step(rights_lock = NOBODY)
}

/* ---- the sender's threads */

#define held pk_word(PK_HELD, SENDER)

inline swap_if_held(new)
{
	step(
		won = (right == held);
		if
		:: won -> right = new
		:: else
		fi
	)
}

inline pk_right_sign(m)
{
#ifndef MUTANT_VIA_AFTER_SWAP
	step(via[m] = 1);
#endif
#ifdef MUTANT_SIGN_BY_STORE
	won = (right == held);
	if
	:: won -> step(right = body(m))
	:: else
	fi;
#else
	swap_if_held(body(m));
#endif
#ifdef MUTANT_VIA_AFTER_SWAP
	step(via[m] = won)
#else
	if
	:: !won -> step(via[m] = 0)
	:: else
	fi
#endif
}

inline send_by_right(m)
{
	pk_right_sign(m);
	if
	:: won ->
		lock_port();
		if
		:: port == PK_LIVE -> /* and there is room */
			step(word[m] = PK_QUEUED);
			step(d_step { put_last(queue, m) });
			sent = 1
		:: true
		fi;
		unlock_port();
#ifndef MUTANT_STAY_SIGNED
		if
		:: !sent && is_in(m) -> step(right = held) /* pk_right_unsign() */
		:: else
		fi
#endif
	:: else
	fi;
	if
	:: !sent -> pk_message_release(m)
	:: else
	fi
}

/* give_up_once() */
inline drop_right()
{
	lock_rights();
#ifdef MUTANT_DROP_BY_STORE
	won = (right == held);
	if
	:: won -> step(right = PK_DYING)
	:: else
	fi;
#else
	swap_if_held(PK_DYING);
#endif
	if
	:: won -> pk_notice_send()
	:: else
	fi;
	unlock_rights()
}

proctype Thread(byte self; byte m)
{
	bit inherited, repairs, won, sent;
	if
	:: send_by_right(m)
	:: DROPS && m == 1 -> pk_message_release(m); drop_right()
	fi;
died:	atomic { inherited = 0; repairs = 0; won = 0; sent = 0 }
}

/* ---- receivers */

inline consume(m)
{
#ifdef MUTANT_CONSUMED_BEFORE_USED
	step(word[m] = PK_FREE; got++; assert(got + lost == 1));
	pk_right_used(m);
	step(via[m] = 0)
#else
#ifdef MUTANT_UNNAMED_BEFORE_USED
	was_via = via[m];
	step(via[m] = 0);
	if
	:: was_via && is_in(m) -> pk_notice_drop()
	:: else
	fi;
	was_via = 0;
#else
	pk_right_used(m);
	step(via[m] = 0);
#endif
	step(word[m] = PK_FREE; got++; assert(got + lost == 1))
#endif
}

proctype Receiver(byte self)
{
	byte m;
	bit inherited, was_via, takes;
	do
	:: queue.count > 0 && (self == RECEIVER || dead[RECEIVER]) ->
		lock_port();
		if
		:: port == PK_LIVE && queue.count > 0 ->
			m = queue.at[0];
			step(word[m] = pk_word(PK_HELD, self));
			step(d_step { take_out(queue, m) });
			takes = 1
		:: else
		fi;
		unlock_port();
		if
		:: takes -> takes = 0; consume(m)
		:: else
		fi;
		m = 0
	od;
died:	atomic { m = 0; inherited = 0; was_via = 0; takes = 0 }
}

proctype Ender(byte self)
{
	bit inherited, repairs;
	if
	:: true ->
		lock_rights();
		step(receive_dying = 1);
		end_port();
		unlock_rights()
	:: true
	fi;
died:	atomic { inherited = 0; repairs = 0 }
}

/* ---- reaping */

inline return_message(m)
{
	if
	:: word[m] == pk_word(PK_HELD, d) ->
		lock_port();
		if
		:: port == PK_LIVE ->
			step(word[m] = PK_QUEUED);
			step(d_step { put_last(queue, m) })
		:: else
		fi;
		unlock_port();
		if
		:: word[m] == pk_word(PK_HELD, d) -> pk_message_release(m) /* its port is no more */
		:: else
		fi
	:: word[m] == pk_word(PK_CLAIMED, d) ->
#ifndef MUTANT_USED_THOUGH_UNSENT
		if
		:: via[m] -> /* pk_right_unsent() */
			lock_rights();
			if
			:: is_in(m) ->
				step(right = PK_DYING);
				pk_notice_send()
			:: else
			fi;
			unlock_rights()
		:: else
		fi;
#endif
		pk_message_release(m)
	:: else
	fi
}

inline pk_rights_reap()
{
	lock_rights();
	if
	:: right == pk_word(PK_HELD, d) ->
		step(right = PK_DYING);
		pk_notice_send()
	:: right == pk_word(PK_CLAIMED, d) ->
#ifdef MUTANT_USED_IS_LOST
		step(right = PK_DYING);
		pk_notice_send()
#else
		pk_notice_drop()
#endif
	:: else
	fi;
	unlock_rights()
}

inline reap()
{
	if
	:: rights_lock == d -> lock_rights(); unlock_rights()
	:: else
	fi;
	if
	:: port_lock == d -> lock_port(); unlock_port()
	:: else
	fi;
	return_message(0);
	return_message(1);
	pk_rights_reap();
	atomic { reaped[d] = 1; task_lock[d] = NOBODY; d = 0 }
}

#define to_reap(t) (dead[t] && !reaped[t] && lockable(task_lock[t]))

proctype Reaper(byte self)
{
	byte d;
	bit inherited, repairs;
	do
	:: atomic {
			if
			:: to_reap(SENDER) -> d = SENDER
			:: to_reap(RECEIVER) -> d = RECEIVER
			:: to_reap(HEIR) -> d = HEIR
			:: to_reap(ENDER) -> d = ENDER
			:: to_reap(REAPER) -> d = REAPER
			fi;
			task_lock[d] = self
		};
		reap()
	od;
died:	atomic { d = 0; inherited = 0; repairs = 0 }
}

/* ---- at the end */

inline check_message(m)
{
	assert(word[m] == PK_FREE || (word[m] == PK_QUEUED && port == PK_LIVE))
}

proctype Judge()
{
	timeout;
	d_step {
		assert(rights_lock == NOBODY && port_lock == NOBODY);
		q = 0;
		do
		:: q < TASKS -> assert(dead[q] == reaped[q]); q++
		:: else -> break
		od;
		q = 0;
		check_message(0);
		check_message(1);
		if
		:: right == held -> assert(!dead[SENDER] && notice == PK_BODY && got + lost + queue.count == 0)
		:: pk_word_kind(right) == PK_BODY ->
			assert(word[pk_word_id(right)] == PK_QUEUED && notice == PK_BODY && got + lost == 0)
		:: else ->
			assert(right == PK_FREE && notice != PK_BODY);
			assert(port != PK_LIVE || got + lost + queue.count == 1)
		fi
	}
}

init {
	atomic {
		run Thread(SENDER, 0);
#if THREADS > 1
		run Thread(SENDER, 1);
#else
		word[1] = PK_FREE;
#endif
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
