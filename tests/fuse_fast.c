/* SPDX-License-Identifier: MIT */
/*
 * A plain program that reads and writes a FIFO in ways that tell whether it is one:
 * for tests/fuse_fast.bats, which runs it with the preload object and without, on
 * the kernel's FIFOs and on those of a mount, and built for both libcs.  It knows
 * nothing of Portico.  Each command says what it saw; its status is 2 if it couldn't try.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "fuse_fast: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void say(const char *what, ssize_t result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: %zd\n", what, result);
	fflush(stdout);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	if (fd < 0)
		fail(path);
	return fd;
}

static void *memory(size_t size)
{
	void *bytes = calloc(size, 1);
	if (!bytes)
		fail("memory");
	return bytes;
}

/* ---- streams: each byte follows from its place */

static unsigned char byte_at(uint64_t place)
{
	return (unsigned char)(place * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

/* put FILE BYTES EACH: write so many, so many at a time */
static int put(char **argument)
{
	int fd = open_file(argument[0], O_WRONLY);
	uint64_t total = strtoull(argument[1], NULL, 0), each = strtoull(argument[2], NULL, 0);
	unsigned char *bytes = memory(each);
	for (uint64_t done = 0; done < total;) {
		uint64_t size = total - done < each ? total - done : each;
		for (uint64_t i = 0; i < size; i++)
			bytes[i] = byte_at(done + i);
		ssize_t written = write(fd, bytes, size);
		if (written <= 0)
			fail("write");
		done += (uint64_t)written;
	}
	return close(fd);
}

/* get FILE EACH: read to the end, and see that no byte is another */
static int get(char **argument)
{
	int fd = open_file(argument[0], O_RDONLY);
	uint64_t each = strtoull(argument[1], NULL, 0), done = 0;
	unsigned char *bytes = memory(each);
	ssize_t got;
	while ((got = read(fd, bytes, each)) > 0)
		for (ssize_t i = 0; i < got; i++, done++)
			if (bytes[i] != byte_at(done)) {
				printf("byte %llu is wrong\n", (unsigned long long)done);
				return 1;
			}
	if (got < 0)
		fail("read");
	printf("bytes: %llu\n", (unsigned long long)done);
	return 0;
}

/* ---- records: of one size, written whole */

#define RECORD 512

static void fill(unsigned char *record, unsigned writer, uint32_t number)
{
	memset(record, (int)writer, RECORD);
	memcpy(record + 8, &number, sizeof number);
	record[RECORD - 1] = (unsigned char)(writer ^ number);
}

/* send FILE WRITER COUNT [v]: write so many records; v: each by writev, in three parts */
static int send_records(char **argument)
{
	int fd = open_file(argument[0], O_WRONLY);
	unsigned writer = (unsigned)atoi(argument[1]);
	uint32_t count = (uint32_t)atoi(argument[2]);
	unsigned char record[RECORD];
	struct iovec parts[] = { { record, 5 }, { record + 5, 300 }, { record + 305, RECORD - 305 } };
	for (uint32_t i = 0; i < count; i++) {
		fill(record, writer, i);
		if ((argument[3] ? writev(fd, parts, 3) : write(fd, record, RECORD)) != RECORD)
			fail("write");
	}
	return 0;
}

/* take FILE: read records to the end, each whole, a writer's in order; say how many there were */
static int take(char **argument)
{
	int fd = open_file(argument[0], O_RDONLY);
	unsigned char record[RECORD], should[RECORD];
	int64_t last[256], count = 0;
	ssize_t got;
	memset(last, -1, sizeof last);
	while ((got = read(fd, record, RECORD)) > 0) {
		uint32_t number;
		memcpy(&number, record + 8, sizeof number);
		fill(should, record[0], number);
		if (got != RECORD || memcmp(record, should, RECORD) != 0 || number <= last[record[0]]) {
			printf("a record of %zd bytes is broken\n", got);
			return 1;
		}
		last[record[0]] = number;
		count++;
	}
	printf("%lld\n", (long long)count);
	return got < 0;
}

/* ---- a descriptor that isn't what it was */

static void check_goes_to(int fd, const char *path, const char *how)
{
	char text[16] = { 0 };
	int file = open_file(path, O_RDONLY);
	if (write(fd, "x", 1) != 1)
		fail(how);
	printf("%s: %s\n", how,
	       read(file, text, sizeof text) == 1 && text[0] == 'x' ? "the file" : "elsewhere");
	close(file);
}

/* FILE's number is another file's, and libc, or the kernel, has made it so unseen. */
static int reuse(char **argument)
{
	const char *fifo = argument[0], *path = argument[1];
	int fd = open_file(fifo, O_RDWR);
	if (write(fd, "1", 1) != 1)
		fail("write");
	FILE *stream = fdopen(fd, "r+");
	fclose(stream); /* closes it inside libc */
	stream = fopen(path, "w");
	if (fileno(stream) != fd)
		fail("another number");
	check_goes_to(fd, path, "fclose, fopen");
	fclose(stream);

	fd = open_file(fifo, O_RDWR);
	int other = open_file(path, O_WRONLY | O_TRUNC);
	syscall(SYS_dup3, other, fd, 0);
	check_goes_to(fd, path, "dup3");
	close(fd);
	close(other);

	fd = open_file(fifo, O_RDWR);
	syscall(SYS_close, fd);
	if (syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_TRUNC) != fd)
		fail("another number");
	check_goes_to(fd, path, "close, open");
	close(fd);

	fd = open_file(fifo, O_RDWR); /* the same FIFO, but to read alone */
	syscall(SYS_close, fd);
	if (syscall(SYS_openat, AT_FDCWD, fifo, O_RDONLY | O_NONBLOCK) != fd)
		fail("another number");
	say("write to a reader", write(fd, "x", 1));
	close(fd);

	fd = open_file(fifo, O_RDWR);
	syscall(SYS_close, fd);
	say("read what is closed", read(fd, &(char){ 0 }, 1));
	return 0;
}

/* O_NONBLOCK comes later, as from another process that has the description. */
static int nonblock(char **argument)
{
	char byte;
	int fd = open_file(argument[0], O_RDWR);
	if (write(fd, "1", 1) != 1 || read(fd, &byte, 1) != 1)
		fail("the first byte");
	syscall(SYS_fcntl, fd, F_SETFL, O_NONBLOCK);
	say("read", read(fd, &byte, 1));
	char *bytes = memory(65536);
	say("write", write(fd, bytes, 65536));
	say("write", write(fd, bytes, 1));
	return 0;
}

/* ---- signals */

static volatile sig_atomic_t signals;
static int ring_fd = -1;

static void count_signal(int number)
{
	(void)number;
	signals++;
	if (ring_fd >= 0 && signals == 3 && write(ring_fd, "s", 1) != 1) /* what is restarted ends at last */
		_exit(2);
}

static void handle(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };
	struct itimerval every = { { 0, 100000 }, { 0, 100000 } };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void no_more_signals(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 0, 0 } }, NULL);
}

/* signals FILE: reads and writes that wait are interrupted, restarted, or end early */
static int take_signals(char **argument)
{
	char byte;
	int fd = open_file(argument[0], O_RDWR);
	char *bytes = memory(200000);
	handle(0);
	say("read", read(fd, &byte, 1));
	handle(SA_RESTART);
	signals = 0;
	ring_fd = fd;
	say("read, restarted", read(fd, &byte, 1));
	printf("after signals: %d\n", (int)signals);
	ring_fd = -1;
	say("write, restarted in its middle", write(fd, bytes, 200000));
	handle(0);
	say("write", write(fd, bytes, 1));
	no_more_signals();
	return 0;
}

/* ---- threads, forks */

static int cancelled_fd;

static void *read_for_ever(void *unused)
{
	char byte;
	(void)unused;
	say("read", read(cancelled_fd, &byte, 1));
	return NULL;
}

/* cancel FILE: a thread that waits in read() is cancelled, and the FIFO is as good as before */
static int cancel(char **argument)
{
	pthread_t thread;
	void *result;
	char byte = 0;
	cancelled_fd = open_file(argument[0], O_RDWR);
	pthread_create(&thread, NULL, read_for_ever, NULL);
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("cancelled: %d\n", result == PTHREAD_CANCELED);
	say("write", write(cancelled_fd, "x", 1));
	say("read", read(cancelled_fd, &byte, 1));
	return 0;
}

/* fork FILE: parent and child share it, and the child's exec has it, too */
static int share(char **argument)
{
	char byte = 0;
	int fd = open_file(argument[0], O_RDWR), status;
	if (write(fd, "1", 1) != 1)
		fail("write");
	pid_t child = fork();
	if (child == 0) {
		say("child's read", read(fd, &byte, 1));
		say("child's write", write(fd, "2", 1));
		dup2(fd, 1);
		execlp("echo", "echo", "three", NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	char text[16] = { 0 };
	for (size_t got = 0; got < 7;) {
		ssize_t some = read(fd, text + got, sizeof text - 1 - got);
		if (some <= 0)
			fail("read");
		got += (size_t)some;
	}
	printf("parent has: %s", text);
	return 0;
}

/* ends FILE: what each end learns of the other's close, as soon as close() has returned */
static int ends(char **argument)
{
	char byte;
	signal(SIGPIPE, SIG_IGN);
	int reader = open_file(argument[0], O_RDONLY | O_NONBLOCK), writer = open_file(argument[0], O_WRONLY);
	fcntl(reader, F_SETFL, 0);
	say("write", write(writer, "ab", 2));
	say("read", read(reader, &byte, 1));
	close(writer);
	say("read", read(reader, &byte, 1));
	say("read", read(reader, &byte, 1));
	writer = open_file(argument[0], O_WRONLY);
	say("write", write(writer, "a", 1));
	close(reader);
	say("write", write(writer, "a", 1));
	reader = open_file(argument[0], O_RDONLY | O_NONBLOCK);
	say("write", write(writer, "b", 1));
	dup2(writer, reader); /* closes it */
	say("write", write(writer, "a", 1));
	signal(SIGPIPE, SIG_DFL);
	return (int)write(writer, "a", 1);
}

/* hold FILE HOW: have it open, say so, and wait for a line; then move some bytes, and say how that ended */
static int hold(char **argument)
{
	char line[8];
	int fd = open_file(argument[0], argument[1][0] == 'w' ? O_WRONLY : O_RDONLY);
	char *bytes = memory(1 << 20);
	puts("open");
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		fail("no line");
	ssize_t moved = argument[1][0] == 'w' ? write(fd, bytes, 1 << 20) : read(fd, bytes, 1 << 20);
	say(argument[1][0] == 'w' ? "write" : "read", moved);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **argument);
} commands[] = {
	{ "put", put },
	{ "get", get },
	{ "send", send_records },
	{ "take", take },
	{ "reuse", reuse },
	{ "nonblock", nonblock },
	{ "signals", take_signals },
	{ "cancel", cancel },
	{ "share", share },
	{ "ends", ends },
	{ "hold", hold },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argv + 2);
	fprintf(stderr, "fuse_fast: no such command\n");
	return 2;
}
