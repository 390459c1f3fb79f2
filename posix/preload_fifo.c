/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload_fifo.h"
#include "pipe.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/statfs.h>

#define FUSE_MAGIC 0x65735546
#define MOST 0x7ffff000 /* bytes of one call, as the kernel has it */

_Atomic uint64_t pk_fifo_marks[PK_FIFO_NUMBERS / 64];

/* ---- marks */

void pk_fifo_mark(int fd)
{
	pk_or(&pk_fifo_marks[(unsigned)fd / 64], UINT64_C(1) << ((unsigned)fd % 64));
}

void pk_fifo_unmark(int fd)
{
	pk_and(&pk_fifo_marks[(unsigned)fd / 64], ~(UINT64_C(1) << ((unsigned)fd % 64)));
}

/* A file of a directory of that name, or of the one where we are. */
bool pk_fifo_may_be(const char *path)
{
	return !strchr(path, '/') || strstr(path, "fifo/");
}

/* ---- mounts of this process's instance, and who serves them */

#define MOUNTS 4

static struct mount {
	_Atomic uint64_t device; /* 0: none */
	_Atomic pk_id keeper;
	_Atomic uint32_t place; /* what is above the id in an inode's number */
} mounts[MOUNTS];
static _Atomic uint32_t noting;

struct proof {
	uint64_t device, inode;
};

/* As statx(2) fills it in; not every libc has it. */
struct facts {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, unused;
	uint64_t inode, size_bytes, blocks, attributes_known;
	struct {
		int64_t seconds;
		uint32_t ns, unused;
	} times[4];
	uint32_t special_major, special_minor, device_major, device_minor;
	uint64_t reserved[14];
};
_Static_assert(sizeof(struct facts) == 256, "struct statx");
#define WANT_INODE 0x100
#define WANT_SIZE 0x200

/* What the kernel knows without asking the daemon; none of it changes while the file is open. */
static bool inspect(int fd, struct proof *proof)
{
	struct facts found;
	if (pk_syscall5(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, WANT_INODE, &found) != 0)
		return false;
	proof->device = (uint64_t)found.device_major << 32 | found.device_minor;
	proof->inode = found.inode;
	return proof->device != 0;
}

static struct mount *mount_of(uint64_t device)
{
	for (int i = 0; i < MOUNTS; i++)
		if (pk_load(&mounts[i].device) == device)
			return &mounts[i];
	return NULL;
}

/* A device's number is used again for another mount; then that has another keeper. */
static bool note(const struct proof *proof, const struct pk_pipe_card *card)
{
	static uint32_t next;
	if (pk_exchange(&noting, 1))
		return false; /* it goes through the daemon, then */
	struct mount *mount = mount_of(proof->device);
	if (!mount)
		mount = &mounts[next++ % MOUNTS];
	pk_store(&mount->device, 0);
	pk_store(&mount->keeper, card->keeper);
	pk_store(&mount->place, (uint32_t)(proof->inode >> PK_ID_BITS));
	pk_store(&mount->device, proof->device);
	pk_store(&noting, 0);
	return true;
}

static bool is_ours(int fd)
{
	struct statfs system;
	struct proof proof;
	struct pk_pipe_card card = { 0 };
	if (pk_syscall2(SYS_fstatfs, fd, &system) != 0 || system.f_type != FUSE_MAGIC ||
	    !inspect(fd, &proof) || pk_syscall3(SYS_ioctl, fd, PK_PIPE_ASK, &card) != 0 || card.pipe == 0 ||
	    card.pipe != (proof.inode & ((UINT64_C(1) << PK_ID_BITS) - 1)))
		return false;
	struct portico *k = pk_instance();
	return k && k->file.device == card.device && k->file.inode == card.inode && note(&proof, &card);
}

void pk_fifo_look(int fd)
{
	if (is_ours(fd))
		pk_fifo_mark(fd);
	else if (pk_fifo_marked(fd))
		pk_fifo_unmark(fd);
}

/* ---- what one operation works on */

struct end {
	struct portico *k;
	pk_id pipe, keeper;
	enum pk_pipe_end which;
};

/* FF1 to FF3 */
static bool prove(int fd, enum pk_pipe_end which, struct end *end)
{
	struct proof proof;
	struct mount *mount = inspect(fd, &proof) ? mount_of(proof.device) : NULL;
	if (!mount || proof.inode >> PK_ID_BITS != pk_load(&mount->place)) {
		pk_fifo_unmark(fd);
		return false;
	}
	long flags = pk_syscall3(SYS_fcntl, fd, F_GETFL, 0);
	if (flags < 0 || flags & (O_NONBLOCK | O_PATH) ||
	    (flags & O_ACCMODE) == (which == PK_PIPE_WRITE ? O_RDONLY : O_WRONLY))
		return false;
	*end = (struct end){
		.k = pk_load(&pk_opened),
		.pipe = proof.inode & ((UINT64_C(1) << PK_ID_BITS) - 1),
		.keeper = pk_load(&mount->keeper),
		.which = which,
	};
	return end->k != NULL;
}

/* What move() has when it ends with an error: see pipe.h. */
static int64_t move(const struct end *end, unsigned char *data, size_t size)
{
	return end->which == PK_PIPE_WRITE ? pk_pipe_write(end->k, end->pipe, data, size)
					   : pk_pipe_read(end->k, end->pipe, data, size);
}

/*
 * Until a read has something, or a write all: 0, -EINTR, or PK_FIFO_ASK.  A write
 * that has got some bytes there is never begun again.
 */
static long go_on(const struct end *end, unsigned char *data, size_t size, size_t *done)
{
	for (;;) {
		size_t left = size - *done;
		int error = 0;
		if (!pk_pipe_usable(end->k, end->pipe, end->keeper, end->which))
			return PK_FIFO_ASK;
		int64_t moved = move(end, data + *done, left);
		*done += moved > 0 ? (size_t)moved : 0;
		if (*done == size || (moved > 0 && end->which == PK_PIPE_READ))
			return 0;
		if (moved == -EAGAIN || moved > 0)
			error = pk_pipe_await(end->k, end->pipe, end->keeper, end->which, size - *done);
		if (error == -EINTR || (error == -ERESTART && *done > 0))
			return -EINTR;
		if ((error && error != -ERESTART) || (moved < 0 && moved != -EAGAIN))
			return PK_FIFO_ASK;
	}
}

static long transfer(int fd, enum pk_pipe_end which, void *data, size_t size, size_t *done)
{
	struct end end;
	if (size == 0 || pk_bad_address(data) || !prove(fd, which, &end))
		return PK_FIFO_ASK;
	pk_inside_begin();
	if (which == PK_PIPE_WRITE && size >= PK_PIPE_BYTES)
		pk_pipe_enlarge(end.k, end.pipe);
	long result = go_on(&end, data, size < MOST ? size : MOST, done);
	pk_inside_end();
	return result == -EINTR && *done > 0 ? 0 : result;
}

long pk_fifo_read(int fd, void *data, size_t size)
{
	size_t done = 0;
	long result = transfer(fd, PK_PIPE_READ, data, size, &done);
	return result ? result : (long)done;
}

long pk_fifo_write(int fd, const void *data, size_t size, size_t *done)
{
	*done = 0;
	long result = transfer(fd, PK_PIPE_WRITE, (void *)(uintptr_t)data, size, done);
	return result ? result : (long)*done;
}

/* ---- closing */

/* What names the file without having it open, or a negative number. */
int pk_fifo_before_close(int fd)
{
	struct proof proof;
	bool ours = inspect(fd, &proof) && mount_of(proof.device);
	pk_fifo_unmark(fd);
	return ours ? (int)pk_syscall3(SYS_open_tree, fd, "", AT_EMPTY_PATH | O_CLOEXEC) : -1;
}

/* The daemon takes requests in order: when it has answered this one it knows of the close. */
void pk_fifo_after_close(int file)
{
	struct facts found;
	if (file < 0)
		return;
	pk_syscall5(SYS_statx, file, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, WANT_SIZE, &found);
	pk_syscall1(SYS_close, file);
}
