/* SPDX-License-Identifier: MIT */
/* The director: reads the script, has actors act, and writes the transcript. */
#define _GNU_SOURCE
#include "fuse_transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOKS 5000 /* a millisecond apart, until an actor is said to be stuck */

struct actor *actors;
const char *path;
static char directory[4096];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "fuse_transcript: %s: %s\n", what, strerror(errno));
	exit(2);
}

static char letter(const struct actor *actor)
{
	return (char)('A' + (actor - actors));
}

/* ---- is everybody quiet? */

/* How often it has given up its processor, while it sleeps where a signal can wake it, or is stopped; or -1.
 */
static long long sleeps(const struct actor *actor)
{
	char name[64], line[256], state = '?';
	long long switches = 0, more;
	snprintf(name, sizeof name, "/proc/%d/status", (int)actor->pid);
	FILE *status = fopen(name, "r");
	while (status && fgets(line, sizeof line, status)) {
		sscanf(line, "State: %c", &state);
		if (sscanf(line, "voluntary_ctxt_switches: %lld", &more) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %lld", &more) == 1)
			switches += more;
	}
	if (status)
		fclose(status);
	return state == 'S' || state == 'T' ? switches : -1;
}

/* The file system has done what was asked of it before: it answers in turn. */
static void round_trip(void)
{
	struct statvfs facts;
	statvfs(directory, &facts);
}

static bool acts(const struct actor *actor)
{
	return actor->pid && actor->busy;
}

/* Every actor has answered, or has slept since before the last thing that it asked of the file system was
 * done. */
static bool quiet(void)
{
	long long before[ACTORS];
	round_trip();
	for (int i = 0; i < ACTORS; i++) {
		before[i] = acts(&actors[i]) ? sleeps(&actors[i]) : 0;
		if (before[i] < 0 && actors[i].busy)
			return false;
	}
	round_trip();
	for (int i = 0; i < ACTORS; i++)
		if (acts(&actors[i]) && sleeps(&actors[i]) != before[i])
			return false;
	return true;
}

/* ---- who ended or stopped */

static struct actor *actor_of(pid_t pid)
{
	for (int i = 0; i < ACTORS; i++)
		if (actors[i].pid == pid)
			return &actors[i];
	return NULL;
}

static void tell_of(pid_t pid, int status)
{
	struct actor *actor = actor_of(pid);
	if (!actor)
		return;
	if (WIFSTOPPED(status)) {
		printf("%c stopped\n", letter(actor));
		return;
	}
	if (WIFSIGNALED(status))
		printf("%c killed by %s\n", letter(actor), signal_name(WTERMSIG(status)));
	else
		printf("%c ended with %d\n", letter(actor), WEXITSTATUS(status));
	actor->pid = 0;
	actor->busy = false;
	actor->waits = false;
}

static void look_for_ends(void)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
		tell_of(pid, status);
}

/* ---- directing */

/* Wait until all is quiet, then write down what came of it: first of whom the line spoke, then of the others.
 */
static void settle(struct actor *first)
{
	int looks = 0;
	do {
		look_for_ends();
		if (looks > 20)
			usleep(1000);
	} while (!quiet() && ++looks < LOOKS);
	look_for_ends();
	for (int i = -1; i < ACTORS; i++) {
		struct actor *actor = i < 0 ? first : &actors[i];
		if (!actor || !actor->waits || (i >= 0 && actor == first && actor->busy))
			continue;
		if (!actor->busy)
			printf("%c %s: %s\n", letter(actor), actor->command, actor->said);
		else if (i < 0)
			printf("%c %s: %s\n", letter(actor), actor->command,
			       looks < LOOKS ? "waits" : "STUCK");
		actor->waits = actor->busy;
	}
	fflush(stdout);
}

static void enter_stage(struct actor *actor)
{
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		act(actor);
	actor->pid = pid;
}

static void command(struct actor *actor, const char *words)
{
	if (!actor->pid)
		enter_stage(actor);
	if (actor->busy) {
		printf("%c is busy\n", letter(actor));
		return;
	}
	snprintf(actor->command, WORDS, "%s", words);
	actor->waits = true;
	actor->busy = true;
	if (write(actor->bell[1], "", 1) != 1)
		fail("bell");
	settle(actor);
}

/* kill A USR1 */
static void send_signal(const char *words)
{
	struct actor *actor = &actors[(unsigned char)words[5] - 'A'];
	int number = signal_number(words + 7), status;
	printf("%s\n", words);
	kill(actor->pid, number);
	if (number == SIGSTOP && waitpid(actor->pid, &status, WUNTRACED) > 0)
		tell_of(actor->pid, status);
	if (number == SIGKILL && waitpid(actor->pid, &status, 0) > 0)
		tell_of(actor->pid, status);
	settle(NULL);
}

static void direct(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	line += strspn(line, " \t");
	if (strncmp(line, "kill ", 5) == 0)
		send_signal(line);
	else if (line[0] >= 'A' && line[0] < 'A' + ACTORS && line[1] == ' ')
		command(&actors[line[0] - 'A'], line + 2);
	else if (line[0] && line[0] != '#')
		printf("what is: %s\n", line);
}

/* Those who share or inherited something go at once, so that what the next hears of it is the same each time.
 */
static void clear_stage(void)
{
	for (int i = 0; i < ACTORS; i++)
		if (actors[i].pid)
			kill(actors[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

int main(int count, char **argument)
{
	char line[WORDS];
	if (count != 2)
		return 2;
	path = argument[1];
	snprintf(directory, sizeof directory, "%s", path);
	memmove(directory, dirname(directory), strlen(dirname(directory)) + 1);
	actors = mmap(NULL, ACTORS * sizeof *actors, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (actors == MAP_FAILED)
		fail("mmap");
	for (int i = 0; i < ACTORS; i++)
		if (pipe2(actors[i].bell, O_CLOEXEC) != 0)
			fail("pipe");
	while (fgets(line, sizeof line, stdin))
		direct(line);
	clear_stage();
	return 0;
}
