/* SPDX-License-Identifier: MIT */
/* System V shared memory as the kernel does it: runs on the real one, too. */
#define _GNU_SOURCE
#include "sysv_shm.h"

static void get(void)
{
	key_t key = some_key();
	FAILS(shmget(key, 100, 0600), ENOENT);
	FAILS(shmget(key, 0, IPC_CREAT | 0600), EINVAL);
	FAILS(shmget(key, SIZE_MAX, IPC_CREAT | 0600), EINVAL);
	int id = shmget(key, 5000, IPC_CREAT | 0640);
	CHECK(id >= 0);
	CHECK_EQUAL(shmget(key, 0, 0600), id);
	CHECK_EQUAL(shmget(key, 5000, IPC_CREAT | 0600), id);
	FAILS(shmget(key, 5001, 0600), EINVAL);
	FAILS(shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	struct shmid_ds ds = status_of(id);
	CHECK_EQUAL(ds.shm_segsz, 5000);
	CHECK_EQUAL(ds.shm_perm.mode, 0640);
	CHECK_EQUAL(ds.shm_perm.__key, key);
	CHECK_EQUAL(ds.shm_cpid, getpid());
	ds.shm_perm.mode = 0600;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(status_of(id).shm_perm.mode, 0600);
	remove_segment(id);
	FAILS(shmget(key, 100, 0600), ENOENT);
	FAILS(shmctl(id, IPC_STAT, &ds), EINVAL);
	FAILS((long)shmat(id, NULL, 0), EINVAL);
}

static void shared(void)
{
	int id = segment(1 << 20);
	char *one = attach(id, 0), *two = attach(id, 0);
	CHECK(one != two && one[0] == 0 && one[(1 << 20) - 1] == 0);
	one[12345] = 'x';
	CHECK_EQUAL(two[12345], 'x');
	join_child(CHILD({
		CHECK_EQUAL(two[12345], 'x');
		char *three = attach(id, 0);
		three[12345] = 'y';
	}));
	CHECK_EQUAL(one[12345], 'y');
	CHECK_EQUAL(shmdt(one), 0);
	CHECK_EQUAL(two[12345], 'y');
	CHECK_EQUAL(shmdt(two), 0);
	FAILS(shmdt(two), EINVAL);
	FAILS(shmdt(&id), EINVAL);
	one = attach(id, 0);
	CHECK_EQUAL(one[12345], 'y');
	CHECK_EQUAL(shmdt(one), 0);
	remove_segment(id);
}

static void counted(void)
{
	int id = segment(100);
	CHECK_EQUAL(status_of(id).shm_nattch, 0);
	char *one = attach(id, 0), *two = attach(id, SHM_RDONLY);
	CHECK_EQUAL(status_of(id).shm_nattch, 2);
	pid_t child = CHILD(sleep_ms(50); exit(0));
	CHECK_EQUAL(status_of(id).shm_nattch, 4); /* inherited, at once */
	join_child(child);
	CHECK_EQUAL(status_of(id).shm_nattch, 2);
	CHECK_EQUAL(status_of(id).shm_lpid, child);
	join_child(CHILD({
		CHECK_EQUAL(shmdt(two), 0);
		CHECK_EQUAL(status_of(id).shm_nattch, 3);
		_exit(0);
	}));
	CHECK_EQUAL(status_of(id).shm_nattch, 2);
	child = CHILD(attach(id, 0); pause());
	while (status_of(id).shm_nattch != 5)
		sleep_ms(1);
	kill_child(child);
	CHECK_EQUAL(status_of(id).shm_nattch, 2);
	CHECK_EQUAL(shmdt(one), 0);
	CHECK_EQUAL(shmdt(two), 0);
	CHECK_EQUAL(status_of(id).shm_nattch, 0);
	remove_segment(id);
}

static void read_only(void)
{
	int id = segment(100);
	volatile char *address = attach(id, SHM_RDONLY);
	CHECK_EQUAL(address[0], 0);
	pid_t child = CHILD(signal(SIGSEGV, SIG_DFL); address[0] = 1);
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	CHECK_EQUAL(shmdt((char *)address), 0);
	remove_segment(id);
}

static void places(void)
{
	int id = segment(8192);
	char *free_place = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(free_place != MAP_FAILED);
	CHECK_EQUAL(munmap(free_place, 1 << 20), 0);
	char *there = free_place + 65536;
	CHECK(shmat(id, there, 0) == there);
	CHECK_EQUAL(shmdt(there), 0);
	FAILS((long)shmat(id, there + 100, 0), EINVAL);
	CHECK(shmat(id, there + 100, SHM_RND) == there);
	strcpy(there, "rounded");
	FAILS((long)shmat(id, there, 0), EINVAL); /* taken */
	FAILS((long)shmat(id, NULL, SHM_REMAP), EINVAL);
	CHECK(shmat(id, there, SHM_REMAP) == there);
	CHECK_EQUAL(strcmp(there, "rounded"), 0);
	shmdt(there);
	remove_segment(id);
}

static void removal(void)
{
	key_t key = some_key();
	int id = shmget(key, 4096, IPC_CREAT | 0600);
	char *address = attach(id, 0);
	strcpy(address, "still here");
	remove_segment(id);
	FAILS(shmget(key, 0, 0600), ENOENT); /* its key is free */
	struct shmid_ds ds = status_of(id);
	CHECK(ds.shm_perm.mode & SHM_DEST);
	CHECK_EQUAL(ds.shm_perm.__key, IPC_PRIVATE);
	int other = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(other >= 0 && other != id);
	join_child(CHILD(CHECK_EQUAL(strcmp(attach(id, 0), "still here"), 0))); /* by its id, still */
	CHECK_EQUAL(status_of(id).shm_nattch, 1);
	CHECK_EQUAL(shmdt(address), 0);
	FAILS(shmctl(id, IPC_STAT, &ds), EINVAL); /* gone with the last */
	remove_segment(other);
}

static void removal_by_death(void)
{
	int id = segment(4096);
	pid_t child = CHILD(attach(id, 0); pause());
	while (status_of(id).shm_nattch != 1)
		sleep_ms(1);
	remove_segment(id);
	CHECK(status_of(id).shm_perm.mode & SHM_DEST);
	kill_child(child);
	FAILS(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }), EINVAL);
}

static void times(void)
{
	int id = segment(100);
	time_t now = time(NULL);
	struct shmid_ds ds = status_of(id);
	CHECK(ds.shm_atime == 0 && ds.shm_dtime == 0 && ds.shm_lpid == 0);
	CHECK(ds.shm_ctime >= now - 2 && ds.shm_ctime <= now + 2);
	CHECK_EQUAL(shmdt(attach(id, 0)), 0);
	ds = status_of(id);
	CHECK(ds.shm_atime >= now - 2 && ds.shm_dtime >= now - 2 && ds.shm_lpid == getpid());
	remove_segment(id);
}

static void permissions(void)
{
	if (geteuid() != 0)
		return;
	int id = segment(100);
	join_child(CHILD({
		CHECK_EQUAL(setegid(65534), 0);
		CHECK_EQUAL(seteuid(65534), 0);
		FAILS((long)shmat(id, NULL, 0), EACCES);
		FAILS(shmctl(id, IPC_RMID, NULL), EPERM);
		FAILS(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }), EACCES);
	}));
	remove_segment(id);
}

static void many(void)
{
	enum { COUNT = 100 };
	int ids[COUNT];
	char *addresses[COUNT];
	for (int i = 0; i < COUNT; i++) {
		ids[i] = segment(1000 * (size_t)(i + 1));
		addresses[i] = attach(ids[i], 0);
		memset(addresses[i], i, 1000 * (size_t)(i + 1));
	}
	join_child(CHILD({
		for (int i = 0; i < COUNT; i++)
			CHECK_EQUAL(addresses[i][999 * i], i);
	}));
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQUAL(status_of(ids[i]).shm_nattch, 1);
		CHECK_EQUAL(shmdt(addresses[i]), 0);
		remove_segment(ids[i]);
	}
}

static void information(void)
{
	int id = segment(5000);
	struct shm_info info;
	struct shminfo limits;
	struct shmid_ds ds;
	bool found = false;
	int highest = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
	CHECK(highest >= 0 && info.shm_tot >= 2);
	for (int i = 0; i <= highest; i++)
		found |= shmctl(i, SHM_STAT, &ds) == id && ds.shm_segsz == 5000;
	CHECK(found);
	CHECK(shmctl(0, IPC_INFO, (struct shmid_ds *)&limits) >= 0 && limits.shmmin == 1);
	CHECK_EQUAL(shmctl(id, SHM_LOCK, NULL), 0);
	CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
	remove_segment(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "get", get },
		{ "shared", shared },
		{ "counted", counted },
		{ "read_only", read_only },
		{ "places", places },
		{ "removal", removal },
		{ "removal_by_death", removal_by_death },
		{ "times", times },
		{ "permissions", permissions },
		{ "many", many },
		{ "information", information },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
