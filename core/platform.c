/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "platform.h"
#include "syscall.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

/* musl-gcc has no kernel headers */
#define FUTEX_WAKE 1
#define FUTEX_WAIT_BITSET 9
#define FUTEX_BITSET_MATCH_ANY 0xffffffff
#define MEMBARRIER_GLOBAL_EXPEDITED 2
#define MEMBARRIER_REGISTER_GLOBAL_EXPEDITED 4
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
#ifndef F_OFD_SETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif
#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

/* Where in the region's file the marks of living tasks lie: far above its end. */
#define MARKS (INT64_C(1) << 60)

#define ALLOCATE_AT_ONCE (UINT64_C(4) << 20)

/* ---- time: clock_gettime() is the vDSO's in both libcs, and no system call */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pk_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t pk_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t pk_realtime_seconds(void)
{
#if defined(__GLIBC__) && !defined(PORTICO_PRELOAD)
	return (int64_t)time(NULL); /* there the vDSO's own, and the same */
#else
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec;
#endif
}

/* ---- sleeping and waking */

int pk_sleep(const _Atomic uint32_t *word, uint32_t expected, int64_t until_ns)
{
	until_ns = until_ns < 0 ? 0 : until_ns;
	struct timespec until = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };
	long error = pk_syscall6(SYS_futex, (long)word, FUTEX_WAIT_BITSET, (long)expected,
				 until_ns == PK_FOREVER ? 0 : (long)&until, 0, FUTEX_BITSET_MATCH_ANY);
	return error == -EAGAIN ? 0 : (int)error;
}

void pk_wake(const _Atomic uint32_t *word, int count)
{
	pk_syscall3(SYS_futex, word, FUTEX_WAKE, count);
}

bool pk_fence_join(void)
{
	return pk_syscall3(SYS_membarrier, MEMBARRIER_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool pk_fence_all(void)
{
	return pk_syscall3(SYS_membarrier, MEMBARRIER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

static bool has_handler(int number)
{
	uintptr_t action[8] = {
		0
	}; /* the kernel's struct begins with the handler; 0 and 1 are SIG_DFL and SIG_IGN */
	return pk_syscall4(SYS_rt_sigaction, number, 0, action, sizeof(uint64_t)) == 0 && action[0] > 1;
}

uint64_t pk_signals_hold(void)
{
	uint64_t all = ~UINT64_C(0), before = 0;
	pk_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
	return before;
}

bool pk_signals_release(uint64_t held)
{
	uint64_t pending = 0;
	bool handled = false;
	pk_syscall2(SYS_rt_sigpending, &pending, sizeof pending);
	pending &= ~held;
	for (; pending != 0 && !handled; pending &= pending - 1)
		handled = has_handler(__builtin_ctzll(pending) + 1);
	pk_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &held, 0, sizeof held);
	return handled;
}

/* ---- who lives */

static long read_file(const char *path, char *buffer, size_t size)
{
	long fd = pk_syscall4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	long got = pk_syscall3(SYS_read, fd, buffer, size - 1);
	pk_syscall1(SYS_close, fd);
	buffer[got > 0 ? got : 0] = '\0';
	return got;
}

static const char *skip_fields(const char *text, int fields)
{
	while (*text && fields > 0)
		if (*text++ == ' ')
			fields--;
	return text;
}

static uint64_t take_decimal(const char **text)
{
	uint64_t value = 0;
	while (**text >= '0' && **text <= '9')
		value = value * 10 + (uint64_t)(*(*text)++ - '0');
	return value;
}

static uint64_t parse_decimal(const char *text)
{
	return take_decimal(&text);
}

/* What /proc/PID/stat says, see proc(5). */
struct proc_stat {
	char state;
	uint32_t parent;
	uint64_t threads, start_time;
};

static bool read_proc_stat(const char *path, struct proc_stat *stat, char command[16])
{
	char text[512];
	if (read_file(path, text, sizeof text) <= 0)
		return false;
	/* the name, in parentheses, may itself hold some: the last one closes it */
	const char *open = text, *close = text;
	for (const char *p = text; *p; p++) {
		if (*p == '(' && open == text)
			open = p + 1;
		if (*p == ')')
			close = p;
	}
	if (close[0] != ')' || close[1] != ' ')
		return false;
	if (command) {
		size_t length = (size_t)(close - open);
		length = length > 15 ? 15 : length;
		memcpy(command, open, length);
		command[length] = '\0';
	}
	const char *fields = close + 2; /* field 3 of proc(5) */
	stat->state = *fields;
	stat->parent = (uint32_t)parse_decimal(skip_fields(fields, 1));
	stat->threads = parse_decimal(skip_fields(fields, 17));
	stat->start_time = parse_decimal(skip_fields(fields, 19));
	return true;
}

/* before, the number, after: of a path in /proc. */
static const char *proc_path(char path[32], const char *before, uint32_t number, const char *after)
{
	struct pk_text text = pk_text(path, 32);
	pk_text_add(&text, before);
	pk_text_number(&text, number);
	pk_text_add(&text, after);
	return path;
}

/* Made from the random bytes that each exec gets, which are a secret of the process: so not they themselves.
 */
static uint64_t image_number(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	uint64_t halves[2] = { 0 };
	if (random)
		memcpy(halves, random, sizeof halves);
	for (int round = 0; round < 4; round++) {
		halves[0] = (halves[0] ^ (halves[0] >> 29) ^ halves[1]) * UINT64_C(0xbf58476d1ce4e5b9);
		halves[1] = (halves[1] ^ (halves[1] >> 32) ^ halves[0]) * UINT64_C(0x94d049bb133111eb);
	}
	return halves[0] ^ halves[1];
}

void pk_process_self(struct pk_process *self)
{
	struct stat status;
	struct proc_stat proc;
	*self = (struct pk_process){ .pid = (uint32_t)pk_syscall0(SYS_getpid) };
	if (read_proc_stat("/proc/self/stat", &proc, self->command))
		self->start_time = proc.start_time;
	self->image = image_number();
	if (pk_syscall4(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/pid", &status, 0) == 0)
		self->pid_namespace = status.st_ino;
}

/* Does another description hold a mark from that on?  count 0: to the last. */
static bool any_marked(int region, uint64_t mark, int64_t count)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = MARKS + (int64_t)mark, .l_len = count
	};
	if (pk_syscall3(SYS_fcntl, region, F_OFD_GETLK, &lock) < 0)
		return true; /* can't ask: assume the best */
	return lock.l_type != F_UNLCK;
}

bool pk_process_marked(int region, uint64_t mark)
{
	return any_marked(region, mark, 1);
}

bool pk_process_any_marked(int region)
{
	return any_marked(region, 0, 0);
}

bool pk_process_alive(const struct pk_process *process)
{
	if (pk_syscall2(SYS_kill, process->pid, 0) == -ESRCH)
		return false;
	char path[32];
	struct proc_stat proc;
	if (!read_proc_stat(proc_path(path, "/proc/", process->pid, "/stat"), &proc, NULL))
		return pk_syscall2(SYS_kill, process->pid, 0) != -ESRCH; /* no /proc, or gone just now */
	if (process->start_time != 0 && proc.start_time != process->start_time)
		return false;
	/* A leader that called pthread_exit() is a zombie, too; its process lives while other threads do. */
	return !((proc.state == 'Z' || proc.state == 'X') && proc.threads <= 1);
}

uint32_t pk_process_parent(uint32_t pid)
{
	char path[32];
	struct proc_stat proc;
	return read_proc_stat(proc_path(path, "/proc/", pid, "/stat"), &proc, NULL) ? proc.parent : 0;
}

int pk_process_open(const struct pk_process *process)
{
	int fd = (int)pk_syscall2(SYS_pidfd_open, process->pid, 0); /* close-on-exec by itself */
	if (fd >= 0 && !pk_process_alive(process)) {
		pk_close(fd); /* its pid is another's by now */
		return -ESRCH;
	}
	return fd;
}

int pk_process_signal(int process, int signal)
{
	return (int)pk_syscall4(SYS_pidfd_send_signal, process, signal, 0, 0);
}

/* proc(5): T by a signal, t by a tracer; those that end are in nobody's way. */
static int runs(const char *thread, void *context)
{
	char text[64];
	struct pk_text whole = PK_TEXT(text);
	struct proc_stat proc;
	pk_text_add(&whole, context);
	pk_text_add(&whole, "/");
	pk_text_add(&whole, thread);
	pk_text_add(&whole, "/stat");
	return read_proc_stat(text, &proc, NULL) && !strchr("TtZX", proc.state);
}

bool pk_process_stopped(const struct pk_process *process)
{
	char path[32];
	int found = pk_each_entry(proc_path(path, "/proc/", process->pid, "/task"), runs, path);
	return found == 0 || found == -ENOENT || found == -ESRCH; /* it has none any more */
}

int pk_process_mark(int region, uint64_t mark)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = MARKS + (int64_t)mark, .l_len = 1
	};
	return (int)pk_syscall3(SYS_fcntl, region, F_OFD_SETLK, &lock);
}

uint32_t pk_process_threads(uint32_t pid, bool *stopped)
{
	char path[32];
	struct proc_stat proc;
	*stopped = false;
	if (!read_proc_stat(proc_path(path, "/proc/", pid, "/stat"), &proc, NULL))
		return 0;
	*stopped = proc.state == 'T' || proc.state == 't';
	/* a leader that called pthread_exit() is counted, but runs no more */
	return (uint32_t)proc.threads - (proc.state == 'Z');
}

bool pk_thread_sleeps(uint32_t pid, uint32_t thread)
{
	char path[64];
	struct pk_text text = PK_TEXT(path);
	struct proc_stat proc;
	pk_text_add(&text, "/proc/");
	pk_text_number(&text, pid);
	pk_text_add(&text, "/task/");
	pk_text_number(&text, thread);
	pk_text_add(&text, "/stat");
	return read_proc_stat(path, &proc, NULL) && proc.state == 'S';
}

bool pk_thread_exists(uint32_t pid, uint32_t thread)
{
	/* -EINVAL: no thread has that number */
	long error = thread == 0 ? -ESRCH : pk_syscall3(SYS_tgkill, pid, thread, 0);
	return error != -ESRCH && error != -EINVAL;
}

bool pk_thread_alive(uint32_t thread)
{
	return pk_thread_exists((uint32_t)pk_syscall0(SYS_getpid), thread);
}

int pk_process_raise(int signal, int code, uint64_t value)
{
	siginfo_t info = { .si_signo = signal, .si_code = code };
	info.si_pid = (pid_t)pk_syscall0(SYS_getpid);
	info.si_uid = (uid_t)pk_syscall0(SYS_getuid);
	info.si_value.sival_ptr = (void *)(uintptr_t)value;
	return (int)pk_syscall3(SYS_rt_sigqueueinfo, info.si_pid, signal, &info);
}

uint32_t pk_thread_id(void)
{
	return (uint32_t)pk_syscall0(SYS_gettid);
}

void pk_process_ids(uint32_t *euid, uint32_t *egid)
{
	*euid = (uint32_t)pk_syscall0(SYS_geteuid);
	*egid = (uint32_t)pk_syscall0(SYS_getegid);
}

bool pk_process_in_group(uint32_t gid)
{
	uint32_t groups[256];
	long count = pk_syscall2(SYS_getgroups, sizeof groups / sizeof groups[0], groups);
	for (long i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

uint32_t pk_cpu(void)
{
	int cpu = sched_getcpu();
	return cpu < 0 ? 0 : (uint32_t)cpu;
}

int pk_cpu_count(void)
{
	char list[256]; /* as "0-3,8": this process may be bound to one, and its peers to another */
	if (read_file("/sys/devices/system/cpu/online", list, sizeof list) <= 0)
		return 1;
	uint64_t count = 0;
	for (const char *at = list; *at >= '0' && *at <= '9'; at += *at == ',') {
		uint64_t first = take_decimal(&at), last = first;
		if (*at == '-' && at++)
			last = take_decimal(&at);
		count += last >= first && last < 65536 ? last - first + 1 : 0;
	}
	return count > 0 && count < 65536 ? (int)count : 1;
}

/* ---- files and memory */

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
	error = pk_syscall5(SYS_linkat, AT_FDCWD, proc_path(self, "/proc/self/fd/", (uint32_t)fd, ""),
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

int pk_map(void **address, uint64_t size_bytes, int fd, unsigned how)
{
	int protection = PROT_READ | (how & PK_MAP_READ_ONLY ? 0 : PROT_WRITE) |
			 (how & PK_MAP_EXECUTE ? PROT_EXEC : 0);
	int flags = (how & PK_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
		    (how & PK_MAP_FIXED ? MAP_FIXED : 0) | (how & PK_MAP_VACANT ? MAP_FIXED_NOREPLACE : 0) |
		    MAP_NORESERVE;
	void *wanted = how & (PK_MAP_FIXED | PK_MAP_HINT | PK_MAP_VACANT) ? *address : NULL;
	long got = map_memory(wanted, size_bytes, protection, flags, fd);
	if (got < 0 && got > -4096)
		return (int)got;
	if (how & PK_MAP_VACANT &&
	    (void *)got != wanted) { /* a kernel older than that flag took it for a hint */
		pk_unmap((void *)got, size_bytes);
		return -EEXIST;
	}
	*address = (void *)got;
	return 0;
}

int pk_unmap(void *address, uint64_t size_bytes)
{
	return (int)unmap_memory(address, size_bytes);
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
