/* SPDX-License-Identifier: MIT */
/*
 * Semaphores under torture.  One set has
 *
 *   permits   taken and given back with SEM_UNDO: they are all there at the end
 *   a gate    raised with SEM_UNDO, and waited for to be zero
 *   banks     changed with and without SEM_UNDO, several in one operation
 *   serials   one a task: each such operation adds one to its task's, for good
 *
 * So the serial says whether the operation in which a task was killed was done
 * or not, and each bank is exactly what the operations that were done make it.
 * SEM_UNDO only takes more than it has given back: no adjustment is clamped.
 *
 * Another set is changed at random with SEM_UNDO only, and set to what it was
 * at first by SETVAL and SETALL, which forget adjustments: it ends as it was.
 */
#include "sysv_torture.h"

#include <sys/sem.h>

enum { GATE = PERMITS, BANK, SERIAL = BANK + BANKS, SEMAPHORES = SERIAL + TASKS };
enum { DEPOSIT = 6, RESETS = 3, RESET = 10000, MOST_SERIAL = 32000, MOST_PARTS = 8 };

static const unsigned short permits_at_first[PERMITS] = { 1, 2, 4 };

/* What glibc leaves to us to define. */
union argument {
	int value;
	struct semid_ds *status;
	unsigned short *values;
};

static int value_of(int set, int semaphore)
{
	int value = semctl(set, semaphore, GETVAL);
	if (value < 0)
		broken("GETVAL: %s", strerror(errno));
	return value;
}

/* ---- operations */

static struct sembuf part(int semaphore, int change, bool undo)
{
	return (struct sembuf){ .sem_num = (unsigned short)semaphore,
				.sem_op = (short)change,
				.sem_flg = (short)(undo ? SEM_UNDO : 0) };
}

/* At once or not at all, for a while, or until a signal comes.  True: done. */
static bool operate(int set, struct sembuf *parts, size_t count)
{
	struct timespec while_ = { 0, (long)below(&dice, 2000000) };
	uint32_t how = below(&dice, 4);
	int result;
	if (how == 0) {
		for (size_t i = 0; i < count; i++)
			parts[i].sem_flg |= IPC_NOWAIT;
		result = semop(set, parts, count);
	} else if (how == 1) {
		interrupt_soon();
		result = semop(set, parts, count);
	} else {
		result = semtimedop(set, parts, count, &while_);
	}
	if (result != 0)
		EXPECT_ERROR(EAGAIN, how == 1 ? EINTR : EAGAIN);
	return result == 0;
}

static uint64_t who(void)
{
	return ((uint64_t)me << 32 | incarnation) + 1;
}

static bool is_doomed(uint64_t owner)
{
	return ledger->lives[(owner - 1) >> 32].doomed >= (uint32_t)(owner - 1);
}

static void take_permits(void)
{
	uint32_t first = below(&dice, PERMITS), count = 1 + below(&dice, PERMITS - first);
	struct sembuf parts[PERMITS];
	for (uint32_t i = 0; i < count; i++) {
		if (life->permits[first + i])
			return; /* nobody waits for itself */
		parts[i] = part((int)(first + i), -1, true);
	}
	if (!operate(ledger->bank, parts, count))
		return;
	for (uint32_t i = 0; i < count; i++)
		life->permits[first + i] = 1;
	uint64_t before = first == 0 ? atomic_exchange(&ledger->permit_owner, who()) : 0;
	if (before != 0 && !is_doomed(before))
		broken("task %u has the only permit still", (uint32_t)((before - 1) >> 32));
}

static void give_permits(void)
{
	struct sembuf parts[PERMITS];
	uint64_t mine = who();
	size_t count = 0;
	for (uint32_t i = 0; i < PERMITS; i++)
		if (life->permits[i])
			parts[count++] = part((int)i, 1, true);
	if (count == 0)
		return;
	if (life->permits[0] && !atomic_compare_exchange_strong(&ledger->permit_owner, &mine, 0))
		broken("somebody else took the only permit, which this one has");
	memset(life->permits, 0, sizeof life->permits);
	if (semop(ledger->bank, parts, count) != 0)
		broken("giving back: %s", strerror(errno));
}

static void pass_gate(void)
{
	struct sembuf parts[] = { part(GATE, life->gate ? -1 : 1, true) };
	if (semop(ledger->bank, parts, 1) != 0)
		broken("the gate: %s", strerror(errno));
	life->gate = !life->gate;
}

/* ---- banks */

struct deal {
	struct sembuf parts[MOST_PARTS];
	size_t count;
	int32_t kept[BANKS], held[BANKS]; /* changed for good; taken with SEM_UNDO */
};

static void add_part(struct deal *deal)
{
	uint32_t bank = below(&dice, BANKS);
	int change = (int)below(&dice, 5) - 2;
	bool undo = below(&dice, 2) == 0;
	if (change == 0)
		return;
	if (undo && change > life->held[bank] + deal->held[bank])
		undo = false;
	deal->parts[deal->count++] = part(BANK + (int)bank, change, undo);
	if (undo)
		deal->held[bank] -= change;
	else
		deal->kept[bank] += change;
}

/* The next operation by this task's serial, and what it will have changed. */
static void write_down(const struct deal *deal)
{
	uint32_t done = life->done;
	bool lie = ledger->lie == LIE_OF_SEMAPHORES && deal->kept[0] != 0;
	for (int i = 0; i < BANKS; i++)
		life->totals[(done + 1) & 1][i] = life->totals[done & 1][i] + (lie ? 0 : deal->kept[i]);
	if (lie)
		ledger->lie = NO_LIE;
}

static void look_at_serial(bool done)
{
	int serial = value_of(ledger->bank, SERIAL + (int)me);
	if (serial != (int)life->done)
		broken("the operation %s, and the serial is %d, not %u", done ? "was done" : "failed", serial,
		       life->done);
}

static void deal_with(struct deal *deal, bool at_gate)
{
	if (life->done >= MOST_SERIAL)
		return;
	if (at_gate)
		deal->parts[deal->count++] = part(GATE, 0, false);
	deal->parts[deal->count++] = part(SERIAL + (int)me, 1, false);
	write_down(deal);
	bool done = operate(ledger->bank, deal->parts, deal->count);
	if (done) {
		for (int i = 0; i < BANKS; i++)
			life->held[i] += deal->held[i];
		life->done++;
	}
	if (below(&dice, 4) == 0)
		look_at_serial(done);
}

static void change_banks(void)
{
	struct deal deal = { .count = 0 };
	for (uint32_t i = below(&dice, MOST_PARTS - 2); i > 0; i--)
		add_part(&deal);
	deal_with(&deal, false);
}

static void wait_at_gate(void)
{
	struct deal deal = { .count = 0 };
	if (life->gate)
		return;
	add_part(&deal);
	deal_with(&deal, true);
}

/* ---- what is set anew */

static void change_some(void)
{
	struct sembuf parts[RESETS];
	size_t count = 1 + below(&dice, RESETS);
	for (size_t i = 0; i < count; i++)
		parts[i] = part((int)below(&dice, RESETS), below(&dice, 2) ? 1 : -1, true);
	if (semop(ledger->reset, parts, count) != 0)
		broken("semop: %s", strerror(errno));
}

static void set_some(void)
{
	unsigned short values[RESETS] = { RESET, RESET, RESET };
	int result = below(&dice, 2) ? semctl(ledger->reset, 0, SETALL, (union argument){ .values = values })
				     : semctl(ledger->reset, (int)below(&dice, RESETS), SETVAL,
					      (union argument){ .value = RESET });
	if (result != 0)
		broken("SETVAL or SETALL: %s", strerror(errno));
}

/* ---- a set that comes and goes */

static void remove_set(void)
{
	int set = semget(ledger->keys + KEY_SET, 0, 0);
	if (set >= 0 && semctl(set, 0, IPC_RMID) != 0)
		EXPECT_ERROR(EIDRM, EINVAL);
}

/* Until somebody adds one, or removes it: that wait has no other end. */
static void meet_at_set(void)
{
	struct sembuf by = part(0, below(&dice, 3) ? -1 : 1, below(&dice, 2));
	int set = semget(ledger->keys + KEY_SET, 1, IPC_CREAT | 0600);
	if (set < 0)
		EXPECT_ERROR(ENOENT);
	else if (semop(set, &by, 1) != 0)
		EXPECT_ERROR(EIDRM, EINVAL, ERANGE);
}

static const struct operation operations[] = {
	{ "take permits", take_permits, 60 },
	{ "give permits", give_permits, 120 },
	{ "pass the gate", pass_gate, 60 },
	{ "change banks", change_banks, 300 },
	{ "wait at the gate", wait_at_gate, 60 },
	{ "change what is set anew", change_some, 200 },
	{ "set anew", set_some, 30 },
	{ "meet at a set", meet_at_set, 8 },
	{ "remove the set", remove_set, 30 },
	{ 0 },
};

/* What it does with SEM_UNDO goes with it, whatever its parent holds. */
static void child(void)
{
	struct sembuf parts[] = { part(BANK, -1, true), part(GATE, 1, true) };
	change_some();
	for (size_t i = 0; i < 2; i++) {
		parts[i].sem_flg |= IPC_NOWAIT;
		if (semop(ledger->bank, &parts[i], 1) != 0)
			EXPECT_ERROR(EAGAIN);
	}
}

/* ---- the master */

static void prepare(void)
{
	unsigned short values[SEMAPHORES] = { 0 };
	memcpy(values, permits_at_first, sizeof permits_at_first);
	for (int i = 0; i < BANKS; i++)
		values[BANK + i] = DEPOSIT;
	ledger->permit_owner = 0;
	ledger->bank = semget(IPC_PRIVATE, SEMAPHORES, 0600);
	ledger->reset = semget(IPC_PRIVATE, RESETS, 0600);
	CHECK(ledger->bank >= 0 && ledger->reset >= 0);
	CHECK_EQUAL(semctl(ledger->bank, 0, SETALL, (union argument){ .values = values }), 0);
	for (int i = 0; i < RESETS; i++)
		CHECK_EQUAL(semctl(ledger->reset, i, SETVAL, (union argument){ .value = RESET }), 0);
}

/* The serial says whether the operation that it was killed in was done. */
static void note_death(uint32_t task)
{
	struct life *of = &ledger->lives[task];
	uint32_t serial = (uint32_t)value_of(ledger->bank, SERIAL + (int)task);
	if (serial != of->done && serial != of->done + 1)
		broken("task %u did %u operations, and its serial is %u", task, of->done, serial);
	of->done = serial;
}

static void audit_value(const char *what, int set, int semaphore, int should)
{
	int is = value_of(set, semaphore);
	if (is != should)
		broken("%s (semaphore %d) is %d, not %d", what, semaphore, is, should);
	if (semctl(set, semaphore, GETNCNT) != 0 || semctl(set, semaphore, GETZCNT) != 0)
		broken("%s: somebody waits for it still", what);
}

static void audit(void)
{
	for (int i = 0; i < PERMITS; i++)
		audit_value("a permit", ledger->bank, i, permits_at_first[i]);
	audit_value("the gate", ledger->bank, GATE, 0);
	for (int i = 0; i < BANKS; i++) {
		int should = DEPOSIT;
		for (int task = 0; task < TASKS; task++)
			should += ledger->lives[task].totals[ledger->lives[task].done & 1][i];
		audit_value("a bank", ledger->bank, BANK + i, should);
	}
	for (int i = 0; i < RESETS; i++)
		audit_value("what was set anew", ledger->reset, i, RESET);
}

static void remove_all(void)
{
	semctl(ledger->bank, 0, IPC_RMID);
	semctl(ledger->reset, 0, IPC_RMID);
	remove_set();
}

const struct family semaphores = {
	.operations = operations,
	.prepare = prepare,
	.note_death = note_death,
	.end_blocking = remove_set,
	.audit = audit,
	.remove = remove_all,
	.child = child,
};
