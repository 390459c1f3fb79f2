/* SPDX-License-Identifier: MIT */
/* Setting handlers in a program that uses IPC: whatever way they are set, what is asked back is what was set.
 */
#define _GNU_SOURCE
#include "sysv_signals.h"

/* sigset() and siginterrupt(): programs have them */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

typedef void handler(int number);
handler *bsd_signal(int number, handler *function);
handler *__sysv_signal(int number, handler *function);

#define SEEN (SA_SIGINFO | SA_RESTART | SA_NODEFER | (int)SA_RESETHAND | SA_ONSTACK | SA_NOCLDSTOP)

static struct sigaction shown(int number)
{
	struct sigaction action;
	CHECK_EQUAL(sigaction(number, NULL, &action), 0);
	return action;
}

static void with_info(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	count(number);
}

static void other(int number)
{
	(void)number;
	FAIL("the handler that was replaced has run");
}

/* Before the first call for IPC, and after it. */
static void is_shown_as_set(void)
{
	for (int times = 0; times < 2; times++) {
		struct sigaction plain = { .sa_handler = count, .sa_flags = SA_RESTART }, old;
		struct sigaction full = { .sa_sigaction = with_info, .sa_flags = SA_SIGINFO | SA_NODEFER };
		sigaddset(&plain.sa_mask, SIGUSR2);
		CHECK_EQUAL(sigaction(SIGUSR1, &plain, NULL), 0);
		CHECK(shown(SIGUSR1).sa_handler == count);
		CHECK_EQUAL(shown(SIGUSR1).sa_flags & SEEN, SA_RESTART);
		struct sigaction found = shown(SIGUSR1);
		CHECK(sigismember(&found.sa_mask, SIGUSR2) == 1 && sigismember(&found.sa_mask, SIGINT) == 0);
		CHECK_EQUAL(sigaction(SIGUSR1, &full, &old), 0);
		CHECK(old.sa_handler == count);
		CHECK_EQUAL(old.sa_flags & SEEN, SA_RESTART);
		CHECK(shown(SIGUSR1).sa_sigaction == with_info);
		CHECK_EQUAL(shown(SIGUSR1).sa_flags & SEEN, SA_SIGINFO | SA_NODEFER);
		struct sigaction back = old;
		CHECK_EQUAL(sigaction(SIGUSR1, &back, &old), 0);
		CHECK(old.sa_sigaction == with_info && shown(SIGUSR1).sa_handler == count);
		CHECK(signal(SIGUSR1, SIG_IGN) == count);
		CHECK(shown(SIGUSR1).sa_handler == SIG_IGN);
		CHECK(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
		CHECK(shown(SIGUSR1).sa_handler == SIG_DFL);
		CHECK(sigaction(SIGKILL, &plain, NULL) == -1 && errno == EINVAL);
		CHECK(sigaction(65, &plain, NULL) == -1 && errno == EINVAL);
		CHECK(sigaction(0, &plain, NULL) == -1 && errno == EINVAL);
		if (times == 0)
			remove_queue(new_queue());
	}
}

static void check_same(const struct sigaction *is, struct sigaction should)
{
	CHECK(is->sa_sigaction == should.sa_sigaction);
	CHECK_EQUAL(is->sa_flags, should.sa_flags);
	CHECK_EQUAL(memcmp(&is->sa_mask, &should.sa_mask, 8), 0); /* the kernel's part of it */
}

/* Those that were set before the first call are the same after it. */
static void stays_as_set(void)
{
	struct sigaction full = { .sa_sigaction = with_info, .sa_flags = SA_SIGINFO | SA_RESTART };
	CHECK_EQUAL(sigaction(SIGUSR1, &full, NULL), 0);
	CHECK(signal(SIGUSR2, count) == SIG_DFL);
	struct sigaction first = shown(SIGUSR1), second = shown(SIGUSR2);
	remove_queue(new_queue());
	check_same(&first, shown(SIGUSR1));
	check_same(&second, shown(SIGUSR2));
}

static void by_any_function(void)
{
	handler *(*const ways[])(int, handler *) = { signal, bsd_signal, __sysv_signal, sigset };
	struct place place = make_place();
	for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
		BLOCKED_CHILD(
			&place, RECEIVE, SIGUSR1,
			{
				CHECK(ways[i](SIGUSR1, other) == SIG_DFL);
				CHECK(ways[i](SIGUSR1, count) == other);
				CHECK(shown(SIGUSR1).sa_handler == count);
				CHECK_EQUAL(shown(SIGUSR1).sa_flags & SA_SIGINFO, 0);
			},
			{
				CHECK_EQUAL(handled, 1);
				handler *after = ways[i](SIGUSR1, SIG_IGN);
				CHECK(after == count || after == SIG_DFL);
			});
	remove_place(&place);
}

static void siginterrupt_shows(void)
{
	remove_queue(new_queue());
	CHECK(signal(SIGUSR1, count) == SIG_DFL);
	CHECK_EQUAL(shown(SIGUSR1).sa_flags & SA_RESTART, SA_RESTART);
	CHECK_EQUAL(siginterrupt(SIGUSR1, 1), 0);
	CHECK_EQUAL(shown(SIGUSR1).sa_flags & SA_RESTART, 0);
	CHECK(shown(SIGUSR1).sa_handler == count);
	CHECK_EQUAL(raise(SIGUSR1), 0);
	CHECK_EQUAL(handled, 1);
}

/* Set by a parent that has used IPC itself. */
static void inherited(void)
{
	struct place place = make_place();
	handle(SIGUSR1, count, SA_RESTART);
	for (enum how how = RECEIVE; how < HOWS; how++)
		BLOCKED_CHILD(&place, how, SIGUSR1, CHECK(shown(SIGUSR1).sa_handler == count),
			      CHECK_EQUAL(handled, 1));
	remove_place(&place);
}

/* exec resets them; what is ignored stays so. */
static void reset_by_exec(void)
{
	remove_queue(new_queue());
	handle(SIGUSR1, count, 0);
	handle(SIGUSR2, SIG_IGN, 0);
	execl("/proc/self/exe", "self", "after_exec", NULL);
	FAIL("exec failed");
}

static void after_exec(void)
{
	for (int times = 0; times < 2; times++) {
		struct sigaction first = shown(SIGUSR1), second = shown(SIGUSR2);
		CHECK(first.sa_handler == SIG_DFL &&
		      (second.sa_handler == SIG_IGN || second.sa_handler == SIG_DFL));
		remove_queue(new_queue());
	}
}

/* A vfork's child sets actions for itself, in its parent's memory. */
static void vfork_child(void)
{
	int status;
	remove_queue(new_queue());
	handle(SIGUSR1, count, 0);
	pid_t child = vfork();
	if (child == 0) {
		signal(SIGUSR1, SIG_DFL);
		_exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(shown(SIGUSR1).sa_handler == count);
	CHECK_EQUAL(raise(SIGUSR1), 0);
	CHECK_EQUAL(handled, 1);
}

static const struct test_case cases[] = {
	{ "is_shown_as_set", is_shown_as_set },
	{ "stays_as_set", stays_as_set },
	{ "by_any_function", by_any_function },
	{ "siginterrupt_shows", siginterrupt_shows },
	{ "inherited", inherited },
	{ "reset_by_exec", reset_by_exec },
	{ "after_exec", after_exec },
	{ "vfork_child", vfork_child },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
