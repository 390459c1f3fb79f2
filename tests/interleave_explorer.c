/* SPDX-License-Identifier: MIT */
/*
 * Every order of events within bounds: interleave.h says which.
 *
 * An order is the choices made in it: which actor goes on, at each point, of
 * those that can.  One is played in a child, on a new instance; the next is the
 * same up to the last choice that has an alternative, and takes that.
 */
#include "interleave_inside.h"

#define MOST_CHOICES 4096
#define MOST_EVENTS 4
#define MOST_TICKS 100 /* after which who waits will wait for ever */

/* What may happen once, at any point. */
struct event {
	struct actor *dies, *interrupted;
	deed *handler;
	int64_t with, passes_ms;
	bool happened;
};

static struct order {
	int length; /* choices that are made already, when a child begins */
	unsigned char chosen[MOST_CHOICES], of[MOST_CHOICES];
} * order; /* shared with the child */

static struct event events[MOST_EVENTS];
static int event_count;
static int at, departures, departures_left;
static const struct exploration *exploration;
static bool tells; /* what it does */

void may_die(struct actor *actor)
{
	CHECK(event_count < MOST_EVENTS);
	events[event_count++] = (struct event){ .dies = actor };
}

void may_interrupt(struct actor *actor, deed *handler, int64_t with)
{
	CHECK(event_count < MOST_EVENTS);
	events[event_count++] = (struct event){ .interrupted = actor, .handler = handler, .with = with };
}

void may_pass_ms(int64_t ms)
{
	CHECK(event_count < MOST_EVENTS);
	events[event_count++] = (struct event){ .passes_ms = ms };
}

/* ---- one order */

static int choose(int options)
{
	CHECK(at < MOST_CHOICES);
	if (at >= order->length)
		order->chosen[at] = 0;
	order->of[at] = (unsigned char)options;
	return order->chosen[at++];
}

static void tell(const struct event *event)
{
	if (event->dies)
		fprintf(stderr, "  %s dies at '%s'\n", event->dies->name, event->dies->at);
	else if (event->interrupted)
		fprintf(stderr, "  %s is interrupted at '%s'\n", event->interrupted->name,
			event->interrupted->at);
	else
		fprintf(stderr, "  %lld ms pass\n", (long long)event->passes_ms);
}

static void happen(struct event *event)
{
	event->happened = true;
	if (tells)
		tell(event);
	if (event->dies)
		dies(event->dies);
	else if (event->interrupted)
		interrupts(event->interrupted, event->handler, event->with);
	else
		passes_ms(event->passes_ms);
}

static bool may_happen(const struct event *event)
{
	if (event->happened)
		return false;
	if (event->interrupted)
		return event->interrupted->state == PAUSED && !event->interrupted->holds_signals;
	return !event->dies || !has_died(event->dies);
}

/* Nobody can go on: time passes until somebody can.  False: all have ended. */
static bool let_time_pass(int *ticks)
{
	int64_t ms = ms_to_wake();
	if (ms < 0)
		return false;
	if (++*ticks > MOST_TICKS)
		FAIL("nobody goes on any more");
	if (tells)
		fprintf(stderr, "  all sleep: %lld ms pass\n", (long long)ms);
	passes_ms(ms);
	return true;
}

/* Who may go on: first the one that ran, if it can. */
static int who_can(struct actor *options[], struct actor *current)
{
	int count = 0;
	if (current && current->state == PAUSED)
		options[count++] = current;
	for (int i = 1; i < actor_count; i++)
		if (&actors[i] != current && actors[i].state == PAUSED)
			options[count++] = &actors[i];
	return count;
}

static int what_may(struct event *options[])
{
	int count = 0;
	for (int i = 0; i < event_count; i++)
		if (may_happen(&events[i]))
			options[count++] = &events[i];
	return count;
}

/* One choice, and what comes of it.  False: nothing can go on. */
static bool go_on(struct actor **current)
{
	struct actor *able_ones[MOST_ACTORS];
	struct event *may[MOST_EVENTS];
	int able = who_can(able_ones, *current), possible = departures_left > 0 ? what_may(may) : 0;
	bool runs = able > 0 && able_ones[0] == *current;
	if (able == 0)
		return false;
	if (runs && departures_left == 0)
		able = 1;
	int choice = choose(able + possible);
	if (choice >= able) {
		departures_left--;
		happen(may[choice - able]);
		return true;
	}
	departures_left -= runs && choice > 0;
	if (tells && able_ones[choice] != *current)
		fprintf(stderr, "  %s goes on from '%s'\n", able_ones[choice]->name, able_ones[choice]->at);
	*current = able_ones[choice];
	let_go(*current, everywhere);
	return true;
}

static void play(void)
{
	struct actor *current = NULL;
	int ticks = 0;
	begin_script();
	at = event_count = 0;
	departures_left = departures;
	exploration->prepare();
	while (go_on(&current) || let_time_pass(&ticks))
		continue;
	order->length = at;
	exploration->verify();
	end_script(0);
}

/* ---- all of them */

static void clear_instance(void)
{
	char path[PK_PATH_MAX + 16];
	const char *directory = getenv("PORTICO_KERNEL");
	CHECK(directory && strlen(directory) < PK_PATH_MAX);
	snprintf(path, sizeof path, "%s/region", directory);
	unlink(path);
}

static bool succeeds(void)
{
	int status;
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0)
		play();
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	clear_instance();
	return status == 0;
}

/* False: there is no other. */
static bool next_order(void)
{
	while (order->length > 0) {
		int last = order->length - 1;
		if (order->chosen[last] + 1 < order->of[last]) {
			order->chosen[last]++;
			return true;
		}
		order->length--;
	}
	return false;
}

static int explore(void)
{
	int orders = 0;
	order = shared_memory(sizeof *order);
	clear_instance();
	do {
		orders++;
		if (!succeeds()) {
			fprintf(stderr, "in order %d of %s; again, step by step:\n", orders,
				exploration->name);
			tells = true;
			succeeds();
			return 1;
		}
	} while (next_order());
	printf("%s: %d orders\n", exploration->name, orders);
	return 0;
}

int run_explorations(const struct exploration *explorations, int argc, char **argv)
{
	for (exploration = explorations; exploration->name; exploration++) {
		departures = argc < 3 ? exploration->departures : atoi(argv[2]);
		if (argc < 2)
			puts(exploration->name);
		else if (strcmp(exploration->name, argv[1]) == 0)
			return explore();
	}
	return argc < 2 ? 0 : 2;
}
