/* SPDX-License-Identifier: MIT */
/*
 * Torture: eight tasks do random operations on mailboxes, semaphores and pipes,
 * fork and exec in between, and every few milliseconds one of them is killed
 * and another takes its place.  A ledger outside the region says what must
 * hold: nothing acknowledged is lost, nothing comes twice or out of order,
 * permits come back and coins don't vanish, records are whole and contiguous.
 * After each epoch all objects are valid, all slots free, and nobody hangs.
 *
 *   torture [--seed N] [--epochs N] [--epoch-ms N] [--lie N]
 *
 * With --lie so many letters are thrown away, to see that the ledger notices.
 * A seed repeats which operations each incarnation of each task does, in their
 * order, and whom the killer kills when.  It doesn't repeat how the kernel
 * schedules them, nor, therefore, at which instruction one is killed.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "object.h"
#include "region.h"
#include "task.h"
#include "torture_ledger.h"

#include <stdarg.h>
#include <sys/prctl.h>

#define LIMIT_MS 20000 /* to come back in, once told to stop */

struct ledger *ledger;
struct portico *k;

static int ledger_file;
static pid_t tasks[TASKS];
static uint64_t kills;

static pid_t master;
static _Noreturn void fail(const char *why);

void broken(const char *format, ...)
{
	if (!atomic_exchange(&ledger->broken, true)) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(ledger->verdict, sizeof ledger->verdict, format, arguments);
		va_end(arguments);
	}
	if (getpid() == master)
		fail(ledger->verdict);
	_exit(3);
}

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "--seed %llu, epoch %llu, after %llu kills: %s\n", (unsigned long long)ledger->seed,
		(unsigned long long)ledger->epoch, (unsigned long long)kills, why);
	_exit(1); /* the tasks die with us */
}

/* ---- who waits on what */

static void tell_waits(pid_t pid)
{
	for (uint32_t slot = 1; slot < pk_committed(k, PK_WAITS); slot++) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		uint64_t word = pk_load(&wait->head.word);
		struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(pk_word_id(word)));
		if (pk_word_kind(word) != PK_CLAIMED || wait->object == 0 || !task ||
		    task->pid != (uint32_t)pid)
			continue;
		fprintf(stderr, "  wait %u, outcome %llx, of purpose %u, on slot %u of %s, for %lld ms\n",
			slot, (unsigned long long)pk_load(&wait->outcome), wait->purpose,
			pk_id_slot(wait->object), wait->table < PK_TABLES ? pk_table_name(wait->table) : "?",
			(long long)(pk_monotonic_ns() - wait->since_ns) / 1000000);
	}
}

static void tell_locks(void)
{
	for (unsigned table = 0; table < PK_TABLES; table++)
		if (pk_load(&pk_header(k)->tables[table].lock))
			fprintf(stderr, "  the lock of table %s is %llx\n", pk_table_name(table),
				(unsigned long long)pk_load(&pk_header(k)->tables[table].lock));
	fprintf(stderr, "  the lock of names is %llx\n",
		(unsigned long long)pk_load(&pk_header(k)->names_lock));
}

static _Noreturn void tell_hanging(int task)
{
	char why[128];
	fprintf(stderr, "task %d, process %d, hangs in: %s\n", task, (int)tasks[task],
		operation_name(ledger->lives[task].doing));
	tell_waits(tasks[task]);
	tell_locks();
	tell_stack(tasks[task]);
	snprintf(why, sizeof why, "task %d hangs", task);
	fail(why);
}

/* ---- tasks */

static void start(uint32_t task)
{
	struct life *life = &ledger->lives[task];
	life->incarnation++;
	life->dice = dice_for(ledger->seed, ledger->epoch, task, life->incarnation);
	note_in_hand(life->in_hand);
	note_copied(task);
	pk_store(&life->in_hand, 0);
	for (int i = 0; i < PERMITS; i++)
		life->permits[i] = 0;
	tasks[task] = fork();
	CHECK(tasks[task] >= 0);
	if (tasks[task] > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work(task, ledger_file);
	_exit(0);
}

static void look_whether_broken(void)
{
	if (ledger->broken)
		fail(ledger->verdict);
}

static bool holds(unsigned table, pk_id object, uint32_t slot)
{
	struct pk_object *at = pk_slot(k, table, pk_id_slot(object));
	return at && (pk_load(&at->lock) >> 32 & 0xffff) == slot;
}

static bool holds_a_lock(uint32_t task)
{
	uint32_t slot = ledger->lives[task].tag & 0x7fff;
	bool found = (pk_load(&pk_header(k)->names_lock) >> 32 & 0xffff) == slot;
	for (uint32_t i = 0; i < KEPT; i++)
		found |= holds(PK_PORTS, ledger->boxes[i], slot);
	for (uint32_t i = 0; i < 2; i++)
		found |= holds(PK_SETS, ledger->sets[i], slot);
	for (uint32_t i = 0; i < PIPES; i++)
		found |= holds(PK_PIPES, ledger->pipes[i], slot);
	for (unsigned table = 0; table < PK_TABLES; table++)
		found |= (pk_load(&pk_header(k)->tables[table].lock) >> 32 & 0xffff) == slot;
	return found;
}

/* Most of the time a task is at nothing delicate: let it come to something. */
static void await_lock(uint32_t task)
{
	int64_t end = pk_monotonic_ns() + 1000000;
	while (!holds_a_lock(task) && pk_monotonic_ns() < end)
		pk_pause();
}

static void kill_one(struct dice *dice)
{
	uint32_t victim = below(dice, TASKS);
	pause_us(1000 + below(dice, 6000));
	look_whether_broken();
	if (below(dice, 2) == 0)
		await_lock(victim);
	pk_store(&ledger->lives[victim].doomed, ledger->lives[victim].incarnation);
	kill_child(tasks[victim]);
	kills++;
	start(victim);
}

static void await_all(void)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	ledger->stop = true;
	for (int i = 0; i < TASKS; i++) {
		int status;
		while (waitpid(tasks[i], &status, WNOHANG) == 0) {
			if (clock_ms() >= end)
				tell_hanging(i);
			pause_us(500);
		}
		look_whether_broken();
		if (status != 0)
			fail(WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "a task failed");
	}
}

static uint32_t others_alive(void)
{
	uint32_t count = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_TASKS); slot++)
		count += pk_task_of(k, slot) != NULL && slot != pk_id_slot(pk_self(k));
	return count;
}

/* Children of the killed take a moment to die. */
static void await_reaped(void)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	pk_task_sweep(k, true);
	while (others_alive() > 0) {
		if (clock_ms() >= end)
			fail("a task is never reaped");
		pause_us(1000);
		pk_task_sweep(k, true);
	}
}

static void play(uint64_t epoch, uint64_t epoch_ms)
{
	struct dice dice = dice_for(ledger->seed, epoch, TASKS, 0);
	bool calm = epoch % 8 == 7; /* nobody is killed: then nothing at all may be lost */
	memset(ledger->lives, 0, sizeof ledger->lives);
	for (uint32_t task = 0; task < TASKS; task++)
		ledger->lives[task].copied.task = NOBODY;
	ledger->epoch = epoch;
	prepare_epoch();
	ledger->stop = false;
	for (uint32_t task = 0; task < TASKS; task++)
		start(task);
	for (uint64_t end = clock_ms() + epoch_ms; clock_ms() < end;) {
		if (calm)
			pause_us(5000);
		else
			kill_one(&dice);
	}
	await_all();
	await_reaped();
	audit_epoch();
}

/* ---- the ledger */

static void map_ledger(int file)
{
	void *memory = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(memory != MAP_FAILED);
	ledger = memory;
	ledger_file = file;
}

static void open_kernel(void)
{
	struct pk_reason reason;
	if (pk_kernel_open(NULL, true, &k, &reason))
		FAIL(reason.text);
	CHECK_EQUAL(pk_enter(k), 0);
}

int main(int argc, char **argv)
{
	uint64_t file = option(argc, argv, "--ledger", UINT64_MAX);
	if (file != UINT64_MAX) { /* a task after exec */
		map_ledger((int)file);
		open_kernel();
		work((uint32_t)option(argc, argv, "--task", 0), (int)file);
		return 0;
	}
	uint64_t epochs = option(argc, argv, "--epochs", 6), epoch_ms = option(argc, argv, "--epoch-ms", 500);
	int made = memfd_create("ledger", 0);
	CHECK(made >= 0 && ftruncate(made, sizeof *ledger) == 0);
	map_ledger(made);
	master = getpid();
	ledger->seed = option(argc, argv, "--seed", (uint64_t)time(NULL));
	ledger->lie = option(argc, argv, "--lie", 0);
	printf("seed %llu\n", (unsigned long long)ledger->seed);
	fflush(stdout);
	open_kernel();
	for (uint64_t epoch = 0; epoch < epochs; epoch++)
		play(epoch, epoch_ms);
	printf("%llu operations, %llu forks, %llu execs, %llu kills, %llu repairs, %llu reaped\n",
	       (unsigned long long)ledger->operations, (unsigned long long)ledger->forks,
	       (unsigned long long)ledger->execs, (unsigned long long)kills,
	       (unsigned long long)pk_load(&pk_header(k)->repairs),
	       (unsigned long long)pk_load(&pk_header(k)->reaped));
	return 0;
}
