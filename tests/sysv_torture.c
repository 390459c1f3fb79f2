/* SPDX-License-Identifier: MIT */
/*
 * Torture of System V IPC, by a program that knows of nothing else: six tasks
 * do random operations on semaphores, shared memory and message queues, fork
 * and exec in between, and every few milliseconds one is killed and another
 * takes its place.  A ledger says what must hold when all are gone: each
 * semaphore is what it was at first and what was changed for good, nothing is
 * attached, no letter was lost or came twice.  It holds on the real kernel.
 *
 *   sysv_torture [--seed N] [--epochs N] [--epoch-ms N] [--families BITS] [--lie 1|2]
 *
 * With --lie some changes aren't written down, to see that the ledger notices.  A
 * seed repeats what each incarnation of each task does; not how the kernel
 * schedules them.
 */
#include "sysv_torture.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/time.h>

#define LIMIT_MS 20000 /* to come to an end, once told to stop */

struct ledger *ledger;
uint32_t me;
struct life *life;
uint32_t incarnation;
struct dice dice;

static const struct family *const all_families[] = { &semaphores, &segments, &messages };
enum { FAMILIES = sizeof all_families / sizeof *all_families };
static const struct family *families[FAMILIES]; /* those that are tortured */
static int family_count;

static int ledger_file;
static pid_t master;
static uint64_t kills;
static uint32_t doing; /* this process, or its parent when it forked */
static bool is_child;

/* ---- what must not be */

static const char *operation_name(uint32_t number);

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "--seed %llu, epoch %llu, after %llu kills: %s\n", (unsigned long long)ledger->seed,
		(unsigned long long)ledger->epoch, (unsigned long long)kills, why);
	for (int task = 0; task < TASKS; task++)
		if (ledger->lives[task].pid > 0)
			kill(ledger->lives[task].pid, SIGKILL);
	for (int i = 0; i < family_count; i++)
		families[i]->remove();
	exit(1);
}

void broken(const char *format, ...)
{
	char text[160];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (getpid() == master)
		fail(text);
	if (!atomic_exchange(&ledger->broken, true))
		snprintf(ledger->verdict, sizeof ledger->verdict, "task %u%s, %s: %s", me,
			 is_child ? "'s child" : "", operation_name(doing), text);
	_exit(3);
}

void expect_error(const int *allowed)
{
	int error = errno;
	while (*allowed != 0 && *allowed != error)
		allowed++;
	if (*allowed == 0)
		broken("%s", strerror(error));
}

/* ---- a task */

static void nothing(int signal)
{
	(void)signal;
}

static void set_timer(suseconds_t us)
{
	/* again and again: the first may come before it blocks */
	struct itimerval time = { { 0, us }, { 0, us } };
	setitimer(ITIMER_REAL, &time, NULL);
}

void interrupt_soon(void)
{
	/* these calls are never begun again, whatever the handler's flags */
	struct sigaction action = { .sa_handler = nothing };
	action.sa_flags = below(&dice, 2) ? SA_RESTART : 0;
	sigaction(SIGALRM, &action, NULL);
	set_timer((suseconds_t)(200 + below(&dice, 3000)));
}

pid_t fork_child(void)
{
	pid_t child = fork();
	if (child < 0)
		broken("fork: %s", strerror(errno));
	is_child = child == 0;
	if (is_child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

void join_own_child(pid_t child)
{
	int status;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		_exit(3); /* it has said why */
	ledger->forks++;
}

static void fork_one(void)
{
	uint32_t end = below(&dice, 3);
	pid_t child = fork_child();
	if (child == 0) {
		for (int i = 0; i < family_count; i++)
			families[i]->child();
		if (end == 0)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	join_own_child(child);
}

/* What it holds with SEM_UNDO it holds still; what was attached isn't any more. */
static void exec_self(void)
{
	char file[16], task[16], of[16];
	snprintf(file, sizeof file, "%d", ledger_file);
	snprintf(task, sizeof task, "%u", me);
	snprintf(of, sizeof of, "%d", (int)getppid());
	ledger->execs++;
	execl("/proc/self/exe", "sysv_torture", "--ledger", file, "--task", task, "--of", of, (char *)NULL);
	broken("exec: %s", strerror(errno));
}

static const struct operation common[] = { { "fork", fork_one, 12 }, { "exec", exec_self, 6 }, { 0 } };

/* All operations, numbered through. */
static const struct operation *operation_at(uint32_t number)
{
	for (int i = -1; i < family_count; i++)
		for (const struct operation *o = i < 0 ? common : families[i]->operations; o->name; o++)
			if (number-- == 0)
				return o;
	return NULL;
}

static const char *operation_name(uint32_t number)
{
	const struct operation *operation = operation_at(number);
	return operation ? operation->name : "between operations";
}

static uint32_t some_operation(void)
{
	uint32_t all = 0, number = 0;
	for (uint32_t i = 0; operation_at(i); i++)
		all += operation_at(i)->weight;
	for (uint32_t at = below(&dice, all); at >= operation_at(number)->weight; number++)
		at -= operation_at(number)->weight;
	return number;
}

static void work(uint32_t task)
{
	me = task;
	life = &ledger->lives[me];
	incarnation = life->incarnation;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != master)
		_exit(0);
	while (!ledger->stop) {
		dice = (struct dice){ roll(&life->dice) };
		uint32_t next = some_operation();
		life->doing = doing = next;
		operation_at(next)->act();
		set_timer(0);
		ledger->operations++;
	}
	life->doing = UINT32_MAX;
	life->doomed = incarnation; /* what it holds is anybody's from now on */
	_exit(0);
}

/* ---- the master */

static void start(uint32_t task)
{
	struct life *of = &ledger->lives[task];
	of->incarnation++;
	of->dice = dice_for(ledger->seed, ledger->epoch, task, of->incarnation);
	of->gate = 0;
	memset(of->permits, 0, sizeof of->permits);
	memset(of->held, 0, sizeof of->held);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0)
		work(task);
	of->pid = child;
}

static void note_death(uint32_t task)
{
	ledger->lives[task].pid = 0;
	for (int i = 0; i < family_count; i++)
		families[i]->note_death(task);
}

static void look_whether_broken(void)
{
	if (ledger->broken)
		fail(ledger->verdict);
}

static void kill_one(struct dice *of)
{
	uint32_t victim = below(of, TASKS);
	pause_us(1000 + below(of, 5000));
	look_whether_broken();
	ledger->lives[victim].doomed = ledger->lives[victim].incarnation;
	kill_child(ledger->lives[victim].pid);
	kills++;
	note_death(victim);
	start(victim);
}

static _Noreturn void tell_hanging(uint32_t task)
{
	char why[128];
	snprintf(why, sizeof why, "task %u, process %d, hangs in: %s", task, (int)ledger->lives[task].pid,
		 operation_name(ledger->lives[task].doing));
	tell_stack(ledger->lives[task].pid);
	fail(why);
}

static void await_end(uint32_t task, uint64_t until_ms)
{
	int status;
	while (waitpid(ledger->lives[task].pid, &status, WNOHANG) == 0) {
		if (clock_ms() >= until_ms)
			tell_hanging(task);
		for (int i = 0; i < family_count; i++)
			families[i]->end_blocking();
		pause_us(500);
	}
	look_whether_broken();
	if (status != 0)
		fail(WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "a task failed");
	note_death(task);
}

/* Children of the killed are ours, and die now. */
static void await_orphans(uint64_t until_ms)
{
	pid_t ended;
	while ((ended = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (ended == 0 && clock_ms() >= until_ms)
			fail("a child of one who was killed doesn't end");
		if (ended == 0)
			pause_us(500);
	}
}

static void play(uint64_t epoch, uint64_t epoch_ms)
{
	struct dice of = dice_for(ledger->seed, epoch, TASKS, 0);
	bool calm = epoch % 8 == 7; /* nobody is killed: then nothing at all may be lost */
	memset(ledger->lives, 0, sizeof ledger->lives);
	ledger->epoch = epoch;
	for (int i = 0; i < family_count; i++)
		families[i]->prepare();
	ledger->stop = false;
	for (uint32_t task = 0; task < TASKS; task++)
		start(task);
	for (uint64_t end = clock_ms() + epoch_ms; clock_ms() < end;) {
		if (calm)
			pause_us(5000);
		else
			kill_one(&of);
	}
	ledger->stop = true;
	uint64_t until_ms = clock_ms() + LIMIT_MS;
	for (uint32_t task = 0; task < TASKS; task++)
		await_end(task, until_ms);
	await_orphans(until_ms);
	for (int i = 0; i < family_count; i++)
		families[i]->audit();
	for (int i = 0; i < family_count; i++)
		families[i]->remove();
}

static void map_ledger(int file)
{
	void *memory = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(memory != MAP_FAILED);
	ledger = memory;
	ledger_file = file;
}

static void choose_families(void)
{
	for (int i = 0; i < FAMILIES; i++)
		if (ledger->families >> i & 1)
			families[family_count++] = all_families[i];
}

int main(int argc, char **argv)
{
	uint64_t file = option(argc, argv, "--ledger", UINT64_MAX);
	if (file != UINT64_MAX) { /* a task after exec */
		map_ledger((int)file);
		choose_families();
		master = (pid_t)option(argc, argv, "--of", 0);
		work((uint32_t)option(argc, argv, "--task", 0));
	}
	uint64_t epochs = option(argc, argv, "--epochs", 6), epoch_ms = option(argc, argv, "--epoch-ms", 400);
	int made = memfd_create("ledger", 0);
	CHECK(made >= 0 && ftruncate(made, sizeof *ledger) == 0);
	map_ledger(made);
	master = getpid();
	CHECK_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ledger->families = option(argc, argv, "--families", 7);
	choose_families();
	ledger->seed = option(argc, argv, "--seed", (uint64_t)time(NULL));
	ledger->lie = option(argc, argv, "--lie", NO_LIE);
	ledger->keys = (key_t)(0x60000000 + master % 0x100000 * 16);
	ledger->private_bytes = 4097 + (size_t)master;
	printf("seed %llu\n", (unsigned long long)ledger->seed);
	fflush(stdout);
	for (uint64_t epoch = 0; epoch < epochs; epoch++)
		play(epoch, epoch_ms);
	printf("%llu operations, %llu forks, %llu execs, %llu kills\n",
	       (unsigned long long)ledger->operations, (unsigned long long)ledger->forks,
	       (unsigned long long)ledger->execs, (unsigned long long)kills);
	return 0;
}
