/* SPDX-License-Identifier: MIT */
/* What else can be done to a file. */
#define _GNU_SOURCE
#include "fuse_transcript_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what the kernel moves by itself */

static int between[2] = { -1, -1 }; /* a pipe */
static int file = -1;		    /* a regular file */

static void need_others(void)
{
	if (between[0] < 0 && pipe2(between, O_NONBLOCK) != 0)
		_exit(4);
	if (file < 0)
		file = memfd_create("file", 0);
}

/* splice out N: from it into a pipe, and say what came */
void do_splice(const struct arguments *arguments, char *said)
{
	size_t size = (size_t)number(arguments, 1);
	need_others();
	if (strcmp(text(arguments, 0), "out") == 0) {
		say_result(said, splice(*at, NULL, between[1], NULL, size, 0));
		say(said, ", ");
		say_bytes(said, read(between[0], bytes, MOST));
		return;
	}
	memset(bytes, 's', MOST);
	if (write(between[1], bytes, size) != (ssize_t)size)
		_exit(4);
	say_result(said, splice(between[0], NULL, *at, NULL, size, 0));
}

void do_tee(const struct arguments *arguments, char *said)
{
	need_others();
	say_result(said, tee(*at, between[1], (size_t)number(arguments, 0), 0));
}

/* sendfile out N: from it to a file; in N: from a file */
void do_sendfile(const struct arguments *arguments, char *said)
{
	size_t size = (size_t)number(arguments, 1);
	off_t from = 0;
	need_others();
	if (strcmp(text(arguments, 0), "out") == 0) {
		say_result(said, sendfile(file, *at, NULL, size));
		return;
	}
	memset(bytes, 'f', MOST);
	if (pwrite(file, bytes, size, 0) != (ssize_t)size)
		_exit(4);
	say_result(said, sendfile(*at, file, &from, size));
}

void do_copy_range(const struct arguments *arguments, char *said)
{
	need_others();
	say_result(said, copy_file_range(*at, NULL, file, NULL, (size_t)number(arguments, 0), 0));
}

/* map: privately, and say the first byte */
void do_map(const struct arguments *arguments, char *said)
{
	int how = strcmp(text(arguments, 0), "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
	const volatile char *memory = mmap(NULL, 4096, PROT_READ, how, *at, 0);
	if (memory == MAP_FAILED)
		say(said, "%s", error_name(errno));
	else
		say(said, "has %c", memory[0]);
}

/* ---- asking and changing */

void do_fionread(const struct arguments *arguments, char *said)
{
	int count = -1;
	(void)arguments;
	if (ioctl(*at, FIONREAD, &count) < 0)
		say(said, "%s", error_name(errno));
	else
		say(said, "%d", count);
}

void do_pipe_size(const struct arguments *arguments, char *said)
{
	if (arguments->count > 0)
		say_result(said, fcntl(*at, F_SETPIPE_SZ, (int)number(arguments, 0)));
	else
		say_result(said, fcntl(*at, F_GETPIPE_SZ));
}

void do_fsync(const struct arguments *arguments, char *said)
{
	(void)arguments;
	say_ok(said, fsync(*at));
}

void do_fallocate(const struct arguments *arguments, char *said)
{
	say_ok(said, fallocate(*at, 0, 0, number(arguments, 0)));
}

void do_ftruncate(const struct arguments *arguments, char *said)
{
	say_ok(said, ftruncate(*at, number(arguments, 0)));
}

void do_truncate(const struct arguments *arguments, char *said)
{
	say_ok(said, truncate(path, number(arguments, 0)));
}

void do_fstat(const struct arguments *arguments, char *said)
{
	struct stat facts;
	(void)arguments;
	if (fstat(*at, &facts) < 0)
		say(said, "%s", error_name(errno));
	else
		say(said, "type %o mode %o links %d size %ld", facts.st_mode & S_IFMT, facts.st_mode & 07777,
		    (int)facts.st_nlink, (long)facts.st_size);
}

void do_chmod(const struct arguments *arguments, char *said)
{
	say_ok(said, chmod(path, (mode_t)strtoul(text(arguments, 0), NULL, 8)));
}

void do_fchmod(const struct arguments *arguments, char *said)
{
	say_ok(said, fchmod(*at, (mode_t)strtoul(text(arguments, 0), NULL, 8)));
}

void do_uid(const struct arguments *arguments, char *said)
{
	say_ok(said, setuid((uid_t)number(arguments, 0)));
}

void do_unlink(const struct arguments *arguments, char *said)
{
	(void)arguments;
	say_ok(said, unlink(path));
}

void do_mkfifo(const struct arguments *arguments, char *said)
{
	(void)arguments;
	say_ok(said, mkfifo(path, 0600));
}

void do_lock(const struct arguments *arguments, char *said)
{
	struct flock lock = { .l_type = strchr(text(arguments, 0), 'w') ? F_WRLCK : F_RDLCK };
	say_ok(said, fcntl(*at, F_SETLK, &lock));
}

/* sysv: a message through a System V queue; sysv wait: and wait for another, which never comes */
void do_sysv(const struct arguments *arguments, char *said)
{
	struct {
		long type;
		char byte;
	} message = { 1, 'm' };
	int queue = msgget(IPC_PRIVATE, 0600);
	ssize_t result = msgsnd(queue, &message, 1, 0) == 0 ? msgrcv(queue, &message, 1, 0, 0) : -1;
	if (result == 1 && arguments->count > 0)
		result = msgrcv(queue, &message, 1, 0, 0);
	say_result(said, result);
	msgctl(queue, IPC_RMID, NULL);
}

/* SIGIO to this process, when something can be done */
void do_own(const struct arguments *arguments, char *said)
{
	(void)arguments;
	say_ok(said, fcntl(*at, F_SETOWN, getpid()));
}
