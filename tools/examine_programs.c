/* SPDX-License-Identifier: MIT */
/* The doctor's look at the preload object: does it load into programs? */
#define _GNU_SOURCE
#include "describe.h"
#include "examine.h"
#include "region.h"
#include "siblings.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- running something small */

struct outcome {
	int status;	/* as of waitpid(2) */
	char said[200]; /* the first line of its standard error */
};

static void become(char *const words[], const char *preload, int errors)
{
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	setenv("LD_PRELOAD", preload, 1);
	alarm(10);
	execv(words[0], words);
	_exit(127);
}

static void try_program(char *const words[], const char *preload, struct outcome *outcome)
{
	int ends[2];
	*outcome = (struct outcome){ .status = -1 };
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	pid_t child = fork();
	if (child == 0)
		become(words, preload, ends[1]);
	close(ends[1]);
	size_t length = 0;
	ssize_t got;
	while (length < sizeof outcome->said - 1 &&
	       (got = read(ends[0], outcome->said + length, sizeof outcome->said - 1 - length)) > 0)
		length += (size_t)got;
	outcome->said[length] = '\0';
	outcome->said[strcspn(outcome->said, "\n")] = '\0';
	close(ends[0]);
	while (child > 0 && waitpid(child, &outcome->status, 0) < 0 && errno == EINTR)
		continue;
}

static bool went_well(const struct outcome *outcome)
{
	return WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == 0 && *outcome->said == '\0';
}

static void report_loading(const char *subject, const struct outcome *outcome)
{
	if (went_well(outcome))
		report(GOOD, subject, NULL, "the preload object loads into them");
	else if (WIFSIGNALED(outcome->status))
		report(BAD, subject, "install or build Portico again",
		       "a program with the preload object died by %s", strsignal(WTERMSIG(outcome->status)));
	else
		report(BAD, subject, "install or build Portico again",
		       "a program with the preload object failed%s%s", *outcome->said ? ": " : "",
		       outcome->said);
}

/* ---- the preload object */

static bool exists(const char *pattern, char path[PATH_MAX])
{
	glob_t found;
	bool any = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0;
	if (any)
		snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
	globfree(&found);
	return any;
}

/* musl's loader lists what a program needs, and links it for that.  It serves as that program, too. */
static void examine_musl(const char *preload)
{
	char loader[PATH_MAX];
	struct outcome outcome;
	char list[] = "--list";
	if (!exists("/lib/ld-musl-*.so.1", loader)) {
		report(GOOD, "programs of musl", NULL, "this machine has none that need a loader");
		return;
	}
	try_program((char *[]){ loader, list, loader, NULL }, preload, &outcome);
	report_loading("programs of musl", &outcome);
}

static void examine_glibc(const char *preload)
{
	char loader[PATH_MAX], program[] = "/bin/true";
	struct outcome outcome;
	if (!exists("/lib*/ld-linux*.so.*", loader)) {
		report(GOOD, "programs of glibc", NULL, "this machine has none that need a loader");
		return;
	}
	try_program((char *[]){ program, NULL }, preload, &outcome);
	report_loading("programs of glibc", &outcome);
}

void examine_preload(void)
{
	char preload[PATH_MAX];
	int error = find_sibling(SIBLING_PRELOAD, preload);
	if (error) {
		report(BAD, "preload object", "install or build Portico again", "%s: %s", preload,
		       strerror(-error));
		return;
	}
	if (strpbrk(preload, " :"))
		report(BAD, "preload object", "move Portico elsewhere",
		       "%s: LD_PRELOAD can't name a path with a space or colon", preload);
	else
		report(GOOD, "preload object", NULL, "%s", preload);
	examine_glibc(preload);
	examine_musl(preload);
}
