/* SPDX-License-Identifier: MIT */
/* shmget() and shmctl() as the kernel does them: sizes, flags, removal, locking, and every error. */
#define _GNU_SOURCE
#include "sysv_shm.h"

#include <sys/resource.h>

#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#endif
#ifndef SHM_NORESERVE
#define SHM_NORESERVE 010000
#endif

/* ---- shmget */

static void sizes(void)
{
	FAILS(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	FAILS(shmget(IPC_PRIVATE, SIZE_MAX, 0600), EINVAL); /* above shmmax */
	FAILS(shmget(IPC_PRIVATE, (size_t)1 << 50, 0600), ENOMEM);
	FAILS(shmget(IPC_PRIVATE, (size_t)1 << 40, 0600), ENOMEM); /* more than there is */
	int id = segment(1);
	char *address = attach(id, 0);
	CHECK_EQUAL(status_of(id).shm_segsz, 1);
	address[PAGE - 1] = 1;
	detach(address);
	remove_segment(id);
}

/* Memory that isn't promised: as much as one likes. */
static void unreserved(void)
{
	size_t size = (size_t)1 << 40;
	int id = shmget(IPC_PRIVATE, size, SHM_NORESERVE | 0600);
	CHECK(id >= 0);
	char *address = attach(id, 0);
	address[0] = address[size / 2] = address[size - 1] = 1;
	CHECK_EQUAL(status_of(id).shm_segsz, size);
	CHECK_EQUAL(status_of(id).shm_perm.mode, 0600);
	detach(address);
	address = attach(id, SHM_RDONLY);
	CHECK(address[size - 1] == 1 && address[size / 4] == 0);
	detach(address);
	remove_segment(id);
}

static long huge_pages(void)
{
	long count = 0;
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "r");
	if (file && fscanf(file, "%ld", &count) != 1)
		count = 0;
	if (file)
		fclose(file);
	return count;
}

static void huge(void)
{
	if (huge_pages() != 0)
		SKIP("this machine has huge pages");
	if (geteuid() == 0)
		FAILS(shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600), ENOMEM);
	join_child(CHILD({
		if (geteuid() == 0)
			become_nobody();
		FAILS(shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600), EPERM);
	}));
	int id = shmget(some_key(), PAGE, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQUAL(shmget(some_key(), PAGE, SHM_HUGETLB | IPC_CREAT | 0600),
		    id); /* it is there: no matter */
	remove_segment(id);
}

static void get_errors(void)
{
	key_t key = some_key();
	FAILS(shmget(key, 100, 0600), ENOENT);
	FAILS(shmget(key, 0, 0600), ENOENT);
	FAILS(shmget(key, 0, IPC_CREAT | 0600), EINVAL);
	int id = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(id >= 0);
	FAILS(shmget(key, 101, IPC_CREAT | IPC_EXCL | 0600), EEXIST); /* before the size */
	FAILS(shmget(key, 101, IPC_CREAT | 0600), EINVAL);
	FAILS(shmget(key, 101, 0), EINVAL);
	CHECK_EQUAL(shmget(key, 99, 0), id);
	CHECK_EQUAL(shmget(key, 100, 0600), id);
	if (geteuid() == 0)
		CHECK_EQUAL(shmget(key, 100, 0777), id);
	if (geteuid() == 0)
		join_child(CHILD({
			become_nobody();
			CHECK_EQUAL(shmget(key, 100, 0), id); /* nothing is asked for */
			FAILS(shmget(key, 100, 0400), EACCES);
			FAILS(shmget(key, 100, 0004), EACCES);
			FAILS(shmget(key, 101, 0400), EINVAL); /* the size comes first */
		}));
	remove_segment(id);
}

/* ---- shmctl */

static void control_errors(void)
{
	struct shmid_ds ds;
	int id = segment(PAGE), gone = segment(PAGE);
	remove_segment(gone);
	static const int commands[] = { IPC_STAT, IPC_SET, IPC_RMID, SHM_LOCK, SHM_UNLOCK, SHM_STAT };
	memset(&ds, 0, sizeof ds);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		FAILS(shmctl(-1, commands[i], &ds), EINVAL);
		FAILS(shmctl(0x7fffffff, commands[i], &ds), EINVAL);
		if (commands[i] != SHM_STAT)
			FAILS(shmctl(gone, commands[i], &ds), EINVAL);
	}
	FAILS(shmctl(id, 4711, &ds), EINVAL);
	FAILS(shmctl(id, -1, &ds), EINVAL);
	FAILS(shmctl(id, IPC_STAT, NULL), EFAULT);
	FAILS(shmctl(id, IPC_SET, NULL), EFAULT);
	FAILS(shmctl(0, IPC_INFO, NULL), EFAULT);
	FAILS(shmctl(gone, IPC_SET, NULL), EFAULT);  /* looked at first */
	FAILS(shmctl(gone, IPC_STAT, NULL), EINVAL); /* looked for first */
	remove_segment(id);
}

static void denied(void)
{
	if (geteuid() != 0)
		SKIP("only root can become somebody else");
	int id = segment(PAGE);
	struct shmid_ds ds = status_of(id);
	join_child(CHILD({
		struct shmid_ds theirs;
		become_nobody();
		FAILS(shmctl(id, IPC_STAT, &theirs), EACCES);
		FAILS(shmctl(id, IPC_SET, &ds), EPERM);
		FAILS(shmctl(id, IPC_RMID, NULL), EPERM);
		FAILS(shmctl(id, SHM_LOCK, NULL), EPERM);
		FAILS(shmctl(id, SHM_UNLOCK, NULL), EPERM);
	}));
	ds.shm_perm.uid = 65534;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(status_of(id).shm_perm.cuid, 0);
	join_child(CHILD({
		become_nobody();
		CHECK_EQUAL(status_of(id).shm_perm.uid, 65534);
		remove_segment(id);
	}));
	check_gone(id);
}

static void set(void)
{
	int id = segment(PAGE);
	struct shmid_ds ds = status_of(id), now;
	ds.shm_perm.mode = 0xffff;
	ds.shm_segsz = 1;
	ds.shm_nattch = 7;
	ds.shm_cpid = 1;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	now = status_of(id);
	CHECK_EQUAL(now.shm_perm.mode, 0777);
	CHECK(now.shm_segsz == PAGE && now.shm_nattch == 0 && now.shm_cpid == getpid());
	ds.shm_perm.uid = (uid_t)-1;
	FAILS(shmctl(id, IPC_SET, &ds), EINVAL);
	remove_segment(id);
}

static void removed(void)
{
	key_t key = some_key();
	int id = shmget(key, PAGE, IPC_CREAT | 0640);
	CHECK(id >= 0);
	char *address = attach(id, 0);
	struct shmid_ds before = status_of(id), after;
	CHECK_EQUAL(before.shm_perm.__key, key);
	remove_segment(id);
	after = status_of(id);
	CHECK_EQUAL(after.shm_perm.mode, SHM_DEST | 0640);
	CHECK_EQUAL(after.shm_perm.__key, IPC_PRIVATE);
	CHECK(after.shm_ctime == before.shm_ctime && after.shm_lpid == before.shm_lpid);
	remove_segment(id); /* again */
	after.shm_perm.mode = 0600;
	CHECK_EQUAL(shmctl(id, IPC_SET, &after), 0);
	CHECK_EQUAL(status_of(id).shm_perm.mode, SHM_DEST | 0600); /* it stays removed */
	char *again = attach(id, SHM_RDONLY);			   /* by its id */
	detach(address);
	CHECK_EQUAL(attached(id), 1);
	address = attach(id, 0);
	detach(again);
	detach(address);
	check_gone(id);
	FAILS((long)shmat(id, NULL, 0), EINVAL);
}

/* A removed id isn't given to the next segment. */
static void ids(void)
{
	int last = -1;
	for (int i = 0; i < 100; i++) {
		int id = segment(PAGE);
		CHECK(id != last);
		last = id;
		remove_segment(id);
		check_gone(id);
	}
}

static void locked(void)
{
	int id = segment(PAGE);
	struct shmid_ds before = status_of(id);
	CHECK_EQUAL(shmctl(id, SHM_LOCK, NULL), 0);
	CHECK_EQUAL(status_of(id).shm_perm.mode, SHM_LOCKED | 0600);
	CHECK_EQUAL(shmctl(id, SHM_LOCK, NULL), 0);
	struct shmid_ds ds = status_of(id);
	ds.shm_perm.mode = 0660;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(status_of(id).shm_perm.mode, SHM_LOCKED | 0660);
	detach(attach(id, 0));
	CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
	CHECK_EQUAL(status_of(id).shm_perm.mode, 0660);
	CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
	CHECK(status_of(id).shm_ctime - before.shm_ctime <= 5);
	remove_segment(id);
}

static void limit_locking(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };
	CHECK_EQUAL(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

static void lock_limits(void)
{
	if (geteuid() != 0)
		SKIP("only root can become somebody else");
	int id = segment(20 * PAGE);
	struct shmid_ds ds = status_of(id);
	ds.shm_perm.uid = 65534;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	join_child(CHILD({
		limit_locking(0);
		CHECK_EQUAL(shmctl(id, SHM_LOCK, NULL), 0); /* the privileged have none */
		CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
		become_nobody();
		FAILS(shmctl(id, SHM_LOCK, NULL), EPERM);
		CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
	}));
	join_child(CHILD({
		limit_locking(10 * PAGE);
		become_nobody();
		FAILS(shmctl(id, SHM_LOCK, NULL), ENOMEM);
	}));
	join_child(CHILD({
		limit_locking(40 * PAGE);
		become_nobody();
		CHECK_EQUAL(shmctl(id, SHM_LOCK, NULL), 0);
		CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
	}));
	CHECK_EQUAL(status_of(id).shm_perm.mode, 0600);
	remove_segment(id);
}

static void times(void)
{
	int id = segment(PAGE);
	struct shmid_ds made = status_of(id), now;
	CHECK(made.shm_ctime != 0 && made.shm_atime == 0 && made.shm_dtime == 0);
	CHECK(made.shm_cpid == getpid() && made.shm_lpid == 0 && made.shm_nattch == 0);
	join_child(CHILD({
		char *address = attach(id, 0);
		struct shmid_ds theirs = status_of(id);
		CHECK(theirs.shm_lpid == getpid() && theirs.shm_atime != 0 && theirs.shm_dtime == 0);
		sleep_ms(1100);
		detach(address);
		theirs = status_of(id);
		CHECK(theirs.shm_dtime > theirs.shm_atime);
	}));
	now = status_of(id);
	CHECK(now.shm_cpid == getpid() && now.shm_lpid != getpid());
	CHECK_EQUAL(now.shm_ctime, made.shm_ctime); /* attaching changes nothing of it */
	CHECK_EQUAL(shmctl(id, IPC_SET, &now), 0);
	CHECK(status_of(id).shm_ctime > made.shm_ctime);
	CHECK_EQUAL(status_of(id).shm_atime, now.shm_atime);
	remove_segment(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "sizes", sizes },
		{ "unreserved", unreserved },
		{ "huge", huge },
		{ "get_errors", get_errors },
		{ "control_errors", control_errors },
		{ "denied", denied },
		{ "set", set },
		{ "removed", removed },
		{ "ids", ids },
		{ "locked", locked },
		{ "lock_limits", lock_limits },
		{ "times", times },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
