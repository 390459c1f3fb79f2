/* SPDX-License-Identifier: MIT */
/*
 * Random operations on a mount, by several processes at once.
 *
 *   fuse_fuzz MOUNT SECONDS SEED
 *
 * Model players have mailboxes and a named pipe of their own, never block, and
 * know of each operation what it must answer, and of each message its bytes.
 * Sharers block on mailboxes that all of them use, and are interrupted: each
 * message is had once.  A scribbler writes random bytes into whatever can be
 * written to control something, and a wanderer looks at everything.
 */
#define _GNU_SOURCE
#include "fuse_fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/time.h>

enum {
	MODEL_PLAYERS = 3,
	SHARERS = 4,
	SHARED_BOXES = 3,
	SENT_MOST = 1 << 20,
};

static const char *mount_point;
time_t until;
unsigned player;
char buffer[1 << 20];
static uint64_t dice;

uint32_t rolled(uint32_t sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (uint32_t)(dice >> 33) % sides;
}

/* What all processes see: how often each did something, and what became of each message. */
static struct {
	_Atomic uint64_t operations[4];
	_Atomic uint32_t sent; /* numbers given to messages */
	_Atomic uint8_t state[SENT_MOST];
} * shared;
enum { SENDING = 1, SENT, GOT };

void count(enum counted who)
{
	atomic_fetch_add(&shared->operations[who], 1);
}

const char *path_of(const char *format, ...)
{
	static char path[512];
	va_list arguments;
	int length = snprintf(path, sizeof path, "%s/", mount_point);
	va_start(arguments, format);
	vsnprintf(path + length, sizeof path - (size_t)length, format, arguments);
	va_end(arguments);
	return path;
}

/* ---- sharers */

static void nothing(int number)
{
	(void)number;
}

/* A signal every so often, so that waits end. */
static void be_interrupted(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval often = { { 0, 3000 + 500 * (int)player }, { 0, 3000 } };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void share_write(int fd)
{
	uint32_t number = atomic_fetch_add(&shared->sent, 1);
	char text[16];
	if (number >= SENT_MOST)
		return;
	atomic_store(&shared->state[number], SENDING);
	int length = snprintf(text, sizeof text, "%u", number);
	ssize_t wrote = write(fd, text, (size_t)length);
	if (wrote == length) {
		uint8_t before = SENDING; /* it may have been had already */
		atomic_compare_exchange_strong(&shared->state[number], &before, SENT);
	} else {
		CHECK(wrote < 0 && (errno == EINTR || errno == EAGAIN));
		CHECK_EQUAL(atomic_exchange(&shared->state[number], GOT), SENDING); /* it isn't there */
	}
}

/* 0: nothing was there, or a signal came. */
static bool share_read(int fd)
{
	char text[17] = "";
	ssize_t got = read(fd, text, 16);
	if (got <= 0) {
		CHECK(got == 0 || errno == EINTR || errno == EAGAIN);
		return false;
	}
	unsigned long number = strtoul(text, NULL, 10);
	CHECK(number < SENT_MOST);
	uint8_t state = atomic_exchange(&shared->state[number], GOT);
	CHECK(state == SENDING || state == SENT);
	return true;
}

static const char *shared_path(uint32_t box)
{
	return path_of("mbox/shared%u", box);
}

static void share(void)
{
	static const int ways[] = { O_RDONLY, O_WRONLY, O_RDWR };
	be_interrupted();
	while (time(NULL) < until) {
		int way = ways[rolled(3)];
		int fd = open(shared_path(rolled(SHARED_BOXES)), way | (rolled(3) ? 0 : O_NONBLOCK));
		if (fd < 0)
			CHECK_EQUAL(errno, EINTR);
		for (uint32_t turns = fd >= 0 ? rolled(50) : 0; turns > 0; turns--) {
			if (way == O_WRONLY || (way == O_RDWR && rolled(2)))
				share_write(fd);
			else
				share_read(fd);
			count(BY_SHARERS);
		}
		if (fd >= 0)
			close(fd);
	}
}

static void settle_accounts(void)
{
	uint32_t sent = atomic_load(&shared->sent), missing = 0;
	for (uint32_t box = 0; box < SHARED_BOXES; box++) {
		int fd = open(shared_path(box), O_RDONLY | O_NONBLOCK);
		CHECK(fd >= 0);
		for (int empty = 0; empty < 50;) /* what was closed in the middle comes back a moment later */
			if (!share_read(fd)) {
				empty++;
				sleep_ms(2);
			}
		close(fd);
	}
	for (uint32_t number = 0; number < sent && number < SENT_MOST; number++)
		missing += atomic_load(&shared->state[number]) != GOT;
	CHECK_EQUAL(missing, 0);
	printf("%u messages were shared\n", sent);
}

/* ---- the scribbler */

static const char *controls[64];
static int controls_count;

static int note_control(const char *path, const struct stat *attr, int kind, struct FTW *where)
{
	const char *name = path + where->base;
	(void)attr;
	/* what the players count on isn't scribbled on, and no process is */
	if (kind == FTW_F && (strcmp(name, "ctl") == 0 || strcmp(name, "limits") == 0) &&
	    (strstr(path, "/scribbled") || strstr(path, "/kernel/")) && controls_count < 64)
		controls[controls_count++] = strdup(path);
	return 0;
}

static size_t some_words(char *text)
{
	static const char *const words[] = {
		"drop",	      "inject",	    "pause", "resume",	 "limit", "slots=2", "all",
		"-1",	      "0",	    "1",     "\n",	 " ",	  "=",	     "18446744073709551616",
		"bytes=",     "capacity=x", "\t\t",  "\xff\xfe", "help",  "tap",     "\r\n",
		"12345678901"
	};
	size_t length = 0;
	for (uint32_t count = 1 + rolled(12); count > 0; count--)
		length += (size_t)sprintf(text + length, "%s%s", words[rolled(sizeof words / sizeof *words)],
					  rolled(2) ? " " : "");
	return length;
}

static void scribble(void)
{
	while (time(NULL) < until) {
		const char *path = controls_count ? controls[rolled((uint32_t)controls_count)] : NULL;
		int fd = path ? open(path, O_WRONLY | O_NONBLOCK) : -1;
		if (fd < 0) {
			sleep_ms(1);
			continue;
		}
		bool limits = strstr(path, "/kernel/") != NULL; /* nonsense only: the players live by them */
		size_t length = limits || rolled(2) ? rolled(rolled(10) ? 100 : 200000) : 0;
		for (size_t i = 0; i < length; i++)
			buffer[i] = (char)(rolled(256) | 0x80);
		if (length == 0)
			length = some_words(buffer);
		ssize_t wrote = write(fd, buffer, length);
		CHECK(wrote >= 0 || (errno != EIO && errno != ENOTCONN && errno != ECONNABORTED));
		close(fd);
		count(BY_SCRIBBLER);
	}
}

/* ---- the wanderer */

static int look(const char *path, const struct stat *attr, int kind, struct FTW *where)
{
	(void)attr, (void)where;
	bool plain = kind == FTW_F && !strstr(path, "/mbox/fuzz") && !strstr(path, "/mbox/shared");
	if (strstr(path, "/view/") || strstr(path, "/task/") || strstr(path, "/kernel/"))
		plain = kind == FTW_F;
	int fd = plain ? open(path, O_RDONLY | O_NONBLOCK) : -1;
	if (fd >= 0) {
		ssize_t got;
		for (int turns = 0; turns < 100 && (got = read(fd, buffer, 1 + rolled(4096))) > 0; turns++)
			continue;
		CHECK(got >= 0 || (errno != ENOTCONN && errno != ECONNABORTED && errno != EIO));
		close(fd);
	}
	count(BY_WANDERER);
	return time(NULL) >= until;
}

static void wander(void)
{
	static const char *const places[] = { "view", "task", "kernel", "msg", "sem", "shm" };
	while (time(NULL) < until)
		for (size_t i = 0; i < sizeof places / sizeof *places; i++)
			nftw(path_of("%s", places[i]), look, 16, FTW_PHYS);
}

/* ---- all of them */

static void make_box(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0);
	close(fd);
}

static void prepare(void)
{
	make_box(path_of("mbox/scribbled"));
	CHECK(mkfifo(path_of("fifo/scribbled"), 0600) == 0);
	for (uint32_t box = 0; box < SHARED_BOXES; box++)
		make_box(shared_path(box));
	nftw(path_of("view"), note_control, 16, FTW_PHYS);
	nftw(path_of("kernel"), note_control, 16, FTW_PHYS);
}

static void begin(unsigned who, uint64_t seed, void (*play)(void), pid_t *child)
{
	*child = CHILD({
		player = who;
		dice = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + who;
		for (int i = 0; i < 10; i++)
			rolled(2);
		play();
	});
}

int main(int argc, char **argv)
{
	pid_t children[MODEL_PLAYERS + SHARERS + 2];
	unsigned who = 0;
	CHECK_EQUAL(argc, 4);
	mount_point = argv[1];
	until = time(NULL) + atoi(argv[2]);
	uint64_t seed = strtoull(argv[3], NULL, 10);
	printf("seed %s\n", argv[3]);
	fflush(stdout);
	shared = shared_memory(sizeof *shared);
	umask(0);
	prepare();
	while (who < MODEL_PLAYERS)
		begin(who, seed, play_by_the_model, &children[who]), who++;
	while (who < MODEL_PLAYERS + SHARERS)
		begin(who, seed, share, &children[who]), who++;
	begin(who, seed, scribble, &children[who]), who++;
	begin(who, seed, wander, &children[who]), who++;
	while (who > 0)
		join_child(children[--who]);
	settle_accounts();
	printf("operations: %llu by the model, %llu of sharers, %llu scribbled, %llu looked at\n",
	       (unsigned long long)shared->operations[0], (unsigned long long)shared->operations[1],
	       (unsigned long long)shared->operations[2], (unsigned long long)shared->operations[3]);
	return 0;
}
