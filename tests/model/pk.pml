/* SPDX-License-Identifier: MIT */
/*
 * What the models share: words, steps, and death between any two of them.
 *
 * A step is what others may see happen at once: one store or swap of the code,
 * with the changes of caches beside it that only the holder of the lock sees.
 * After each, the task may be killed; what it had stored stays.  (To die later
 * without a further step is the same to everybody else.)  A proctype ends in a
 * label `died`, and calls itself `self`.  Where threads make one task
 * (SHARED_FATE), each looks before a step whether the task still lives.
 */
#ifndef DEATHS
#define DEATHS 0 /* at most so many are killed, of those whose bit is set in MORTALS */
#endif

/* enum pk_kind, and pk_word(): one store says what a slot is, and whose */
#define PK_FREE 0
#define PK_CLAIMED 1
#define PK_QUEUED 2
#define PK_GRANTED 3
#define PK_HELD 4
#define PK_BODY 5
#define PK_DYING 6
#define PK_LIVE 7
#define pk_word(kind, id) ((kind) | (id) << 3)
#define pk_word_kind(word) ((word) & 7)
#define pk_word_id(word) ((word) >> 3)

/* enum pk_outcome; what it carries is above the flag */
#define PK_WAITING 1
#define PK_WAIT_GRANTED 2
#define PK_WAIT_FAILED 3
#define PK_WAIT_SLEEPING 4
#define pk_outcome_kind(outcome) ((outcome) & 3)
#define pk_outcome_value(outcome) ((outcome) >> 3)

#define NOBODY 255

/* The kernel's word on who is dead (D3). */
bit dead[TASKS];
byte deaths;

#ifndef at_death
#define at_death skip
#endif

#if DEATHS > 0
#define may_die()								\
	if									\
	:: true									\
	:: deaths < DEATHS && (MORTALS >> self & 1) -> deaths++; dead[self] = 1; at_death; goto died	\
	fi
#else
#define may_die() skip
#endif

#ifdef SHARED_FATE
#define live() if :: dead[self] -> goto died :: else fi
#define step(what) atomic { live(); what; may_die() }
#else
#define live() skip
#define step(what) atomic { what; may_die() }
#endif

#define lockable(owner) (owner == NOBODY || dead[owner])
