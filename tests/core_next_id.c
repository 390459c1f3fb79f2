/* SPDX-License-Identifier: MIT */
/* Ids that were asked for, as by msg_next_id and its like of proc_sys_kernel(5). */
#include "check.h"
#include "port.h"
#include "region.h"
#include "segment.h"
#include "semaphore.h"
#include "sysv.h"

static struct portico *k;

static void open_instance(void)
{
	struct pk_reason reason;
	CHECK_EQUAL(pk_kernel_open(NULL, true, &k, &reason), 0);
	CHECK_EQUAL(pk_enter(k), 0);
}

static int make_queue(void)
{
	static const struct pk_port_limits limits = { .slots = 1, .bytes = 1, .capacity = 1 };
	pk_id id;
	CHECK_EQUAL(pk_port_create(k, PK_QUEUE, &limits, 0600, PK_NAME_MSG, NULL, 0, &id), 0);
	return pk_sysv_id(id);
}
static int make_set(void)
{
	pk_id id;
	CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &id), 0);
	return pk_sysv_id(id);
}
static int make_segment(void)
{
	pk_id id;
	CHECK_EQUAL(pk_segment_create(k, 0, 1, 0600, &id), 0);
	return pk_sysv_id(id);
}

static int (*const make[PK_SYSV_FAMILIES])(void) = { make_queue, make_set, make_segment };
static const unsigned tables[] = { PK_PORTS, PK_SETS, PK_SEGMENTS };

static int id_of(unsigned slot, unsigned sequence)
{
	return (int)(sequence << PK_SYSV_SLOT_BITS | slot);
}

static void ask_for(unsigned family, int64_t id)
{
	pk_store(&pk_header(k)->sysv_next_id[family], id);
}

/* The next has it, and the one after that any. */
static void given(void)
{
	open_instance();
	for (unsigned family = 0; family < PK_SYSV_FAMILIES; family++) {
		ask_for(family, id_of(1000, 77));
		CHECK_EQUAL(make[family](), id_of(1000, 77));
		CHECK_EQUAL(pk_load(&pk_header(k)->sysv_next_id[family]), -1);
		CHECK(make[family]() != id_of(1000, 77));
		CHECK(pk_table_valid(k, tables[family]));
	}
}

/* One that is in use: the next place above, in the same sequence. */
static void taken(void)
{
	open_instance();
	for (unsigned family = 0; family < PK_SYSV_FAMILIES; family++) {
		ask_for(family, id_of(20, 5));
		CHECK_EQUAL(make[family](), id_of(20, 5));
		ask_for(family, id_of(20, 5));
		CHECK_EQUAL(make[family](), id_of(21, 5));
		ask_for(family, id_of(20, 9));
		CHECK_EQUAL(make[family](), id_of(22, 9));
		/* no place is numbered 0 */
		ask_for(family, id_of(0, 9));
		int id = make[family]();
		CHECK_EQUAL(id >> PK_SYSV_SLOT_BITS, 9);
		CHECK(((unsigned)id & PK_SYSV_SLOT_MASK) > 0);
		CHECK(pk_table_valid(k, tables[family]));
	}
}

/* What can't be had is any. */
static void beyond(void)
{
	open_instance();
	for (unsigned family = 0; family < PK_SYSV_FAMILIES; family++) {
		ask_for(family, INT32_MAX);
		CHECK(make[family]() >= 0);
		CHECK_EQUAL(pk_load(&pk_header(k)->sysv_next_id[family]), -1);
		CHECK(pk_table_valid(k, tables[family]));
	}
}

/* An id that there was comes back only if it is asked for, and its stale holders then are deceived: as on
 * Linux. */
static void again(void)
{
	pk_id first, second;
	open_instance();
	CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &first), 0);
	CHECK_EQUAL(pk_set_destroy(k, first), 0);
	ask_for(1, pk_sysv_id(first));
	CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &second), 0);
	CHECK_EQUAL(pk_sysv_id(second), pk_sysv_id(first));
	CHECK(second != first); /* to core they differ */
	CHECK_EQUAL(pk_set_destroy(k, first), -EIDRM);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "given", given }, { "taken", taken }, { "beyond", beyond },
		{ "again", again }, { NULL, NULL },
	};
	return run_cases(cases, argc, argv);
}
