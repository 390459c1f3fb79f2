/* SPDX-License-Identifier: MIT */
/* The model player of fuse_fuzz.c: what each operation must answer, where nobody else uses the files. */
#define _GNU_SOURCE
#include "fuse_fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { NAMES = 6, FILES = 12, QUEUED_MOST = 40 };

struct message {
	uint32_t number;
	uint32_t from, size; /* of its bytes, those that nobody has read */
};

struct box {
	bool alive;
	int files; /* that have it open */
	unsigned mode;
	uint32_t slots;
	uint32_t count;
	struct message queue[QUEUED_MOST + FILES];
	time_t closed; /* when its last writer did: the daemon may not know yet */
};

struct file {
	int fd; /* -1: none */
	struct box *box;
	bool reads, writes, had;
	struct message rest; /* size 0: none */
};

static struct box *boxes[NAMES];
static struct file files[FILES];
static uint32_t next_number;

static unsigned char byte_of(uint32_t number, uint32_t at)
{
	return (unsigned char)(number * 31 + at * 7 + (at >> 8) + 1);
}

static const char *box_path(int name)
{
	return path_of("mbox/fuzz%u.%d", player, name);
}

static bool has_writer(const struct box *box)
{
	for (const struct file *file = files; file < files + FILES; file++)
		if (file->fd >= 0 && file->box == box && file->writes)
			return true;
	return false;
}

static uint64_t queued_bytes(const struct box *box)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < box->count; i++)
		bytes += box->queue[i].size;
	return bytes;
}

static void put_back(struct box *box, struct message message)
{
	uint32_t at = 0;
	while (at < box->count && box->queue[at].number < message.number)
		at++;
	memmove(&box->queue[at + 1], &box->queue[at], (box->count - at) * sizeof message);
	box->queue[at] = message;
	box->count++;
}

static struct message take_first(struct box *box)
{
	struct message first = box->queue[0];
	memmove(&box->queue[0], &box->queue[1], --box->count * sizeof first);
	return first;
}

static void drop_box(struct box *box)
{
	if (!box->alive && box->files == 0)
		free(box);
}

static off_t size_of(int name)
{
	struct stat attr;
	CHECK(stat(box_path(name), &attr) == 0);
	CHECK_EQUAL(attr.st_mode & 0777, boxes[name]->mode);
	CHECK(S_ISREG(attr.st_mode));
	return attr.st_size;
}

static int name_of(const struct box *box)
{
	for (int name = 0; name < NAMES; name++)
		if (boxes[name] == box)
			return name;
	return -1;
}

/* ---- its operations */

static struct file *some_file(void)
{
	struct file *file = &files[rolled(FILES)];
	return file->fd >= 0 ? file : NULL;
}

static void play_open(void)
{
	static const int ways[] = { O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_WRONLY | O_TRUNC };
	static const int makes[] = { 0, O_CREAT, O_CREAT | O_EXCL };
	struct file *file = &files[rolled(FILES)];
	int name = (int)rolled(NAMES), way = ways[rolled(5)], make = makes[rolled(3)];
	if (file->fd >= 0)
		return;
	int fd = open(box_path(name), way | make | O_NONBLOCK | O_CLOEXEC, 0600);
	if (boxes[name] ? make & O_EXCL : make == 0) {
		CHECK(fd < 0);
		CHECK_EQUAL(errno, boxes[name] ? EEXIST : ENOENT);
		return;
	}
	CHECK(fd >= 0);
	if (!boxes[name]) {
		boxes[name] = calloc(1, sizeof *boxes[name]);
		*boxes[name] = (struct box){ .alive = true, .mode = 0600, .slots = 1024 };
	}
	bool reads = (way & O_ACCMODE) != O_WRONLY, writes = (way & O_ACCMODE) != O_RDONLY;
	*file = (struct file){ .fd = fd, .box = boxes[name], .reads = reads, .writes = writes };
	file->box->files++;
}

static void play_close(void)
{
	struct file *file = some_file();
	if (!file)
		return;
	struct box *box = file->box;
	CHECK_EQUAL(close(file->fd), 0);
	file->fd = -1;
	box->files--;
	if (file->writes && !has_writer(box))
		box->closed = time(NULL);
	if (box->alive && file->rest.size > 0) {
		put_back(box, file->rest);
		for (int looks = 0; size_of(name_of(box)) != (off_t)queued_bytes(box); looks++) {
			CHECK(looks < 5000);
			sleep_ms(1);
		}
	}
	drop_box(box);
}

static void play_write(void)
{
	static const uint32_t sizes[] = { 1, 3, 10, 100, 4096, 5000, 70000, FUZZ_LARGEST, FUZZ_LARGEST + 1 };
	struct file *file = some_file();
	uint32_t size = sizes[rolled(rolled(8) ? 6 : 9)];
	if (!file || file->box->count == QUEUED_MOST)
		return;
	struct box *box = file->box;
	for (uint32_t i = 0; i < size; i++)
		buffer[i] = (char)byte_of(next_number, i);
	ssize_t wrote = write(file->fd, buffer, size);
	int error = !file->writes	       ? EBADF
		    : size > FUZZ_LARGEST      ? EMSGSIZE
		    : !box->alive	       ? EIDRM
		    : box->count >= box->slots ? EAGAIN
					       : 0;
	if (error) {
		CHECK(wrote < 0);
		CHECK_EQUAL(errno, error);
		return;
	}
	CHECK_EQUAL(wrote, size);
	put_back(box, (struct message){ .number = next_number++, .size = size });
}

static void check_bytes(const struct message *message, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		CHECK_EQUAL((unsigned char)buffer[i], byte_of(message->number, message->from + i));
}

/* Nothing is there.  That the last writer has closed the daemon learns a moment later. */
static void read_nothing(struct file *file, ssize_t got, uint32_t size)
{
	bool end = file->had && !has_writer(file->box);
	for (int looks = 0; end && got < 0 && errno == EAGAIN; looks++) {
		CHECK(looks < 5000);
		CHECK(file->box->closed != 0);
		sleep_ms(1);
		got = read(file->fd, buffer, size);
	}
	CHECK_EQUAL(got, end ? 0 : -1);
	if (!end)
		CHECK_EQUAL(errno, EAGAIN);
}

static void play_read(void)
{
	static const uint32_t sizes[] = { 1, 2, 7, 100, 4096, 65536, 1 << 20 };
	struct file *file = some_file();
	uint32_t size = sizes[rolled(7)];
	if (!file)
		return;
	struct box *box = file->box;
	ssize_t got = read(file->fd, buffer, size);
	if (!file->reads || (file->rest.size == 0 && !box->alive)) {
		CHECK(got < 0);
		CHECK_EQUAL(errno, file->reads ? EIDRM : EBADF);
		return;
	}
	if (file->rest.size == 0 && box->count == 0) {
		read_nothing(file, got, size);
		return;
	}
	struct message message = file->rest.size > 0 ? file->rest : take_first(box);
	uint32_t part = message.size < size ? message.size : size;
	part = part < FUZZ_LARGEST ? part : FUZZ_LARGEST;
	CHECK_EQUAL(got, part);
	check_bytes(&message, part);
	message.from += part;
	message.size -= part;
	file->rest = message;
	file->had = true;
}

static void play_poll(void)
{
	struct file *file = some_file();
	if (!file)
		return;
	struct pollfd fd = { .fd = file->fd, .events = POLLIN | POLLOUT };
	struct box *box = file->box;
	CHECK(poll(&fd, 1, 0) >= 0);
	bool there = file->reads && (file->rest.size > 0 || (box->alive && box->count > 0));
	if (there)
		CHECK(fd.revents & POLLIN);
	else if (box->alive && !(file->had && box->closed))
		CHECK(!(fd.revents & POLLIN));
	if (!box->alive)
		CHECK(fd.revents & POLLERR);
	else
		CHECK_EQUAL((fd.revents & POLLOUT) != 0, file->writes && box->count < box->slots);
}

static void play_unlink(void)
{
	int name = (int)rolled(NAMES), result = unlink(box_path(name));
	CHECK_EQUAL(result, boxes[name] ? 0 : -1);
	if (!boxes[name]) {
		CHECK_EQUAL(errno, ENOENT);
		return;
	}
	struct box *box = boxes[name];
	boxes[name] = NULL;
	box->alive = false;
	drop_box(box);
}

static void play_rename(void)
{
	char from[512];
	int name = (int)rolled(NAMES), to = (int)rolled(NAMES);
	strcpy(from, box_path(name));
	int result = rename(from, box_path(to));
	CHECK_EQUAL(result, boxes[name] ? 0 : -1);
	if (!boxes[name])
		CHECK_EQUAL(errno, ENOENT);
	if (!boxes[name] || name == to)
		return;
	struct box *replaced = boxes[to];
	boxes[to] = boxes[name];
	boxes[name] = NULL;
	if (replaced) {
		replaced->alive = false;
		drop_box(replaced);
	}
}

static void play_stat(void)
{
	int name = (int)rolled(NAMES);
	struct stat attr;
	if (boxes[name]) {
		CHECK_EQUAL(size_of(name), queued_bytes(boxes[name]));
		return;
	}
	CHECK(stat(box_path(name), &attr) != 0);
	CHECK_EQUAL(errno, ENOENT);
}

static void play_chmod(void)
{
	int name = (int)rolled(NAMES);
	unsigned mode = 0600 | rolled(0100);
	CHECK_EQUAL(chmod(box_path(name), mode), boxes[name] ? 0 : -1);
	if (boxes[name])
		boxes[name]->mode = mode;
}

static void play_truncate(void)
{
	int name = (int)rolled(NAMES);
	CHECK_EQUAL(truncate(box_path(name), (off_t)rolled(100)), boxes[name] ? 0 : -1);
}

static void play_limit(void)
{
	char text[16];
	int name = (int)rolled(NAMES);
	uint32_t slots = 1 + rolled(30);
	int length = snprintf(text, sizeof text, "%u", slots);
	CHECK_EQUAL(setxattr(box_path(name), "user.portico.slots", text, (size_t)length, 0),
		    boxes[name] ? 0 : -1);
	if (boxes[name])
		boxes[name]->slots = slots;
}

static void play_list(void)
{
	bool seen[NAMES] = { false };
	char mine[32];
	int length = snprintf(mine, sizeof mine, "fuzz%u.", player);
	DIR *directory = opendir(path_of("mbox"));
	CHECK(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (strncmp(entry->d_name, mine, (size_t)length) != 0)
			continue;
		int name = atoi(entry->d_name + length);
		CHECK(!seen[name]);
		seen[name] = true;
	}
	closedir(directory);
	for (int name = 0; name < NAMES; name++)
		CHECK_EQUAL(seen[name], boxes[name] != NULL);
}

/* A named pipe that this player alone has open, for both. */
static void play_pipe(int fd)
{
	static uint64_t written, taken;
	static const uint32_t sizes[] = { 1, 100, 4096, 5000, 65536, 200000 };
	uint32_t size = sizes[rolled(6)];
	if (rolled(2)) {
		for (uint32_t i = 0; i < size; i++)
			buffer[i] = (char)byte_of(0, (uint32_t)(written + i));
		ssize_t wrote = write(fd, buffer, size);
		bool atomic = size <= 4096;
		if (wrote < 0)
			CHECK(errno == EAGAIN && written - taken + (atomic ? size : 1) > 65536);
		else
			CHECK(wrote > 0 && (atomic ? wrote == size : wrote <= size));
		written += wrote > 0 ? (uint64_t)wrote : 0;
		return;
	}
	uint64_t there = written - taken;
	ssize_t got = read(fd, buffer, size);
	if (there == 0) {
		CHECK(got < 0 && errno == EAGAIN);
		return;
	}
	CHECK_EQUAL(got, there < size ? there : size);
	for (ssize_t i = 0; i < got; i++)
		CHECK_EQUAL((unsigned char)buffer[i], byte_of(0, (uint32_t)(taken + (uint64_t)i)));
	taken += (uint64_t)got;
}

void play_by_the_model(void)
{
	static void (*const plays[])(void) = { play_open,   play_open,	 play_write,   play_write, play_write,
					       play_read,   play_read,	 play_read,    play_read,  play_close,
					       play_poll,   play_unlink, play_stat,    play_chmod, play_list,
					       play_rename, play_limit,	 play_truncate };
	for (struct file *file = files; file < files + FILES; file++)
		file->fd = -1;
	CHECK(mkfifo(path_of("fifo/fuzz%u", player), 0600) == 0);
	int pipe = open(path_of("fifo/fuzz%u", player), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	CHECK(pipe >= 0);
	while (time(NULL) < until) {
		if (rolled(8) == 0)
			play_pipe(pipe);
		else
			plays[rolled(sizeof plays / sizeof *plays)]();
		count(BY_MODEL);
	}
}
