/* SPDX-License-Identifier: MIT */
/*
 * A clock that ticks to many, and waits for none.
 *
 * Each listener is a process with a mailbox of its own, whose slots say what it
 * wants of ticks for which it has no time: one keeps them all, the other loses
 * what it misses, and is told how many that were.
 *
 *   cc clock.c -lportico && ./a.out
 */
#include <portico/broadcast.h>
#include <portico/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LISTENERS = 2, TICKS = 5 };

static portico *instance;
static portico_port ticks; /* whoever wants to hear the clock listens to this */

static int64_t check(int64_t result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "clock: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

/* ---- a listener */

static void read_ticks(const char *name, portico_port mailbox)
{
	struct portico_envelope envelope;
	int tick;
	printf("%s:", name);
	while (portico_receive(instance, mailbox, &tick, sizeof tick, NULL, &envelope, PORTICO_NOW) > 0) {
		if (envelope.missed > 0)
			printf(" (%u missed)", envelope.missed);
		printf(" %d", tick);
	}
	printf("\n");
	fflush(stdout);
}

static void be_listener(const char *name, uint32_t slots, portico_task clock)
{
	struct portico_limits limits = { .slots = slots, .bytes = sizeof(int), .capacity = 1024 };
	struct portico_listener_totals totals;
	portico_port mailbox;
	portico_listener listener;
	check(portico_mailbox_create(instance, NULL, &limits, 0600, &mailbox), "create");
	check(portico_listen(instance, ticks, mailbox, &listener), "listen");
	check(portico_send_to(instance, clock, NULL, 0, 1, PORTICO_FOREVER), "say that it is ready");
	for (int turn = 0; turn < 2; turn++) { /* it has little time: twice, when it is told */
		check(portico_receive_from(instance, clock, NULL, 0, NULL, PORTICO_FOREVER), "wait");
		read_ticks(name, mailbox);
		check(portico_send_to(instance, clock, NULL, 0, 1, PORTICO_FOREVER), "say that it has read");
	}
	check(portico_listener_status(instance, listener, &totals), "ask how it fared");
	portico_mailbox_destroy(instance, mailbox);
	check(portico_receive_from(instance, clock, NULL, 0, NULL, PORTICO_FOREVER), "wait");
	printf("%s: heard %llu, missed %llu\n", name, (unsigned long long)totals.heard,
	       (unsigned long long)totals.missed);
}

/* ---- the clock */

static void hear_from(portico_task listener)
{
	check(portico_receive_from(instance, listener, NULL, 0, NULL, PORTICO_FOREVER),
	      "hear from a listener");
}

static portico_task start_listener(const char *name, uint32_t slots)
{
	struct portico_envelope envelope;
	portico_task clock = portico_self(instance);
	pid_t pid = fork();
	check(pid, "fork");
	if (pid == 0) {
		be_listener(name, slots, clock);
		exit(0);
	}
	check(portico_receive_from(instance, (portico_task){ 0 }, NULL, 0, &envelope, PORTICO_FOREVER),
	      "wait until it is ready");
	return envelope.sender;
}

static void tell(portico_task listener)
{
	check(portico_send_to(instance, listener, NULL, 0, 1, PORTICO_FOREVER), "tell a listener");
}

int main(void)
{
	/* with no slots the clock never waits, and learns by -EAGAIN where nobody listens */
	static const struct portico_limits no_slots = { .slots = 0, .bytes = sizeof(int) };
	portico_task listeners[LISTENERS];

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "clock: %s\n", portico_open_error());
		return 1;
	}
	check(portico_mailbox_create(instance, NULL, &no_slots, 0600, &ticks), "create");
	listeners[0] = start_listener("keeps all", 64);
	listeners[1] = start_listener("keeps one", 1);
	for (int turn = 0, tick = 1; turn < 2; turn++) {
		for (int i = 0; i < TICKS; i++, tick++)
			check(portico_send(instance, ticks, &tick, sizeof tick, 1, PORTICO_NOW), "tick");
		for (int i = 0; i < LISTENERS; i++) { /* in turn, so that what they print is in order */
			tell(listeners[i]);
			hear_from(listeners[i]);
		}
	}
	for (int i = 0; i < LISTENERS; i++) {
		tell(listeners[i]);
		wait(NULL);
	}
	portico_mailbox_destroy(instance, ticks);
	portico_close(instance);
	return 0;
}
