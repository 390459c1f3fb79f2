/* SPDX-License-Identifier: MIT */
/*
 * A ledger of messages through files while the daemon is killed: four write,
 * four read, and the daemon is killed at random moments.
 *
 *     fuse_ledger MOUNTPOINT KILLS SEED
 *
 * Each message is written once, whatever comes of it, and counted in memory
 * that all share.  Prints what became of them:
 *
 *     accepted N      writes that returned
 *     failed N        writes that failed; their messages may have been sent or not
 *     twice N         messages that were read more than once
 *     foreign N       what was read and is no message
 *     lost N          accepted, not read, and not there at the end
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 4
#define READERS 4
#define MOST 400000 /* messages of each writer */

enum fate { UNWRITTEN, ACCEPTED, FAILED };

struct ledger {
	_Atomic bool writers_end, readers_end;
	_Atomic unsigned foreign;
	unsigned char fate[WRITERS][MOST];
	_Atomic unsigned char reads[WRITERS][MOST];
};

static struct ledger *ledger;
static char mailbox[4096], pid_file[4096];

/* Opening is tried until it succeeds: the mount may be dead for a moment. */
static int open_mailbox(int flags, const _Atomic bool *end)
{
	int fd;
	while ((fd = open(mailbox, flags)) < 0 && !atomic_load(end))
		usleep(500);
	return fd;
}

static void write_messages(int writer)
{
	int fd = open_mailbox(O_WRONLY, &ledger->writers_end);
	char text[200];
	for (unsigned n = 0; n < MOST && fd >= 0 && !atomic_load(&ledger->writers_end); n++) {
		/* some are longer than what a reader takes at once */
		int length = snprintf(text, sizeof text, "%d %u %*s", writer, n, n % 7 == 0 ? 120 : 1, ".");
		if (write(fd, text, (size_t)length) == length) {
			ledger->fate[writer][n] = ACCEPTED;
			continue;
		}
		ledger->fate[writer][n] = FAILED;
		close(fd);
		fd = open_mailbox(O_WRONLY, &ledger->writers_end);
	}
}

static void note(const char *text)
{
	int writer;
	unsigned n;
	if (sscanf(text, "%d %u", &writer, &n) == 2 && writer >= 0 && writer < WRITERS && n < MOST)
		atomic_fetch_add(&ledger->reads[writer][n], 1);
	else
		atomic_fetch_add(&ledger->foreign, 1);
}

static void read_messages(int flags)
{
	char text[256];
	while (!atomic_load(&ledger->readers_end)) {
		int fd = open_mailbox(O_RDONLY | flags, &ledger->readers_end);
		ssize_t got;
		while (fd >= 0 && (got = read(fd, text, sizeof text - 1)) > 0) {
			text[got] = '\0';
			note(text);
		}
		if (flags & O_NONBLOCK && fd >= 0)
			return;
		close(fd);
	}
}

static pid_t start(void (*work)(int), int argument)
{
	pid_t child = fork();
	if (child == 0) {
		work(argument);
		_exit(0);
	}
	return child;
}

static pid_t daemon_pid(void)
{
	char text[32] = "";
	int fd = open(pid_file, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return atoi(text);
}

static void kill_at_random(int kills)
{
	pid_t daemon;
	for (int i = 0; i < kills; i++) {
		usleep(20000 + (useconds_t)(random() % 60000));
		while ((daemon = daemon_pid()) <= 0)
			usleep(1000);
		kill(daemon, SIGKILL);
		while (daemon_pid() == daemon || daemon_pid() <= 0)
			usleep(1000);
	}
}

static void report(void)
{
	unsigned count[3] = { 0 }, twice = 0, lost = 0;
	for (int writer = 0; writer < WRITERS; writer++)
		for (unsigned n = 0; n < MOST; n++) {
			unsigned fate = ledger->fate[writer][n];
			unsigned reads = atomic_load(&ledger->reads[writer][n]);
			count[fate]++;
			twice += reads > 1;
			lost += fate == ACCEPTED && reads == 0;
		}
	printf("accepted %u\nfailed %u\ntwice %u\nforeign %u\nlost %u\n", count[ACCEPTED], count[FAILED],
	       twice, atomic_load(&ledger->foreign), lost);
}

int main(int argc, char **argv)
{
	pid_t writers[WRITERS], readers[READERS];
	if (argc != 4)
		return 2;
	snprintf(mailbox, sizeof mailbox, "%s/mbox/ledger", argv[1]);
	snprintf(pid_file, sizeof pid_file, "%s/kernel/pid", argv[1]);
	srandom((unsigned)atoi(argv[3]));
	ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ledger == MAP_FAILED)
		return 2;
	for (int i = 0; i < READERS; i++)
		readers[i] = start(read_messages, 0);
	for (int i = 0; i < WRITERS; i++)
		writers[i] = start(write_messages, i);
	kill_at_random(atoi(argv[2]));
	atomic_store(&ledger->writers_end, true);
	for (int i = 0; i < WRITERS; i++)
		waitpid(writers[i], NULL, 0);
	usleep(300000); /* the readers may still be busy; what they leave is read below */
	atomic_store(&ledger->readers_end, true);
	for (int i = 0; i < READERS; i++) {
		kill(readers[i], SIGTERM); /* it waits for a message, or has noted what it read */
		waitpid(readers[i], NULL, 0);
	}
	read_messages(O_NONBLOCK);
	report();
	return 0;
}
