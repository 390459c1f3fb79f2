/* SPDX-License-Identifier: MIT */
/* Who is here, and who died: fork, exec, kill -9, threads, descriptors. */
#define _GNU_SOURCE
#include "check.h"
#include "port.h"
#include "region.h"
#include "task.h"

#include <pthread.h>
#include <sched.h>

static struct portico *k;

static pk_id own_task(void)
{
	CHECK_EQUAL(pk_enter(k), 0);
	return pk_self(k);
}

static pk_id a_port(uint32_t slots)
{
	pk_id port;
	struct pk_port_limits limits = { slots, 4096, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
	return port;
}

static int put(pk_id port, const char *text, int64_t until_ns)
{
	uint32_t message;
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_message_make_from(k, text, strlen(text), 1, &message), 0);
	int error = pk_port_send_until(k, port, message, until_ns);
	if (error)
		pk_message_release(k, message);
	return error;
}

static void get(pk_id port, const char *text)
{
	uint32_t message, length;
	struct pk_want any = PK_WANT_ANY;
	CHECK_EQUAL(pk_port_receive_until(k, port, &any, pk_monotonic_ns() + INT64_C(5000000000), &message),
		    0);
	const char *data = pk_message_data(k, message, &length);
	CHECK(length == strlen(text) && memcmp(data, text, length) == 0);
	pk_message_release(k, message);
}

static uint32_t live_tasks(void)
{
	uint32_t live = 0;
	pk_task_sweep(k, true);
	for (uint32_t slot = 1; slot < pk_committed(k, PK_TASKS); slot++)
		live += pk_task_of(k, slot) != NULL;
	return live;
}

static void await_waiters(pk_id port, uint32_t receivers, uint32_t senders)
{
	struct pk_port_status status;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
		if (status.receivers == receivers && status.senders == senders)
			return;
		sleep_ms(1);
	}
	FAIL("the waiters never came");
}

static void case_fork(void)
{
	pk_id parent = own_task();
	pid_t child = fork();
	if (child == 0)
		_exit(own_task() != parent && pk_task_of(k, pk_id_slot(pk_self(k)))->pid == (uint32_t)getpid()
			      ? 0
			      : 1);
	join_child(child);
	CHECK_EQUAL(live_tasks(), 1);
	CHECK_EQUAL(own_task(), parent);
}

static void case_zombie_is_dead(void)
{
	int *ready = shared_memory(sizeof *ready);
	own_task();
	pid_t child = CHILD({
		own_task();
		*ready = 1;
	});
	while (!*(volatile int *)ready)
		sleep_ms(1);
	siginfo_t info;
	CHECK_EQUAL(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQUAL(live_tasks(), 1);
	join_child(child);
}

static void case_stopped_is_alive(void)
{
	pk_id port = a_port(1);
	int status;
	pid_t child = CHILD(get(port, "for the stopped"));
	await_waiters(port, 1, 0);
	kill(child, SIGSTOP);
	CHECK_EQUAL(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQUAL(live_tasks(), 2);
	CHECK_EQUAL(put(port, "for the stopped", PK_FOREVER), 0);
	kill(child, SIGCONT);
	join_child(child);
}

/* A message handed to a waiting receiver that is killed before it runs goes to the next, who looks while it
 * waits. */
static void case_waiter_notices(void)
{
	pk_id port = a_port(4);
	int status;
	pid_t first = CHILD(get(port, "never"));
	await_waiters(port, 1, 0);
	kill(first, SIGSTOP);
	CHECK_EQUAL(waitpid(first, &status, WUNTRACED), first);
	pid_t second = CHILD(get(port, "one"));
	await_waiters(port, 2, 0);
	CHECK_EQUAL(put(port, "one", PK_FOREVER), 0);
	kill_child(first);
	join_child(second);
}

static void case_dead_sender(void)
{
	pk_id port = a_port(1);
	CHECK_EQUAL(put(port, "queued", PK_FOREVER), 0);
	pid_t child = CHILD(put(port, "never sent", PK_FOREVER));
	await_waiters(port, 0, 1);
	pid_t next = CHILD(CHECK_EQUAL(put(port, "sent", PK_FOREVER), 0));
	await_waiters(port, 0, 2);
	kill_child(child);
	CHECK_EQUAL(live_tasks(), 2);
	get(port, "queued");
	get(port, "sent");
	join_child(next);
}

/* exec() this program, to run another of its cases. */
static void exec_case(const char *name)
{
	char program[] = "core_task", *argv[] = { program, strdup(name), NULL };
	execv("/proc/self/exe", argv);
	FAIL("exec failed");
}

static void case_exec(void)
{
	join_child(CHILD({
		own_task();
		exec_case("after-exec");
	}));
}

/* The task of the image before is gone with it. */
static void case_after_exec(void)
{
	own_task();
	CHECK_EQUAL(live_tasks(), 1);
}

static void *wait_for_ever(void *argument)
{
	get(*(pk_id *)argument, "nobody sends this");
	return NULL;
}

/* What a thread waited for when another thread calls exec() goes to the next in line. */
static void case_exec_under_a_waiter(void)
{
	pk_id port = a_port(4);
	pid_t child = CHILD({
		pthread_t thread;
		pthread_create(&thread, NULL, wait_for_ever, &port);
		await_waiters(port, 1, 0);
		execlp("sleep", "sleep", "60", (char *)NULL);
	});
	await_waiters(port, 1, 0);
	for (int i = 0; i < 500; i++) {
		char name[64] = "";
		char path[64];
		snprintf(path, sizeof path, "/proc/%d/comm", (int)child);
		FILE *file = fopen(path, "r");
		CHECK(file && fgets(name, sizeof name, file));
		fclose(file);
		if (strcmp(name, "sleep\n") == 0)
			break;
		sleep_ms(10);
	}
	CHECK_EQUAL(put(port, "for the living", PK_FOREVER), 0);
	get(port, "for the living");
	kill_child(child);
}

/* Two handles in one process don't disturb each other. */
static void case_two_handles(void)
{
	struct portico *other;
	struct pk_reason reason;
	pthread_t thread;
	pk_id port = a_port(1), sent;
	pthread_create(&thread, NULL, wait_for_ever, &port);
	await_waiters(port, 1, 0);
	CHECK_EQUAL(pk_kernel_open(NULL, false, &other, &reason), 0);
	struct pk_port_limits limits = { 1, 1, 1 };
	CHECK_EQUAL(pk_port_create(other, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &sent), 0);
	await_waiters(port, 1, 0);
	CHECK_EQUAL(put(port, "nobody sends this", PK_FOREVER), 0);
	pthread_join(thread, NULL);
	pk_kernel_close(other);
}

static void *outlive(void *unused)
{
	(void)unused;
	sleep_ms(300);
	_exit(0);
}

static void case_leader_gone(void)
{
	int *ready = shared_memory(sizeof *ready);
	own_task();
	pid_t child = CHILD({
		pthread_t thread;
		own_task();
		pthread_create(&thread, NULL, outlive, NULL);
		*ready = 1;
		pthread_exit(NULL);
	});
	while (!*(volatile int *)ready)
		sleep_ms(1);
	sleep_ms(50);
	CHECK_EQUAL(live_tasks(), 2); /* its main thread is a zombie, its process lives */
	join_child(child);
	CHECK_EQUAL(live_tasks(), 1);
}

static void case_closes_everything(void)
{
	pk_id port = a_port(100000);
	join_child(CHILD({
		own_task();
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		/* more than the pool has: the region must grow */
		for (int i = 0; i < 5000; i++)
			CHECK_EQUAL(put(port, "more", PK_FOREVER), 0);
	}));
}

static void *hammer(void *argument)
{
	pk_id port = *(pk_id *)argument;
	for (int i = 0; i < 20000; i++) {
		CHECK_EQUAL(put(port, "x", PK_FOREVER), 0);
		get(port, "x");
	}
	return NULL;
}

static void case_threads(void)
{
	pthread_t threads[4];
	pk_id port = a_port(8);
	for (int i = 0; i < 4; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, hammer, &port), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(pk_port_valid(k, port));
	CHECK_EQUAL(live_tasks(), 1);
}

static void case_many_in_turn(void)
{
	own_task();
	for (int i = 0; i < 3000; i++) {
		pid_t child = fork();
		if (child == 0)
			_exit(pk_enter(k) == 0 ? 0 : 1);
		join_child(child);
	}
	CHECK_EQUAL(live_tasks(), 1);
	CHECK(pk_committed(k, PK_TASKS) < 3000); /* their slots served again */
}

/* One task in a pid namespace of its own, where its pid is another's here. */
static void case_pid_namespaces(void)
{
	int *ready = shared_memory(sizeof *ready);
	pk_id port = a_port(4);
	if (geteuid() != 0)
		SKIP("it wants root");
	own_task();
	pid_t outer = CHILD({
		CHECK_EQUAL(unshare(CLONE_NEWPID), 0);
		pid_t inner = fork();
		if (inner == 0) {
			own_task();
			*ready = 1;
			pause();
		}
		waitpid(inner, NULL, 0);
	});
	while (!*(volatile int *)ready)
		sleep_ms(1);
	CHECK_EQUAL(live_tasks(), 2); /* pid 1 there */
	CHECK_EQUAL(put(port, "x", PK_FOREVER), 0);
	char command[64];
	snprintf(command, sizeof command, "pkill -KILL -P %d", (int)outer);
	CHECK_EQUAL(system(command), 0);
	join_child(outer);
	CHECK_EQUAL(live_tasks(), 1);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "fork", case_fork },
		{ "zombie-is-dead", case_zombie_is_dead },
		{ "stopped-is-alive", case_stopped_is_alive },
		{ "waiter-notices", case_waiter_notices },
		{ "dead-sender", case_dead_sender },
		{ "exec", case_exec },
		{ "after-exec", case_after_exec },
		{ "exec-under-a-waiter", case_exec_under_a_waiter },
		{ "two-handles", case_two_handles },
		{ "leader-gone", case_leader_gone },
		{ "closes-everything", case_closes_everything },
		{ "threads", case_threads },
		{ "many-in-turn", case_many_in_turn },
		{ "pid-namespaces", case_pid_namespaces },
		{ 0 },
	};
	struct pk_reason reason;
	CHECK_EQUAL(pk_kernel_open(NULL, true, &k, &reason), 0);
	return run_cases(cases, argc, argv);
}
