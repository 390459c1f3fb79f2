/* SPDX-License-Identifier: MIT */
/* kill -9 at every commit point of who suspends or resumes another task (crash.h). */
#include "control.h"
#include "crash.h"

/* ---- the stage: a port, and a task that is in its lock half the time */

static pk_id port, target;
static _Atomic uint32_t *turns;

static void linger(void)
{
	for (int i = 0; i < 1000; i++)
		pk_pause();
}

static void lock_and_unlock(void)
{
	for (;;) {
		struct pk_port *locked;
		CHECK_EQUAL(pk_object_lock(k, PK_PORTS, port, &locked), 0);
		(*turns)++;
		linger();
		pk_object_unlock(locked);
		linger();
	}
}

static void await_turn(void)
{
	uint32_t before = *turns;
	for (int64_t until = soon(); *turns == before;) {
		CHECK(pk_monotonic_ns() < until);
		sleep_ms(1);
	}
}

static void prepare(void)
{
	static const struct pk_port_limits limits = { 4, 64, 1 << 20 };
	if (!turns)
		turns = shared_memory(sizeof *turns);
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
	bystander = CHILD(lock_and_unlock());
	await_turn();
	target = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_TASKS); slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (task && task->pid == (uint32_t)bystander)
			target = pk_slot_id(&task->head, slot);
	}
	CHECK(target != 0);
}

static void prepare_suspended(void)
{
	prepare();
	CHECK_EQUAL(pk_control_suspend(k, target), 0);
}

static struct pk_task *record(void)
{
	return pk_task_of(k, pk_id_slot(target));
}

static bool is_stopped(void)
{
	struct pk_process process = { .pid = (uint32_t)bystander };
	return pk_process_stopped(&process);
}

/* It is suspended, and in nobody's way; or it isn't, and goes on. */
static void verify(void)
{
	struct pk_port *locked;
	CHECK_EQUAL(pk_load(&record()->suspended) & PK_SUSPEND_UNSURE, 0);
	if (pk_suspensions(record()) == 1) {
		CHECK(is_stopped());
		CHECK_EQUAL(pk_object_lock(k, PK_PORTS, port, &locked), 0); /* or hangs */
		pk_object_unlock(locked);
		CHECK_EQUAL(pk_control_resume(k, target), 0);
	}
	CHECK_EQUAL(pk_suspensions(record()), 0);
	await_turn();
}

static void suspend(void)
{
	CHECK_EQUAL(pk_control_suspend(k, target), 0);
}

static void resume(void)
{
	CHECK_EQUAL(pk_control_resume(k, target), 0);
}

static const struct scenario scenarios[] = {
	{ "suspend", prepare, suspend, NULL, verify },
	{ "resume", prepare_suspended, resume, NULL, verify },
	{ 0 },
};

static bool is_valid(void)
{
	return record() != NULL;
}

static void clear(void)
{
	kill_child(bystander);
	sweep();
	CHECK_EQUAL(pk_port_destroy(k, port), 0);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, is_valid, clear };
	return run_stage(&stage, argc, argv);
}
