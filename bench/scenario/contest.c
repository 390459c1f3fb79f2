/* SPDX-License-Identifier: MIT */
/*
 * A mutex fought over by two processes on two CPUs.  A section is a few ns of
 * work, between taking the mutex (peer_send) and giving it back (peer_receive);
 * an operation is a section of either's.
 */
#define _GNU_SOURCE
#include "lib/probe.h"
#include "lib/scenario.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

/* What both see; the mutex guards the sections. */
static struct {
	_Alignas(128) uint64_t sections;
	uint64_t wanted;
	_Alignas(128) _Atomic uint32_t here; /* how often one has come to a start or an end, ever */
	_Atomic int32_t error;
} * shared;

static int orders[2];	/* a pipe: a byte for each contest */
static uint32_t before; /* what `here` was after the last */

/* On two CPUs: both come here soon, so that neither needs to sleep. */
static void meet(uint32_t count)
{
	atomic_fetch_add(&shared->here, 1);
	while ((int32_t)(atomic_load(&shared->here) - count) < 0 && !atomic_load(&shared->error))
		continue;
}

static void contend(void)
{
	uint64_t done = 0;
	meet(before + 2);
	while (done < shared->wanted && !atomic_load(&shared->error)) {
		int error = peer_send("", 0, 0);
		if (!error) {
			done = ++shared->sections;
			error = (int)peer_receive(NULL, 0, 0);
		}
		if (error)
			atomic_store(&shared->error, error);
	}
	meet(before += 4);
}

static void contend_on_order(void)
{
	char order;
	while (read(orders[0], &order, 1) == 1)
		contend();
}

static int start(const struct setup *setup)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(orders) != 0)
		return -errno;
	int error = start_partner(setup, ANSWERER, contend_on_order);
	return error ? error : open_side(setup, ASKER);
}

static int64_t batch(uint64_t operations)
{
	shared->sections = 0;
	shared->wanted = operations;
	if (write(orders[1], "", 1) != 1)
		return -errno;
	while (atomic_load(&shared->here) == before)
		continue;
	int64_t began = now_ns();
	contend();
	int error = atomic_load(&shared->error);
	return error ? error : now_ns() - began;
}

const struct scenario contest = { "contest", start, batch };
