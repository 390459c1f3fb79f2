/* SPDX-License-Identifier: MIT */
/*
 * The calls of a script: `VERB[#DESCRIPTOR] ARGUMENT...`.
 *
 * An actor's descriptors are numbered as it gets them, from 0 on; a call is on
 * number 0 unless it says another.  Bytes are told as runs: x3y1 is xxxy.
 */
#define _GNU_SOURCE
#include "fuse_transcript_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int open_files[OPEN] = { -1, -1, -1, -1, -1, -1, -1, -1 };
int *at = open_files;
char bytes[MOST];

long number(const struct arguments *arguments, int n)
{
	return n < arguments->count ? strtol(arguments->word[n], NULL, 10) : 0;
}

const char *text(const struct arguments *arguments, int n)
{
	return n < arguments->count ? arguments->word[n] : "";
}

/* ---- saying */

const char *error_name(int error)
{
	const char *name = strerrorname_np(error);
	return name ? name : "an error without name";
}

__attribute__((format(printf, 2, 3))) void say(char *said, const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(said);
	va_start(arguments, format);
	vsnprintf(said + used, WORDS - used, format, arguments);
	va_end(arguments);
}

void say_result(char *said, long result)
{
	if (result < 0)
		say(said, "%s", error_name(errno));
	else
		say(said, "%ld", result);
}

void say_ok(char *said, long result)
{
	if (result < 0)
		say(said, "%s", error_name(errno));
	else
		say(said, "ok");
}

void say_bytes(char *said, ssize_t count)
{
	say_result(said, count);
	for (ssize_t i = 0, run; i < count; i += run) {
		for (run = 1; i + run < count && bytes[i + run] == bytes[i]; run++)
			continue;
		say(said, "%s%c%zd", i ? "" : " ", bytes[i] ? bytes[i] : '0', run);
	}
}

unsigned flags_of(const struct flag *flags, const char *letters)
{
	unsigned bits = 0;
	for (; flags->letter; flags++)
		if (strchr(letters, flags->letter))
			bits |= flags->bits;
	return bits;
}

void say_flags(char *said, const struct flag *flags, unsigned bits)
{
	bool any = false;
	for (; flags->letter; flags++)
		if (bits & flags->bits) {
			say(said, "%s%s", any ? " " : "", flags->name);
			any = true;
		}
	if (!any)
		say(said, "nothing");
}

/* ---- opening */

static const struct flag open_flags[] = {
	{ O_NONBLOCK, 'n', "NONBLOCK" },
	{ O_APPEND, 'a', "APPEND" },
	{ O_TRUNC, 't', "TRUNC" },
	{ O_CREAT, 'c', "CREAT" },
	{ O_EXCL, 'x', "EXCL" },
	{ O_DIRECT, 'd', "DIRECT" },
	{ O_PATH, 'p', "PATH" },
	{ O_ASYNC, 'y', "ASYNC" },
	{ O_DIRECTORY, 'D', "DIRECTORY" },
	{ O_SYNC, 's', "SYNC" },
	{ 0, 0, NULL },
};

/* Keep it under the lowest number. */
static void keep(int fd, char *said)
{
	int i = 0;
	while (i < OPEN - 1 && open_files[i] >= 0)
		i++;
	say_ok(said, fd);
	if (fd >= 0)
		open_files[i] = fd;
}

static void do_open(const struct arguments *arguments, char *said)
{
	const char *how = text(arguments, 0);
	int access = !strchr(how, 'w') ? O_RDONLY : strchr(how, 'r') ? O_RDWR : O_WRONLY;
	keep(open(path, access | (int)flags_of(open_flags, how), 0600), said);
}

/* once more, as /dev/stdin and its kin do */
static void do_reopen(const struct arguments *arguments, char *said)
{
	const char *how = text(arguments, 0);
	char name[64];
	int access = !strchr(how, 'w') ? O_RDONLY : strchr(how, 'r') ? O_RDWR : O_WRONLY;
	snprintf(name, sizeof name, "/proc/self/fd/%d", *at);
	keep(open(name, access | (int)flags_of(open_flags, how)), said);
}

static void do_close(const struct arguments *arguments, char *said)
{
	(void)arguments;
	say_ok(said, close(*at));
	*at = -1;
}

static void do_dup(const struct arguments *arguments, char *said)
{
	(void)arguments;
	keep(dup(*at), said);
}

static void do_getfl(const struct arguments *arguments, char *said)
{
	int flags = fcntl(*at, F_GETFL);
	(void)arguments;
	say(said, "%s ",
	    (flags & O_ACCMODE) == O_RDONLY   ? "r"
	    : (flags & O_ACCMODE) == O_WRONLY ? "w"
					      : "rw");
	say_flags(said, open_flags, (unsigned)flags);
}

static void do_setfl(const struct arguments *arguments, char *said)
{
	say_ok(said, fcntl(*at, F_SETFL, (int)flags_of(open_flags, text(arguments, 0))));
}

/* ---- reading and writing */

static void do_read(const struct arguments *arguments, char *said)
{
	say_bytes(said, read(*at, bytes, (size_t)number(arguments, 0)));
}

static void do_write(const struct arguments *arguments, char *said)
{
	memset(bytes, text(arguments, 1)[0], MOST);
	say_result(said, write(*at, bytes, (size_t)number(arguments, 0)));
}

/* readv N N...; each is filled before the next */
static void do_readv(const struct arguments *arguments, char *said)
{
	struct iovec parts[8];
	char *next = bytes;
	for (int i = 0; i < arguments->count; i++) {
		parts[i] = (struct iovec){ next, (size_t)number(arguments, i) };
		next += parts[i].iov_len;
	}
	say_bytes(said, readv(*at, parts, arguments->count));
}

/* writev N LETTER N LETTER... */
static void do_writev(const struct arguments *arguments, char *said)
{
	static char letters[4][MOST];
	struct iovec parts[4];
	int count = arguments->count / 2;
	for (int i = 0; i < count; i++) {
		memset(letters[i], text(arguments, 2 * i + 1)[0], MOST);
		parts[i] = (struct iovec){ letters[i], (size_t)number(arguments, 2 * i) };
	}
	say_result(said, writev(*at, parts, count));
}

/* fill N LETTER: writes of N bytes until one is refused */
static void do_fill(const struct arguments *arguments, char *said)
{
	long all = 0;
	ssize_t result;
	memset(bytes, text(arguments, 1)[0], MOST);
	while ((result = write(*at, bytes, (size_t)number(arguments, 0))) > 0)
		all += result;
	say(said, "%ld, then ", all);
	say_result(said, result);
}

/* drain N: reads of N bytes until one is refused, or the end */
static void do_drain(const struct arguments *arguments, char *said)
{
	long all = 0;
	ssize_t result;
	while ((result = read(*at, bytes, (size_t)number(arguments, 0))) > 0)
		all += result;
	say(said, "%ld, then ", all);
	say_result(said, result);
}

static void do_pread(const struct arguments *arguments, char *said)
{
	say_result(said, pread(*at, bytes, (size_t)number(arguments, 0), number(arguments, 1)));
}

static void do_pwrite(const struct arguments *arguments, char *said)
{
	say_result(said, pwrite(*at, bytes, (size_t)number(arguments, 0), number(arguments, 1)));
}

static void do_lseek(const struct arguments *arguments, char *said)
{
	say_result(said, lseek(*at, number(arguments, 0), (int)number(arguments, 1)));
}

/* readnow N, writenow N LETTER: with RWF_NOWAIT */
static void do_readnow(const struct arguments *arguments, char *said)
{
	struct iovec part = { bytes, (size_t)number(arguments, 0) };
	say_bytes(said, preadv2(*at, &part, 1, -1, RWF_NOWAIT));
}

static void do_writenow(const struct arguments *arguments, char *said)
{
	struct iovec part = { bytes, (size_t)number(arguments, 0) };
	memset(bytes, text(arguments, 1)[0], MOST);
	say_result(said, pwritev2(*at, &part, 1, -1, RWF_NOWAIT));
}

/* ---- by name */

static const struct {
	const char *verb;
	void (*run)(const struct arguments *arguments, char *said);
} calls[] = {
	{ "open", do_open },
	{ "reopen", do_reopen },
	{ "close", do_close },
	{ "dup", do_dup },
	{ "getfl", do_getfl },
	{ "setfl", do_setfl },
	{ "read", do_read },
	{ "write", do_write },
	{ "readv", do_readv },
	{ "writev", do_writev },
	{ "fill", do_fill },
	{ "drain", do_drain },
	{ "pread", do_pread },
	{ "pwrite", do_pwrite },
	{ "lseek", do_lseek },
	{ "readnow", do_readnow },
	{ "writenow", do_writenow },
	{ "splice", do_splice },
	{ "tee", do_tee },
	{ "sendfile", do_sendfile },
	{ "copy_range", do_copy_range },
	{ "map", do_map },
	{ "poll", do_poll },
	{ "select", do_select },
	{ "epadd", do_epadd },
	{ "epmod", do_epmod },
	{ "epdel", do_epdel },
	{ "epwait", do_epwait },
	{ "fionread", do_fionread },
	{ "pipe_size", do_pipe_size },
	{ "fsync", do_fsync },
	{ "fallocate", do_fallocate },
	{ "ftruncate", do_ftruncate },
	{ "truncate", do_truncate },
	{ "fstat", do_fstat },
	{ "chmod", do_chmod },
	{ "fchmod", do_fchmod },
	{ "uid", do_uid },
	{ "unlink", do_unlink },
	{ "mkfifo", do_mkfifo },
	{ "lock", do_lock },
	{ "sysv", do_sysv },
	{ "own", do_own },
};

void perform(char *command, char said[WORDS])
{
	struct arguments arguments = { .count = 0 };
	char *verb = strsep(&command, " "), *hash = strchr(verb, '#');
	for (char *word; arguments.count < 8 && (word = strsep(&command, " ")) != NULL;)
		arguments.word[arguments.count++] = word;
	at = &open_files[hash ? hash[1] - '0' : 0];
	if (hash)
		*hash = '\0';
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (strcmp(calls[i].verb, verb) == 0) {
			calls[i].run(&arguments, said);
			return;
		}
	say(said, "what is that?");
}
