/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of pausing and resuming a port, and of their
 * repair (crash.h): it is paused or it isn't, and once it isn't whoever waits is
 * served.
 */
#include "crash_letters.h"
#include "pause.h"
#include "portset.h"

static pk_id port, set;

static const struct pk_port_limits wide = { 8, 64, 1 << 20 }, rendezvous = { 0, 64, 1 << 20 };

static void make_port(const struct pk_port_limits *limits)
{
	set = 0;
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
}

static struct pk_port_status status_of(pk_id id)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, id, &status), 0);
	return status;
}

static void await_receiver(pk_id at)
{
	for (int i = 0; i < 2000 && status_of(at).receivers == 0; i++)
		sleep_ms(1);
	CHECK_EQUAL(status_of(at).receivers, 1);
}

/* ---- scenarios */

static void prepare_one(void)
{
	make_port(&wide);
	CHECK_EQUAL(put_until(port, 'a', 0), 0);
}

/* Somebody waits for what is queued, and for what is not. */
static void prepare_receiver(void)
{
	make_port(&wide);
	CHECK_EQUAL(pk_port_pause(k, port), 0);
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get_until(port, soon()));
	await_receiver(port);
	CHECK_EQUAL(put_until(port, 'a', 0), 0);
}

static pid_t sender;
static void prepare_rendezvous(void)
{
	make_port(&rendezvous);
	CHECK_EQUAL(pk_port_pause(k, port), 0);
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get_until(port, soon()));
	sender = CHILD(CHECK_EQUAL(put_until(port, 'a', soon()), 0));
	await_receiver(port);
	for (int i = 0; i < 2000 && status_of(port).senders == 0; i++)
		sleep_ms(1);
}

static void prepare_member(void)
{
	make_port(&wide);
	CHECK_EQUAL(pk_port_pause(k, port), 0);
	CHECK_EQUAL(pk_portset_create(k, &set), 0);
	CHECK_EQUAL(pk_portset_add(k, set, port), 0);
	CHECK_EQUAL(put_until(port, 'a', 0), 0);
}

static void pause_it(void)
{
	CHECK_EQUAL(pk_port_pause(k, port), 0);
}
static void resume_it(void)
{
	CHECK_EQUAL(pk_port_resume(k, port), 0);
}

static void verify_paused_or_not(void)
{
	if (status_of(port).paused) {
		CHECK_EQUAL(get_until(port, 0), -EAGAIN);
		resume_it();
	}
	CHECK_EQUAL(get_until(port, 0), 'a');
	CHECK_EQUAL(get_until(port, 0), -EAGAIN);
}

static void verify_served(void)
{
	if (status_of(port).paused)
		resume_it();
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 'a');
	CHECK_EQUAL(get_until(port, 0), -EAGAIN);
}

static void verify_met(void)
{
	verify_served();
	join_child(sender);
}

static void verify_member(void)
{
	if (status_of(port).paused) {
		CHECK_EQUAL(get_until(set, 0), -EAGAIN);
		resume_it();
	}
	CHECK_EQUAL(get_until(set, 0), 'a');
	CHECK_EQUAL(get_until(set, 0), -EAGAIN);
}

static const struct scenario scenarios[] = {
	{ "pause", prepare_one, pause_it, NULL, verify_paused_or_not },
	{ "resume", prepare_receiver, resume_it, NULL, verify_served },
	{ "resume-rendezvous", prepare_rendezvous, resume_it, NULL, verify_met },
	{ "resume-member", prepare_member, resume_it, NULL, verify_member },
	{ 0 },
};

static bool is_valid(void)
{
	return pk_port_valid(k, port) && (set == 0 || pk_port_valid(k, set));
}

static void clear(void)
{
	if (set)
		CHECK_EQUAL(pk_port_destroy(k, set), 0);
	CHECK_EQUAL(pk_port_destroy(k, port), 0);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, is_valid, clear };
	return run_stage(&stage, argc, argv);
}
