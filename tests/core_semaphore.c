/* SPDX-License-Identifier: MIT */
/* Semaphore sets from within: limits, and locks that a thread has to itself (core/reserve.h). */
#include "check.h"
#include "operation.h"
#include "region.h"
#include "reserve.h"
#include "sysv.h"
#include "task.h"

#include <pthread.h>
#include <sys/sem.h>

static struct portico *k;

static void open_instance(void)
{
	struct pk_reason reason;
	CHECK_EQUAL(pk_kernel_open(NULL, true, &k, &reason), 0);
	CHECK_EQUAL(pk_enter(k), 0);
}

static pk_id set_of(uint32_t count)
{
	pk_id id;
	CHECK_EQUAL(pk_set_create(k, 0, count, 0600, &id), 0);
	return id;
}

static int change(pk_id id, int by, int flags)
{
	struct pk_semaphore_part part = { 0, (int16_t)by, (int16_t)flags };
	return pk_set_operate(k, id, &part, 1, pk_monotonic_ns() + INT64_C(20000000000));
}

static int value(pk_id id)
{
	struct pk_semaphore_status status;
	CHECK_EQUAL(pk_semaphore_inspect(k, id, 0, &status), 0);
	return (int)status.value;
}

static void limit(enum pk_sysv_limit which, uint64_t to)
{
	pk_store(&pk_header(k)->sysv_limits[which], to);
}

/* ---- limits */

static void limits(void)
{
	pk_id id;
	open_instance();
	limit(PK_SEMMNS, 8);
	pk_id first = set_of(5), second = set_of(2);
	CHECK_EQUAL(pk_set_create(k, 0, 2, 0600, &id), -ENOSPC);
	pk_id third = set_of(1);
	CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &id), -ENOSPC);
	limit(PK_SEMMNS, 100);
	limit(PK_SEMMNI, 3);
	CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &id), -ENOSPC);
	CHECK_EQUAL(pk_set_destroy(k, second), 0);
	second = set_of(90);
	CHECK_EQUAL(pk_set_destroy(k, first), 0);
	CHECK_EQUAL(pk_set_create(k, 0, 10, 0600, &id), -ENOSPC);
	CHECK_EQUAL(pk_set_create(k, 0, 9, 0600, &id), 0);
	CHECK(id != third);
}

/* ---- a lock that one thread has to itself */

static bool is_reserved(pk_id id)
{
	struct pk_set *set = pk_slot(k, PK_SETS, pk_id_slot(id));
	return pk_is_reserved(pk_load(&set->lock));
}

static void use_much(pk_id id)
{
	for (int i = 0; i < 1000; i++) {
		CHECK_EQUAL(change(id, 1, i % 2 ? SEM_UNDO : 0), 0);
		CHECK_EQUAL(change(id, -1, i % 2 ? SEM_UNDO : 0), 0);
	}
	if (pk_load(&pk_fences))
		CHECK(is_reserved(id));
}

/* Its owner keeps it, gives it back to itself where it wants more than an operation, and takes it again. */
static void reserved(void)
{
	open_instance();
	pk_id id = set_of(1);
	CHECK_EQUAL(change(id, 1, 0), 0);
	CHECK(!is_reserved(id));
	use_much(id);
	CHECK_EQUAL(value(id), 1);
	CHECK(!is_reserved(id));
	use_much(id);
	CHECK(pk_set_valid(k, id));
	CHECK_EQUAL(pk_set_destroy(k, id), 0);
	CHECK_EQUAL(change(id, 1, 0), -EIDRM);
}

static void reserved_by_another(void)
{
	open_instance();
	pk_id id = set_of(1);
	CHECK_EQUAL(change(id, 1, 0), 0);
	uint64_t repairs = pk_load(&pk_header(k)->repairs);
	for (int i = 0; i < 3; i++) {
		pid_t child = CHILD(use_much(id); pause());
		until_asleep(child);
		CHECK_EQUAL(change(id, 1, 0), 0); /* it is asked for, while its owner sleeps */
		CHECK_EQUAL(value(id), i + 2);
		kill_child(child);
		child = CHILD(use_much(id));
		join_child(child);
		CHECK_EQUAL(value(id), i + 2); /* and after its owner's end, who was outside */
	}
	CHECK_EQUAL(pk_load(&pk_header(k)->repairs), repairs);
	CHECK(pk_set_valid(k, id));
}

/* RS5: who had it may yet say that it is inside, late, so nobody else reserves it. */
static void reserved_by_one(void)
{
	open_instance();
	pk_id id = set_of(1);
	use_much(id);
	join_child(CHILD({
		for (int i = 0; i < 2000; i++)
			CHECK_EQUAL(change(id, i % 2 ? -1 : 1, 0), 0);
		CHECK(!is_reserved(id));
	}));
	use_much(id);
}

/* Who dies inside leaves what any holder of a lock leaves. */
static void dead_inside(void)
{
	open_instance();
	pk_id id = set_of(2);
	uint64_t repairs = pk_load(&pk_header(k)->repairs);
	CHECK_EQUAL(change(id, 1, 0), 0);
	struct pk_set_view view;
	pid_t child = CHILD({
		use_much(id);
		struct pk_set *set = pk_slot(k, PK_SETS, pk_id_slot(id));
		CHECK(pk_set_look(k, set, pk_id_slot(id), &view));
		if (!pk_reserved_enter((struct pk_reservable *)&set->lock))
			_exit(77);
		/* an operation on both, of which half is done */
		view.steps[0] = (struct pk_step){ .word = pk_semaphore_word(7, 1), .semaphore = 0 };
		view.steps[1] = (struct pk_step){ .word = pk_semaphore_word(8, 1), .semaphore = 1 };
		pk_intent_write(&view, 2);
		pk_store(&view.values[0], view.steps[0].word);
		kill(getpid(), SIGKILL);
	});
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("no lock is reserved here");
	CHECK(WIFSIGNALED(status));
	uint16_t values[2];
	CHECK_EQUAL(pk_set_load(k, id, values), 0);
	CHECK(values[0] == 7 && values[1] == 8);
	CHECK(pk_load(&pk_header(k)->repairs) > repairs);
	CHECK(pk_set_valid(k, id));
}

static pk_id shared;
static volatile int counter;

static void *count_up(void *argument)
{
	for (int i = 0; i < 20000; i++) {
		CHECK_EQUAL(change(shared, -1, 0), 0);
		counter = counter + 1;
		CHECK_EQUAL(change(shared, 1, 0), 0);
		if (i % 4000 == 0)
			sleep_ms(2); /* so that the other comes to have it to itself */
	}
	return argument;
}

static void fought_over(void)
{
	pthread_t threads[2];
	open_instance();
	shared = set_of(1);
	CHECK_EQUAL(change(shared, 1, 0), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	CHECK_EQUAL(counter, 40000);
	CHECK_EQUAL(value(shared), 1);
	CHECK(pk_set_valid(k, shared));
}

/* What a handler does of that while the thread is inside is refused, and not done twice. */
static void in_a_handler(void)
{
	open_instance();
	pk_id id = set_of(1);
	use_much(id);
	struct pk_set *set = pk_slot(k, PK_SETS, pk_id_slot(id));
	if (!pk_reserved_enter((struct pk_reservable *)&set->lock))
		SKIP("no lock is reserved here");
	CHECK(!pk_reserved_enter((struct pk_reservable *)&set->lock));
	CHECK_EQUAL(change(id, 1, 0), -EDEADLK);
	pk_reserved_leave((struct pk_reservable *)&set->lock);
	CHECK_EQUAL(value(id), 0);
	CHECK_EQUAL(change(id, 1, 0), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "limits", limits },
		{ "reserved", reserved },
		{ "reserved-by-another", reserved_by_another },
		{ "reserved-by-one", reserved_by_one },
		{ "dead-inside", dead_inside },
		{ "fought-over", fought_over },
		{ "in-a-handler", in_a_handler },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
