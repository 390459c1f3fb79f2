/* SPDX-License-Identifier: MIT */
/*
 * Objects that don't outlive their makers, their users, or a time of idleness:
 * what the real kernel has not.  A plain program; tests/lifetime.bats gives the
 * instance of each case the lifetime by whose name the case's begins.
 */
#define _GNU_SOURCE
#include "check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY 0x6c696665

static const char *program;

/* ---- the three of them, by one key */

struct ids {
	int queue, set, segment;
};

static struct ids get(int flags)
{
	return (struct ids){ msgget(KEY, flags), semget(KEY, 1, flags), shmget(KEY, 4096, flags) };
}

static struct ids make(void)
{
	struct ids ids = get(IPC_CREAT | IPC_EXCL | 0600);
	CHECK(ids.queue >= 0 && ids.set >= 0 && ids.segment >= 0);
	return ids;
}

static int post(int set, int by)
{
	struct sembuf part = { 0, (short)by, 0 };
	return semop(set, &part, 1);
}

static int send(int queue)
{
	struct {
		long type;
	} m = { 1 };
	return msgsnd(queue, &m, 0, IPC_NOWAIT);
}

static int receive(int queue)
{
	struct {
		long type;
	} m;
	return (int)msgrcv(queue, &m, 0, 0, 0);
}

/* Each once, by its id. */
static void use(struct ids ids)
{
	CHECK_EQUAL(send(ids.queue), 0);
	CHECK_EQUAL(receive(ids.queue), 0);
	CHECK_EQUAL(post(ids.set, 1), 0);
	void *at = shmat(ids.segment, NULL, 0);
	CHECK(at != (void *)-1);
	CHECK_EQUAL(shmdt(at), 0);
}

static void check_there(void)
{
	join_child(CHILD({
		struct ids ids = get(0);
		CHECK(ids.queue >= 0 && ids.set >= 0 && ids.segment >= 0);
	}));
}

static bool are_gone(void)
{
	struct ids ids = get(0);
	return ids.queue < 0 && ids.set < 0 && ids.segment < 0 && errno == ENOENT;
}

static void check_gone(struct ids ids)
{
	struct msqid_ds queue;
	CHECK(are_gone());
	CHECK_EQUAL(msgctl(ids.queue, IPC_STAT, &queue), -1);
	CHECK_EQUAL(errno, EINVAL);
	CHECK_EQUAL(post(ids.set, 1), -1);
	CHECK_EQUAL(errno, EINVAL);
	CHECK(shmat(ids.segment, NULL, 0) == (void *)-1);
	CHECK_EQUAL(errno, EINVAL);
}

/* ---- processes that do as they are told: the ids they know are in shared memory */

struct stage {
	struct ids ids;
	_Atomic int ready;
	_Atomic pid_t user;
};

static struct stage *stage;

static void await_ready(int count)
{
	for (int i = 0; i < 10000 && stage->ready < count; i++)
		sleep_ms(1);
	CHECK(stage->ready >= count);
}

static void say_ready(void)
{
	stage->ready++;
}

static void make_and_stay(void)
{
	stage->ids = make();
	say_ready();
	pause();
}

/* A second user, by key or by the ids alone; then it stays, and with `as` becomes another image of itself. */
static void use_and_stay(bool by_key, const char *as)
{
	use(by_key ? get(0) : stage->ids);
	if (as)
		execl("/proc/self/exe", program, as, (char *)NULL);
	say_ready();
	pause();
}

static pid_t start_maker(void)
{
	stage = shared_memory(sizeof *stage);
	pid_t maker = CHILD(make_and_stay());
	await_ready(1);
	return maker;
}

/* ---- with the creator */

static void creator_exits(void)
{
	stage = shared_memory(sizeof *stage);
	join_child(CHILD({
		stage->ids = make();
		exit(0);
	}));
	check_gone(stage->ids);
}

static void creator_killed(void)
{
	kill_child(start_maker());
	check_gone(stage->ids);
}

/* Who else used it, and ends, ends nothing. */
static void creator_lives(void)
{
	struct ids ids = make();
	join_child(CHILD({
		use(ids);
		use(get(0));
		exit(0);
	}));
	use(ids);
	check_there();
}

static void creator_waited_on(void)
{
	pid_t maker = start_maker();
	pid_t receiver = CHILD({
		CHECK_EQUAL(receive(stage->ids.queue), -1);
		CHECK_EQUAL(errno, EIDRM);
	});
	pid_t taker = CHILD({
		CHECK_EQUAL(post(stage->ids.set, -1), -1);
		CHECK_EQUAL(errno, EIDRM);
	});
	until_asleep(receiver), until_asleep(taker);
	kill_child(maker);
	join_child(receiver), join_child(taker);
	check_gone(stage->ids);
}

static void creator_executes(void)
{
	stage = shared_memory(sizeof *stage);
	pid_t maker = CHILD({
		stage->ids = make();
		execl("/proc/self/exe", program, "stay", (char *)NULL);
	});
	until_asleep(maker);
	check_there(); /* though the image that made them is gone */
	kill_child(maker);
	check_gone(stage->ids);
}

/* As after IPC_RMID: without a key, and with its memory while somebody has it attached. */
static void creator_of_attached(void)
{
	pid_t maker = start_maker();
	int *at = shmat(stage->ids.segment, NULL, 0);
	*at = 42;
	kill_child(maker);
	CHECK_EQUAL(shmget(KEY, 0, 0), -1);
	CHECK_EQUAL(errno, ENOENT);
	struct shmid_ds ds;
	CHECK_EQUAL(shmctl(stage->ids.segment, IPC_STAT, &ds), 0);
	CHECK_EQUAL(*at, 42);
	CHECK_EQUAL(shmdt(at), 0);
	CHECK_EQUAL(shmctl(stage->ids.segment, IPC_STAT, &ds), -1);
}

/* ---- with the last user */

static void last_user_is_the_maker(void)
{
	pid_t maker = start_maker();
	check_there();
	kill_child(maker);
	check_gone(stage->ids);
}

static void outlives_its_maker(bool by_key, const char *as)
{
	pid_t maker = start_maker();
	pid_t user = CHILD(use_and_stay(by_key, as));
	if (as)
		until_asleep(user);
	else
		await_ready(2);
	kill_child(maker);
	check_there();
	check_there(); /* whoever looked there before has ended */
	kill_child(user);
	check_gone(stage->ids);
}

static void last_user_by_key(void)
{
	outlives_its_maker(true, NULL);
}
static void last_user_by_id(void)
{
	outlives_its_maker(false, NULL);
}
static void last_user_executes(void)
{
	outlives_its_maker(true, "stay");
}

/* A child that has it mapped uses it, though it makes no call. */
static void last_user_by_fork(void)
{
	pid_t maker = start_maker();
	stage->ready = 0;
	int to_child[2];
	CHECK_EQUAL(pipe(to_child), 0);
	pid_t parent = CHILD({
		CHECK(shmat(stage->ids.segment, NULL, 0) != (void *)-1);
		if (fork() == 0) {
			char byte;
			say_ready();
			close(to_child[1]);
			CHECK_EQUAL(read(to_child[0], &byte, 1), 0); /* until all others are gone */
			_exit(0);
		}
		await_ready(1);
	});
	join_child(parent);
	kill_child(maker);
	join_child(CHILD(CHECK(shmget(KEY, 0, 0) >= 0)));
	join_child(CHILD({
		CHECK_EQUAL(msgget(KEY, 0), -1); /* that, nobody has */
		CHECK_EQUAL(errno, ENOENT);
	}));
	close(to_child[0]), close(to_child[1]);
	for (int i = 0; i < 5000 && shmget(KEY, 0, 0) >= 0; i++)
		sleep_ms(1);
}

/*
 * A fork's child that first uses something else, and then by its id what its
 * parent had at hand; both in one thread.
 */
static void use_as_a_child(void)
{
	pid_t parent = getpid();
	use(stage->ids);
	if (fork() != 0)
		_exit(0);
	stage->user = getpid();
	while (getppid() == parent)
		sleep_ms(1); /* until it is gone, with all its uses */
	int other = msgget(IPC_PRIVATE, 0600);
	CHECK_EQUAL(msgctl(other, IPC_RMID, NULL), 0);
	use(stage->ids);
	say_ready();
	pause();
}

static void last_user_is_a_child(void)
{
	pid_t maker = start_maker();
	join_child(CHILD(use_as_a_child()));
	await_ready(2);
	kill_child(maker);
	check_there();
	check_there();
	kill(stage->user, SIGKILL);
	for (int status = 1, i = 0; i < 1000 && status != 0; i++) /* by others: who finds them uses them */
		waitpid(CHILD(_exit(!are_gone())), &status, 0);
	check_gone(stage->ids);
}

static void make_and_let_use(void)
{
	stage->ids = make();
	pid_t user = fork();
	if (user == 0) {
		use(stage->ids);
		exit(0);
	}
	join_child(user);
	use(stage->ids);
	exit(0);
}

static void last_user_exits(void)
{
	stage = shared_memory(sizeof *stage);
	join_child(CHILD(make_and_let_use()));
	check_gone(stage->ids);
}

/* ---- after a time without an operation; here a second */

static void idle_goes(void)
{
	struct ids ids = make();
	use(ids);
	for (int i = 0; i < 1000 && !are_gone(); i++)
		sleep_ms(10);
	check_gone(ids);
}

static void idle_waited_on(void)
{
	struct ids ids = make();
	CHECK_EQUAL(receive(ids.queue), -1);
	CHECK_EQUAL(errno, EIDRM);
	CHECK_EQUAL(post(ids.set, -1), -1);
	CHECK(errno == EIDRM || errno == EINVAL);
}

static void idle_used(void)
{
	struct ids ids = make();
	for (int i = 0; i < 35; i++, sleep_ms(100)) {
		use(ids);
		get(0);
	}
	use(ids);
}

static void idle_attached(void)
{
	struct ids ids = make();
	void *at = shmat(ids.segment, NULL, 0);
	for (int i = 0; i < 35; i++, sleep_ms(100))
		CHECK_EQUAL(shmget(KEY, 0, 0), ids.segment);
	CHECK(msgget(KEY, 0) < 0);
	CHECK_EQUAL(shmdt(at), 0);
}

/* ---- for ever */

static void persist_kept(void)
{
	kill_child(start_maker());
	check_there();
	use(stage->ids);
}

static const struct test_case cases[] = {
	{ "creator_exits", creator_exits },
	{ "creator_killed", creator_killed },
	{ "creator_lives", creator_lives },
	{ "creator_waited_on", creator_waited_on },
	{ "creator_executes", creator_executes },
	{ "creator_of_attached", creator_of_attached },
	{ "last-user_is_the_maker", last_user_is_the_maker },
	{ "last-user_by_key", last_user_by_key },
	{ "last-user_by_id", last_user_by_id },
	{ "last-user_executes", last_user_executes },
	{ "last-user_by_fork", last_user_by_fork },
	{ "last-user_is_a_child", last_user_is_a_child },
	{ "last-user_exits", last_user_exits },
	{ "idle_goes", idle_goes },
	{ "idle_waited_on", idle_waited_on },
	{ "idle_used", idle_used },
	{ "idle_attached", idle_attached },
	{ "persist_kept", persist_kept },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc > 1 && strcmp(argv[1], "stay") == 0)
		pause();
	return run_cases(cases, argc, argv);
}
