/* SPDX-License-Identifier: MIT */
/*
 * What System V's commands tell: status by id and by index, limits and usage.
 * Runs on the real kernel, too, where others may have objects: so nothing is
 * asserted of all there are but bounds.
 */
#define _GNU_SOURCE
#include "sysv_check.h"

#include <stddef.h>

#define UNUSED_INDEX 31999

/* struct ipc_perm, whose ends each libc names in its own way. */
struct permission {
	int key;
	unsigned uid, gid, cuid, cgid, mode;
	unsigned short sequence;
};

static struct permission permission_of(const struct ipc_perm *perm)
{
	struct permission permission;
	memcpy(&permission, perm, sizeof permission);
	return permission;
}

static key_t some_key(void)
{
	return (key_t)(0x55000000 | (getpid() & 0xffffff));
}

static bool is_now(time_t when)
{
	time_t now = time(NULL);
	return when >= now - 5 && when <= now + 1;
}

static void check_permission(const struct ipc_perm *perm, key_t key, unsigned mode)
{
	struct permission permission = permission_of(perm);
	CHECK_EQUAL(permission.key, key);
	CHECK_EQUAL(permission.uid, geteuid());
	CHECK_EQUAL(permission.gid, getegid());
	CHECK_EQUAL(permission.cuid, geteuid());
	CHECK_EQUAL(permission.cgid, getegid());
	CHECK_EQUAL(permission.mode, mode);
}

/* A child that is another user, if this one can be another; it isn't made otherwise. */
static bool another_user(void)
{
	if (geteuid() != 0)
		return false;
	pid_t child = fork();
	CHECK(child >= 0);
	if (child > 0) {
		join_child(child);
		return false;
	}
	CHECK_EQUAL(setegid(65534), 0);
	CHECK_EQUAL(seteuid(65534), 0);
	return true;
}

/* ---- queues */

static int queue_with_messages(key_t key)
{
	const struct {
		long type;
		char text[10];
	} message = { 1, "123456789" };
	int id = msgget(key, IPC_CREAT | IPC_EXCL | 0640);
	CHECK(id >= 0);
	CHECK_EQUAL(msgsnd(id, &message, 7, 0), 0);
	CHECK_EQUAL(msgsnd(id, &message, 4, 0), 0);
	return id;
}

/* The index of an object, of those up to the highest. */
static int index_of_queue(int id, int command)
{
	struct msqid_ds ds;
	struct msginfo info;
	int highest = msgctl(0, MSG_INFO, (void *)&info);
	for (int i = 0; i <= highest; i++)
		if (msgctl(i, command, &ds) == id)
			return i;
	return -1;
}

static void queue_fields(void)
{
	struct msqid_ds ds;
	char buffer[32];
	int id = queue_with_messages(some_key());
	memset(&ds, 0xff, sizeof ds);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	check_permission(&ds.msg_perm, some_key(), 0640);
	CHECK(is_now(ds.msg_stime) && is_now(ds.msg_ctime));
	CHECK_EQUAL(ds.msg_rtime, 0);
	CHECK_EQUAL(ds.__msg_cbytes, 11);
	CHECK_EQUAL(ds.msg_qnum, 2);
	CHECK(ds.msg_qbytes > 0);
	CHECK_EQUAL(ds.msg_lspid, getpid());
	CHECK_EQUAL(ds.msg_lrpid, 0);
	CHECK_EQUAL(msgrcv(id, buffer, sizeof buffer - sizeof(long), 0, 0), 7);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	CHECK(is_now(ds.msg_rtime));
	CHECK_EQUAL(ds.__msg_cbytes, 4);
	CHECK_EQUAL(ds.msg_qnum, 1);
	CHECK_EQUAL(ds.msg_lrpid, getpid());
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static void queue_by_index(void)
{
	struct msqid_ds by_id, by_index;
	int id = queue_with_messages(IPC_PRIVATE), index = index_of_queue(id, MSG_STAT);
	CHECK(index >= 0);
	CHECK_EQUAL(index_of_queue(id, MSG_STAT_ANY), index);
	memset(&by_id, 0, sizeof by_id);
	memset(&by_index, 0xff, sizeof by_index);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &by_id), 0);
	CHECK_EQUAL(msgctl(index, MSG_STAT, &by_index), id);
	CHECK_EQUAL(memcmp(&by_id, &by_index, offsetof(struct msqid_ds, msg_lrpid) + sizeof(pid_t)), 0);
	CHECK_EQUAL(msgctl(id, MSG_STAT, &by_index), id); /* the index in an id is looked at, and no more */
	FAILS(msgctl(UNUSED_INDEX, MSG_STAT, &by_index), EINVAL);
	FAILS(msgctl(UNUSED_INDEX, MSG_STAT_ANY, &by_index), EINVAL);
	FAILS(msgctl(-1, MSG_STAT, &by_index), EINVAL);
	FAILS(msgctl(-1, MSG_STAT_ANY, &by_index), EINVAL);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
	CHECK(msgctl(index, MSG_STAT, &by_index) != id);
}

static void queue_unreadable(void)
{
	struct msqid_ds ds;
	int id = msgget(IPC_PRIVATE, 0600), index = index_of_queue(id, MSG_STAT);
	if (another_user()) {
		FAILS(msgctl(id, IPC_STAT, &ds), EACCES);
		FAILS(msgctl(index, MSG_STAT, &ds), EACCES);
		CHECK_EQUAL(msgctl(index, MSG_STAT_ANY, &ds), id);
		CHECK_EQUAL(permission_of(&ds.msg_perm).mode, 0600);
		_exit(0);
	}
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static void queue_limits(void)
{
	struct msginfo info;
	memset(&info, 0xff, sizeof info);
	CHECK(msgctl(0, IPC_INFO, (void *)&info) >= 0);
	CHECK_EQUAL(info.msgmax, 8192);
	CHECK_EQUAL(info.msgmnb, 16384);
	CHECK_EQUAL(info.msgmni, 32000);
	CHECK_EQUAL(info.msgpool, 512000);
	CHECK_EQUAL(info.msgmap, 16384);
	CHECK_EQUAL(info.msgssz, 16);
	CHECK_EQUAL(info.msgtql, 16384);
	CHECK_EQUAL(info.msgseg, 0xffff);
	FAILS(msgctl(-1, IPC_INFO, (void *)&info), EINVAL);
	FAILS(msgctl(-1, MSG_INFO, (void *)&info), EINVAL);
}

static void queue_use(void)
{
	struct msginfo info;
	int id = queue_with_messages(IPC_PRIVATE);
	memset(&info, 0xff, sizeof info);
	int highest = msgctl(0, MSG_INFO, (void *)&info);
	CHECK(highest >= index_of_queue(id, MSG_STAT));
	CHECK(info.msgpool >= 1 && info.msgmap >= 2 && info.msgtql >= 11);
	CHECK_EQUAL(info.msgmax, 8192);
	CHECK_EQUAL(info.msgmnb, 16384);
	CHECK_EQUAL(info.msgmni, 32000);
	CHECK_EQUAL(info.msgssz, 16);
	CHECK_EQUAL(info.msgseg, 0xffff);
	CHECK(msgctl(0, IPC_INFO, (void *)&info) >= 0);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* ---- semaphores */

union argument {
	int value;
	struct semid_ds *ds;
	unsigned short *values;
	struct seminfo *info;
};

static int status_of_set(int id, int command, struct semid_ds *ds)
{
	memset(ds, 0, sizeof *ds);
	return semctl(id, 0, command, (union argument){ .ds = ds });
}

static int information_of_sets(int command, struct seminfo *info)
{
	memset(info, 0xff, sizeof *info);
	return semctl(0, 0, command, (union argument){ .info = info });
}

static int index_of_set(int id, int command)
{
	struct semid_ds ds;
	struct seminfo info;
	int highest = information_of_sets(SEM_INFO, &info);
	for (int i = 0; i <= highest; i++)
		if (status_of_set(i, command, &ds) == id)
			return i;
	return -1;
}

static void set_fields(void)
{
	struct semid_ds ds;
	struct sembuf up = { 2, 1, 0 };
	int id = semget(some_key(), 5, IPC_CREAT | IPC_EXCL | 0604);
	CHECK(id >= 0);
	CHECK_EQUAL(status_of_set(id, IPC_STAT, &ds), 0);
	check_permission(&ds.sem_perm, some_key(), 0604);
	CHECK_EQUAL(ds.sem_otime, 0);
	CHECK(is_now(ds.sem_ctime));
	CHECK_EQUAL(ds.sem_nsems, 5);
	CHECK_EQUAL(semop(id, &up, 1), 0);
	CHECK_EQUAL(status_of_set(id, IPC_STAT, &ds), 0);
	CHECK(is_now(ds.sem_otime));
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static void set_by_index(void)
{
	struct semid_ds by_id, by_index;
	int id = semget(IPC_PRIVATE, 3, 0600), index = index_of_set(id, SEM_STAT);
	CHECK(index >= 0);
	CHECK_EQUAL(index_of_set(id, SEM_STAT_ANY), index);
	CHECK_EQUAL(status_of_set(id, IPC_STAT, &by_id), 0);
	CHECK_EQUAL(status_of_set(index, SEM_STAT, &by_index), id);
	CHECK_EQUAL(memcmp(&by_id, &by_index, sizeof by_id), 0);
	CHECK_EQUAL(status_of_set(id, SEM_STAT, &by_index), id);
	FAILS(status_of_set(UNUSED_INDEX, SEM_STAT, &by_index), EINVAL);
	FAILS(status_of_set(UNUSED_INDEX, SEM_STAT_ANY, &by_index), EINVAL);
	FAILS(status_of_set(-1, SEM_STAT, &by_index), EINVAL);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
	CHECK(status_of_set(index, SEM_STAT, &by_index) != id);
}

static void set_unreadable(void)
{
	struct semid_ds ds;
	int id = semget(IPC_PRIVATE, 3, 0600), index = index_of_set(id, SEM_STAT);
	if (another_user()) {
		FAILS(status_of_set(id, IPC_STAT, &ds), EACCES);
		FAILS(status_of_set(index, SEM_STAT, &ds), EACCES);
		CHECK_EQUAL(status_of_set(index, SEM_STAT_ANY, &ds), id);
		CHECK_EQUAL(ds.sem_nsems, 3);
		_exit(0);
	}
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static void set_limits(void)
{
	struct seminfo info;
	CHECK(information_of_sets(IPC_INFO, &info) >= 0);
	CHECK_EQUAL(info.semmsl, 32000);
	CHECK_EQUAL(info.semmns, 1024000000);
	CHECK_EQUAL(info.semopm, 500);
	CHECK_EQUAL(info.semmni, 32000);
	CHECK_EQUAL(info.semmap, 1024000000);
	CHECK_EQUAL(info.semmnu, 1024000000);
	CHECK_EQUAL(info.semume, 500);
	CHECK_EQUAL(info.semusz, 20);
	CHECK_EQUAL(info.semvmx, 32767);
	CHECK_EQUAL(info.semaem, 32767);
	FAILS(semctl(-1, 0, IPC_INFO, (union argument){ .info = &info }), EINVAL);
	FAILS(semctl(-1, 0, SEM_INFO, (union argument){ .info = &info }), EINVAL);
}

static void set_use(void)
{
	struct seminfo info;
	int id = semget(IPC_PRIVATE, 70, 0600), highest = information_of_sets(SEM_INFO, &info);
	CHECK(highest >= index_of_set(id, SEM_STAT));
	CHECK(info.semusz >= 1 && info.semaem >= 70);
	CHECK_EQUAL(info.semvmx, 32767);
	CHECK_EQUAL(info.semmap, 1024000000);
	CHECK_EQUAL(info.semume, 500);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

/* ---- segments */

static int index_of_segment(int id, int command)
{
	struct shmid_ds ds;
	struct shm_info info;
	int highest = shmctl(0, SHM_INFO, (void *)&info);
	for (int i = 0; i <= highest; i++)
		if (shmctl(i, command, &ds) == id)
			return i;
	return -1;
}

static void segment_fields(void)
{
	struct shmid_ds ds;
	int id = shmget(some_key(), 5000, IPC_CREAT | IPC_EXCL | 0660);
	CHECK(id >= 0);
	memset(&ds, 0xff, sizeof ds);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	check_permission(&ds.shm_perm, some_key(), 0660);
	CHECK_EQUAL(ds.shm_segsz, 5000);
	CHECK_EQUAL(ds.shm_atime, 0);
	CHECK_EQUAL(ds.shm_dtime, 0);
	CHECK(is_now(ds.shm_ctime));
	CHECK_EQUAL(ds.shm_cpid, getpid());
	CHECK_EQUAL(ds.shm_lpid, 0);
	CHECK_EQUAL(ds.shm_nattch, 0);
	void *address = shmat(id, NULL, 0);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	CHECK(is_now(ds.shm_atime));
	CHECK_EQUAL(ds.shm_lpid, getpid());
	CHECK_EQUAL(ds.shm_nattch, 1);
	CHECK_EQUAL(shmdt(address), 0);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	CHECK(is_now(ds.shm_dtime));
	CHECK_EQUAL(ds.shm_nattch, 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

static void segment_by_index(void)
{
	struct shmid_ds by_id, by_index;
	int id = shmget(IPC_PRIVATE, 100, 0600), index = index_of_segment(id, SHM_STAT);
	CHECK(index >= 0);
	CHECK_EQUAL(index_of_segment(id, SHM_STAT_ANY), index);
	memset(&by_id, 0, sizeof by_id);
	memset(&by_index, 0xff, sizeof by_index);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &by_id), 0);
	CHECK_EQUAL(shmctl(index, SHM_STAT, &by_index), id);
	CHECK_EQUAL(memcmp(&by_id, &by_index, offsetof(struct shmid_ds, shm_nattch) + sizeof(long)), 0);
	CHECK_EQUAL(shmctl(id, SHM_STAT, &by_index), id);
	FAILS(shmctl(UNUSED_INDEX, SHM_STAT, &by_index), EINVAL);
	FAILS(shmctl(UNUSED_INDEX, SHM_STAT_ANY, &by_index), EINVAL);
	FAILS(shmctl(-1, SHM_STAT, &by_index), EINVAL);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
	CHECK(shmctl(index, SHM_STAT, &by_index) != id);
}

/* One that is removed is seen, and counted, until its last detach. */
static void segment_removed(void)
{
	struct shmid_ds ds;
	struct shm_info info;
	int id = shmget(IPC_PRIVATE, 1 << 20, 0600), index = index_of_segment(id, SHM_STAT);
	void *address = shmat(id, NULL, 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_EQUAL(index_of_segment(id, SHM_STAT), index);
	CHECK_EQUAL(shmctl(index, SHM_STAT, &ds), id);
	CHECK_EQUAL(ds.shm_perm.mode, SHM_DEST | 0600);
	CHECK_EQUAL(permission_of(&ds.shm_perm).key, IPC_PRIVATE);
	CHECK(shmctl(0, SHM_INFO, (void *)&info) >= index);
	CHECK(info.used_ids >= 1 && info.shm_tot >= 256);
	CHECK_EQUAL(shmdt(address), 0);
	CHECK(index_of_segment(id, SHM_STAT) < 0);
}

static void segment_unreadable(void)
{
	struct shmid_ds ds;
	int id = shmget(IPC_PRIVATE, 100, 0600), index = index_of_segment(id, SHM_STAT);
	if (another_user()) {
		FAILS(shmctl(id, IPC_STAT, &ds), EACCES);
		FAILS(shmctl(index, SHM_STAT, &ds), EACCES);
		CHECK_EQUAL(shmctl(index, SHM_STAT_ANY, &ds), id);
		CHECK_EQUAL(ds.shm_segsz, 100);
		_exit(0);
	}
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

static void segment_limits(void)
{
	struct shminfo info;
	memset(&info, 0xff, sizeof info);
	CHECK(shmctl(0, IPC_INFO, (void *)&info) >= 0);
	CHECK(info.shmmax == ULONG_MAX - (1ul << 24));
	CHECK(info.shmall == ULONG_MAX - (1ul << 24));
	CHECK_EQUAL(info.shmmin, 1);
	CHECK(info.shmmni >= 4096);
	CHECK_EQUAL(info.shmseg, info.shmmni);
	FAILS(shmctl(-1, IPC_INFO, (void *)&info), EINVAL);
	FAILS(shmctl(-1, SHM_INFO, (void *)&info), EINVAL);
}

static void segment_use(void)
{
	struct shm_info info;
	int id = shmget(IPC_PRIVATE, 5000, 0600);
	char *address = shmat(id, NULL, 0);
	address[0] = address[4096] = 1;
	memset(&info, 0xff, sizeof info);
	CHECK(shmctl(0, SHM_INFO, (void *)&info) >= index_of_segment(id, SHM_STAT));
	CHECK(info.used_ids >= 1 && info.shm_tot >= 2 && info.shm_rss + info.shm_swp >= 2);
	CHECK(info.shm_rss + info.shm_swp <= info.shm_tot);
	CHECK_EQUAL(info.swap_attempts, 0);
	CHECK_EQUAL(info.swap_successes, 0);
	CHECK_EQUAL(shmdt(address), 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "queue_fields", queue_fields },
		{ "queue_by_index", queue_by_index },
		{ "queue_unreadable", queue_unreadable },
		{ "queue_limits", queue_limits },
		{ "queue_use", queue_use },
		{ "set_fields", set_fields },
		{ "set_by_index", set_by_index },
		{ "set_unreadable", set_unreadable },
		{ "set_limits", set_limits },
		{ "set_use", set_use },
		{ "segment_fields", segment_fields },
		{ "segment_by_index", segment_by_index },
		{ "segment_removed", segment_removed },
		{ "segment_unreadable", segment_unreadable },
		{ "segment_limits", segment_limits },
		{ "segment_use", segment_use },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
