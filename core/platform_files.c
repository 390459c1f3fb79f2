/* SPDX-License-Identifier: MIT */
/* Files and memory. */
#define _GNU_SOURCE
#include "platform.h"
#include "syscall.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef FALLOC_FL_PUNCH_HOLE
#define FALLOC_FL_KEEP_SIZE 1
#define FALLOC_FL_PUNCH_HOLE 2
#endif
#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#endif

#define ALLOCATE_AT_ONCE (UINT64_C(4) << 20)

int pk_open(const char *path, int flags, unsigned mode)
{
	return (int)pk_syscall4(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

void pk_close(int fd)
{
	pk_syscall1(SYS_close, fd);
}

int pk_unlink(const char *path)
{
	return (int)pk_syscall3(SYS_unlinkat, AT_FDCWD, path, 0);
}

int pk_mkdir(const char *path, unsigned mode)
{
	return (int)pk_syscall3(SYS_mkdirat, AT_FDCWD, path, mode);
}

int pk_rename_new(const char *from, const char *to)
{
	long error = pk_syscall5(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	if (error != -EINVAL && error != -ENOSYS)
		return (int)error;
	/* a file system without RENAME_NOREPLACE: a link is as exclusive */
	error = pk_syscall5(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (error == 0)
		pk_unlink(from);
	return (int)error;
}

int pk_set_mode(int fd, unsigned mode)
{
	return (int)pk_syscall2(SYS_fchmod, fd, mode);
}

int pk_give_away(int fd, uint32_t uid, uint32_t gid)
{
	return (int)pk_syscall3(SYS_fchown, fd, uid, gid);
}

int pk_make_fifo(const char *path, unsigned mode)
{
	return (int)pk_syscall4(SYS_mknodat, AT_FDCWD, path, S_IFIFO | mode, 0);
}

void pk_put_byte(int fd)
{
	pk_syscall3(SYS_write, fd, "!", 1);
}

void pk_drain(int fd)
{
	char bytes[64];
	while (pk_syscall3(SYS_read, fd, bytes, sizeof bytes) == (long)sizeof bytes)
		continue;
}

int pk_open_unnamed(const char *directory, unsigned mode)
{
	int fd = pk_open(directory, O_RDWR | O_TMPFILE, mode);
	return fd == -EISDIR || fd == -EINVAL ? -EOPNOTSUPP : fd; /* a kernel that doesn't know O_TMPFILE */
}

int pk_name_new(int fd, const char *path)
{
	char self[32];
	/* the first wants a capability, or a Linux of 6.10; the second wants /proc */
	long error = pk_syscall5(SYS_linkat, fd, "", AT_FDCWD, path, AT_EMPTY_PATH);
	if (error == 0 || error == -EEXIST)
		return (int)error;
	error = pk_syscall5(SYS_linkat, AT_FDCWD, pk_proc_path(self, "/proc/self/fd/", (uint32_t)fd, ""),
			    AT_FDCWD, path, AT_SYMLINK_FOLLOW);
	return error == 0 || error == -EEXIST ? (int)error : -EOPNOTSUPP;
}

/* As getdents64() has it. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t bytes;
	uint8_t type;
	char name[];
};

static int visit_entries(const char *entries, long size, int (*visit)(const char *name, void *context),
			 void *context)
{
	int result = 0;
	for (long at = 0; at < size && result == 0;) {
		const struct entry *entry = (const void *)(entries + at);
		if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
			result = visit(entry->name, context);
		at += entry->bytes;
	}
	return result;
}

int pk_each_entry(const char *directory, int (*visit)(const char *name, void *context), void *context)
{
	_Alignas(struct entry) char entries[2048];
	int fd = pk_open(directory, O_RDONLY | O_DIRECTORY, 0);
	long size = fd;
	int result = 0;
	while (size >= 0 && result == 0 &&
	       (size = pk_syscall3(SYS_getdents64, fd, entries, sizeof entries)) > 0)
		result = visit_entries(entries, size, visit, context);
	if (fd >= 0)
		pk_close(fd);
	return size < 0 ? (int)size : result;
}

int pk_file_read(int fd, uint64_t offset, void *bytes, size_t size)
{
	long got;
	while ((got = pk_syscall4(SYS_pread64, fd, bytes, size, offset)) == -EINTR)
		continue;
	return (int)got;
}

int pk_file_share(int fd)
{
	long error;
	while ((error = pk_syscall2(SYS_flock, fd, LOCK_SH)) == -EINTR)
		continue;
	return (int)error;
}

int pk_file_own(int fd)
{
	return (int)pk_syscall2(SYS_flock, fd, LOCK_EX | LOCK_NB);
}

int pk_file_in_memory(const char *name, bool close_on_exec)
{
	unsigned flags = close_on_exec ? MFD_CLOEXEC : 0;
	long fd = pk_syscall2(SYS_memfd_create, name, flags | MFD_NOEXEC_SEAL);
	if (fd == -EINVAL) /* before Linux 6.3 */
		fd = pk_syscall2(SYS_memfd_create, name, flags);
	return (int)fd;
}

/*
 * A file that would become larger than allowed is an error to us, not a signal
 * to the program: SIGXFSZ is held off, and one that came of our call is taken.
 */
struct signal_held {
	uint64_t mask; /* as it was */
	bool pending;  /* one was, and is the program's */
};

#define TOO_LARGE (UINT64_C(1) << (SIGXFSZ - 1))

static struct signal_held hold_too_large(void)
{
	uint64_t signal = TOO_LARGE, pending = 0;
	struct signal_held held = { 0 };
	pk_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &signal, &held.mask, sizeof signal);
	pk_syscall2(SYS_rt_sigpending, &pending, sizeof pending);
	held.pending = (pending & TOO_LARGE) != 0;
	return held;
}

static void release_too_large(const struct signal_held *held, long error)
{
	uint64_t signal = TOO_LARGE;
	const struct timespec now = { 0, 0 };
	if (error == -EFBIG && !held->pending)
		pk_syscall4(SYS_rt_sigtimedwait, &signal, 0, &now, sizeof signal);
	pk_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &held->mask, 0, sizeof held->mask);
}

int pk_truncate(int fd, uint64_t size_bytes)
{
	struct signal_held held = hold_too_large();
	long error = pk_syscall2(SYS_ftruncate, fd, size_bytes);
	release_too_large(&held, error);
	return (int)error;
}

int pk_file_write(int fd, uint64_t offset, const void *bytes, size_t size)
{
	struct signal_held held = hold_too_large();
	long put = 0;
	for (size_t done = 0; done < size && put >= 0; done += put > 0 ? (size_t)put : 0) {
		put = pk_syscall4(SYS_pwrite64, fd, (const char *)bytes + done, size - done, offset + done);
		put = put == -EINTR ? 0 : put;
	}
	release_too_large(&held, put);
	return put < 0 ? (int)put : 0;
}

static long allocate(int fd, uint64_t offset, uint64_t size_bytes)
{
	/* in pieces: a call that a signal interrupts begins anew, and may never end under a timer */
	while (size_bytes > 0) {
		uint64_t piece = size_bytes < ALLOCATE_AT_ONCE ? size_bytes : ALLOCATE_AT_ONCE;
		long error = pk_syscall4(SYS_fallocate, fd, 0, offset, piece);
		if (error == -EINTR)
			continue;
		if (error)
			return error;
		offset += piece;
		size_bytes -= piece;
	}
	return 0;
}

int pk_allocate(int fd, uint64_t offset, uint64_t size_bytes)
{
	struct signal_held held = hold_too_large();
	long error = allocate(fd, offset, size_bytes);
	release_too_large(&held, error);
	return (int)error;
}

uint64_t pk_room(int fd)
{
	struct statfs system;
	struct sysinfo machine;
	uint64_t room = UINT64_MAX, memory;
	if (pk_syscall1(SYS_sysinfo, &machine) == 0) {
		memory = ((uint64_t)machine.totalram + machine.totalswap) * machine.mem_unit;
		room = memory;
	}
	if (pk_syscall2(SYS_fstatfs, fd, &system) != 0 ||
	    system.f_blocks == 0) /* it has no limit of its own */
		return room;
	memory = (uint64_t)system.f_bavail * (uint64_t)system.f_bsize;
	return memory < room ? memory : room;
}

void pk_discard(int fd, uint64_t offset, uint64_t size_bytes)
{
	pk_syscall4(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, size_bytes);
}

static void file_of(const struct stat *status, struct pk_file *file)
{
	*file = (struct pk_file){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size_bytes = (uint64_t)status->st_size,
		.mode = status->st_mode,
		.uid = status->st_uid,
		.gid = status->st_gid,
	};
}

int pk_inspect(int fd, struct pk_file *file)
{
	struct stat status;
	long error = pk_syscall4(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH);
	if (error == 0)
		file_of(&status, file);
	return (int)error;
}

int pk_inspect_path(const char *path, struct pk_file *file)
{
	struct stat status;
	long error = pk_syscall4(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW);
	if (error == 0)
		file_of(&status, file);
	return (int)error;
}

int pk_out_of_the_way(int fd)
{
	long moved = pk_syscall3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 64);
	if (moved < 0)
		return fd; /* few descriptors are allowed: better in the way than not at all */
	pk_close(fd);
	return (int)moved;
}

#ifdef __SANITIZE_THREAD__
/* By its libc: ThreadSanitizer has to see that an address used again is other memory. */
static long map_memory(void *wanted, uint64_t size_bytes, int protection, int flags, int fd)
{
	void *got = mmap(wanted, size_bytes, protection, flags, fd, 0);
	return got == MAP_FAILED ? -errno : (long)got;
}
static long unmap_memory(void *address, uint64_t size_bytes)
{
	return munmap(address, size_bytes) ? -errno : 0;
}
#else
static long map_memory(void *wanted, uint64_t size_bytes, int protection, int flags, int fd)
{
	return pk_syscall6(SYS_mmap, (long)wanted, (long)size_bytes, protection, flags, fd, 0);
}
static long unmap_memory(void *address, uint64_t size_bytes)
{
	return pk_syscall2(SYS_munmap, address, size_bytes);
}
#endif

/* Mapped by a program that has called mlockall(MCL_FUTURE), it is locked, and would have been filled but that
 * what nobody may read isn't. */
static int unlock_and_open(void *address, uint64_t size_bytes, int protection)
{
	pk_syscall2(SYS_munlock, address, size_bytes);
	return (int)pk_syscall3(SYS_mprotect, address, size_bytes, protection);
}

/* Is what this process maps given memory at once, as mlockall(MCL_FUTURE) has it? */
static bool maps_are_filled(void)
{
	unsigned char resident = 0;
	long page = map_memory(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (page < 0 && page > -4096)
		return true; /* over the limit of what may be locked, say */
	pk_syscall3(SYS_mincore, page, 4096, &resident);
	unmap_memory((void *)page, 4096);
	return resident & 1;
}

int pk_map(void **address, uint64_t size_bytes, int fd, unsigned how)
{
	bool hollow = how & PK_MAP_HOLLOW && maps_are_filled();
	int protection = PROT_READ | (how & PK_MAP_READ_ONLY ? 0 : PROT_WRITE) |
			 (how & PK_MAP_EXECUTE ? PROT_EXEC : 0);
	int flags = (how & PK_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
		    (how & PK_MAP_FIXED ? MAP_FIXED : 0) | (how & PK_MAP_VACANT ? MAP_FIXED_NOREPLACE : 0) |
		    MAP_NORESERVE;
	void *wanted = how & (PK_MAP_FIXED | PK_MAP_HINT | PK_MAP_VACANT) ? *address : NULL;
	long got = map_memory(wanted, size_bytes, hollow ? PROT_NONE : protection, flags, fd);
	if (got < 0 && got > -4096)
		return (int)got;
	if (how & PK_MAP_VACANT &&
	    (void *)got != wanted) { /* a kernel older than that flag took it for a hint */
		pk_unmap((void *)got, size_bytes);
		return -EEXIST;
	}
	*address = (void *)got;
	return hollow ? unlock_and_open((void *)got, size_bytes, protection) : 0;
}

int pk_unmap(void *address, uint64_t size_bytes)
{
	return (int)unmap_memory(address, size_bytes);
}

int pk_map_again(void *page, uint64_t size_bytes, unsigned how, void **address)
{
#ifdef __SANITIZE_THREAD__
	(void)page, (void)size_bytes, (void)how, (void)address;
	return -ENOSYS; /* it has to hear of each mapping, and wouldn't of this */
#else
	int flags = MREMAP_MAYMOVE | (how & PK_MAP_FIXED ? MREMAP_FIXED : 0);
	long got = pk_syscall5(SYS_mremap, page, 0, size_bytes, flags, *address);
	if (got < 0 && got > -4096)
		return (int)got;
	*address = (void *)got;
	return 0;
#endif
}

#ifdef PORTICO_FENCED
int pk_protect(void *address, uint64_t size_bytes, bool closed)
{
	return mprotect(address, size_bytes, closed ? PROT_NONE : PROT_READ | PROT_WRITE) ? -errno : 0;
}
#endif

int pk_wipe_on_fork(void *address, uint64_t size_bytes)
{
	return (int)pk_syscall3(SYS_madvise, address, size_bytes, MADV_WIPEONFORK);
}

void pk_random(void *buffer, size_t size_bytes)
{
	if (pk_syscall3(SYS_getrandom, buffer, size_bytes, 0) == (long)size_bytes)
		return;
	uint64_t now = (uint64_t)pk_monotonic_ns() ^ ((uint64_t)pk_thread_id() << 40);
	memcpy(buffer, &now, size_bytes < sizeof now ? size_bytes : sizeof now);
}
