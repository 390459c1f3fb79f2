/* SPDX-License-Identifier: MIT */
/* Calls of another user's program, who has the instance's mount only: portico.7.  Run so by remote.bats. */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <portico/broadcast.h>
#include <portico/handler.h>
#include <portico/limits.h>
#include <portico/mail.h>
#include <portico/message.h>
#include <portico/names.h>
#include <portico/policy.h>
#include <portico/poll.h>
#include <portico/rights.h>
#include <portico/set.h>
#include <portico/sysv.h>
#include <portico/task.h>
#include <portico/why.h>
#include <sys/stat.h>
#include <unistd.h>

static portico *k;
static char buffer[2 << 20];

static void open_it(void)
{
	CHECK_EQUAL(portico_open(NULL, 0, &k), 0);
}

static portico_port made(const char *name)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, name, NULL, 0600, &port), 0);
	return port;
}

static ssize_t take(portico_port port, size_t room, int64_t deadline)
{
	return portico_receive(k, port, buffer, room, NULL, NULL, deadline);
}

static void case_messages(void)
{
	open_it();
	umask(077);
	portico_port port, again;
	CHECK_EQUAL(portico_mailbox_create(k, "box", NULL, 0640, &port), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "box", NULL, 0640, &again), -EEXIST);
	CHECK_EQUAL(portico_mailbox_open(k, "box", &again), 0);
	CHECK_EQUAL(again.id, port.id);
	CHECK_EQUAL(take(port, 8, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(take(port, 8, portico_deadline(20000000)), -ETIMEDOUT);
	CHECK_EQUAL(portico_send(k, port, "first", 5, 0, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_send(k, port, "second", 6, 0, PORTICO_FOREVER), 0);
	CHECK_EQUAL(take(port, 4, PORTICO_NOW), -E2BIG); /* it stays, whole */
	CHECK_EQUAL(take(port, sizeof buffer, PORTICO_NOW), 5);
	CHECK_EQUAL(memcmp(buffer, "first", 5), 0);
	CHECK_EQUAL(take(port, 6, PORTICO_FOREVER), 6);
	CHECK_EQUAL(take(port, 6, PORTICO_NOW), -EAGAIN); /* and no end of a file */
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(take(port, 6, PORTICO_NOW), -EIDRM);
	again = made("box"); /* another of that name */
	CHECK_EQUAL(portico_send(k, port, "x", 1, 0, PORTICO_NOW), -EIDRM);
	CHECK_EQUAL(portico_mailbox_destroy(k, again), 0);
	CHECK_EQUAL(portico_mailbox_open(k, "box", &port), -ENOENT);
}

static void case_waits(void)
{
	open_it();
	portico_port port = made("box");
	pid_t child = CHILD(CHECK_EQUAL(take(port, 8, PORTICO_FOREVER), 4));
	until_asleep(child);
	CHECK_EQUAL(portico_send(k, port, "late", 4, 0, PORTICO_NOW), 0);
	join_child(child);
	child = CHILD(CHECK_EQUAL(take(port, 8, portico_deadline(20000000000)), 5));
	until_asleep(child);
	CHECK_EQUAL(portico_send(k, port, "later", 5, 0, PORTICO_NOW), 0);
	join_child(child);
	child = CHILD(CHECK_EQUAL(take(port, 8, PORTICO_FOREVER), -EIDRM));
	until_asleep(child);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	join_child(child);
}

static void case_poll(void)
{
	open_it();
	portico_port port = made("box");
	struct pollfd wanted = { .fd = portico_port_fd(k, port), .events = POLLIN };
	CHECK(wanted.fd >= 0);
	CHECK_EQUAL(poll(&wanted, 1, 0), 0);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 0, PORTICO_NOW), 0);
	CHECK_EQUAL(poll(&wanted, 1, 10000), 1);
	CHECK_EQUAL(take(port, 1, PORTICO_NOW), 1);
	CHECK_EQUAL(poll(&wanted, 1, 0), 0);
	close(wanted.fd);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
}

static void case_status(void)
{
	open_it();
	portico_port port = made("box");
	struct portico_status status;
	CHECK_EQUAL(portico_send(k, port, "four", 4, 0, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	CHECK_EQUAL(status.queued, 1);
	CHECK_EQUAL(status.queued_bytes, 4);
	CHECK_EQUAL(status.limits.slots, portico_default_limits.slots);
	CHECK_EQUAL(status.limits.capacity, portico_default_limits.capacity);
	CHECK_EQUAL(status.uid, geteuid());
	CHECK_EQUAL(status.mode, 0600);
	CHECK_EQUAL(status.last_sender, getpid());
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
}

/* The mode of a mailbox that root made, box.MODE, decides: each as a digit of its own. */
static void case_modes(void)
{
	open_it();
	portico_port port;
	CHECK_EQUAL(portico_mailbox_open(k, "box.4", &port), 0);
	CHECK_EQUAL(take(port, 8, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 0, PORTICO_NOW), -EACCES);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), -EPERM);
	CHECK_EQUAL(portico_mailbox_open(k, "box.2", &port), 0);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 0, PORTICO_NOW), 0);
	CHECK_EQUAL(take(port, 8, PORTICO_NOW), -EACCES);
	CHECK_EQUAL(portico_mailbox_open(k, "box.0", &port), 0);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 0, PORTICO_NOW), -EACCES);
	CHECK_EQUAL(take(port, 8, PORTICO_NOW), -EACCES);
}

#define NOT_HERE(call) CHECK_EQUAL(call, -EOPNOTSUPP)

static void no_messages(portico_port port)
{
	const struct portico_sending urgent = { .priority = 1 }, typed = { .type = 1 }, bare = { 0 };
	const struct portico_filter typed_only = { .select = PORTICO_TYPE, .type = 1 };
	struct portico_completion completion;
	portico_wait wait = { 1 };
	NOT_HERE(portico_send(k, port, "x", 1, 1, PORTICO_NOW));
	NOT_HERE(portico_send(k, port, NULL, 0, 0, PORTICO_NOW));
	NOT_HERE(portico_send_with(k, port, "x", 1, &urgent, PORTICO_NOW));
	NOT_HERE(portico_send_with(k, port, "x", 1, &typed, PORTICO_NOW));
	CHECK_EQUAL(portico_send_with(k, port, "x", 1, &bare, PORTICO_NOW), 0);
	NOT_HERE(portico_receive(k, port, buffer, 8, &typed_only, NULL, PORTICO_NOW));
	NOT_HERE(portico_receive_any(k, &port, 1, buffer, 8, NULL, NULL, PORTICO_NOW));
	NOT_HERE(portico_peek(k, port, buffer, 8, NULL, 0, NULL));
	NOT_HERE(portico_probe(k, port, NULL, NULL));
	NOT_HERE(portico_completions_create(k, &port));
	CHECK(portico_post_send(k, port, "x", 1, 0, PORTICO_NOW, port, 0, &wait) < 0);
	CHECK(portico_post_receive(k, &port, 1, 8, NULL, PORTICO_NOW, port, 0, &wait) < 0);
	CHECK(portico_complete(k, port, &completion, PORTICO_NOW) < 0);
	CHECK(portico_collect(k, wait, buffer, 8, NULL) < 0);
	CHECK(portico_wait_status(k, wait) < 0);
	CHECK(portico_cancel(k, wait) < 0);
}

static void no_mailboxes(portico_port port)
{
	static const struct portico_limits small = { 1, 1, 1 };
	portico_port other;
	unsigned char ready;
	NOT_HERE(portico_mailbox_create(k, NULL, NULL, 0600, &other));
	NOT_HERE(portico_mailbox_create(k, "small", &small, 0600, &other));
	CHECK(portico_mailbox_limit(k, port, &small) < 0);
	CHECK(portico_mailbox_pause(k, port) < 0);
	CHECK(portico_mailbox_resume(k, port) < 0);
	CHECK(portico_mailbox_share(k, port, PORTICO_SHARE_ONE_RECEIVER) < 0);
	CHECK(portico_mailbox_claim(k, port) < 0);
	CHECK(portico_mailbox_yield(k, port) < 0);
	CHECK(portico_scan(k, &port, 1, &ready, PORTICO_NOW) < 0);
	CHECK(portico_set_create(k, &other) < 0);
	CHECK(portico_set_add(k, port, port) < 0);
	CHECK(portico_set_remove(k, port, port) < 0);
	CHECK(portico_set_list(k, port, &other, 1) < 0);
	CHECK(portico_listen(k, port, port, &(portico_listener){ 0 }) < 0);
	CHECK(portico_unlisten(k, (portico_listener){ 1 }) < 0);
	CHECK(portico_port_signal(k, port, 10) < 0);
	CHECK(portico_completions_signal(k, port, 10) < 0);
}

static int see_name(const struct portico_name_entry *entry, void *context)
{
	(void)entry, (void)context;
	return 1;
}

static int see_deadlock(const struct portico_deadlock *deadlock, void *context)
{
	(void)deadlock, (void)context;
	return 1;
}

static void no_names_and_rights(portico_port port)
{
	portico_port other;
	struct portico_right_status status;
	CHECK(portico_name_register(k, "other", port, 0444, 0) < 0);
	CHECK(portico_name_look_up(k, "box", &other) < 0);
	CHECK(portico_name_unregister(k, "box") < 0);
	CHECK(portico_name_make_directory(k, "d", 0700) < 0);
	CHECK(portico_name_rename(k, "box", "other", 0) < 0);
	CHECK(portico_name_list(k, "", 0, see_name, NULL) < 0);
	CHECK(portico_name_server_create(k, &other) < 0);
	CHECK(portico_name_server_set(k, port) < 0);
	CHECK(portico_port_create(k, NULL, &other) < 0);
	CHECK(portico_right_make(k, port, PORTICO_SEND, &other) < 0);
	CHECK(portico_right_keep(k, port, 1) < 0);
	CHECK(portico_right_drop(k, port) < 0);
	CHECK(portico_right_inspect(k, port, &status) < 0);
	CHECK(portico_right_list(k, &other, 1) <= 0);
	CHECK(portico_send_one(k, port, "x", 1, 0, 0) < 0);
	CHECK(portico_notify_port(k, &other) < 0);
	CHECK(portico_memory_allocate(k, 4096, &(struct portico_memory){ 0 }) < 0);
}

static void no_tasks_and_limits(void)
{
	portico_task task;
	portico_port other;
	struct portico_task_status status;
	struct portico_instance_limits limits = { 0 };
	struct portico_sysv_limits sysv = { 0 };
	CHECK_EQUAL(portico_self(k).id, 0);
	CHECK(portico_task_of_pid(k, getpid(), &task) < 0);
	task.id = 1;
	CHECK(portico_inbox(k, NULL, &other) < 0);
	CHECK(portico_send_to(k, task, "x", 1, 0, PORTICO_NOW) < 0);
	CHECK(portico_receive_from(k, task, buffer, 8, NULL, PORTICO_NOW) < 0);
	CHECK(portico_task_suspend(k, task) < 0);
	CHECK(portico_task_resume(k, task) < 0);
	CHECK(portico_task_inspect(k, task, &status) < 0);
	CHECK(portico_task_end(k, task, 0) < 0);
	CHECK(portico_kernel_port(k, task, &other) < 0);
	portico_limits_get(k, &limits); /* says nothing that is of use, and harms nobody */
	CHECK(portico_limits_set(k, &limits) < 0);
	CHECK(portico_limits_used(k, &limits) < 0);
	portico_sysv_limits_get(k, &sysv);
	CHECK(portico_sysv_limits_set(k, &sysv) < 0);
	CHECK(portico_access_get(k, NULL) < 0);
	CHECK(portico_access_set(k, PORTICO_ACCESS_ALL, 0) < 0);
	CHECK(portico_lifetime_set(k, PORTICO_LIFETIME_PERSIST, 0) < 0);
	CHECK(portico_why(k, getpid(), buffer, sizeof buffer) < 0);
	CHECK(portico_deadlocks(k, see_deadlock, NULL) <= 0);
}

static void case_nothing_else(void)
{
	open_it();
	portico_port port = made("box");
	no_messages(port);
	no_mailboxes(port);
	no_names_and_rights(port);
	no_tasks_and_limits();
	CHECK_EQUAL(take(port, 8, PORTICO_NOW), 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	portico_close(k);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "messages", case_messages },
		{ "waits", case_waits },
		{ "poll", case_poll },
		{ "status", case_status },
		{ "modes", case_modes },
		{ "nothing-else", case_nothing_else },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
