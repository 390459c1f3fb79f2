/* SPDX-License-Identifier: MIT */
/* An actor: a process that does one call after another, and says what came of each. */
#define _GNU_SOURCE
#include "fuse_transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- signals, by name */

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "PIPE", SIGPIPE }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "KILL", SIGKILL },
	{ "STOP", SIGSTOP }, { "CONT", SIGCONT }, { "TERM", SIGTERM }, { "IO", SIGIO },
	{ "BUS", SIGBUS },   { "CHLD", SIGCHLD },
};
#define SIGNALS (sizeof signals / sizeof signals[0])

int signal_number(const char *name)
{
	for (size_t i = 0; i < SIGNALS; i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	return 0;
}

const char *signal_name(int number)
{
	for (size_t i = 0; i < SIGNALS; i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "another signal";
}

static volatile sig_atomic_t caught[65];

static void catch (int number)
{
	caught[number]++;
}

static void add(char said[WORDS], const char *word)
{
	strncat(said, word, WORDS - 1 - strlen(said));
}

/* What handlers saw since the last call. */
static void tell_caught(char said[WORDS])
{
	for (int number = 1; number < 65; number++)
		for (; caught[number] > 0; caught[number]--) {
			add(said, ", caught ");
			add(said, signal_name(number));
		}
}

static bool mask(const char *verb, int number)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, number);
	if (strcmp(verb, "mask") == 0 || strcmp(verb, "unmask") == 0)
		return sigprocmask(*verb == 'm' ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == 0;
	return false;
}

/* handle, restart, ignore, default, mask, unmask, pending SIGNAL.  False: it is none of these. */
static bool about_signals(const char *verb, const char *name, char said[WORDS])
{
	struct sigaction action = { .sa_handler = catch };
	int number = signal_number(name ? name : "");
	sigset_t set;
	if (!number)
		return false;
	if (strcmp(verb, "pending") == 0) {
		add(said, sigpending(&set) == 0 && sigismember(&set, number) ? "yes" : "no");
		return true;
	}
	if (strcmp(verb, "restart") == 0)
		action.sa_flags = SA_RESTART;
	else if (strcmp(verb, "ignore") == 0)
		action.sa_handler = SIG_IGN;
	else if (strcmp(verb, "default") == 0)
		action.sa_handler = SIG_DFL;
	else if (strcmp(verb, "handle") != 0)
		return mask(verb, number) && (add(said, "ok"), true);
	add(said, sigaction(number, &action, NULL) == 0 ? "ok" : "no");
	return true;
}

/* ---- processes */

/* fork B: a child becomes B and has inherited all; share B: and has the same table of descriptors. */
static bool about_processes(const char *verb, const char *name, char said[WORDS])
{
	bool share = strcmp(verb, "share") == 0;
	if (!share && strcmp(verb, "fork") != 0)
		return false;
	struct actor *other = &actors[name[0] - 'A'];
	/* the director's child, as this one is */
	long pid =
		syscall(SYS_clone, CLONE_PARENT | (share ? CLONE_FILES : 0) | SIGCHLD, NULL, NULL, NULL, 0L);
	if (pid == 0)
		act(other);
	other->pid = (pid_t)pid;
	add(said, pid > 0 ? "ok" : strerror(errno));
	return true;
}

/* ---- acting */

static void obey(const char *command, char said[WORDS])
{
	char words[WORDS], *rest = words;
	snprintf(words, sizeof words, "%s", command);
	const char *verb = strsep(&rest, " ");
	said[0] = '\0';
	if (strcmp(verb, "exit") == 0)
		_exit(0);
	if (!about_signals(verb, rest, said) && !about_processes(verb, rest, said)) {
		snprintf(words, sizeof words, "%s", command);
		perform(words, said);
	}
	tell_caught(said);
}

void act(struct actor *self)
{
	char byte;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (read(self->bell[0], &byte, 1) != 1) {
			if (errno != EINTR)
				_exit(3);
			continue;
		}
		obey(self->command, self->said);
		self->busy = false;
	}
}
