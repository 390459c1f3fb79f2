/* SPDX-License-Identifier: MIT */
#include "spin.h"
#include "wait.h"

#define PROBE_NS 1000
#define FIRST_NS 2000	    /* before standing in line */
#define LOST_NS 50000	    /* a gap between two looks in which somebody else ran */
#define PENANCE_NS 10000000 /* for how long to sleep at once after that */

/* What this thread's waits were like. */
static _Thread_local struct {
	uint32_t allowed_ns;
	uint32_t spins;
	uint32_t waker; /* the CPU that settled the last, plus 1; 0: none did */
	int64_t not_before_ns;
} lately;

static _Atomic int64_t *seat_of(struct portico *k, uint32_t cpu)
{
	return &pk_header(k)->spinning_until_ns[cpu % PK_SEATS];
}

/* The seat of this CPU, unless then none were left to work. */
static _Atomic int64_t *take_seat(struct portico *k, uint32_t cpu, int64_t now, int64_t until)
{
	int others = 0, seats = k->cpus < PK_SEATS ? k->cpus : PK_SEATS;
	for (int i = 0; i < seats; i++) {
		int64_t seat_until = pk_load_relaxed(seat_of(k, (uint32_t)i));
		others += seat_of(k, (uint32_t)i) != seat_of(k, cpu) && seat_until > now &&
			  seat_until < now + PK_SPIN_MOST_NS;
	}
	if (others + 1 >= k->cpus)
		return NULL;
	_Atomic int64_t *seat = seat_of(k, cpu);
	pk_store_relaxed(seat, until);
	return seat;
}

/* What is spun on: an outcome until it isn't PK_WAITING, a count until it isn't what it was. */
struct goal {
	const _Atomic uint64_t *word;
	uint64_t mask, was;
};

static inline bool is_reached(const struct goal *goal)
{
	return (pk_load(goal->word) & goal->mask) != goal->was;
}

static inline bool spin_until(const struct goal *goal, int64_t now, int64_t until)
{
	do {
		for (int i = 0; i < 32; i++) {
			if (is_reached(goal))
				return true;
			pk_pause();
		}
		int64_t before = now;
		now = pk_monotonic_ns();
		if (now - before > LOST_NS) {
			lately.not_before_ns = now + PENANCE_NS;
			return is_reached(goal);
		}
	} while (now < until);
	return false;
}

static inline bool spin(struct portico *k, const struct goal *goal)
{
	if (k->cpus == 1)
		return false;
	uint32_t allowed = lately.allowed_ns < PROBE_NS ? PROBE_NS : lately.allowed_ns;
	if (++lately.spins % PK_SPIN_RETRY == 0)
		allowed = PK_SPIN_MOST_NS;
	uint32_t cpu = pk_cpu();
	int64_t now = pk_monotonic_ns();
	if (lately.waker == cpu + 1 || now < lately.not_before_ns)
		return false;
	/* the probe wants no seat: the answerer, until just now a spinner itself, may not have left its own
	 */
	bool settled = spin_until(goal, now, now + PROBE_NS);
	_Atomic int64_t *seat = settled || allowed == PROBE_NS ? NULL : take_seat(k, cpu, now, now + allowed);
	if (seat) {
		settled = spin_until(goal, now + PROBE_NS, now + allowed);
		pk_store_relaxed(seat, 0);
	}
	allowed = settled ? allowed * 2 : lately.allowed_ns / 2;
	lately.allowed_ns = allowed < PK_SPIN_MOST_NS ? allowed : PK_SPIN_MOST_NS;
	return settled;
}

bool pk_spin(struct portico *k, const _Atomic uint64_t *outcome)
{
	return spin(k, &(struct goal){ outcome, 0xff, PK_WAITING });
}

bool pk_spin_count(struct portico *k, const _Atomic uint64_t *count, uint64_t was)
{
	return spin(k, &(struct goal){ count, UINT64_MAX, was });
}

bool pk_spin_first(struct portico *k, const _Atomic uint32_t *number, uint32_t was, bool streams)
{
	if (k->cpus == 1 || lately.allowed_ns <= PROBE_NS || lately.waker == pk_cpu() + 1)
		return false;
	int64_t until = pk_monotonic_ns() + FIRST_NS;
	do {
		for (int i = 0; i < 16; i++) {
			if (!streams && pk_load_relaxed(number) != was)
				return true;
			pk_pause();
		}
		if (pk_load_relaxed(number) != was)
			return true;
	} while (pk_monotonic_ns() < until);
	return false;
}

void pk_spin_learn(uint64_t outcome)
{
	lately.waker = pk_outcome_cpu(outcome);
}
