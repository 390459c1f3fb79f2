/* SPDX-License-Identifier: MIT */
/*
 * One port: senders, receivers, timeouts, kill -9, reaping and repair.
 *
 * Follows core/transfer.c, core/wait.c, core/port.c, core/port_repair.c
 * and core/reap.c store by store; every inline bears the name of the function that
 * it is.  README.md says what is left out.
 *
 * Built with -D: SENDERS and MESSAGES (that each sends), RECEIVERS and RECEIVES
 * (that each wants), SLOTS of the port, BUFFERS of the pool, GIVE_UPS (how
 * often in all a sleeper may run out of time or patience), DEATHS, MORTALS
 * (a bit for each task that may be killed), and at most one MUTANT_….
 */
#ifndef SENDERS
#define SENDERS 2
#define MESSAGES 1
#define RECEIVERS 2
#define RECEIVES 1
#define SLOTS 1
#define BUFFERS 2
#define GIVE_UPS 0
#endif

/* Tasks: senders, receivers, and two who do nothing but reap; the second of them is immortal. */
#define WAITS (SENDERS + RECEIVERS) /* each task posts one at a time: its own slot */
#define REAPER WAITS
#define LAST_REAPER (WAITS + 1)
#define TASKS (WAITS + 2)
#ifndef MORTALS
#define MORTALS ((1 << LAST_REAPER) - 1)
#endif
#define PAYLOADS (SENDERS * MESSAGES)

#include "pk.pml"
#include "line.pml"

/* ---- the region: truth */

byte word[BUFFERS];   /* struct pk_message */
bit sent[BUFFERS];    /* m->port is the port */
byte number[BUFFERS];
byte payload[BUFFERS];

byte wait_word[WAITS]; /* struct pk_wait */
byte generation[WAITS];
byte outcome[WAITS];
bit object[WAITS];     /* wait->object is the port */
bit for_send[WAITS];   /* wait->purpose is PK_FOR_SEND */
byte message[WAITS];
byte ticket[WAITS];    /* wait->number */

byte lock = NOBODY;	      /* of the port; lock.pml has the lock itself */
byte task_lock[TASKS] = NOBODY; /* held by whoever reaps the task */
bit reaped[TASKS];	      /* its slot was freed */

/* ---- the region: caches, under the lock */

line_of queue, receivers, senders;
byte next_number = 1, next_ticket = 1;

/* ---- the real kernel */

bit asleep[WAITS]; /* in futex(FUTEX_WAIT) */

/* ---- the ledger: what tasks were told, kept outside the region */

bit acknowledged[PAYLOADS], told_no[PAYLOADS];
byte got[PAYLOADS];
bit done[WAITS];
byte gave_up;

hidden byte j, q, places; /* scratch of d_steps, meaningless between them */

/* ---- what must hold: P1 to P4, W4, checked whenever the lock is left */

#define is_waiting(w) (wait_word[w] != PK_FREE && object[w] && pk_outcome_kind(outcome[w]) == PK_WAITING)

inline count_queued()
{
	places = 0;
	j = 0;
	do
	:: j < BUFFERS -> places = places + (pk_word_kind(word[j]) == PK_QUEUED); j++
	:: else -> break
	od
}

inline count_waiting(sending)
{
	places = 0;
	j = 0;
	do
	:: j < WAITS -> places = places + (is_waiting(j) && for_send[j] == sending); j++
	:: else -> break
	od
}

inline check_line(list, sending)
{
	count_waiting(sending);
	assert(list.count == places); /* W4 */
	j = 0;
	do
	:: j < list.count ->
		assert(is_waiting(list.at[j]) && for_send[list.at[j]] == sending);
		assert(j == 0 || ticket[list.at[j - 1]] < ticket[list.at[j]]);
		assert(ticket[list.at[j]] < next_ticket);
		j++
	:: else -> break
	od
}

inline check_port()
{
	count_queued();
	assert(queue.count == places); /* P4 */
	j = 0;
	do
	:: j < queue.count ->
		assert(word[queue.at[j]] == PK_QUEUED && sent[queue.at[j]]);
		assert(j == 0 || number[queue.at[j - 1]] < number[queue.at[j]]); /* P3 */
		assert(number[queue.at[j]] < next_number);
		j++
	:: else -> break
	od;
	check_line(receivers, 0);
	check_line(senders, 1);
	assert(receivers.count == 0 || queue.count + senders.count == 0); /* P1 */
	assert(senders.count == 0 || queue.count >= SLOTS) /* P2 */
}

/* First in, first out, by truth: nobody of that purpose has waited longer. */
inline check_first(v)
{
	j = 0;
	do
	:: j < WAITS ->
		assert(!is_waiting(j) || j == v || for_send[j] != for_send[v] || ticket[j] > ticket[v]);
		j++
	:: else -> break
	od;
	j = 0
}

/* ---- locks: taken over from the dead, with the object to repair */


inline pk_object_lock()
{
	atomic {
		lockable(lock) -> inherited = (lock != NOBODY);
		lock = self;
		may_die()
	};
	if
	:: inherited -> pk_port_repair(); inherited = 0
	:: else
	fi
}

inline pk_object_unlock()
{
	step(d_step { check_port(); assert(lock == self); lock = NOBODY });
	if
	:: wakes != 0 -> pk_wakes_flush()
	:: else
	fi
}

inline pk_wakes_flush()
{
	d_step {
		j = 0;
		do
		:: j < WAITS ->
			if
			:: wakes & (1 << j) -> asleep[j] = 0
			:: else
			fi;
			j++
		:: else -> break
		od;
		j = 0;
		wakes = 0
	}
}

/* ---- waits */

/* W1: a swap; its result in `settled`.  Whom to wake is noted in `wakes`. */
inline unlink_and_settle(list, v, how)
{
	step(d_step {
		take_out(list, v); /* first: once settled it may be another's */
		settled = (pk_outcome_kind(outcome[v]) == PK_WAITING);
		if
		:: settled ->
			check_first(v);
			wakes = wakes | ((outcome[v] & PK_WAIT_SLEEPING) != 0) << v;
			outcome[v] = how
		:: else
		fi
	})
}

#define granted(m) (PK_WAIT_GRANTED | (m) << 3)

inline pk_wait_post(list, sending, m)
{
	step(d_step {
		wait_word[self] = pk_word(PK_CLAIMED, self);
		for_send[self] = sending;
		message[self] = m;
		ticket[self] = next_ticket;
		next_ticket++;
		outcome[self] = PK_WAITING
	});
	step(object[self] = 1; d_step { put_last(list, self) }) /* last: until now it was nobody's for whoever repairs */
}

#ifdef MUTANT_SETTLE_TWICE
#define may_settle(v) true
#else
#define may_settle(v) (pk_outcome_kind(outcome[v]) == PK_WAITING)
#endif

/* Give up, for oneself or for the dead. */
inline pk_wait_withdraw(v)
{
	pk_object_lock();
	if
	:: atomic {
			may_settle(v) -> outcome[v] = PK_WAIT_FAILED;
			d_step {
				if
				:: for_send[v] -> take_out(senders, v)
				:: else -> take_out(receivers, v)
				fi
			};
			may_die()
		};
		pk_port_advance()
	:: else
	fi;
	pk_object_unlock()
}

inline pk_wait_end(v)
{
	step(object[v] = 0);
	step(generation[v]++);
	step(wait_word[v] = PK_FREE; ticket[v] = 0)
}

#define is_settled(v) (pk_outcome_kind(outcome[v]) != PK_WAITING)

#ifdef MUTANT_SKIP_RECHECK
#define may_sleep(v) true /* the futex compares nothing */
#else
#define may_sleep(v) (outcome[v] == (PK_WAITING | PK_WAIT_SLEEPING))
#endif

/*
 * Sleep until it is settled.  The tick (W5) comes only after a death: without
 * one, nobody may need it.  To give up stands for both timeout and signal.
 */
inline pk_wait_sleep()
{
	atomic {
		if
		:: outcome[self] == PK_WAITING -> outcome[self] = PK_WAITING | PK_WAIT_SLEEPING
		:: else
		fi;
		may_die()
	};
	do
	:: is_settled(self) -> break
	:: !is_settled(self) ->
		atomic {
			if
			:: may_sleep(self) -> asleep[self] = 1
			:: else
			fi;
			may_die()
		};
		if
		:: !asleep[self]
		:: atomic { asleep[self] && deaths > 0 && is_settled(self) -> asleep[self] = 0 } /* PK_TICK_NS */
		:: atomic { asleep[self] && gave_up < GIVE_UPS -> gave_up++; asleep[self] = 0 };
			pk_wait_withdraw(self);
			break
		fi
	od
}

/* ---- passing messages */

#ifdef MUTANT_OVERTAKE
#define NEXT(line) (line.count - 1)
#else
#define NEXT(line) 0
#endif

/* Give m to the first in line.  W2: the word first, then the swap.  `settled`: somebody has it. */
inline hand_over(m)
{
	do
	:: atomic {
			!settled && receivers.count > 0 ->
			w = receivers.at[NEXT(receivers)];
#ifdef MUTANT_GRANT_BEFORE_WORD
			may_die()
		};
		unlink_and_settle(receivers, w, granted(m));
		step(word[m] = pk_word(PK_GRANTED, w | generation[w] << 2));
#else
			word[m] = pk_word(PK_GRANTED, w | generation[w] << 2);
			may_die()
		};
		unlink_and_settle(receivers, w, granted(m));
#endif
		assert(settled) /* under the lock, what is in line is waiting */
	:: else -> break
	od;
	w = 0
}

inline enqueue(m)
{
	step(word[m] = PK_QUEUED; d_step { put_last(queue, m) })
}

/* Queue the message of a waiting sender.  W3: queued first, then told. */
inline admit(if_so)
{
	atomic {
		if_so ->
		w = senders.at[0];
		b2 = message[w];
		assert(word[b2] == wait_word[w]);
		number[b2] = next_number;
		next_number++;
		may_die()
	};
#ifdef MUTANT_GRANT_BEFORE_QUEUE
	unlink_and_settle(senders, w, PK_WAIT_GRANTED);
	enqueue(b2);
#else
	enqueue(b2);
	unlink_and_settle(senders, w, PK_WAIT_GRANTED);
#endif
	assert(settled);
	atomic { settled = 0; b2 = 0; w = 0 }
}

inline pk_port_advance()
{
	do
	:: admit(senders.count > 0 && queue.count < SLOTS)
	:: else -> break
	od
}

/* ---- repairing */

/* W3: a message queued for a sender that wasn't told. */
#define untold_sender(v) (wait_word[v] != PK_FREE && object[v] && for_send[v] && word[message[v]] == PK_QUEUED)
inline next_untold_sender()
{
	atomic {
		do
		:: s < WAITS && !untold_sender(s) -> s++
		:: else -> break
		od
	}
}

inline settle_senders()
{
	next_untold_sender();
	do
	:: s < WAITS ->
#ifdef MUTANT_TAKE_BACK
		if
		:: pk_outcome_kind(outcome[s]) == PK_WAIT_FAILED -> step(word[message[s]] = wait_word[s])
		:: else -> unlink_and_settle(senders, s, PK_WAIT_GRANTED)
		fi;
#else
		unlink_and_settle(senders, s, PK_WAIT_GRANTED);
#endif
		s++;
		next_untold_sender()
	:: else -> break
	od;
	atomic { s = 0; settled = 0 }
}

#define granted_wait(found) (pk_word_id(found) & 3)
#define granted_generation(found) (pk_word_id(found) >> 2)

/* W2: granted, but the wait it names doesn't have it. */
inline granted_in_vain(m)
{
	if
	:: wait_word[granted_wait(found)] == PK_FREE || generation[granted_wait(found)] != granted_generation(found) ->
		in_vain = 1
	:: else -> in_vain = (outcome[granted_wait(found)] != granted(m))
	fi
}

#ifdef MUTANT_REQUEUE_STORES
#define still(m, found) true
#else
#define still(m, found) (word[m] == found) /* a swap: its wait's owner may have collected it */
#endif

/* The next that some wait was granted, loaded. */
inline next_granted()
{
	atomic {
		do
		:: s < BUFFERS && !(pk_word_kind(word[s]) == PK_GRANTED && sent[s]) -> s++
		:: else -> break
		od;
		if
		:: s < BUFFERS -> found = word[s]
		:: else
		fi
	}
}

/* What take_in() changes of the truth. */
inline take_in()
{
	next_granted();
	do
	:: s < BUFFERS ->
		granted_in_vain(s);
#ifndef MUTANT_DROP_REQUEUE
		if
		:: in_vain ->
			atomic {
				if
				:: still(s, found) -> word[s] = PK_QUEUED
				:: else
				fi;
				may_die()
			}
		:: else
		fi;
#endif
		atomic { found = 0; in_vain = 0; s++ };
		next_granted()
	:: else -> break
	od;
	s = 0
}

/* What take_in() and pk_wait_rebuild() change of the caches. */
inline rebuild()
{
	d_step {
		forget(queue);
		forget(receivers);
		forget(senders);
		j = 0;
		do
		:: j < BUFFERS ->
			if
			:: sent[j] && number[j] >= next_number -> next_number = number[j] + 1
			:: else
			fi;
			if
			:: word[j] == PK_QUEUED -> PUT_IN_ORDER(queue, j, number)
			:: else
			fi;
			j++
		:: else -> break
		od;
		j = 0;
		do
		:: j < WAITS ->
			if
			:: is_waiting(j) && for_send[j] -> PUT_IN_ORDER(senders, j, ticket)
			:: is_waiting(j) && !for_send[j] -> PUT_IN_ORDER(receivers, j, ticket)
			:: else
			fi;
			j++
		:: else -> break
		od;
		j = 0
	}
}

/* P1: what is queued again goes to those who wait for it. */
inline pk_port_serve()
{
	do
	:: receivers.count > 0 && queue.count > 0 ->
		hand_over(queue.at[0]);
		atomic { settled = 0; d_step { take_out(queue, queue.at[0]) } }
	:: else -> break
	od
}

inline pk_port_repair()
{
#ifndef MUTANT_NO_INHERIT_REPAIR
#ifndef MUTANT_SENDERS_UNTOLD
	settle_senders();
#endif
	take_in();
	atomic { rebuild(); settled = 0 };
#ifndef MUTANT_REPAIR_SERVES_NOBODY
	pk_port_serve();
#endif
	pk_port_advance()
#else
	skip
#endif
}

/* ---- senders */

#define payload_of(task, i) ((task) * MESSAGES + (i))

/* pk_message_claim(): the first that is free. */
inline claim_buffer()
{
	atomic {
		b = 0;
		do
		:: word[b] != PK_FREE -> b++
		:: else -> break
		od;
		word[b] = pk_word(PK_CLAIMED, self);
		payload[b] = payload_of(self, i);
		may_die()
	}
}

/* pk_message_release() */
inline free_buffer(m)
{
	step(d_step { word[m] = PK_FREE; sent[m] = 0; number[m] = 0; payload[m] = 0 })
}

inline pk_port_send()
{
	pk_object_lock();
	atomic { sent[b] = 1; number[b] = next_number; next_number++; may_die() };
	hand_over(b);
	if
	:: settled
	:: !settled && (senders.count > 0 || queue.count >= SLOTS) ->
		posted = 1;
		pk_wait_post(senders, 1, b)
	:: !settled && senders.count == 0 && queue.count < SLOTS ->
		d_step { count_waiting(1); assert(places == 0) }; /* nobody waits to send before it */
		enqueue(b)
	fi;
	pk_object_unlock()
}

inline told(p)
{
	if
	:: posted && pk_outcome_kind(outcome[self]) == PK_WAIT_FAILED ->
		told_no[p] = 1;
		assert(word[b] == pk_word(PK_CLAIMED, self) && payload[b] == p)
	:: else -> acknowledged[p] = 1
	fi
}

proctype Sender(byte self)
{
	byte i, b, b2, s, w, wakes, found;
	bit inherited, settled, posted, in_vain;
	do
	:: i < MESSAGES ->
		claim_buffer();
		pk_port_send();
		if
		:: posted -> pk_wait_sleep()
		:: else
		fi;
		atomic { told(payload_of(self, i)) };
		if
		:: posted -> pk_wait_end(self)
		:: else
		fi;
		if
		:: told_no[payload_of(self, i)] -> free_buffer(b)
		:: else
		fi;
		atomic { posted = 0; settled = 0; b = 0; i++ }
	:: else -> break
	od;
	done[self] = 1;
died:	atomic {
		i = 0; b = 0; b2 = 0; s = 0; w = 0; wakes = 0; found = 0;
		inherited = 0; settled = 0; posted = 0; in_vain = 0
	}
}

/* ---- receivers */

inline take()
{
	step(d_step {
		count_waiting(0);
		assert(places == 0); /* P1: nobody waits to receive before it */
		b = queue.at[0];
		word[b] = pk_word(PK_HELD, self);
		take_out(queue, b)
	})
}

inline pk_port_receive()
{
	pk_object_lock();
	do
	:: queue.count > 0 ->
		take();
#ifndef MUTANT_NO_ADVANCE
		pk_port_advance();
#endif
		break
	:: admit(queue.count == 0 && senders.count > 0) /* rendezvous */
	:: queue.count == 0 && senders.count == 0 ->
		pk_wait_post(receivers, 0, 0);
		posted = 1;
		break
	od;
	pk_object_unlock()
}

inline pk_port_collect()
{
	step(b = pk_outcome_value(outcome[self]); word[b] = pk_word(PK_HELD, self));
	pk_wait_end(self)
}

/* It copies the message out, then gives the buffer back. */
inline deliver()
{
	d_step {
		assert(word[b] == pk_word(PK_HELD, self));
		got[payload[b]]++;
		assert(got[payload[b]] == 1 && !told_no[payload[b]]);
		word[b] = PK_FREE;
		sent[b] = 0;
		number[b] = 0;
		payload[b] = 0
	};
	atomic { b = 0; may_die() }
}

proctype Receiver(byte self)
{
	byte i, b, b2, s, w, wakes, found;
	bit inherited, settled, posted, in_vain;
	do
	:: i < RECEIVES ->
		pk_port_receive();
		if
		:: posted ->
			pk_wait_sleep();
			if
			:: pk_outcome_kind(outcome[self]) == PK_WAIT_FAILED -> pk_wait_end(self)
			:: else -> pk_port_collect(); deliver()
			fi
		:: else -> deliver()
		fi;
		atomic { posted = 0; settled = 0; i++ }
	:: else -> break
	od;
	done[self] = 1;
died:	atomic {
		i = 0; b = 0; b2 = 0; s = 0; w = 0; wakes = 0; found = 0;
		inherited = 0; settled = 0; posted = 0; in_vain = 0
	}
}

/* ---- reaping: by whoever ticks, supervises or registers */

inline pk_port_give_back(m)
{
	pk_object_lock();
	hand_over(m);
	if
	:: settled
	:: else -> step(word[m] = PK_QUEUED; d_step { PUT_IN_ORDER(queue, m, number) })
	fi;
	settled = 0;
	pk_object_unlock()
}

#define granted_to(found, d) \
	(pk_word_kind(found) == PK_GRANTED && granted_wait(found) == d && \
	 wait_word[d] == pk_word(PK_CLAIMED, d) && granted_generation(found) == generation[d])

inline return_message()
{
	if
	:: word[b] == pk_word(PK_HELD, d) || granted_to(word[b], d) ->
#ifdef MUTANT_LOSE_WHAT_THE_DEAD_HELD
		free_buffer(b)
#else
		pk_port_give_back(b)
#endif
	:: word[b] == pk_word(PK_CLAIMED, d) -> free_buffer(b)
	:: else
	fi
}

inline inherit_locks()
{
	if
	:: lock == d -> pk_object_lock(); pk_object_unlock()
	:: else
	fi
}

inline withdraw_waits()
{
	if
	:: wait_word[d] == pk_word(PK_CLAIMED, d) && object[d] -> pk_wait_withdraw(d)
	:: else
	fi
}

/* D2: nothing names the dead. */
inline check_gone()
{
	assert(dead[d] && lock != d && wait_word[d] == PK_FREE);
	j = 0;
	do
	:: j < BUFFERS ->
		assert(word[j] != pk_word(PK_CLAIMED, d) && word[j] != pk_word(PK_HELD, d));
		assert(pk_word_kind(word[j]) != PK_GRANTED || granted_wait(word[j]) != d);
		j++
	:: else -> break
	od;
	j = 0
}

/* A reaper has nothing but locks. */
inline reap()
{
	inherit_locks();
	if
	:: d < WAITS ->
#ifndef MUTANT_FORGET_WAITS
		withdraw_waits();
#endif
		do
		:: b < BUFFERS -> return_message(); b++
		:: else -> break
		od;
		b = 0;
		if
		:: wait_word[d] == pk_word(PK_CLAIMED, d) -> pk_wait_end(d)
		:: else
		fi;
		d_step { check_gone() }
	:: else
	fi;
	atomic { reaped[d] = 1; task_lock[d] = NOBODY; d = 0 } /* D1 */
}

#define to_reap(t) (t < LAST_REAPER && dead[t] && !reaped[t] && lockable(task_lock[t]))

proctype Reaper(byte self)
{
	byte b, b2, s, w, wakes, found, d;
	bit inherited, settled, in_vain;
	do
	:: atomic { /* pk_task_reap_if_dead() */
			if
			:: to_reap(0) -> d = 0
			:: to_reap(1) -> d = 1
			:: to_reap(2) -> d = 2
			:: to_reap(3) -> d = 3
			:: to_reap(4) -> d = 4
			fi;
			task_lock[d] = self;
			may_die()
		};
		reap()
	od;
died:	atomic {
		b = 0; b2 = 0; s = 0; w = 0; wakes = 0; found = 0; d = 0;
		inherited = 0; settled = 0; in_vain = 0
	}
}

/* ---- the end: nobody can move any more */

/* Whoever hasn't done sleeps, and what it wants isn't there: else a wake-up was lost. */
inline check_task(t)
{
	assert(done[t] || dead[t] || (asleep[t] && is_waiting(t)));
	assert(!dead[t] || reaped[t])
}

/* A message is in one place or, if its sender wasn't told that it was sent, may be in none. */
inline check_payload(p)
{
	places = got[p];
	j = 0;
	do
	:: j < BUFFERS -> places = places + (word[j] == PK_QUEUED && payload[j] == p); j++
	:: else -> break
	od;
	assert(places <= 1);
	assert(!acknowledged[p] || places == 1);
	assert(!told_no[p] || places == 0)
}

/* Nothing has leaked. */
#define is_waiting_sender(t, m) (is_waiting(t) && for_send[t] && message[t] == m)
inline check_buffer(m)
{
	assert(word[m] == PK_FREE || word[m] == PK_QUEUED ||
	       (pk_word_kind(word[m]) == PK_CLAIMED && is_waiting_sender(pk_word_id(word[m]), m)))
}

proctype Judge()
{
	timeout;
	d_step {
		assert(lock == NOBODY);
		check_port();
		q = 0;
		do
		:: q < WAITS -> check_task(q); q++
		:: else -> break
		od;
		q = 0;
		do
		:: q < PAYLOADS -> check_payload(q); q++
		:: else -> break
		od;
		q = 0;
		do
		:: q < BUFFERS -> check_buffer(q); q++
		:: else -> break
		od
	}
}

init {
	byte t = 0;
	atomic {
		do
		:: t < SENDERS -> run Sender(t); t++
		:: t >= SENDERS && t < WAITS -> run Receiver(t); t++
		:: t == WAITS -> break
		od;
#if DEATHS > 1
		run Reaper(REAPER);
#endif
#if DEATHS > 0
		run Reaper(LAST_REAPER);
#endif
		run Judge();
		t = 0
	}
}
