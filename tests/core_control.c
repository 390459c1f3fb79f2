/* SPDX-License-Identifier: MIT */
/* Suspending, resuming, inspecting and ending tasks: what portico_control(3) promises. */
#define _GNU_SOURCE
#include "check.h"
#include "control.h"
#include "inbox.h"
#include "object.h"
#include "port.h"

#include <portico/task.h>
#include <sched.h>

static portico *k;
static portico_port port;
static portico_task target;
static pid_t worker;
static _Atomic uint32_t *turns; /* how many the worker has done */

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static void open_instance(void)
{
	struct portico_limits limits = { 4, 64, 1 << 20 };
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	turns = shared_memory(4096);
}

static void exchange(void)
{
	char letter = 'x';
	CHECK_EQUAL(portico_send(k, port, &letter, 1, 1, soon()), 0);
	CHECK_EQUAL(portico_receive(k, port, &letter, 1, NULL, NULL, soon()), 1);
}

static void work(void)
{
	for (;;) {
		exchange();
		(*turns)++;
	}
}

static void await_turns(uint32_t more)
{
	uint32_t before = *turns;
	int64_t until = soon();
	while (*turns - before < more) {
		CHECK(portico_deadline(0) < until);
		sleep_ms(1);
	}
}

/* A child that exchanges messages with itself, at a mailbox that all use. */
static void start_worker(void)
{
	worker = CHILD(work());
	await_turns(1);
	CHECK_EQUAL(portico_task_of_pid(k, worker, &target), 0);
}

static bool is_stopped(pid_t pid)
{
	struct pk_process process = { .pid = (uint32_t)pid };
	return pk_process_stopped(&process);
}

static uint32_t suspended(portico_task task)
{
	struct portico_task_status status;
	CHECK_EQUAL(portico_task_inspect(k, task, &status), 0);
	return status.suspended;
}

static void case_suspend(void)
{
	open_instance();
	start_worker();
	CHECK_EQUAL(portico_task_suspend(k, target), 0);
	CHECK(is_stopped(worker));
	uint32_t before = *turns;
	exchange();
	CHECK_EQUAL(*turns, before);
	CHECK_EQUAL(suspended(target), 1);
	CHECK_EQUAL(portico_task_resume(k, target), 0);
	CHECK_EQUAL(suspended(target), 0);
	await_turns(10);
	kill_child(worker);
}

static void case_counted(void)
{
	open_instance();
	start_worker();
	CHECK_EQUAL(portico_task_resume(k, target), -EINVAL);
	for (uint32_t count = 1; count <= 3; count++) {
		CHECK_EQUAL(portico_task_suspend(k, target), 0);
		CHECK_EQUAL(suspended(target), count);
	}
	for (uint32_t count = 2; count >= 1; count--) {
		CHECK_EQUAL(portico_task_resume(k, target), 0);
		CHECK_EQUAL(suspended(target), count);
		CHECK(is_stopped(worker));
	}
	CHECK_EQUAL(portico_task_resume(k, target), 0);
	await_turns(1);
	CHECK_EQUAL(portico_task_resume(k, target), -EINVAL);
	kill_child(worker);
}

/* Suspended at any place, it is in nobody's way. */
static void case_holds_no_lock(void)
{
	open_instance();
	start_worker();
	for (int round = 0; round < 300; round++) {
		CHECK_EQUAL(portico_task_suspend(k, target), 0);
		exchange(); /* or hangs */
		CHECK_EQUAL(portico_task_resume(k, target), 0);
	}
	await_turns(1);
	kill_child(worker);
}

/* One that is found in a lock each time is let go on, and isn't suspended. */
static void hold_lock(void)
{
	struct pk_port *locked;
	CHECK_EQUAL(pk_object_lock(k, PK_PORTS, port.id, &locked), 0);
	*turns = 1;
	while (*turns == 1)
		sleep_ms(1);
	pk_object_unlock(locked);
	work();
}

static void case_busy(void)
{
	open_instance();
	worker = CHILD(hold_lock());
	while (*turns == 0)
		sleep_ms(1);
	CHECK_EQUAL(portico_task_of_pid(k, worker, &target), 0);
	CHECK_EQUAL(portico_task_suspend(k, target), -EBUSY);
	CHECK_EQUAL(suspended(target), 0);
	*turns = 2;
	await_turns(10);
	CHECK_EQUAL(portico_task_suspend(k, target), 0);
	kill_child(worker);
}

/* Two who suspend each other don't hold each other up for ever: one comes first. */
static void suspend_other(int self)
{
	CHECK(portico_self(k).id != 0);
	turns[2 + self] = 1;
	while (turns[1] == 0)
		sched_yield();
	portico_task other = { turns[4 + !self] };
	int error = portico_task_suspend(k, other);
	CHECK(error == 0 || error == -ESRCH); /* it has done the same, and ended */
	if (error == 0)
		CHECK_EQUAL(portico_task_resume(k, other), 0);
}

static void case_each_other(void)
{
	open_instance();
	for (int round = 0; round < 30; round++) {
		pid_t pids[2];
		portico_task tasks[2];
		memset((void *)turns, 0, 4096);
		for (int i = 0; i < 2; i++)
			pids[i] = CHILD(suspend_other(i));
		for (int i = 0; i < 2; i++) {
			while (turns[2 + i] == 0)
				sleep_ms(1);
			CHECK_EQUAL(portico_task_of_pid(k, pids[i], &tasks[i]), 0);
			turns[4 + i] = tasks[i].id;
		}
		turns[1] = 1;
		for (int i = 0; i < 2; i++)
			join_child(pids[i]);
	}
}

static void case_suspender_dies(void)
{
	open_instance();
	start_worker();
	pid_t suspender = CHILD({
		CHECK_EQUAL(portico_task_suspend(k, target), 0);
		kill(getpid(), SIGKILL);
	});
	CHECK_EQUAL(waitpid(suspender, NULL, 0), suspender);
	pk_task_sweep(k, true);
	CHECK_EQUAL(suspended(target), 1);
	CHECK(is_stopped(worker));
	CHECK_EQUAL(portico_task_resume(k, target), 0);
	await_turns(1);
	kill_child(worker);
}

/* As it is between SIGSTOP and the look for locks: C2, and nobody there but who waits for that lock. */
static void stop_and_die(pk_id id)
{
	struct pk_task *task = pk_task_of(k, pk_id_slot(id));
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_lock(k, &pk_header(k)->control_lock), 0);
	pk_store(&task->suspended, PK_SUSPEND_UNSURE);
	kill(worker, SIGSTOP);
	while (!is_stopped(worker))
		sleep_ms(1);
	kill(getpid(), SIGKILL);
}

static void case_rescued(void)
{
	struct pk_port *locked;
	pk_id id;
	open_instance();
	worker = CHILD(hold_lock());
	while (*turns == 0)
		sleep_ms(1);
	CHECK_EQUAL(portico_task_of_pid(k, worker, &target), 0);
	CHECK_EQUAL(pk_task_named(k, target.id, &id), 0);
	pid_t suspender = CHILD(stop_and_die(id));
	CHECK_EQUAL(waitpid(suspender, NULL, 0), suspender);
	*turns = 2;
	CHECK_EQUAL(pk_object_lock(k, PK_PORTS, port.id, &locked), 0);
	pk_object_unlock(locked);
	await_turns(10);
	pk_task_sweep(k, true);
	CHECK_EQUAL(suspended(target), 0);
	kill_child(worker);
}

static void case_target_dies(void)
{
	open_instance();
	start_worker();
	CHECK_EQUAL(portico_task_suspend(k, target), 0);
	kill_child(worker);
	CHECK_EQUAL(portico_task_resume(k, target), -ESRCH);
	CHECK_EQUAL(portico_task_suspend(k, target), -ESRCH);
	CHECK_EQUAL(portico_task_end(k, target, SIGTERM), -ESRCH);
	exchange();
	/* whoever gets its place begins anew */
	start_worker();
	CHECK_EQUAL(suspended(target), 0);
	kill_child(worker);
}

static void work_as_two(int ids)
{
	portico *again;
	CHECK_EQUAL(portico_open(NULL, 0, &again), 0);
	portico_task both[2] = { portico_self(k), portico_self(again) };
	CHECK_EQUAL(write(ids, both, sizeof both), sizeof both);
	work();
}

/* A process that opened the instance twice goes on when both its tasks are resumed. */
static void case_one_process(void)
{
	open_instance();
	int ids[2];
	CHECK_EQUAL(pipe(ids), 0);
	worker = CHILD(work_as_two(ids[1]));
	portico_task tasks[2];
	CHECK_EQUAL(read(ids[0], tasks, sizeof tasks), sizeof tasks);
	CHECK(tasks[0].id != tasks[1].id);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(portico_task_suspend(k, tasks[i]), 0);
	CHECK_EQUAL(portico_task_resume(k, tasks[0]), 0);
	CHECK(is_stopped(worker));
	CHECK_EQUAL(portico_task_resume(k, tasks[1]), 0);
	await_turns(1);
	kill_child(worker);
}

static void case_inspect(void)
{
	struct portico_task_status status;
	open_instance();
	int ready[2];
	CHECK_EQUAL(pipe(ready), 0);
	worker = CHILD({
		portico_port completions;
		portico_wait wait;
		CHECK_EQUAL(portico_completions_create(k, &completions), 0);
		for (int i = 0; i < 3; i++)
			CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, completions,
							 0, &wait),
				    0);
		CHECK_EQUAL(write(ready[1], "", 1), 1);
		pause();
	});
	char byte;
	CHECK_EQUAL(read(ready[0], &byte, 1), 1);
	CHECK_EQUAL(portico_task_of_pid(k, worker, &target), 0);
	CHECK_EQUAL(portico_task_inspect(k, target, &status), 0);
	CHECK_EQUAL(status.pid, worker);
	CHECK_EQUAL(status.uid, geteuid());
	CHECK_EQUAL(status.gid, getegid());
	CHECK(strncmp(status.command, "core_control", 12) == 0);
	CHECK(status.since_ns > 0 && status.since_ns <= pk_realtime_ns());
	CHECK_EQUAL(status.waits, 3);
	CHECK_EQUAL(status.ports, 1);
	CHECK_EQUAL(status.messages, 0);
	CHECK_EQUAL(status.suspended, 0);
	/* one message is granted to one of its waits */
	CHECK_EQUAL(portico_send(k, port, "", 1, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_task_inspect(k, target, &status), 0);
	CHECK_EQUAL(status.waits, 2);
	kill_child(worker);
}

static int ended_by(pid_t child)
{
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void case_end(void)
{
	open_instance();
	start_worker();
	CHECK_EQUAL(portico_task_end(k, target, SIGINT), -EINVAL);
	CHECK_EQUAL(portico_task_end(k, target, 0), -EINVAL);
	CHECK_EQUAL(portico_task_end(k, target, SIGTERM), 0);
	CHECK_EQUAL(ended_by(worker), SIGTERM);
	exchange();
	start_worker();
	CHECK_EQUAL(portico_task_suspend(k, target), 0);
	CHECK_EQUAL(portico_task_end(k, target, SIGKILL), 0);
	CHECK_EQUAL(ended_by(worker), SIGKILL);
	/* one that is suspended acts on SIGTERM when it goes on */
	start_worker();
	CHECK_EQUAL(portico_task_suspend(k, target), 0);
	CHECK_EQUAL(portico_task_end(k, target, SIGTERM), 0);
	CHECK(is_stopped(worker));
	CHECK_EQUAL(portico_task_resume(k, target), 0);
	CHECK_EQUAL(ended_by(worker), SIGTERM);
}

static void case_misused(void)
{
	struct portico_task_status status;
	open_instance();
	portico_task self = portico_self(k);
	CHECK_EQUAL(portico_task_suspend(k, self), -EINVAL);
	CHECK_EQUAL(portico_task_resume(k, self), -EINVAL);
	CHECK_EQUAL(portico_task_inspect(k, self, &status), 0);
	CHECK_EQUAL(portico_task_suspend(k, (portico_task){ 0 }), -EINVAL);
	CHECK(portico_task_suspend(k, (portico_task){ UINT32_MAX }) < 0);
	CHECK_EQUAL(portico_task_inspect(k, (portico_task){ self.id + (1 << 15) }, &status), -ESRCH);
}

static void case_foreign(void)
{
	struct portico_task_status status;
	if (geteuid() != 0)
		SKIP("only root can become another user");
	open_instance();
	CHECK(portico_self(k).id != 0);
	start_worker();
	pid_t child = CHILD({
		CHECK(portico_self(k).id != 0); /* while it may open the region */
		CHECK_EQUAL(seteuid(65534), 0);
		CHECK_EQUAL(portico_task_suspend(k, target), -EPERM);
		CHECK_EQUAL(portico_task_resume(k, target), -EPERM);
		CHECK_EQUAL(portico_task_inspect(k, target, &status), -EPERM);
		CHECK_EQUAL(portico_task_end(k, target, SIGKILL), -EPERM);
	});
	join_child(child);
	await_turns(1);
	kill_child(worker);
}

static void try_from_another_namespace(void)
{
	if (unshare(CLONE_NEWPID) != 0)
		_exit(77);
	pid_t inside = CHILD({
		CHECK_EQUAL(portico_task_suspend(k, target), -EXDEV);
		CHECK_EQUAL(portico_task_end(k, target, SIGKILL), -EXDEV);
	});
	join_child(inside);
}

static void case_namespace(void)
{
	open_instance();
	start_worker();
	pid_t child = CHILD(try_from_another_namespace());
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	kill_child(worker);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("no pid namespace is to be had here");
	CHECK_EQUAL(status, 0);
}

static const struct test_case cases[] = {
	{ "suspend", case_suspend },
	{ "counted", case_counted },
	{ "holds-no-lock", case_holds_no_lock },
	{ "busy", case_busy },
	{ "each-other", case_each_other },
	{ "suspender-dies", case_suspender_dies },
	{ "rescued", case_rescued },
	{ "target-dies", case_target_dies },
	{ "one-process", case_one_process },
	{ "inspect", case_inspect },
	{ "end", case_end },
	{ "misused", case_misused },
	{ "foreign", case_foreign },
	{ "namespace", case_namespace },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
