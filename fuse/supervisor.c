/* SPDX-License-Identifier: MIT */
#include "supervisor.h"

#include "log.h"
#include "mountpoint.h"
#include "region.h"
#include "server.h"
#include "task.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_DEATHS 10 /* within WINDOW_NS; with one more it is given up */
#define WINDOW_NS (60 * INT64_C(1000000000))
#define SHORTEST_PAUSE_NS (10 * INT64_C(1000000)) /* before the second restart; then doubled */
#define LONGEST_PAUSE_NS INT64_C(1000000000)

/* ---- what the daemon knows of it */

static pid_t supervisor;
static bool restarted;

pid_t supervisor_pid(void)
{
	return supervisor == 0 || getppid() == supervisor ? supervisor : -1;
}

bool supervisor_restarted(void)
{
	return restarted;
}

/* ---- the supervisor */

static struct {
	const char *mountpoint;
	sigset_t signals, before; /* those it waits for; the mask it began with */
	pid_t daemon;
	int64_t deaths_ns[MOST_DEATHS]; /* when the last ones were */
	unsigned deaths;
	bool told_to_end;
} mine;

static void hold_signals(void)
{
	sigemptyset(&mine.signals);
	sigaddset(&mine.signals, SIGCHLD);
	sigaddset(&mine.signals, SIGTERM);
	sigaddset(&mine.signals, SIGINT);
	sigaddset(&mine.signals, SIGHUP);
	signal(SIGCHLD, SIG_DFL); /* one that is ignored leaves no child to be waited for */
	sigprocmask(SIG_BLOCK, &mine.signals, &mine.before);
}

static bool start_daemon(void (*ready)(void))
{
	pid_t self = getpid();
	mine.daemon = fork();
	if (mine.daemon == 0) {
		supervisor = self;
		sigprocmask(SIG_SETMASK, &mine.before, NULL);
		exit(session_run(mine.mountpoint, ready));
	}
	return mine.daemon > 0;
}

/* Until the daemon ends.  What ends the supervisor is the daemon's to hear.  Its status, as wait(2) has it.
 */
static int wait_for_daemon(void)
{
	int status;
	while (waitpid(mine.daemon, &status, WNOHANG) == 0) {
		int signal = sigwaitinfo(&mine.signals, NULL);
		if (signal > 0 && signal != SIGCHLD) {
			mine.told_to_end = true;
			kill(mine.daemon, SIGTERM);
		}
	}
	return status;
}

/* How long to wait before the next start; -1: no more. */
static int64_t pause_after_death(void)
{
	int64_t now = pk_monotonic_ns();
	int64_t *oldest = &mine.deaths_ns[mine.deaths++ % MOST_DEATHS];
	int64_t pause = SHORTEST_PAUSE_NS / 2;
	unsigned lately = 0;
	if (*oldest != 0 && now - *oldest < WINDOW_NS)
		return -1;
	for (unsigned i = 0; i < MOST_DEATHS; i++)
		lately += mine.deaths_ns[i] != 0 && now - mine.deaths_ns[i] < WINDOW_NS;
	*oldest = now;
	if (lately == 0)
		return 0;
	for (unsigned i = 0; i < lately && pause < LONGEST_PAUSE_NS; i++)
		pause *= 2;
	return pause < LONGEST_PAUSE_NS ? pause : LONGEST_PAUSE_NS;
}

/* False: it was told to end meanwhile. */
static bool sleep_for(int64_t pause_ns)
{
	struct timespec pause = { .tv_sec = pause_ns / 1000000000, .tv_nsec = pause_ns % 1000000000 };
	sigset_t ends = mine.signals;
	sigdelset(&ends, SIGCHLD);
	if (sigtimedwait(&ends, NULL, &pause) > 0)
		mine.told_to_end = true;
	return !mine.told_to_end;
}

/* In a process of its own, for it takes the region. */
static void log_giving_up(void)
{
	struct portico *k;
	struct pk_reason reason;
	pid_t child = fork();
	if (child == 0) {
		if (pk_kernel_open(server.options.directory, false, &k, &reason) == 0 && pk_enter(k) == 0) {
			pk_log(k, PK_LOG_ABANDONED, PK_TABLES, 0, 0);
			pk_task_leave(k);
		}
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* Is another to be started?  Pauses before it is. */
static bool may_go_on(int status)
{
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || !restarted))
		return false; /* V1 */
	int64_t pause = pause_after_death();
	if (pause < 0)
		log_giving_up();
	return pause >= 0 && sleep_for(pause) && mountpoint_is_dead(mine.mountpoint);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int supervise(const char *mountpoint, void (*ready)(void))
{
	mine.mountpoint = mountpoint;
	hold_signals();
	if (!start_daemon(ready)) {
		complain("can't start the daemon: %m");
		return 1;
	}
	background_settle();
	prctl(PR_SET_NAME, "portico-super");
	int status = wait_for_daemon();
	if (!mountpoint_is_dead(mountpoint)) /* it died before it was ready, or somebody unmounted */
		return exit_status(status);
	while (!mine.told_to_end && may_go_on(status)) {
		restarted = true;
		if (!start_daemon(NULL))
			continue; /* no memory for now: that is a failure like others */
		status = wait_for_daemon();
	}
	if (mine.told_to_end)
		mountpoint_clear(mountpoint);
	return 0;
}
