/* SPDX-License-Identifier: MIT */
/*
 * Rights to one guarded port (R1 to R4), in three tasks: one may receive, and asked
 * to be told when there are no senders; one has a send right, of which it asked
 * to be told when that is a dead name, and a send-once right; it sends both, as parts of a
 * message to a mailbox, to the third.  All give up what they have, or keep it, or die.
 *
 * Follows give_up(), finish(), look_for_senders(), end_port(), forget(), repair() and
 * pk_rights_reap() of core/right_end.c, pk_right_put() and pk_right_take() of right_carry.c, pk_notice_send()
 * and pk_notice_drop() of core/notice.c, bury() of core/part.c, unpack() and
 * take_back() of core/letter.c, return_message() of core/reap.c.
 *
 * Built with -D: REFERENCES (of the one's send right), JOINS (1: the other has one, too),
 * RETURNS (1: the message may not be sent), ENDS (1: the receive right may be given up),
 * DEATHS, MORTALS, and at most one MUTANT_….
 */
#ifndef REFERENCES
#define REFERENCES 2
#endif
#ifndef JOINS
#define JOINS 1
#endif
#ifndef RETURNS
#define RETURNS 0
#endif
#ifndef ENDS
#define ENDS 1
#endif
#define OWNER 0	 /* of the receive right */
#define SENDER 1
#define FRIEND 2
#define REAPER 3
#define LAST_REAPER 4 /* immortal */
#define TASKS 5
#ifndef MORTALS
#define MORTALS ((1 << REAPER + (DEATHS > 1)) - 1)
#endif
#define NONE 255

#include "pk.pml"

/* ---- the region: truth */

/* the records */
#define RECEIVE 0
#define SEND 1	/* the sender's */
#define SPLIT 2 /* a reference of it in a message of its own */
#define OTHER 3 /* the friend's */
#define ONCE 4
#define ASK_SENDERS 5
#define ASK_DEAD_NAME 6 /* about SEND */
#define RECORDS 7

byte right[RECORDS];
byte references[RECORDS]; /* of ASK_SENDERS: there have been some */
byte notice[RECORDS];
byte port = PK_LIVE;
byte letter = pk_word(PK_CLAIMED, SENDER); /* the message; in its list: */
byte part = NONE;
bit part_once;
byte rights_lock = NOBODY, task_lock[TASKS] = NOBODY;
bit reaped[TASKS];

/* ---- caches, under the lock */

bit listed[RECORDS];
byte sends;

/* ---- ledger */

byte told[RECORDS];

hidden byte q;

#define THE_LETTER 0
#define body pk_word(PK_BODY, THE_LETTER)
#define held(t) pk_word(PK_HELD, t)
#define is_held(r) (pk_word_kind(right[r]) == PK_HELD)
#define in_force(r) (is_held(r) || right[r] == body)
#define is_send(r) ((r) >= SEND && (r) <= OTHER)
#define in_force_to_send							\
	((in_force(SEND) -> references[SEND] : 0) + (in_force(SPLIT) -> references[SPLIT] : 0) +	\
	 (in_force(OTHER) -> references[OTHER] : 0))

/* ---- lists and counts; as of a port that lives */

inline pk_right_link(r)
{
	if
	:: port == PK_LIVE && (r) != ONCE ->
		listed[r] = 1;
		sends = sends + (is_send(r) -> references[r] : 0)
	:: else
	fi
}

inline pk_right_unlink(r)
{
	if
	:: port == PK_LIVE && listed[r] ->
		listed[r] = 0;
		sends = sends - (is_send(r) -> references[r] : 0)
	:: else
	fi
}

/* ---- notices */

inline pk_notice_drop(r)
{
	step(d_step { pk_right_unlink(r) });
	step(right[r] = pk_word(PK_CLAIMED, self));
	step(notice[r] = (notice[r] == PK_BODY -> PK_FREE : notice[r]));
	step(right[r] = PK_FREE)
}

inline check_notice(r)
{
	told[r]++;
	assert(told[r] == 1);
	assert((r) != ASK_SENDERS || port == PK_LIVE && in_force_to_send == 0);
	assert((r) != ASK_DEAD_NAME || port == PK_FREE && (right[SEND] == held(SENDER) || right[SEND] == body || dead[SENDER]))
}

#ifdef MUTANT_TELL_AGAIN
#define is_untold(r) true
#else
#define is_untold(r) (notice[r] == PK_BODY)
#endif

inline pk_notice_send(r)
{
	step(right[r] = PK_DYING);
	step(d_step { pk_right_unlink(r) });
	if
	:: is_untold(r) && !((r) == ONCE && port != PK_LIVE) -> step(notice[r] = PK_QUEUED; check_notice(r))
	:: else -> step(notice[r] = (notice[r] == PK_BODY -> PK_FREE : notice[r]))
	fi;
	step(right[r] = PK_FREE)
}

/* ---- giving up */

inline look_for_senders()
{
	if
	:: port == PK_LIVE && listed[ASK_SENDERS] && in_force(ASK_SENDERS) ->
		if
		:: sends != 0 -> step(references[ASK_SENDERS] = 1)
		:: sends == 0 && references[ASK_SENDERS] != 0 -> pk_notice_send(ASK_SENDERS)
		:: else
		fi
	:: else
	fi
}

inline tell_dead_names()
{
	if
	:: listed[ASK_DEAD_NAME] && in_force(ASK_DEAD_NAME) -> pk_notice_send(ASK_DEAD_NAME)
	:: else
	fi;
	if
	:: listed[ASK_SENDERS] && in_force(ASK_SENDERS) -> pk_notice_drop(ASK_SENDERS)
	:: else
	fi
}

inline finish_send(r)
{
	step(d_step { pk_right_unlink(r) });
	step(references[r] = 0);
	look_for_senders();
	step(right[r] = PK_FREE)
}

inline finish_receive()
{
	if
	:: port != PK_FREE ->
		step(d_step { pk_right_unlink(RECEIVE) });
		step(port = PK_DYING);
		step(port = PK_FREE);
		tell_dead_names()
	:: else
	fi;
	step(right[RECEIVE] = PK_FREE)
}

inline give_up_send(r)
{
	step(right[r] = PK_DYING);
	finish_send(r)
}

inline drop_request(r)
{
	if
	:: port == PK_LIVE && listed[r] && in_force(r) -> pk_notice_drop(r)
	:: else
	fi
}

inline give_up_receive()
{
	drop_request(ASK_SENDERS);
	step(right[RECEIVE] = PK_DYING);
	finish_receive()
}

/* ---- the lock, and its repair: R3 */

inline relist()
{
	q = 0;
	sends = 0;
	do
	:: q < RECORDS ->
		listed[q] = 0;
		if
		:: in_force(q) -> pk_right_link(q)
		:: else
		fi;
		q++
	:: else -> break
	od;
	q = 0
}

inline finish_send_if_dying(r)
{
	if
	:: right[r] == PK_DYING -> finish_send(r)
	:: else
	fi
}

inline tell_if_dying(r)
{
	if
	:: right[r] == PK_DYING -> pk_notice_send(r)
	:: else
	fi
}

inline repair()
{
#ifndef MUTANT_COUNT_NOTHING
	step(d_step { relist() });
#endif
#ifndef MUTANT_FINISH_NOTHING
	if
	:: right[RECEIVE] == PK_DYING -> finish_receive()
	:: else
	fi;
	finish_send_if_dying(SEND);
	finish_send_if_dying(SPLIT);
	finish_send_if_dying(OTHER);
	tell_if_dying(ONCE);
	tell_if_dying(ASK_SENDERS);
	tell_if_dying(ASK_DEAD_NAME);
#endif
#ifndef MUTANT_TELL_WHAT_IS_DYING_ONLY
	if
	:: port != PK_LIVE && in_force(ASK_SENDERS) -> pk_notice_drop(ASK_SENDERS)
	:: else -> look_for_senders()
	fi;
	if
	:: port != PK_LIVE && in_force(ASK_DEAD_NAME) -> pk_notice_send(ASK_DEAD_NAME)
	:: else
	fi
#endif
}

inline lock_rights()
{
	atomic {
		lockable(rights_lock) -> inherited = (rights_lock != NOBODY);
		rights_lock = self;
		may_die()
	};
	if
	:: inherited -> inherited = 0; repair()
	:: else
	fi
}

inline unlock_rights()
{
	step(d_step {
		assert(port != PK_LIVE || sends == in_force_to_send);
		rights_lock = NOBODY
	})
}

/* ---- giving up by name */

inline drop_reference(r)
{
	step(references[r]--);
	sends = sends - (port == PK_LIVE);
	look_for_senders()
}

inline drop_send(r)
{
	lock_rights();
	if
	:: right[r] == held(self) && references[r] > 1 -> drop_reference(r)
	:: right[r] == held(self) && references[r] == 1 ->
		if
		:: (r) == SEND -> drop_request(ASK_DEAD_NAME)
		:: else
		fi;
		give_up_send(r)
	:: else
	fi;
	unlock_rights()
}

inline drop_once()
{
	lock_rights();
	if
	:: right[ONCE] == held(self) -> pk_notice_send(ONCE)
	:: else
	fi;
	unlock_rights()
}

/* ---- in the message */

inline name_part(r)
{
	step(part = r)
}

inline put_send()
{
	if
	:: right[SEND] == held(self) && references[SEND] > 1 -> /* split_send() */
		step(right[SPLIT] = pk_word(PK_CLAIMED, self); references[SPLIT] = 1);
#ifndef MUTANT_NAMED_AFTER_ITS_WORD
		name_part(SPLIT);
#endif
		step(right[SPLIT] = body);
#ifdef MUTANT_NAMED_AFTER_ITS_WORD
		name_part(SPLIT);
#endif
		step(d_step { pk_right_link(SPLIT) });
		drop_reference(SEND)
	:: right[SEND] == held(self) && references[SEND] == 1 ->
#ifndef MUTANT_NAMED_AFTER_ITS_WORD
		name_part(SEND);
#endif
#ifdef MUTANT_REQUEST_GOES_AT_ONCE
		drop_request(ASK_DEAD_NAME);
#endif
		step(right[SEND] = body);
#ifdef MUTANT_NAMED_AFTER_ITS_WORD
		name_part(SEND)
#endif
	:: else
	fi
}

inline put_once()
{
	step(part_once = 1);
	step(right[ONCE] = body)
}

/* What was asked about it goes with it, once it is another's. */
inline forget_others_request()
{
#ifdef MUTANT_REQUEST_STAYS
	skip
#else
	if
	:: right[ASK_DEAD_NAME] != held(self) -> drop_request(ASK_DEAD_NAME)
	:: else
	fi
#endif
}

/* Its references join those of `own`, if that is this task's. */
inline join(r, own)
{
	if
	:: right[own] == held(self) && port == PK_LIVE ->
		step(d_step { pk_right_unlink(r) });
		step(right[r] = pk_word(PK_CLAIMED, self));
		step(references[own] = references[own] + references[r]);
		sends = sends + references[r];
		step(right[r] = PK_FREE; references[r] = 0)
	:: else -> step(right[r] = held(self))
	fi
}

inline take_send(own)
{
	if
	:: part == SPLIT && right[SPLIT] == body -> join(SPLIT, own)
	:: part == SEND && right[SEND] == body -> forget_others_request(); join(SEND, own)
	:: else
	fi
}

inline take_once()
{
	if
	:: part_once && right[ONCE] == body -> step(right[ONCE] = held(self))
	:: else
	fi
}

/* Claimed by this task; under the lock. */
inline bury()
{
#ifndef MUTANT_FREED_WITH_ITS_RIGHTS
	if
	:: part == SPLIT && right[SPLIT] == body -> give_up_send(SPLIT)
	:: part == SEND && right[SEND] == body -> drop_request(ASK_DEAD_NAME); give_up_send(SEND)
	:: else
	fi;
	if
	:: part_once && right[ONCE] == body -> pk_notice_send(ONCE)
	:: else
	fi;
#endif
	step(letter = PK_FREE)
}

/* ---- tasks */

proctype Owner(byte self)
{
	bit inherited;
#if ENDS
	if
	:: true ->
		lock_rights();
		give_up_receive();
		unlock_rights()
	:: true
	fi;
#endif
died:	inherited = 0
}

proctype Sender(byte self)
{
	bit inherited;
	lock_rights();
	put_send();
	put_once();
	unlock_rights();
	if
	:: step(letter = PK_QUEUED)
#if RETURNS
	:: lock_rights(); /* take_back() */
		take_send(SEND);
		take_once();
		unlock_rights();
		lock_rights();
		bury();
		unlock_rights()
#endif
	fi;
	do
	:: is_held(SEND) && right[SEND] == held(self) -> drop_send(SEND)
	:: true -> break
	od;
died:	inherited = 0
}

proctype Friend(byte self)
{
	bit inherited;
	do
	:: letter == PK_QUEUED ->
		step(letter = held(self));
		lock_rights();
		step(letter = pk_word(PK_CLAIMED, self));
		take_send(OTHER);
		take_once();
		unlock_rights();
		step(letter = PK_FREE)
	:: right[OTHER] == held(self) -> drop_send(OTHER)
	:: right[SPLIT] == held(self) -> drop_send(SPLIT)
	:: right[SEND] == held(self) -> drop_send(SEND)
	:: right[ONCE] == held(self) -> drop_once()
	od;
died:	inherited = 0
}

/* ---- reaping */

inline reap_send(r)
{
	if
	:: right[r] == held(d) -> give_up_send(r)
	:: else
	fi
}

inline reap_record(r)
{
	if
	:: right[r] == held(d) || right[r] == pk_word(PK_CLAIMED, d) -> pk_notice_drop(r)
	:: else
	fi
}

inline pk_rights_reap()
{
	lock_rights();
#ifndef MUTANT_REAPED_SILENTLY
	if
	:: right[RECEIVE] == held(d) -> give_up_receive()
	:: else
	fi;
	reap_send(SEND);
	reap_send(SPLIT);
	reap_send(OTHER);
	if
	:: right[ONCE] == held(d) -> pk_notice_send(ONCE)
	:: else
	fi;
#endif
	reap_record(RECEIVE);
	reap_record(SEND);
	reap_record(SPLIT);
	reap_record(OTHER);
	reap_record(ONCE);
	reap_record(ASK_SENDERS);
	reap_record(ASK_DEAD_NAME);
	unlock_rights()
}

inline reap()
{
	if
	:: rights_lock == d -> lock_rights(); unlock_rights()
	:: else
	fi;
	if
	:: letter == held(d) -> step(letter = PK_QUEUED) /* given back */
	:: letter == pk_word(PK_CLAIMED, d) ->
		step(letter = pk_word(PK_CLAIMED, self)); /* put aside */
		lock_rights();
		bury();
		unlock_rights()
	:: else
	fi;
	pk_rights_reap();
	atomic { reaped[d] = 1; task_lock[d] = NOBODY; d = 0 }
}

#define to_reap(t) (dead[t] && !reaped[t] && lockable(task_lock[t]))

proctype Reaper(byte self)
{
	byte d;
	bit inherited;
	do
	:: atomic {
			if
			:: to_reap(OWNER) -> d = OWNER
			:: to_reap(SENDER) -> d = SENDER
			:: to_reap(FRIEND) -> d = FRIEND
			:: to_reap(REAPER) -> d = REAPER
			fi;
			task_lock[d] = self
		};
		reap()
	od;
died:	atomic { d = 0; inherited = 0 }
}

/* ---- at the end */

#define lives(r) (is_held(r) && !dead[pk_word_id(right[r])])

/* R1: a right is in one place; and nothing is left of what isn't one. */
inline check_record(r)
{
	assert(right[r] == PK_FREE || lives(r) ||
	       right[r] == body && letter == PK_QUEUED && ((r) == ONCE && part_once || part == (r)));
	assert(right[r] != PK_FREE || notice[r] != PK_BODY)
}

proctype Judge()
{
	timeout;
	d_step {
		assert(rights_lock == NOBODY);
		q = 0;
		do
		:: q < TASKS -> assert(dead[q] == reaped[q]); q++
		:: else -> break
		od;
		q = 0;
		do
		:: q < RECORDS -> check_record(q); q++
		:: else -> break
		od;
		q = 0;
		assert(letter == PK_FREE || letter == PK_QUEUED);
		assert(in_force_to_send <= REFERENCES + JOINS);
		assert((port == PK_LIVE) == (right[RECEIVE] == held(OWNER)));
		assert(port == PK_LIVE || port == PK_FREE);
		/* told, where there was something to tell */
		assert(port != PK_LIVE || told[ASK_SENDERS] == (in_force_to_send == 0));
		assert(port != PK_FREE || right[SEND] != held(SENDER) || told[ASK_DEAD_NAME]);
		assert(port != PK_LIVE || told[ONCE] == (right[ONCE] == PK_FREE))
	}
}

init {
	atomic {
		right[RECEIVE] = held(OWNER);
		right[SEND] = held(SENDER);
		references[SEND] = REFERENCES;
#if JOINS
		right[OTHER] = held(FRIEND);
		references[OTHER] = 1;
#endif
		right[ONCE] = held(SENDER);
		right[ASK_SENDERS] = held(OWNER);
		references[ASK_SENDERS] = 1;
		right[ASK_DEAD_NAME] = held(SENDER);
		notice[ONCE] = PK_BODY;
		notice[ASK_SENDERS] = PK_BODY;
		notice[ASK_DEAD_NAME] = PK_BODY;
		d_step { relist() };
		run Owner(OWNER);
		run Sender(SENDER);
		run Friend(FRIEND);
#if DEATHS > 0
#if DEATHS > 1
		run Reaper(REAPER);
#endif
		run Reaper(LAST_REAPER);
#endif
		run Judge()
	}
}
