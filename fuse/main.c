/* SPDX-License-Identifier: MIT */
/* portico-fuse: the command line, and going into the background. */
#define _GNU_SOURCE /* pipe2, closefrom */
#include "mountpoint.h"
#include "notify.h"
#include "region.h"
#include "server.h"
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <portico/portico.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] = "usage: portico-fuse [OPTION]... MOUNTPOINT\n"
			    "Show a Portico instance as files on MOUNTPOINT.\n"
			    "\n"
			    "  -k, --kernel DIR   the instance; otherwise $PORTICO_KERNEL or the default\n"
			    "  -f, --foreground   stay in the foreground\n"
			    "      --allow-other  let other users in, by owner and mode of each file\n"
			    "      --with-runs    unmount when the last `portico run` of the instance ends\n"
			    "      --help, --version\n"
			    "\n"
			    "It returns when the mount is ready.  End it with umount, or fusermount3 -u.\n";

void complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("portico-fuse: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

/* ---- going into the background */

static int ready_pipe = -1; /* to the parent, who waits for a byte or for the end */

void background_settle(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (chdir("/") != 0)
		complain("can't leave the directory: %m"); /* to nobody: it stays in use */
	close(ready_pipe);
}

static void detach(void)
{
	if (write(ready_pipe, "", 1) == 1) /* else the parent is gone: so be it */
		background_settle();
}

/* The parent: 0 when the child's mount is ready; 1 when it ended, having complained. */
static int wait_for_child(pid_t child, int from)
{
	char byte;
	ssize_t got;
	int status = 0;
	do
		got = read(from, &byte, 1);
	while (got < 0);
	if (got == 1)
		return 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) > 128)
		complain("the daemon was killed by signal %d before it was ready", WEXITSTATUS(status) - 128);
	return 1;
}

static int run_in_background(const char *mountpoint)
{
	int ends[2];
	closefrom(3); /* what the caller had open isn't a daemon's to hold */
	pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
	if (child < 0) {
		complain("can't go into the background: %m");
		return 1;
	}
	if (child > 0) {
		close(ends[1]);
		return wait_for_child(child, ends[0]);
	}
	close(ends[0]);
	ready_pipe = ends[1];
	setsid();
	return supervise(mountpoint, detach);
}

/* ---- the command line */

static void parse(int count, char **arguments)
{
	static const struct option known[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "allow-other", no_argument, NULL, 'o' },
		{ "with-runs", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int option;
	while ((option = getopt_long(count, arguments, "k:f", known, NULL)) != -1) {
		switch (option) {
		case 'k':
			server.options.directory = optarg;
			break;
		case 'f':
			server.options.foreground = true;
			break;
		case 'o':
			server.options.allow_other = true;
			break;
		case 'r':
			server.options.with_runs = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		case 'v':
			puts("portico-fuse " PORTICO_VERSION);
			exit(0);
		default:
			fputs("try portico-fuse --help\n", stderr);
			exit(2);
		}
	}
	if (count - optind != 1) {
		complain("%s; try portico-fuse --help",
			 optind == count ? "no mount point" : "one mount point, not several");
		exit(2);
	}
	server.options.mountpoint = arguments[optind];
}

/* A daemon leaves the directory where it was started: what is told relative to that is made absolute. */
static bool settle_directory(void)
{
	static char absolute[PK_PATH_MAX];
	char here[PK_PATH_MAX], found[PK_PATH_MAX];
	bool named;
	if (pk_region_find(server.options.directory, found, &named) != 0 || found[0] == '/')
		return true; /* or what is wrong with it is said when it is opened */
	if (!getcwd(here, sizeof here) ||
	    snprintf(absolute, sizeof absolute, "%s/%s", here, found) >= PK_PATH_MAX) {
		complain("%s: too long a path", found);
		return false;
	}
	server.options.directory = absolute;
	return true;
}

int main(int count, char **arguments)
{
	parse(count, arguments);
	char *mountpoint = settle_directory() ? mountpoint_find(server.options.mountpoint) : NULL;
	if (!mountpoint)
		return 1;
	int status = server.options.foreground ? session_run(mountpoint, notify_ready)
					       : run_in_background(mountpoint);
	free(mountpoint);
	return status;
}
