/* SPDX-License-Identifier: MIT */
/*
 * Control of tasks by a server on behalf of its clients: the client is judged by
 * whose the process is now; what its record says may be long past, or scribbled.
 */
#define _GNU_SOURCE
#include "actor.h"
#include "check.h"
#include "control.h"
#include "inbox.h"
#include "task.h"

#include <portico/task.h>
#include <sys/prctl.h>

static portico *k;
static portico_task target;
static _Atomic uint32_t *turn; /* whose it is: the worker goes on at 2 */

static void await_turn(uint32_t wanted)
{
	int64_t until = portico_deadline(10000000000);
	while (*turn != wanted) {
		CHECK(portico_deadline(0) < until);
		sleep_ms(1);
	}
}

static uint32_t suspended(void)
{
	struct portico_task_status status;
	CHECK_EQUAL(portico_task_inspect(k, target, &status), 0);
	return status.suspended;
}

static void expect_as(uint32_t uid, int expected)
{
	struct pk_actor client = { .uid = uid, .gid = uid, .thread = (uint32_t)getpid() };
	pk_id id;
	CHECK_EQUAL(pk_task_named(k, target.id, &id), 0);
	pk_act_for(k, &client);
	CHECK_EQUAL(pk_control_signal(k, id, SIGCONT), expected);
	CHECK_EQUAL(pk_control_suspend(k, id), expected);
	if (expected == 0)
		CHECK_EQUAL(pk_control_resume(k, id), 0);
	else
		CHECK_EQUAL(pk_control_end(k, id, SIGKILL), expected);
	pk_act_for(k, NULL);
	CHECK_EQUAL(suspended(), 0);
}

/* It is that user's, and root's again later. */
static void work_as(uint32_t uid)
{
	CHECK(portico_self(k).id != 0);
	CHECK_EQUAL(seteuid(uid), 0);
	CHECK_EQUAL(prctl(PR_SET_DUMPABLE, 1), 0); /* else the kernel says that it is root's */
	*turn = 1;
	await_turn(2);
	CHECK_EQUAL(seteuid(0), 0);
	*turn = 3;
	for (;;)
		pause();
}

static void case_acting(void)
{
	pk_id id;
	if (geteuid() != 0)
		SKIP("only root can become another user");
	turn = shared_memory(4096);
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK(portico_self(k).id != 0);
	pid_t worker = CHILD(work_as(65534));
	await_turn(1);
	CHECK_EQUAL(portico_task_of_pid(k, worker, &target), 0);
	CHECK_EQUAL(pk_task_named(k, target.id, &id), 0);
	expect_as(0, 0);
	expect_as(65533, -EPERM);
	expect_as(65534, 0);
	pk_task_of(k, pk_id_slot(id))->uid = 65534;
	*turn = 2;
	await_turn(3);
	expect_as(65534, -EPERM);
	expect_as(0, 0);
	kill_child(worker);
}

static const struct test_case cases[] = {
	{ "acting", case_acting },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
