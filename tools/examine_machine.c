/* SPDX-License-Identifier: MIT */
/* The doctor's look at what the kernel under us gives. */
#define _GNU_SOURCE
#include "describe.h"
#include "examine.h"
#include "pidfd.h"
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/stat.h>

#include "layout.h"

static void examine_kernel(void)
{
	struct utsname name;
	int self = open_pidfd(getpid());
	uname(&name);
	if (self >= 0)
		report(GOOD, "kernel", NULL, "Linux %s on %s, %d processor%s for us", name.release,
		       name.machine, pk_cpu_count(), pk_cpu_count() == 1 ? "" : "s");
	else
		report(LIMITED, "kernel", "a Linux of 5.3 or later notices deaths at once",
		       "Linux %s has no pidfd_open (%s): deaths are noticed within 100 ms", name.release,
		       strerror(errno));
	if (self >= 0)
		close(self);
}

static void examine_addresses(void)
{
	struct rlimit limit = { 0 };
	struct described size, wanted;
	void *base =
		mmap(NULL, PK_REGION_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	describe_size(&wanted, PK_REGION_BYTES);
	getrlimit(RLIMIT_AS, &limit);
	if (base == MAP_FAILED && limit.rlim_cur != RLIM_INFINITY)
		report(BAD, "addresses", "`ulimit -v unlimited`",
		       "the region wants %s of them (not of memory), and the limit is %s", wanted.text,
		       describe_size(&size, limit.rlim_cur));
	else if (base == MAP_FAILED)
		report(BAD, "addresses", "`sysctl vm.overcommit_memory=0`, or a 64-bit kernel",
		       "the region wants %s of them, and they aren't to be had", wanted.text);
	else
		report(GOOD, "addresses", NULL, "the %s that the region wants are to be had", wanted.text);
	if (base != MAP_FAILED)
		munmap(base, PK_REGION_BYTES);
}

static void examine_file_sizes(void)
{
	struct rlimit limit = { 0 };
	struct described size;
	getrlimit(RLIMIT_FSIZE, &limit);
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < PK_REGION_BYTES)
		report(LIMITED, "file sizes", "`ulimit -f unlimited`",
		       "a file may have %s bytes: no instance can be made, nor a segment larger than that",
		       describe_size(&size, limit.rlim_cur));
	else
		report(GOOD, "file sizes", NULL, "no limit is in the way");
}

static void examine_shared_memory(void)
{
	struct stat status;
	int memory = memfd_create("portico-doctor", MFD_CLOEXEC);
	if (memory >= 0 && fallocate(memory, 0, 0, 4096) == 0)
		report(GOOD, "shared memory", NULL, "memfd and fallocate work");
	else
		report(LIMITED, "shared memory", "see what confines this process (seccomp)",
		       "memfd or fallocate: %s", strerror(errno));
	if (memory >= 0)
		close(memory);
	if (stat("/dev/shm", &status) == 0 && access("/dev/shm", W_OK) == 0)
		report(GOOD, "/dev/shm", NULL, "there, and may be written");
	else
		report(LIMITED, "/dev/shm", "set $PORTICO_KERNEL to a directory on another tmpfs",
		       "isn't there, or may not be written");
}

static void examine_processes(void)
{
	struct pk_process self;
	pk_process_self(&self);
	if (self.start_time && self.pid_namespace)
		report(GOOD, "processes", NULL, "/proc is there; pid namespace %llu",
		       (unsigned long long)self.pid_namespace);
	else
		report(LIMITED, "processes", "mount a proc file system on /proc",
		       "no /proc: a pid that is used again may be taken for the dead");
}

/* It doesn't matter to us; it tells what programs get that don't run under `portico run`. */
static void examine_sysvipc(void)
{
	if (access("/proc/sysvipc/msg", F_OK) == 0)
		report(GOOD, "System V IPC", NULL,
		       "the kernel has its own, which programs get outside `portico run`");
	else
		report(GOOD, "System V IPC", NULL,
		       "the kernel has none; programs have it under `portico run`");
}

void examine_machine(void)
{
	examine_kernel();
	examine_addresses();
	examine_file_sizes();
	examine_shared_memory();
	examine_processes();
	examine_sysvipc();
}
