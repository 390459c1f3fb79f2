/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what changes a System V queue, and of its
 * repair (crash.h): who waits there asks anew and is served, the change was done
 * whole or not at all, and nothing is lost.
 */
#include "crash_letters.h"

#define KEY 4712

static pk_id queue;

static const struct pk_port_limits narrow = { 1, 64, 1 }, wide = { 9, 64, 9 };

static void make_queue(void)
{
	int32_t key = KEY;
	CHECK_EQUAL(pk_port_create(k, PK_QUEUE, &narrow, 0666, PK_NAME_MSG, &key, sizeof key, &queue), 0);
}

static struct pk_port_status status_now(void)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, queue, &status), 0);
	return status;
}

/* As msgrcv() and msgsnd() do. */
static int get_patiently(void)
{
	int letter;
	do
		letter = get_until(queue, soon());
	while (letter == -EAGAIN);
	return letter;
}
static int put_patiently(char letter)
{
	int error;
	do
		error = put_until(queue, letter, soon());
	while (error == -EAGAIN);
	return error;
}

static void await_waiters(uint32_t receivers, uint32_t senders)
{
	for (int i = 0; i < 2000; i++, sleep_ms(1)) {
		struct pk_port_status status = status_now();
		if (status.receivers == receivers && status.senders == senders)
			return;
	}
	FAIL("the waiters never came");
}

/* ---- scenarios */

static void prepare_receiver(void)
{
	make_queue();
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get_patiently());
	await_waiters(1, 0);
}

static void prepare_sender(void)
{
	make_queue();
	CHECK_EQUAL(put_until(queue, 'a', 0), 0);
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = put_patiently('b'));
	await_waiters(0, 1);
}

static void change_mode(void)
{
	struct pk_permission to = status_now().permission;
	to.mode = 0600;
	pk_port_adjust(k, queue, NULL, &to);
}
static void verify_mode(void)
{
	uint32_t mode = status_now().permission.mode;
	CHECK(mode == 0666 || mode == 0600);
}
static void verify_receiver(void)
{
	verify_mode();
	CHECK_EQUAL(put_until(queue, 'a', soon()), 0);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 'a');
	CHECK_EQUAL(get_until(queue, 0), -EAGAIN);
}
static void verify_sender(void)
{
	verify_mode();
	CHECK_EQUAL(get_until(queue, soon()), 'a');
	CHECK_EQUAL(get_until(queue, soon()), 'b');
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(get_until(queue, 0), -EAGAIN);
}

static void raise_capacity(void)
{
	pk_port_adjust(k, queue, &wide, NULL);
}
static void verify_raised(void)
{
	struct pk_port_limits limits = status_now().limits;
	CHECK(limits.capacity == 1 || limits.slots == 9);
	if (limits.capacity == 9)
		join_child(bystander); /* it was let in */
	CHECK_EQUAL(get_until(queue, soon()), 'a');
	CHECK_EQUAL(get_until(queue, soon()), 'b');
	if (limits.capacity != 9)
		join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
}

static const struct scenario scenarios[] = {
	{ "mode-under-receiver", prepare_receiver, change_mode, NULL, verify_receiver },
	{ "mode-under-sender", prepare_sender, change_mode, NULL, verify_sender },
	{ "raise-under-sender", prepare_sender, raise_capacity, NULL, verify_raised },
	{ 0 },
};

static bool queue_is_valid(void)
{
	struct pk_port_status status;
	return pk_port_inspect(k, queue, &status) != 0 || pk_port_valid(k, queue);
}

static void remove_queue(void)
{
	int32_t key = KEY;
	pk_id found;
	pk_port_destroy(k, queue);
	sweep();
	CHECK_EQUAL(pk_name_look_up(k, PK_NAME_MSG, &key, sizeof key, &found), -ENOENT);
}

int main(int argc, char **argv)
{
	static const struct stage queues = { scenarios, sweep, queue_is_valid, remove_queue };
	return run_stage(&queues, argc, argv);
}
