/* SPDX-License-Identifier: MIT */
/*
 * Users who share objects: root, and a program that it executes under another
 * uid, as su(1) and daemons do.  What each may is the objects' modes' to say.
 */
#define _GNU_SOURCE
#include "sysv_check.h"

#include <grp.h>
#include <sys/stat.h>

#define GUEST 10009
#define KEY 0x75736572

struct message {
	long type;
	int number;
};

static void send(int id, int number)
{
	struct message m = { 1, number };
	CHECK_EQUAL(msgsnd(id, &m, sizeof m.number, 0), 0);
}

static int receive(int id)
{
	struct message m;
	CHECK_EQUAL(msgrcv(id, &m, sizeof m.number, 0, 0), sizeof m.number);
	return m.number;
}

static int change(int id, int by, int flags)
{
	struct sembuf part = { 0, (short)by, (short)flags };
	return semop(id, &part, 1);
}

/* ---- the guest: this program, executed anew; an id is its operand */

static const char *program;

static pid_t guest(const char *what, int id)
{
	char text[16];
	snprintf(text, sizeof text, "%d", id);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		gid_t none[] = { GUEST };
		CHECK_EQUAL(setgroups(1, none), 0);
		CHECK_EQUAL(setresgid(GUEST, GUEST, GUEST), 0);
		CHECK_EQUAL(setresuid(GUEST, GUEST, GUEST), 0);
		execl("/proc/self/exe", program, "guest", what, text, (char *)NULL);
		_exit(126);
	}
	return child;
}

static void require_root(void)
{
	if (geteuid() != 0)
		SKIP("only root executes programs as others");
}

static void guest_answers(int id)
{
	send(id, receive(id) + 1);
}

static void queue(void)
{
	require_root();
	int id = msgget(IPC_PRIVATE, 0666);
	send(id, 1);
	join_child(guest("answers", id));
	CHECK_EQUAL(receive(id), 2);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static void guest_waits(int id)
{
	struct message m;
	CHECK_EQUAL(receive(id), 7);
	FAILS(msgrcv(id, &m, sizeof m.number, 0, 0), EIDRM);
}

static void waking(void)
{
	require_root();
	int id = msgget(IPC_PRIVATE, 0666);
	pid_t child = guest("waits", id);
	until_asleep(child);
	send(id, 7);
	until_asleep(child);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
	join_child(child);
}

static void guest_is_refused(int id)
{
	struct msqid_ds ds;
	struct message m = { 1, 1 };
	FAILS(msgsnd(id, &m, sizeof m.number, IPC_NOWAIT), EACCES);
	FAILS(msgrcv(id, &m, sizeof m.number, 0, IPC_NOWAIT), EACCES);
	FAILS(msgctl(id, IPC_STAT, &ds), EACCES);
	FAILS(msgctl(id, IPC_RMID, NULL), EPERM);
	FAILS(msgget(KEY, 0400), EACCES);
	CHECK_EQUAL(msgget(KEY, 0), id);
}

static void refused(void)
{
	require_root();
	int id = msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
	join_child(guest("is_refused", id));
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* What the guest makes is the guest's. */
static void guest_makes(int id)
{
	int queue = msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(queue >= 0);
	send(id, queue);
}

static void made(void)
{
	struct msqid_ds ds;
	require_root();
	int id = msgget(IPC_PRIVATE, 0666);
	join_child(guest("makes", id));
	int made = receive(id);
	CHECK_EQUAL(msgget(KEY, 0600), made);
	CHECK_EQUAL(msgctl(made, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.msg_perm.uid, GUEST);
	CHECK_EQUAL(ds.msg_perm.cgid, GUEST);
	CHECK_EQUAL(msgctl(made, IPC_RMID, NULL), 0);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* ---- memory */

static void guest_reads_and_writes(int id)
{
	int *numbers = shmat(id, NULL, 0);
	CHECK(numbers != (void *)-1);
	CHECK_EQUAL(numbers[0], 42);
	numbers[1] = 43;
	CHECK_EQUAL(shmdt(numbers), 0);
}

static void segment(void)
{
	require_root();
	int id = shmget(IPC_PRIVATE, 8192, 0666);
	int *numbers = shmat(id, NULL, 0);
	numbers[0] = 42;
	join_child(guest("reads_and_writes", id));
	CHECK_EQUAL(numbers[1], 43);
	CHECK_EQUAL(shmdt(numbers), 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

/* A umask forbids nothing here. */
static void guest_makes_a_segment(int id)
{
	umask(0777);
	int segment = shmget(IPC_PRIVATE, 4096, 0644);
	int *numbers = shmat(segment, NULL, 0);
	CHECK(numbers != (void *)-1);
	numbers[0] = 44;
	send(id, segment);
}

static void segment_of_the_guest(void)
{
	struct shmid_ds ds;
	require_root();
	int id = msgget(IPC_PRIVATE, 0666);
	join_child(guest("makes_a_segment", id));
	int segment = receive(id);
	int *numbers = shmat(segment, NULL, 0);
	CHECK(numbers != (void *)-1);
	CHECK_EQUAL(numbers[0], 44);
	CHECK_EQUAL(shmctl(segment, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.shm_perm.uid, GUEST);
	CHECK_EQUAL(ds.shm_nattch, 1);
	CHECK_EQUAL(shmctl(segment, IPC_RMID, NULL), 0);
	CHECK_EQUAL(shmdt(numbers), 0);
	FAILS(shmctl(segment, IPC_STAT, &ds), EINVAL);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* A segment of the guest's, removed by root, goes with the guest's detach. */
static void guest_detaches_last(int id)
{
	int segment = shmget(IPC_PRIVATE, 4096, 0600);
	void *at = shmat(segment, NULL, 0);
	send(id, segment);
	pause();
	CHECK_EQUAL(shmdt(at), 0);
}

static void segment_removed(void)
{
	struct shmid_ds ds;
	require_root();
	int id = msgget(IPC_PRIVATE, 0666);
	pid_t child = guest("detaches_last", id);
	int segment = receive(id);
	CHECK_EQUAL(shmctl(segment, IPC_RMID, NULL), 0);
	CHECK_EQUAL(shmctl(segment, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.shm_nattch, 1);
	kill_child(child);
	FAILS(shmctl(segment, IPC_STAT, &ds), EINVAL);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* ---- deaths, seen from either side */

static void guest_holds(int id)
{
	CHECK_EQUAL(change(id, -1, SEM_UNDO), 0);
	pause();
}

static void killed_guest(void)
{
	require_root();
	int id = semget(IPC_PRIVATE, 1, 0666);
	CHECK_EQUAL(semctl(id, 0, SETVAL, 1), 0);
	pid_t child = guest("holds", id);
	while (semctl(id, 0, GETVAL) != 0)
		sleep_ms(1);
	kill_child(child);
	CHECK_EQUAL(change(id, -1, 0), 0);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static void guest_waits_for_one(int id)
{
	CHECK_EQUAL(change(id, -1, 0), 0);
}

static void killed_owner(void)
{
	require_root();
	int id = semget(IPC_PRIVATE, 1, 0666);
	CHECK_EQUAL(semctl(id, 0, SETVAL, 1), 0);
	pid_t holder = CHILD({
		CHECK_EQUAL(change(id, -1, SEM_UNDO), 0);
		pause();
	});
	while (semctl(id, 0, GETVAL) != 0)
		sleep_ms(1);
	pid_t child = guest("waits_for_one", id);
	until_asleep(child);
	kill_child(holder);
	join_child(child);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

/* ---- */

static const struct {
	const char *what;
	void (*run)(int id);
} guests[] = {
	{ "answers", guest_answers },
	{ "waits", guest_waits },
	{ "is_refused", guest_is_refused },
	{ "makes", guest_makes },
	{ "reads_and_writes", guest_reads_and_writes },
	{ "makes_a_segment", guest_makes_a_segment },
	{ "detaches_last", guest_detaches_last },
	{ "holds", guest_holds },
	{ "waits_for_one", guest_waits_for_one },
};

static const struct test_case cases[] = {
	{ "queue", queue },
	{ "waking", waking },
	{ "refused", refused },
	{ "made", made },
	{ "segment", segment },
	{ "segment_of_the_guest", segment_of_the_guest },
	{ "segment_removed", segment_removed },
	{ "killed_guest", killed_guest },
	{ "killed_owner", killed_owner },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc < 4)
		return run_cases(cases, argc, argv);
	for (size_t i = 0; i < sizeof guests / sizeof *guests; i++)
		if (strcmp(guests[i].what, argv[2]) == 0)
			guests[i].run(atoi(argv[3]));
	return 0;
}
