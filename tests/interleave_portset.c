/* SPDX-License-Identifier: MIT */
/* Races at what guards a port, and at the pool's count: core/guard.h, A3 and A4; core/pool.h, O3. */
#include "interleave_ports.h"
#include "bell.h"
#include "portset.h"

#include <poll.h>
#include <unistd.h>

#define LEAVING "set: its own again, still a member"
#define LOOKING_FOR_A_SET "load in set_of"
#define BEFORE_LOCKING "swap in pk_lock_free"
#define INSERTING "transfer: queued at its number, on no list"
#define COUNTING "load in places_of_ports"

static pk_id set;

static int64_t makes_set(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_portset_create(kernel, &set);
}
static int64_t joins_set(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_portset_add(kernel, set, port);
}
static int64_t leaves(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_portset_remove(kernel, set, port);
}

/* It found the port in a set, and left the port's own lock; when it has the set's, the port is gone from
 * there. */
static void a3_left_meanwhile(void)
{
	struct actor *owner = enters("owner"), *sender = enters("sender"), *other = enters("another");
	make_port(4);
	does(owner, makes_set, 0, 0);
	does(owner, joins_set, 0, 0);
	begins(sender, sends, 'a');
	reaches(sender, LOOKING_FOR_A_SET);
	reaches(sender, BEFORE_LOCKING);
	does(owner, leaves, 0, 0);
	begins(other, sends, 'b');
	reaches(other, INSERTING);
	blocks(sender);
	ends(other, 0);
	ends(sender, 0);
	HOLDS("ba");
}

/* Both locks are the dead's.  Who inherits the port's own goes on under the set's. */
static void a4_inherits_both(void)
{
	struct actor *owner = enters("owner"), *sender = enters("sender"), *reaper = enters("reaper");
	make_port(4);
	does(owner, makes_set, 0, 0);
	begins(owner, joins_set, 0);
	reaches(owner, "set: joined, nobody served");
	dies(owner);
	begins(sender, sends, 'a');
	reaches(sender, INSERTING);
	begins(reaper, sweeps, 0);
	blocks(reaper);
	ends(sender, 0);
	ends(reaper, 0);
	CHECK(!is_named(task_of(owner)));
	HOLDS("a");
}

static int bell;

static int64_t opens_bell(struct portico *kernel, int64_t with)
{
	(void)with;
	bell = pk_bell_open(kernel, port);
	return bell < 0 ? bell : 0;
}
static bool rings(void)
{
	struct pollfd descriptor = { .fd = bell, .events = POLLIN };
	return poll(&descriptor, 1, 0) == 1;
}

/* A member's own lock is the dead's, and the port leaves: its bell rings for what it has, whoever inherits.
 */
static void a4_bell_of_who_left(void)
{
	struct actor *owner = enters("owner"), *sender = enters("sender"), *other = enters("another");
	make_port(4);
	does(owner, makes_set, 0, 0);
	does(owner, opens_bell, 0, 0);
	does(owner, sends, 'a', 0);
	does(owner, joins_set, 0, 0);
	CHECK(!rings());
	begins(sender, sends, 'b');
	reaches(sender, LOOKING_FOR_A_SET);
	dies(sender);
	begins(owner, leaves, 0);
	reaches(owner, LEAVING);
	begins(other, sends, 'c');
	reaches(other, LOOKING_FOR_A_SET); /* it has inherited */
	ends(owner, 0);
	CHECK(rings());
	ends(other, 0);
	HOLDS("ac");
	close(bell);
}

/* ---- O3 */

/* While all are counted a place moves from a port that wasn't looked at to one that was: the sum is too low,
 * and the header what it had been. */
static void o3_moved_behind_the_count(void)
{
	struct actor *sender = enters("sender"), *other = enters("another");
	pk_store(&pk_header(k)->most_pooled, 1);
	for (int i = 0; i < 3; i++) {
		make_port(4);
		ports[i] = port;
	}
	CHECK_EQUAL(sends_to(k, 1), 0);
	begins(sender, sends_to, 2);
	for (int i = 0; i < 3; i++) /* the first port's word, and its places, and the second's word */
		reaches(sender, COUNTING);
	does(other, receives_from, 1, 0);
	does(other, sends_to, 0, 0);
	ends(sender, -ENOBUFS);
}

static const struct test_case scripts[] = {
	{ "A3-left-meanwhile", a3_left_meanwhile },
	{ "A4-inherits-both", a4_inherits_both },
	{ "A4-bell-of-who-left", a4_bell_of_who_left },
	{ "O3-moved-behind-the-count", o3_moved_behind_the_count },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
