/* SPDX-License-Identifier: MIT */
/* Is what ports have besides messages sound: bells, the pool's places, memory that moves?
 */
#include "bell.h"
#include "contents.h"
#include "guard.h"
#include "instance.h"
#include "message.h"
#include "pool.h"
#include "region.h"
#include "run.h"
#include "transfer.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define LOOKS 2 /* so that a change that is being made isn't taken for damage */
#define BETWEEN_LOOKS_US 1000

/* ---- the pool */

static uint32_t places_of_ports(struct portico *k)
{
	uint32_t sum = 0, committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		enum pk_kind kind = port ? pk_word_kind(pk_load(&port->head.word)) : PK_FREE;
		if ((kind == PK_LIVE || kind == PK_DYING) && pk_is_pooled(port))
			sum += pk_load(&port->pooled);
	}
	return sum;
}

/* O2.  Too many that are counted as taken are no fault: who finds none left counts anew. */
uint32_t places_uncounted(struct portico *k)
{
	uint32_t missing = 0;
	for (int look = 0; look < LOOKS; look++) {
		uint64_t before = pk_load(&pk_header(k)->pooled);
		uint32_t taken = (uint32_t)before, sum = places_of_ports(k);
		if (taken >= sum || pk_load(&pk_header(k)->pooled) != before)
			return 0; /* its upper half counts the changes: somebody uses it */
		missing = sum - taken;
		usleep(BETWEEN_LOOKS_US);
	}
	return missing;
}

void count_places(struct portico *k)
{
	pk_pool_taken(k);
}

/* ---- memory */

/* It is said to be a message's, and there is none such. */
static bool is_stray_run(struct portico *k, uint32_t slot)
{
	for (int look = 0; look < LOOKS; look++) {
		const struct pk_run *run = pk_slot(k, PK_RUNS, slot);
		uint64_t word = run ? pk_load(&run->head.word) : 0;
		uint32_t message = (uint32_t)pk_word_id(word);
		if (pk_word_kind(word) != PK_BODY)
			return false;
		const struct pk_message *m = pk_message_at(k, message);
		if (m && pk_word_kind(pk_load(&m->head.word)) != PK_FREE &&
		    pk_message_body_word(m, message) == word)
			return false;
		usleep(BETWEEN_LOOKS_US);
	}
	return true;
}

unsigned stray_runs(struct portico *k, bool remove)
{
	uint32_t committed = pk_committed(k, PK_RUNS);
	unsigned count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		if (!is_stray_run(k, slot))
			continue;
		count++;
		if (remove)
			pk_run_release(k, slot);
	}
	return count;
}

/* ---- bells */

/* Does the file say it?  One that can't be opened is nobody's any more. */
static bool bell_says(struct portico *k, pk_id id, bool rings)
{
	char name[48], path[PK_PATH_MAX];
	snprintf(name, sizeof name, "bells/%llu", (unsigned long long)id);
	int fd = pk_region_path(k, name, path) == 0 ? open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
						    : -1;
	struct pollfd file = { .fd = fd, .events = POLLIN };
	if (fd < 0)
		return true;
	bool said = poll(&file, 1, 0) >= 0 && !(file.revents & POLLIN) != rings;
	close(fd);
	return said;
}

/* L1, L5.  What is owed is known to be so. */
static bool bell_is_true(struct portico *k, pk_id id, struct pk_port *port)
{
	bool rings = pk_port_offers(k, port) && !pk_is_member(port);
	if (!(port->special & PK_SPECIAL_BELL) || port->bell == PK_BELL_OWED)
		return true;
	return port->bell == (rings ? PK_BELL_RINGING : PK_BELL_SILENT) && bell_says(k, id, rings);
}

unsigned false_bells(struct portico *k, bool mend)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	unsigned count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_port *port, *guard;
		pk_id id = live_object(k, PK_PORTS, slot);
		if (!id || pk_port_lock(k, id, &port, &guard) != 0)
			continue;
		if (!bell_is_true(k, id, port)) {
			count++;
			if (mend)
				pk_bell_repair(k, port);
		}
		pk_object_unlock(
			guard); /* and doesn't settle the bells: that would hide what is looked for */
	}
	return count;
}
