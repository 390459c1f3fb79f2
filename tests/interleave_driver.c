/* SPDX-License-Identifier: MIT */
/* One actor runs at a time: interleave.h says what for. */
#define _GNU_SOURCE
#include "interleave_inside.h"
#include "log.h"

#include <pthread.h>
#include <stdarg.h>

#define LIMIT_SECONDS 10 /* of real time, for what runs from one pause to the next */
#define FIRST_PID 1001

struct portico *k;

struct actor actors[MOST_ACTORS];
int actor_count;
_Thread_local struct actor *me;
const char everywhere[] = "every point";
static sem_t paused; /* the one that ran doesn't any more */
static const char *script_file = "?";
static int script_line;
static bool complete;

/* ---- saying what went wrong */

static unsigned table_of(uint64_t word)
{
	return (unsigned)(word / PK_WINDOW - 1);
}

/* Of the words that are slept on, all but these are locks: outcomes of waits,
 * and bells. */
static bool is_lock(uint64_t word)
{
	if (word < PK_WINDOW || table_of(word) >= PK_TABLES)
		return true;
	const struct pk_table_shape *shape = &pk_shapes[table_of(word)];
	/* on its upper half */
	return (word - shape->offset) % shape->stride == offsetof(struct pk_task, lock) + 4 &&
	       shape != &pk_shapes[PK_WAITS];
}

const char *place(uint64_t word)
{
	static char text[NAME_BYTES];
	if (word < PK_WINDOW || table_of(word) >= PK_TABLES)
		return "a lock of the instance's";
	snprintf(text, sizeof text, "%s among the %s", is_lock(word) ? "a lock" : "a wait",
		 pk_table_name(table_of(word)));
	return text;
}

static const char *whereabouts(const struct actor *actor)
{
	static char text[4 * NAME_BYTES];
	switch (actor->state) {
	case IDLE:
		snprintf(text, sizeof text, "it ended, with %lld", (long long)actor->result);
		break;
	case ASLEEP:
		snprintf(text, sizeof text, "it sleeps for %s (after '%s'), and nobody has woken it",
			 place(actor->word), actor->at);
		break;
	case DEAD:
	case REPLACED:
		return "it is dead";
	default:
		snprintf(text, sizeof text, "it %s '%s'", actor->state == RUNNING ? "runs, past" : "is at",
			 actor->at);
	}
	return text;
}

void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "%s:%d: ", script_file, script_line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

void interleave_at(const char *file, int line)
{
	script_file = file;
	script_line = line;
}

/* ---- one runs */

static void await_turn(void)
{
	while (sem_wait(&me->go) != 0)
		continue;
}

void pause_as(enum state state)
{
	me->state = state;
	sem_post(&paused);
	await_turn();
	while (me->handler) {
		deed *handler = me->handler;
		me->handler = NULL;
		me->handled = handler(me->kernel, me->handler_with);
	}
}

void let_go(struct actor *actor, const char *stop_at)
{
	struct timespec limit;
	if (actor->state != PAUSED)
		fail("%s can't go on: %s", actor->name, whereabouts(actor));
	actor->stop_at = stop_at;
	actor->state = RUNNING;
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LIMIT_SECONDS;
	sem_post(&actor->go);
	while (sem_timedwait(&paused, &limit) != 0)
		if (errno != EINTR)
			fail("%s runs on and on", actor->name);
}

/* Up to a star. */
static bool is_meant(const char *stop_at, const char *where)
{
	size_t length = strcspn(stop_at, "*");
	return strncmp(stop_at, where, length) == 0 && (stop_at[length] == '*' || where[length] == '\0');
}

void interleave_point(const char *where)
{
	if (!me || me == actors)
		return;
	snprintf(me->at, sizeof me->at, "%s", where);
	if (me->stop_at && (me->stop_at == everywhere || is_meant(me->stop_at, where)))
		pause_as(PAUSED);
}

void interleave_step(const char *operation, const char *function);
void interleave_step(const char *operation, const char *function)
{
	char where[NAME_BYTES];
	if (!me || me == actors || !me->stop_at)
		return;
	if (me->stop_at == everywhere && (strcmp(operation, "load") == 0 || strcmp(operation, "store") == 0))
		return; /* what others may see of those has a PK_POINT */
	snprintf(where, sizeof where, "%s in %s", operation, function);
	interleave_point(where);
}

void pk_crash_point(const char *where);
void pk_crash_point(const char *where)
{
	interleave_point(where);
}

/* ---- actors */

static void open_kernel(struct actor *actor)
{
	struct pk_reason reason;
	if (pk_kernel_open(NULL, true, &actor->kernel, &reason))
		fail("%s: %s", actor->name, reason.text);
}

static void *play(void *actor)
{
	me = actor;
	await_turn();
	if (!me->kernel)
		open_kernel(me);
	if (me->comes_in && pk_enter(me->kernel) != 0)
		fail("%s can't register", me->name);
	for (;;) {
		pause_as(IDLE);
		me->result = me->deed(me->kernel, me->with);
	}
	return NULL;
}

static struct actor *add_actor(const char *name, uint32_t pid)
{
	if (actor_count == MOST_ACTORS)
		fail("too many actors");
	struct actor *actor = &actors[actor_count++];
	actor->name = name;
	actor->process = (struct pk_process){ .pid = pid, .pid_namespace = 1, .start_time = pid };
	actor->thread = pid;
	snprintf(actor->process.command, sizeof actor->process.command, "%.15s", name);
	sem_init(&actor->go, 0, 0);
	return actor;
}

static struct actor *start(struct actor *actor, bool comes_in)
{
	pthread_t thread;
	actor->comes_in = comes_in;
	actor->state = PAUSED;
	CHECK_EQUAL(pthread_create(&thread, NULL, play, actor), 0);
	pthread_detach(thread);
	let_go(actor, NULL);
	return actor;
}

struct actor *enters(const char *name)
{
	return start(add_actor(name, FIRST_PID + (uint32_t)actor_count), true);
}

struct actor *arrives(const char *name)
{
	return start(add_actor(name, FIRST_PID + (uint32_t)actor_count), false);
}

struct actor *joins(const char *name, const struct actor *other)
{
	struct actor *actor = add_actor(name, other->process.pid);
	actor->thread = FIRST_PID + (uint32_t)(actor - actors);
	actor->kernel = other->kernel;
	return start(actor, true);
}

struct portico *kernel_of(const struct actor *actor)
{
	return actor->kernel;
}

pk_id task_of(const struct actor *actor)
{
	return pk_self(actor->kernel);
}

void interleave_begin(struct actor *actor, deed *does, int64_t with)
{
	if (actor->state != IDLE)
		fail("%s can't begin another thing: %s", actor->name, whereabouts(actor));
	actor->deed = does;
	actor->with = with;
	actor->state = PAUSED;
	snprintf(actor->at, sizeof actor->at, "the beginning");
}

void interleave_reach(struct actor *actor, const char *point)
{
	let_go(actor, point);
	if (actor->state != PAUSED)
		fail("no such point was reached by %s: '%s'; %s", actor->name, point, whereabouts(actor));
}

void interleave_sleep(struct actor *actor, bool lock)
{
	if (actor->state != ASLEEP)
		let_go(actor, NULL);
	if (actor->state != ASLEEP || is_lock(actor->word) != lock)
		fail("%s doesn't sleep %s: %s", actor->name, lock ? "for a lock" : "in a wait",
		     whereabouts(actor));
}

int64_t interleave_finish(struct actor *actor)
{
	let_go(actor, NULL);
	if (actor->state != IDLE)
		fail("%s doesn't end: %s", actor->name, whereabouts(actor));
	return actor->result;
}

void interleave_end(struct actor *actor, int64_t should)
{
	interleave_finish(actor);
	if (actor->result != should)
		fail("%s ended with %lld, not %lld", actor->name, (long long)actor->result,
		     (long long)should);
}

void dies(struct actor *actor)
{
	for (int i = 1; i < actor_count; i++)
		if (actors[i].process.pid == actor->process.pid && lives(&actors[i]))
			actors[i].state = DEAD;
}

void retires(struct actor *actor)
{
	if (actor->state != IDLE)
		fail("%s can't end yet: %s", actor->name, whereabouts(actor));
	actor->state = DEAD;
}

struct actor *execs(struct actor *actor)
{
	actor->state = REPLACED;
	return start(add_actor(actor->name, actor->process.pid), false);
}

bool is_asleep(const struct actor *actor)
{
	return actor->state == ASLEEP;
}

void interrupts(struct actor *actor, deed *handler, int64_t with)
{
	if (actor->state != PAUSED || actor->holds_signals)
		fail("%s can't be interrupted: %s", actor->name, whereabouts(actor));
	actor->handler = handler;
	actor->handler_with = with;
}

int64_t handled_by(const struct actor *actor)
{
	return actor->handled;
}

bool has_died(const struct actor *actor)
{
	return !lives(actor);
}

int64_t result_of(const struct actor *actor)
{
	if (actor->state != IDLE)
		fail("%s hasn't ended: %s", actor->name, whereabouts(actor));
	return actor->result;
}

/* ---- what must hold */

static bool lock_names(unsigned table, uint32_t slot, pk_id task)
{
	if (table != PK_TASKS && table != PK_PORTS && table != PK_SETS && table != PK_SEGMENTS &&
	    table != PK_PIPES)
		return false;
	struct pk_task *object = pk_slot(k, table, slot); /* they all begin with head and lock */
	return pk_lock_held_by(&object->lock, task);
}

static bool slot_names(unsigned table, uint32_t slot, pk_id task)
{
	struct pk_head *head = pk_slot(k, table, slot);
	uint64_t word = pk_load(&head->word);
	return word == pk_word(PK_CLAIMED, task) || word == pk_word(PK_HELD, task) ||
	       (table == PK_TASKS && (word == pk_word(PK_LIVE, task) || word == pk_word(PK_DYING, task)));
}

bool is_named(pk_id task)
{
	struct pk_header *header = pk_header(k);
	if (pk_lock_held_by(&header->names_lock, task) || pk_lock_held_by(&header->runs_lock, task) ||
	    pk_lock_held_by(&header->rights_lock, task))
		return true;
	for (unsigned table = 0; table < PK_TABLES; table++) {
		if (pk_lock_held_by(&header->tables[table].lock, task))
			return true;
		for (uint32_t slot = 1; slot < pk_committed(k, table); slot++)
			if (slot_names(table, slot, task) || lock_names(table, slot, task))
				return true;
	}
	return false;
}

/* ---- main() */

/* At exit, if a check failed. */
static void tell_where(void)
{
	if (complete)
		return;
	fprintf(stderr, "at or after %s:%d\n", script_file, script_line);
	for (int i = 1; i < actor_count; i++)
		fprintf(stderr, "  %s: %s\n", actors[i].name, whereabouts(&actors[i]));
	fflush(NULL);
	_exit(1); /* some actors stand where they died */
}

void begin_script(void)
{
	sem_init(&paused, 0, 0);
	me = add_actor("script", FIRST_PID);
	me->state = RUNNING;
	atexit(tell_where);
	open_kernel(me);
	k = me->kernel;
	CHECK_EQUAL(pk_enter(k), 0);
}

/* Nothing was scribbled, so nothing may look as if it was. */
static void check_log(void)
{
	struct pk_log_entry entries[PK_LOG_ENTRIES];
	unsigned count = pk_log_read(k, entries, PK_LOG_ENTRIES);
	while (count-- > 0)
		if (entries[count].kind == PK_LOG_DAMAGED || entries[count].kind == PK_LOG_STUCK)
			fail("the log has: %s", pk_log_says(entries[count].kind));
}

void end_script(int status)
{
	check_log();
	complete = true;
	fflush(NULL);
	_exit(status);
}

int run_scripts(const struct test_case *scripts, int argc, char **argv)
{
	if (argc >= 2)
		begin_script();
	int status = run_cases(scripts, argc, argv);
	if (argc >= 2)
		end_script(status);
	return status;
}
