/* SPDX-License-Identifier: MIT */
/* Signals that are raised when a message arrives: what portico_handler(3) promises. */
#include "handler.h"

#include <portico/rights.h>
#include <pthread.h>

/* ---- signals */

/* Blocked, so that they wait for sigtimedwait(). */
static void block(int signo)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signo);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int next_signal(int signo, long seconds, siginfo_t *info)
{
	struct timespec time = { .tv_sec = seconds };
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signo);
	return sigtimedwait(&set, info, &time);
}

static void expect_signal(int signo, int code, portico_port port)
{
	siginfo_t info;
	CHECK_EQUAL(next_signal(signo, 10, &info), signo);
	CHECK_EQUAL(info.si_code, code);
	CHECK_EQUAL((uintptr_t)info.si_value.sival_ptr, port.id);
	CHECK_EQUAL(info.si_pid, getpid());
}

/* The service has looked round: a handler of its own has run since. */
static void let_service_look(void)
{
	portico_port port = mailbox(2);
	struct relay how = { .to = mailbox(2) };
	for (int64_t round = 0; round < 2; round++) {
		handle(port, &how);
		put(port, round);
		CHECK_EQUAL(get(how.to, soon()), round);
		CHECK_EQUAL(portico_unhandle(k, how.handler), 0);
	}
	portico_mailbox_destroy(k, port);
	portico_mailbox_destroy(k, how.to);
}

static void expect_no_signal(int signo)
{
	siginfo_t info;
	let_service_look();
	CHECK_EQUAL(next_signal(signo, 0, &info), -1);
}

static void case_port_signal(void)
{
	block(SIGRTMIN);
	block(SIGUSR1);
	open_instance();
	portico_port port = mailbox(8);
	put(port, 1); /* what is there already, at once */
	CHECK_EQUAL(portico_port_signal(k, port, SIGRTMIN), 0);
	expect_signal(SIGRTMIN, SI_MESGQ, port);
	put(port, 2); /* it isn't empty */
	expect_no_signal(SIGRTMIN);
	CHECK_EQUAL(get(port, PORTICO_NOW), 1);
	expect_no_signal(SIGRTMIN);
	CHECK_EQUAL(get(port, PORTICO_NOW), 2);
	CHECK_EQUAL(get(port, PORTICO_NOW), -EAGAIN);
	put(port, 3); /* again and again */
	expect_signal(SIGRTMIN, SI_MESGQ, port);
	CHECK_EQUAL(get(port, PORTICO_NOW), 3);
	CHECK_EQUAL(portico_port_signal(k, port, SIGUSR1), 0);
	put(port, 4);
	expect_signal(SIGUSR1, SI_MESGQ, port);
	CHECK_EQUAL(get(port, PORTICO_NOW), 4);
	CHECK_EQUAL(portico_port_signal(k, port, 0), 0);
	put(port, 5);
	expect_no_signal(SIGUSR1);
	expect_no_signal(SIGRTMIN);
	portico_close(k);
}

/* Of zero slots: what can be received are senders. */
static void case_rendezvous_signal(void)
{
	block(SIGUSR1);
	open_instance();
	portico_port port = mailbox(0);
	CHECK_EQUAL(portico_port_signal(k, port, SIGUSR1), 0);
	for (int64_t number = 1; number <= 3; number++) {
		pid_t child = CHILD(put(port, number));
		expect_signal(SIGUSR1, SI_MESGQ, port);
		CHECK_EQUAL(get(port, PORTICO_NOW), number);
		join_child(child);
	}
	portico_close(k);
}

/* A message that comes back from the dead counts as one that comes. */
static void case_returned_signal(void)
{
	block(SIGRTMIN);
	open_instance();
	portico_port port = mailbox(4), done = mailbox(4);
	struct relay how = { .to = done };
	CHECK_EQUAL(portico_port_signal(k, port, SIGRTMIN), 0);
	handle(port, &how);
	let_service_look();
	/* granted to a receive of another task's, which dies with it */
	CHECK_EQUAL(portico_unhandle(k, how.handler), 0);
	pid_t child = CHILD({
		portico_port completions;
		portico_wait wait;
		CHECK_EQUAL(portico_completions_create(k, &completions), 0);
		CHECK_EQUAL(
			portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, completions, 0, &wait),
			0);
		put(done, 0);
		pause();
	});
	CHECK_EQUAL(get(done, soon()), 0);
	put(port, 9);
	expect_no_signal(SIGRTMIN);
	kill_child(child);
	expect_signal(SIGRTMIN, SI_MESGQ, port); /* whoever notices the death */
	CHECK_EQUAL(get(port, PORTICO_NOW), 9);
	portico_close(k);
}

static void case_completion_signal(void)
{
	portico_port completions, port;
	portico_wait wait;
	struct portico_completion completion;
	block(SIGUSR2);
	open_instance();
	port = mailbox(8);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_completions_signal(k, completions, SIGUSR2), 0);
	CHECK_EQUAL(portico_completions_signal(k, port, SIGUSR2), -EPERM);
	for (uint64_t cookie = 1; cookie <= 3; cookie++) {
		CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, completions, cookie,
						 &wait),
			    0);
		put(port, 1);
		expect_signal(SIGUSR2, SI_ASYNCIO, completions);
		CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
		CHECK_EQUAL(completion.cookie, cookie);
		CHECK_EQUAL(portico_collect(k, wait, &port, sizeof port, NULL), sizeof(int64_t));
		portico_mailbox_destroy(k, port);
		port = mailbox(8);
	}
	portico_close(k);
}

/* A guarded port, by its rights: who has but a send right can't. */
static void case_guarded(void)
{
	struct relay how;
	portico_port receive, send;
	block(SIGUSR1);
	open_instance();
	how.to = mailbox(4);
	CHECK_EQUAL(portico_port_create(k, NULL, &receive), 0);
	CHECK_EQUAL(portico_right_make(k, receive, PORTICO_SEND, &send), 0);
	CHECK_EQUAL(portico_port_signal(k, send, SIGUSR1), -EBADF);
	CHECK_EQUAL(portico_handle(k, send, relay, &how, &how.handler), -EBADF);
	CHECK_EQUAL(portico_port_signal(k, receive, SIGUSR1), 0);
	put(send, 1);
	expect_signal(SIGUSR1, SI_MESGQ, receive);
	CHECK_EQUAL(portico_port_signal(k, receive, 0), 0);
	handle(receive, &how);
	CHECK_EQUAL(get(how.to, soon()), 1);
	put(send, 2);
	CHECK_EQUAL(get(how.to, soon()), 2);
	portico_close(k);
}

/* Who drains at each signal misses nothing, however many come, and from many. */
static void case_none_lost(void)
{
	enum { SENDERS = 4, EACH = 500 };
	pid_t senders[SENDERS];
	siginfo_t info;
	int left = SENDERS * EACH;
	block(SIGUSR1);
	open_instance();
	portico_port port = mailbox(16);
	CHECK_EQUAL(portico_port_signal(k, port, SIGUSR1), 0);
	for (int i = 0; i < SENDERS; i++)
		senders[i] = CHILD(for (int n = 0; n < EACH; n++) put(port, n));
	while (left > 0) {
		CHECK_EQUAL(next_signal(SIGUSR1, 10, &info), SIGUSR1);
		while (get(port, PORTICO_NOW) >= 0)
			left--;
	}
	for (int i = 0; i < SENDERS; i++)
		join_child(senders[i]);
	CHECK_EQUAL(left, 0);
	portico_close(k);
}

static void case_signal_ends(void)
{
	block(SIGRTMIN);
	open_instance();
	portico_port port = mailbox(4);
	CHECK_EQUAL(portico_port_signal(k, port, SIGRTMIN), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	expect_signal(SIGRTMIN, SI_MESGQ, port);
	CHECK(is_gone(get(port, PORTICO_NOW)));
	expect_no_signal(SIGRTMIN);
	CHECK(is_gone(portico_port_signal(k, port, SIGRTMIN)));
	CHECK_EQUAL(portico_port_signal(k, mailbox(4), 65), -EINVAL);
	CHECK_EQUAL(portico_port_signal(k, mailbox(4), -1), -EINVAL);
	CHECK_EQUAL(portico_port_signal(k, mailbox(4), SIGKILL), -EINVAL);
	CHECK_EQUAL(portico_port_signal(k, (portico_port){ 0 }, SIGRTMIN), -EINVAL);
	portico_close(k);
}

static const struct test_case cases[] = {
	{ "port-signal", case_port_signal },
	{ "rendezvous-signal", case_rendezvous_signal },
	{ "returned-signal", case_returned_signal },
	{ "completion-signal", case_completion_signal },
	{ "guarded", case_guarded },
	{ "none-lost", case_none_lost },
	{ "signal-ends", case_signal_ends },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
