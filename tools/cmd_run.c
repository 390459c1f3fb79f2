/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * `portico run`: a program, and whatever it starts, whose IPC is the
 * instance's.  The program is a child, in our process group; signals meant for
 * us go to it; when it ends, we end as it did.  Meanwhile we supervise: tasks
 * that die are seen off at once, the program's or not.
 */
#include "commands.h"
#include "companion.h"
#include "complain.h"
#include "instance.h"
#include "mounts.h"
#include "options.h"
#include "siblings.h"
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* As of env(1), nice(1) and timeout(1). */
enum { RUN_FAILED = 125, RUN_NOT_EXECUTABLE = 126, RUN_NOT_FOUND = 127 };

/* ---- the program's surroundings */

/* Put the preload object first, unless it is there: runs may be nested. */
static bool prepend_preload(const char *object)
{
	const char *already = getenv("LD_PRELOAD");
	char *both = NULL;
	if (already && strstr(already, object))
		return true;
	bool more = already && *already;
	if (asprintf(&both, "%s%s%s", object, more ? ":" : "", more ? already : "") < 0)
		return false;
	bool done = setenv("LD_PRELOAD", both, 1) == 0;
	free(both);
	return done;
}

static bool find_preload(char path[PATH_MAX])
{
	int error = find_sibling(SIBLING_PRELOAD, path);
	if (error)
		complain("%s: %s; install or build Portico again", path, strerror(-error));
	else if (strpbrk(path, " :"))
		complain("%s: its path has a space or colon in it, which LD_PRELOAD can't; move Portico "
			 "elsewhere",
			 path);
	else
		return true;
	return false;
}

/* The program may go anywhere: its instance is named absolutely. */
static bool name_instance(struct portico *k, char absolute[PATH_MAX])
{
	if (!realpath(k->directory, absolute))
		complain("instance %s: %m", k->directory);
	else if (strlen(absolute) + sizeof "/shm/2147483647" > PK_PATH_MAX)
		complain("instance %s: the path is too long; choose one of at most 200 bytes", absolute);
	else
		return setenv("PORTICO_KERNEL", absolute, 1) == 0;
	return false;
}

/* ---- signals */

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT };

/* From here on signals are read from a descriptor; `before` is what the program shall have. */
static int take_signals(sigset_t *before)
{
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
		sigaddset(&ours, forwarded[i]);
	sigprocmask(SIG_BLOCK, &ours, before);
	return signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What came from the terminal, or from the program to its process group, it has got itself. */
static void forward(pid_t program, const struct signalfd_siginfo *signal)
{
	if (signal->ssi_code <= 0 && (pid_t)signal->ssi_pid != program)
		kill(program, (int)signal->ssi_signo);
}

/* ---- the program */

struct inherited {
	sigset_t mask;
	void (*on_child)(int); /* SIGCHLD may have come ignored, and then nobody could be waited for */
};

static void become_program(char **words, const struct inherited *inherited)
{
	signal(SIGCHLD, inherited->on_child);
	sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
	execvp(words[0], words);
	int error = errno;
	if (error == ENOENT)
		complain("%s: not found; is it spelled right, and in $PATH?", words[0]);
	else
		complain("%s: can't be executed: %s; is it a program, and its mode x?", words[0],
			 strerror(error));
	_exit(error == ENOENT ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE);
}

/* Stopped from the terminal: so are we, for the shell to see it; going on, so does the program. */
static void stop_with(pid_t program, int signal)
{
	if (signal == SIGSTOP)
		return; /* somebody's doing who will continue it, not us */
	raise(SIGSTOP);
	kill(program, SIGCONT);
}

/* True: it has ended, and *end says how. */
static bool program_ended(pid_t program, siginfo_t *end)
{
	for (;;) {
		*end = (siginfo_t){ 0 };
		if (waitid(P_PID, (id_t)program, end, WEXITED | WSTOPPED | WNOHANG) != 0 ||
		    end->si_pid != program)
			return false;
		if (end->si_code != CLD_STOPPED)
			return true;
		stop_with(program, end->si_status);
	}
}

static bool drain_signals(int signals, pid_t program, siginfo_t *end)
{
	struct signalfd_siginfo signal;
	bool ended = false;
	while (!ended && read(signals, &signal, sizeof signal) == sizeof signal) {
		if (signal.ssi_signo == SIGCHLD)
			ended = program_ended(program, end);
		else
			forward(program, &signal);
	}
	return ended;
}

/* Our own limit only, after the program has been started. */
static void allow_many_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool supervise(struct portico *k, int signals, pid_t program, siginfo_t *end)
{
	struct supervisor supervisor;
	allow_many_descriptors();
	if (!supervisor_begin(&supervisor, k, signals)) {
		complain("no memory");
		kill(program, SIGTERM);
		return waitid(P_PID, (id_t)program, end, WEXITED) == 0;
	}
	while (!supervisor_wait(&supervisor) || !drain_signals(signals, program, end))
		continue;
	supervisor_end(&supervisor);
	return true;
}

/* End as the program did.  A core dump would be ours, and of no use. */
static int end_as(const siginfo_t *end)
{
	const struct rlimit none = { 0, 0 };
	sigset_t one;
	if (end->si_code == CLD_EXITED)
		return end->si_status;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	signal(end->si_status, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, end->si_status);
	raise(end->si_status);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	return 128 + end->si_status;
}

static int run(struct portico *k, char **words)
{
	struct inherited inherited = { .on_child = signal(SIGCHLD, SIG_DFL) };
	siginfo_t end;
	int signals = take_signals(&inherited.mask);
	if (signals < 0) {
		complain("signals can't be taken: %m");
		return RUN_FAILED;
	}
	pid_t program = fork();
	if (program == 0)
		become_program(words, &inherited);
	if (program < 0) {
		complain("no process for %s: %m; is `ulimit -u` reached?", words[0]);
		return RUN_FAILED;
	}
	bool ended = supervise(k, signals, program, &end);
	companion_leave(k);
	return ended ? end_as(&end) : RUN_FAILED;
}

static const char *directory;
static bool no_mount;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "no-mount", 0, OPTION_FLAG, &no_mount, NULL, "don't show the instance as files meanwhile", NULL },
	{ 0 },
};

static const struct usage usage = {
	"run", "[--] PROGRAM [ARG...]", "Run a program whose System V IPC is the instance's", options, 1, -1,
	true
};

int cmd_run(int argc, char **argv)
{
	char preload[PATH_MAX], absolute[PATH_MAX];
	usage_status = RUN_FAILED;
	parse_options(&usage, argc, argv);
	struct portico *k =
		find_preload(preload) ? open_instance(directory, PORTICO_CREATE, PK_TASK_SUPERVISOR) : NULL;
	if (!k || !name_instance(k, absolute))
		return RUN_FAILED;
	if (!no_mount)
		companion_start(absolute);
	if (!prepend_preload(preload)) {
		complain("no memory");
		return RUN_FAILED;
	}
	return run(k, argv);
}
