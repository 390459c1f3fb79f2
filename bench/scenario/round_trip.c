/* SPDX-License-Identifier: MIT */
/*
 * A request to another process, and its answer.  With a pause before each the
 * other has gone to sleep meanwhile; the pause isn't counted.
 */
#define _GNU_SOURCE
#include "lib/probe.h"
#include "lib/scenario.h"

#include <errno.h>
#include <time.h>

enum { UNCOUNTED = 8 };

static size_t bytes;
static void *buffer;
static long pause_ns;
static bool nap;

static void serve(void)
{
	for (;;)
		if (peer_receive(buffer, bytes, 0) < 0 || peer_send(buffer, bytes, 1) != 0)
			return;
}

static int start(const struct setup *setup)
{
	bytes = (size_t)setup->bytes;
	pause_ns = setup->pause_ns;
	nap = setup->nap != 0;
	buffer = new_buffer(setup);
	int error = buffer ? start_partner(setup, ANSWERER, serve) : -ENOMEM;
	return error ? error : open_side(setup, ASKER);
}

static ssize_t ask(void)
{
	int error = peer_send(buffer, bytes, 1);
	return error ? error : peer_receive(buffer, bytes, 0);
}

/* The other slept since the last batch: the first few, which wake it, don't count. */
static int64_t ask_in_a_row(uint64_t operations)
{
	int64_t began = now_ns();
	for (uint64_t i = 0; i < operations + UNCOUNTED; i++) {
		ssize_t got = ask();
		if (got < 0)
			return got;
		if (i + 1 == UNCOUNTED)
			began = now_ns();
	}
	return now_ns() - began;
}

/* Works for a while, or sleeps, so that who shares the CPU gets it. */
static void pass_time(void)
{
	struct timespec time = { .tv_nsec = pause_ns };
	int64_t until = now_ns() + pause_ns;
	if (nap)
		nanosleep(&time, NULL);
	while (!nap && now_ns() < until)
		continue;
}

static int64_t ask_now_and_then(uint64_t operations)
{
	int64_t sum = 0;
	for (uint64_t i = 0; i < operations; i++) {
		pass_time();
		int64_t began = now_ns();
		ssize_t got = ask();
		if (got < 0)
			return got;
		sum += now_ns() - began;
	}
	return sum;
}

static int64_t batch(uint64_t operations)
{
	return pause_ns ? ask_now_and_then(operations) : ask_in_a_row(operations);
}

const struct scenario round_trip = { "round-trip", start, batch };
