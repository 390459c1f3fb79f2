/* SPDX-License-Identifier: MIT */
/* Who lives, and where it runs. */
#define _GNU_SOURCE
#include "platform.h"
#include "syscall.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>

#ifndef F_OFD_SETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define RUSAGE_OF_THREAD 1

/* Where in the region's file the marks of living tasks lie: far above its end. */
#define MARKS (INT64_C(1) << 60)

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
	if (!read_proc_stat(pk_proc_path(path, "/proc/", process->pid, "/stat"), &proc, NULL))
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
	return read_proc_stat(pk_proc_path(path, "/proc/", pid, "/stat"), &proc, NULL) ? proc.parent : 0;
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
	int found = pk_each_entry(pk_proc_path(path, "/proc/", process->pid, "/task"), runs, path);
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
	if (!read_proc_stat(pk_proc_path(path, "/proc/", pid, "/stat"), &proc, NULL))
		return 0;
	*stopped = proc.state == 'T' || proc.state == 't';
	/* a leader that called pthread_exit() is counted, but runs no more */
	return (uint32_t)proc.threads - (proc.state == 'Z');
}

bool pk_process_command(uint32_t pid, char command[16])
{
	char path[32];
	struct proc_stat proc;
	return read_proc_stat(pk_proc_path(path, "/proc/", pid, "/stat"), &proc, command) &&
	       !strchr("ZX", proc.state);
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

bool pk_thread_traced(void)
{
	char status[512];
	static const char name[] = "TracerPid:\t";
	if (read_file("/proc/thread-self/status", status, sizeof status) <= 0)
		return true;
	const char *at = strstr(status, name);
	return !at || at[sizeof name - 1] != '0';
}

int64_t pk_thread_rests(void)
{
	struct rusage usage;
	if (pk_syscall2(SYS_getrusage, RUSAGE_OF_THREAD, &usage) != 0)
		return 0;
	return usage.ru_nvcsw - usage.ru_majflt;
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

#define GROUPS_MOST 65536 /* NGROUPS_MAX */

static bool is_among(uint32_t gid, const uint32_t *groups, long count)
{
	for (long i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool pk_process_in_group(uint32_t gid)
{
	uint32_t few[64];
	void *many = NULL;
	/* what it tells is what holds; no gid is -1, so that it sets none */
	if (gid == (uint32_t)pk_syscall1(SYS_setfsgid, -1))
		return true;
	long count = pk_syscall2(SYS_getgroups, sizeof few / sizeof few[0], few);
	if (count != -EINVAL)
		return is_among(gid, few, count);
	if (pk_map(&many, GROUPS_MOST * sizeof few[0], -1, 0) != 0)
		return false;
	bool found = is_among(gid, many, pk_syscall2(SYS_getgroups, GROUPS_MOST, many));
	pk_unmap(many, GROUPS_MOST * sizeof few[0]);
	return found;
}

/* For a number among those of a line, which comes in pieces, however long it is. */
struct number_search {
	uint64_t number; /* as far as it was read */
	bool digits, found, ended;
};

static void search_piece(struct number_search *search, const char *piece, uint32_t wanted)
{
	for (; *piece && !search->found && !search->ended; piece++) {
		if (*piece >= '0' && *piece <= '9') {
			search->number = search->number * 10 + (uint64_t)(*piece - '0');
			search->digits = true;
			continue;
		}
		search->found = search->digits && search->number == wanted;
		search->ended = *piece == '\n';
		search->number = 0;
		search->digits = false;
	}
}

bool pk_thread_in_group(uint32_t thread, uint32_t gid)
{
	static const char name[] = "\nGroups:";
	char path[64], piece[2048];
	struct number_search search = { 0 };
	int fd = thread ? pk_open(pk_proc_path(path, "/proc/", thread, "/status"), O_RDONLY, 0) : -ENOENT;
	long got = fd < 0 ? fd : pk_syscall3(SYS_read, fd, piece, sizeof piece - 1);
	piece[got > 0 ? got : 0] = '\0';
	const char *rest = strstr(piece, name); /* it is among the first lines */
	for (rest = rest ? rest + sizeof name - 1 : NULL; rest && !search.found && !search.ended;) {
		search_piece(&search, rest, gid);
		got = pk_syscall3(SYS_read, fd, piece, sizeof piece - 1);
		piece[got > 0 ? got : 0] = '\0';
		rest = got > 0 ? piece : NULL;
	}
	if (fd >= 0)
		pk_close(fd);
	return search.found;
}

/* As <linux/capability.h> has them, which musl-gcc has not. */
#define CAPABILITY_VERSION_3 0x20080522

bool pk_process_capable(int capability)
{
	struct {
		uint32_t version;
		int32_t pid;
	} of = { CAPABILITY_VERSION_3, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} sets[2];
	if (pk_syscall2(SYS_capget, &of, sets) != 0)
		return pk_syscall0(SYS_geteuid) == 0;
	return sets[capability / 32].effective >> capability % 32 & 1;
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
