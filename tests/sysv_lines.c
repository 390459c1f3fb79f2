/* SPDX-License-Identifier: MIT */
/* What the three families share, and limits of segments: by the files in /proc, as root may set them. */
#define _GNU_SOURCE
#include "sysv_check.h"

#include <sys/resource.h>

#define PAGE 4096
#define KEY 0x6c696e65

static struct shminfo limits(void)
{
	struct shminfo info;
	CHECK(shmctl(0, IPC_INFO, (struct shmid_ds *)&info) >= 0);
	return info;
}

static void set_segment_limits(const char *most, const char *pages, const char *count)
{
	enter_ipc_namespace();
	set_limit("shmmax", most);
	set_limit("shmall", pages);
	set_limit("shmmni", count);
	if (limits().shmmni != strtoul(count, NULL, 10))
		SKIP("this program doesn't see the instance's limits");
}

static int segment(size_t size)
{
	return shmget(IPC_PRIVATE, size, 0600);
}

/* ---- shmget(2): EINVAL and ENOSPC of the limits */

static void segments_too_large(void)
{
	set_segment_limits("10000", "100", "100");
	FAILS(segment(10001), EINVAL);
	int id = segment(10000);
	CHECK(id >= 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

static void segments_too_many(void)
{
	set_segment_limits("1000000", "100", "2");
	int first = segment(1), second = segment(1);
	CHECK(first >= 0 && second >= 0);
	FAILS(segment(1), ENOSPC);
	FAILS(shmget(KEY, 1, IPC_CREAT | 0600), ENOSPC);
	FAILS(shmget(KEY, 1, 0600), ENOENT);
	CHECK_EQUAL(shmctl(first, IPC_RMID, NULL), 0);
	CHECK((first = segment(1)) >= 0);
	CHECK_EQUAL(shmctl(first, IPC_RMID, NULL), 0);
	CHECK_EQUAL(shmctl(second, IPC_RMID, NULL), 0);
}

/* Pages count for as long as the segment is there: a removed one until its last detach. */
static void pages_too_many(void)
{
	set_segment_limits("1000000", "5", "100");
	int first = segment(3 * PAGE + 1), second;
	CHECK(first >= 0);
	FAILS(segment(PAGE + 1), ENOSPC);
	CHECK((second = segment(PAGE)) >= 0);
	FAILS(segment(1), ENOSPC);
	char *address = shmat(first, NULL, 0);
	CHECK(address != (void *)-1);
	CHECK_EQUAL(shmctl(first, IPC_RMID, NULL), 0);
	FAILS(segment(1), ENOSPC);
	CHECK_EQUAL(shmdt(address), 0);
	CHECK((first = segment(4 * PAGE)) >= 0);
	CHECK_EQUAL(shmctl(first, IPC_RMID, NULL), 0);
	CHECK_EQUAL(shmctl(second, IPC_RMID, NULL), 0);
}

/* ---- errors that the man pages have and Linux doesn't give */

/*
 * EIDRM of msgctl(2), semctl(2), shmctl(2) and shmat(2): to who comes later a
 * removed id is no id.  Only who is in the middle of it can be told otherwise.
 */
static void removed_ids(void)
{
	int queue = msgget(IPC_PRIVATE, 0600), set = semget(IPC_PRIVATE, 1, 0600), shared = segment(1);
	struct msqid_ds queue_status;
	struct shmid_ds segment_status;
	CHECK_EQUAL(msgctl(queue, IPC_RMID, NULL), 0);
	CHECK_EQUAL(semctl(set, 0, IPC_RMID), 0);
	CHECK_EQUAL(shmctl(shared, IPC_RMID, NULL), 0);
	FAILS(msgctl(queue, IPC_STAT, &queue_status), EINVAL);
	FAILS(msgctl(queue, IPC_RMID, NULL), EINVAL);
	FAILS(semctl(set, 0, GETVAL), EINVAL);
	FAILS(semctl(set, 0, IPC_RMID), EINVAL);
	FAILS(shmctl(shared, IPC_STAT, &segment_status), EINVAL);
	FAILS(shmctl(shared, IPC_RMID, NULL), EINVAL);
	FAILS((long)shmat(shared, NULL, 0), EINVAL);
}

/* EOVERFLOW of shmctl(2): these structures hold the largest ids that there are. */
static void largest_owner(void)
{
	int id = segment(1);
	struct shmid_ds ds;
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	ds.shm_perm.uid = ds.shm_perm.gid = UINT_MAX - 1;
	if (shmctl(id, IPC_SET, &ds) != 0) {
		CHECK_EQUAL(errno, EINVAL);
		SKIP("this user namespace has no such user");
	}
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	CHECK(ds.shm_perm.uid == UINT_MAX - 1 && ds.shm_perm.gid == UINT_MAX - 1);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

/*
 * ENFILE of shmget(2), EMFILE: the kernel's segment needs no descriptor of its
 * process's.  Portico's is a file, which is opened where it is made, and where
 * it is attached first.
 */
static void no_descriptors(void)
{
	int queue = msgget(IPC_PRIVATE, 0600), made = segment(1), id;
	bool ours = on_portico();
	struct rlimit before, none;
	CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	if (ours) {
		FAILS(segment(1), EMFILE);
		FAILS((long)shmat(made, NULL, 0), EMFILE);
	} else {
		CHECK((id = segment(1)) >= 0);
		CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
	}
	CHECK_EQUAL(msgsnd(queue, &(struct { long type; }){ 1 }, 0, 0), 0);
	CHECK_EQUAL(msgctl(queue, IPC_RMID, NULL), 0);
	CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	CHECK_EQUAL(shmdt(shmat(made, NULL, 0)), 0);
	CHECK_EQUAL(shmctl(made, IPC_RMID, NULL), 0);
}

/* ---- ids that are asked for: proc_sys_kernel(5) */

/* The kernel gives a place's next number else. */
static void next_ids(void)
{
	set_segment_limits("1000000", "100", "100");
	if (access("/proc/sys/kernel/msg_next_id", W_OK) != 0)
		SKIP("a kernel without CONFIG_CHECKPOINT_RESTORE");
	char wanted[16];
	int id = msgget(IPC_PRIVATE, 0600);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
	snprintf(wanted, sizeof wanted, "%d", id);
	set_limit("msg_next_id", wanted);
	CHECK_EQUAL(msgget(IPC_PRIVATE, 0600), id);
	CHECK(msgget(IPC_PRIVATE, 0600) != id); /* it was for one */

	id = semget(IPC_PRIVATE, 1, 0600);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
	snprintf(wanted, sizeof wanted, "%d", id);
	set_limit("sem_next_id", wanted);
	CHECK_EQUAL(semget(IPC_PRIVATE, 1, 0600), id);

	id = segment(1);
	int place = segment(1); /* and one that is taken isn't given */
	snprintf(wanted, sizeof wanted, "%d", id);
	set_limit("shm_next_id", wanted);
	CHECK(segment(1) != id);
	CHECK_EQUAL(shmctl(place, IPC_RMID, NULL), 0);
	snprintf(wanted, sizeof wanted, "%d", place);
	set_limit("shm_next_id", wanted);
	CHECK_EQUAL(segment(1), place);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "segments_too_large", segments_too_large },
		{ "segments_too_many", segments_too_many },
		{ "pages_too_many", pages_too_many },
		{ "removed_ids", removed_ids },
		{ "largest_owner", largest_owner },
		{ "no_descriptors", no_descriptors },
		{ "next_ids", next_ids },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
