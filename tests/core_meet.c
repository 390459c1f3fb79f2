/* SPDX-License-Identifier: MIT */
/* Where features meet: what each promises alone it keeps beside the others, and what is shared is in order.
 */
#include "meet.h"

#include <pthread.h>

/* ---- notifications */

/* A port's holder drops it; the mailbox `to` is told. */
static void have_told(portico_port to)
{
	portico_port receive = guarded(1), send = right_to(receive, PORTICO_SEND);
	CHECK_EQUAL(portico_notify(k, send, PORTICO_DEAD_NAME, to, 7), 0);
	CHECK_EQUAL(portico_right_drop(k, receive), 0);
	CHECK_EQUAL(portico_right_drop(k, send), 0);
}

static void case_notify_member(void)
{
	portico_port member = mailbox(4), other = mailbox(4), set = set_of(member);
	struct portico_notification notification;
	CHECK_EQUAL(portico_set_add(k, set, other), 0);
	CHECK_EQUAL(put(other, "first", 1), 0);
	CHECK_EQUAL(put(member, "second", 1), 0);
	have_told(member);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(get(set), 5);
	CHECK_EQUAL(get(set), 6);
	CHECK_EQUAL(portico_notified(k, set, &notification, PORTICO_NOW), 0);
	CHECK_EQUAL(notification.cookie, 7);
	CHECK_EQUAL(portico_set_remove(k, set, member), 0);
	CHECK(pk_port_valid(k, member.id));
}

static void *receive_notification(void *set)
{
	struct portico_notification notification;
	CHECK_EQUAL(portico_notified(k, *(portico_port *)set, &notification, soon()), 0);
	CHECK_EQUAL(notification.event, PORTICO_DEAD_NAME);
	return NULL;
}

static void case_notify_waiting_set(void)
{
	portico_port member = mailbox(4), set = set_of(member);
	pthread_t thread;
	CHECK_EQUAL(pthread_create(&thread, NULL, receive_notification, &set), 0);
	await_receivers(set, 1);
	have_told(member);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static void case_notify_pooled(void)
{
	portico_port port = pooled(4, 1);
	CHECK_EQUAL(put(port, "x", 1), 0);
	have_told(port);
	CHECK(pk_port_valid(k, port.id));
	struct portico_instance_limits used;
	CHECK_EQUAL(portico_limits_used(k, &used), 0);
	CHECK_EQUAL(used.pooled, 2);
}

static void case_notify_port_destroyed(void)
{
	portico_port receive = guarded(1), send = right_to(receive, PORTICO_SEND), notify;
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, notify), 0);
	CHECK_EQUAL(portico_send_one(k, send, "1", 1, 1, 0), 0);
	CHECK_EQUAL(portico_send_one(k, send, "2", 1, 1, 5), 1);
	CHECK_EQUAL(get(receive), 1);
	struct portico_notification notification;
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	CHECK_EQUAL(portico_notified(k, notify, &notification, soon()), 0);
	CHECK_EQUAL(notification.cookie, 5);
	CHECK_EQUAL(notification.error, 0);
}

/* ---- what is too long for who waits */

static void case_post_send_too_long(void)
{
	portico_port port = mailbox(0), told = completions();
	portico_wait sending;
	pid_t child = CHILD(CHECK_EQUAL(get_by(port, 1, soon()), -E2BIG));
	await_receivers(port, 1);
	CHECK_EQUAL(portico_post_send(k, port, "long", 4, 1, PORTICO_FOREVER, told, 1, &sending), 0);
	CHECK(pk_port_valid(k, port.id));
	join_child(child);
	CHECK_EQUAL(get(port), 4);
	await_completion(told, 1, &sending);
	CHECK_EQUAL(portico_collect(k, sending, NULL, 0, NULL), 0);
}

static void case_post_receive_too_small(void)
{
	portico_port port = mailbox(0), told = completions();
	portico_wait sending, receiving;
	CHECK_EQUAL(portico_post_send(k, port, "long", 4, 1, PORTICO_FOREVER, told, 1, &sending), 0);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 1, NULL, PORTICO_FOREVER, told, 2, &receiving), 0);
	await_completion(told, 2, &receiving);
	CHECK_EQUAL(portico_collect(k, receiving, NULL, 0, NULL), -E2BIG);
	CHECK_EQUAL(portico_collect(k, sending, NULL, 0, NULL), -EINPROGRESS);
	CHECK_EQUAL(status_of(port).queued, 0);
	CHECK_EQUAL(get(port), 4);
	CHECK_EQUAL(portico_collect(k, sending, NULL, 0, NULL), 0);
}

static void case_join_too_long(void)
{
	portico_port port = mailbox(0), first = mailbox(1), set = set_of(first), told = completions();
	portico_wait sending, receiving;
	CHECK_EQUAL(portico_post_send(k, port, "long", 4, 1, PORTICO_FOREVER, told, 1, &sending), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 1, NULL, PORTICO_FOREVER, told, 2, &receiving), 0);
	CHECK_EQUAL(portico_set_add(k, set, port), 0);
	CHECK(pk_port_valid(k, set.id));
	await_completion(told, 2, &receiving);
	CHECK_EQUAL(portico_collect(k, receiving, NULL, 0, NULL), -E2BIG);
	CHECK_EQUAL(get(set), 4);
}

/* ---- listeners */

static void case_listener_member(void)
{
	portico_port source = mailbox(1), target = mailbox(0), set = set_of(target), told = completions();
	portico_listener listener;
	portico_wait receiving;
	char buffer[64];
	CHECK_EQUAL(portico_listen(k, source, target, &listener), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, told, 1, &receiving), 0);
	CHECK_EQUAL(put(source, "heard", 1), 0);
	await_completion(told, 1, &receiving);
	CHECK_EQUAL(portico_collect(k, receiving, buffer, 64, NULL), 5);
}

/* ---- a right's name is no port's */

/* A right of the same slot and generation as that port. */
static portico_port right_like(portico_port port, portico_port receive)
{
	portico_port right = receive;
	for (int i = 0; i < 1000 && (right.id & ~PK_RIGHT_NAME) != port.id; i++)
		right = right_to(receive, PORTICO_SEND_ONCE);
	CHECK_EQUAL(right.id & ~PK_RIGHT_NAME, port.id);
	return right;
}

/* Where a call takes ids only, a right whose number is a port's isn't that port. */
static void case_right_is_no_id(void)
{
	portico_port other = mailbox(1), set = set_of(other), told = completions(), made;
	portico_port receive = guarded(1), like_set = right_like(set, receive), like_told;
	struct portico_completion completion;
	portico_wait wait;
	CHECK_EQUAL(portico_set_remove(k, set, other), 0);
	CHECK_EQUAL(portico_set_add(k, like_set, other), -EINVAL);
	CHECK_EQUAL(portico_set_list(k, like_set, &made, 1), -EINVAL);
	CHECK_EQUAL(portico_set_add(k, set, other), 0);
	CHECK_EQUAL(portico_set_remove(k, like_set, other), -EINVAL);
	like_told = right_like(told, receive);
	CHECK_EQUAL(portico_complete(k, like_told, &completion, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(portico_completions_signal(k, like_told, SIGUSR1), -EINVAL);
	CHECK_EQUAL(portico_post_send(k, other, "", 0, 1, PORTICO_FOREVER, like_told, 0, &wait), -EINVAL);
	CHECK_EQUAL(status_of(other).queued, 0);
}

/* What tells of rights isn't taken for what tells of transfers. */
static void case_complete_notification(void)
{
	portico_port receive = guarded(1), send = right_to(receive, PORTICO_SEND), notify;
	struct portico_completion completion;
	struct portico_notification notification;
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	CHECK_EQUAL(portico_notify(k, send, PORTICO_DEAD_NAME, notify, 9), 0);
	CHECK_EQUAL(portico_right_drop(k, receive), 0);
	CHECK_EQUAL(portico_complete(k, notify, &completion, PORTICO_NOW), -EBADMSG);
	CHECK_EQUAL(portico_notified(k, notify, &notification, PORTICO_NOW), 0);
	CHECK_EQUAL(notification.cookie, 9);
}

/* ---- signals */

static void expect_signal(int signo, bool comes)
{
	struct timespec wait = { comes ? 20 : 0, comes ? 0 : 100000000 };
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signo);
	CHECK_EQUAL(sigtimedwait(&set, NULL, &wait), comes ? signo : -1);
}

static void block_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void case_signal_member(void)
{
	block_signals();
	portico_port member = mailbox(4), other = mailbox(4), set = set_of(other);
	CHECK_EQUAL(portico_port_signal(k, member, SIGUSR1), 0);
	CHECK_EQUAL(put(other, "before", 1), 0);
	CHECK_EQUAL(portico_set_add(k, set, member), 0);
	CHECK_EQUAL(put(member, "one", 1), 0);
	expect_signal(SIGUSR1, true);
	CHECK_EQUAL(get(set), 6);
	CHECK_EQUAL(get(set), 3);
	CHECK_EQUAL(put(member, "two", 1), 0);
	expect_signal(SIGUSR1, true);
	CHECK_EQUAL(portico_set_remove(k, set, member), 0);
	CHECK_EQUAL(get(member), 3);
	CHECK_EQUAL(put(member, "three", 1), 0);
	expect_signal(SIGUSR1, true);
}

/* The end of one port that raises signals doesn't end those of others. */
static void case_signal_of_others(void)
{
	block_signals();
	portico_port port = mailbox(4), other = mailbox(4);
	CHECK_EQUAL(portico_port_signal(k, port, SIGUSR1), 0);
	CHECK_EQUAL(portico_port_signal(k, other, SIGUSR2), 0);
	for (int i = 0; i < 3; i++) { /* watched by now */
		CHECK_EQUAL(put(other, "x", 1), 0);
		expect_signal(SIGUSR2, true);
		CHECK_EQUAL(get(other), 1);
	}
	sleep_ms(50);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	expect_signal(SIGUSR1, true);
	CHECK_EQUAL(put(other, "x", 1), 0);
	expect_signal(SIGUSR2, true);
}

/* It goes to who has the receive right. */
static void case_signal_moved(void)
{
	block_signals();
	portico_port receive = guarded(4), send = right_to(receive, PORTICO_SEND), home = mailbox(1);
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = receive };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_port_signal(k, receive, SIGUSR1), 0);
	CHECK_EQUAL(portico_message_send(k, home, &message, PORTICO_NOW), 0);
	expect_signal(SIGUSR1, true); /* the last */
	CHECK_EQUAL(put(send, "x", 1), 0);
	CHECK_EQUAL(put(send, "y", 1), 0);
	sleep_ms(50);
	expect_signal(SIGUSR1, false);
}

static void *scan(void *port)
{
	unsigned char ready = 0;
	CHECK_EQUAL(portico_scan(k, port, 1, &ready, soon()), -EPERM);
	return NULL;
}

/* Who waits for something to receive learns that it isn't his any more. */
static void case_scan_moved(void)
{
	portico_port receive = guarded(4), home = mailbox(1);
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = receive };
	struct portico_message message = { .parts = &part, .count = 1 };
	pthread_t thread;
	CHECK_EQUAL(pthread_create(&thread, NULL, scan, &receive), 0);
	sleep_ms(50);
	CHECK_EQUAL(portico_message_send(k, home, &message, PORTICO_NOW), 0);
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "notify-member", case_notify_member },
		{ "notify-waiting-set", case_notify_waiting_set },
		{ "notify-pooled", case_notify_pooled },
		{ "notify-port-destroyed", case_notify_port_destroyed },
		{ "post-send-too-long", case_post_send_too_long },
		{ "post-receive-too-small", case_post_receive_too_small },
		{ "join-too-long", case_join_too_long },
		{ "listener-member", case_listener_member },
		{ "right-is-no-id", case_right_is_no_id },
		{ "complete-notification", case_complete_notification },
		{ "signal-member", case_signal_member },
		{ "signal-of-others", case_signal_of_others },
		{ "signal-moved", case_signal_moved },
		{ "scan-moved", case_scan_moved },
		{ 0 },
	};
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
