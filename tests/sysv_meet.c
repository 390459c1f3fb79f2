/* SPDX-License-Identifier: MIT */
/* Where System V's families meet threads, signals, descriptors and each other. */
#define _GNU_SOURCE
#include "sysv_signals.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/time.h>

#define ROUNDS 40
#define HURRY 30 /* seconds; what hangs is ended by SIGALRM */

/* Waits for zero where it is zero: takes what an operation takes, and changes nothing. */
static int look(int set)
{
	return change(set, 0, 0);
}

static void look_for_ever(int set)
{
	while (look(set) == 0)
		;
}

/* Who comes after it, in another process and in this, isn't kept waiting. */
static void check_usable(int set)
{
	join_child(CHILD({
		alarm(HURRY);
		CHECK_EQUAL(look(set), 0);
		CHECK_EQUAL(change(set, 1, 0), 0);
		CHECK_EQUAL(change(set, -1, IPC_NOWAIT), 0);
	}));
	CHECK_EQUAL(look(set), 0);
}

/* ---- a fault's signal that is sent, and is no fault */

static _Atomic int *heard;

static void hear(int number)
{
	(void)number;
	++*heard;
}

static void sent_faults(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGTRAP, SIGILL, SIGSYS };
	int set = new_set();
	heard = shared_memory(sizeof *heard);
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		*heard = 0;
		pid_t child = CHILD({
			alarm(HURRY);
			handle(numbers[i], hear, 0);
			CHECK_EQUAL(look(set), 0);
			++*heard;
			while (*heard <= ROUNDS)
				CHECK_EQUAL(look(set), 0);
			sigset_t blocked;
			CHECK_EQUAL(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
			CHECK_EQUAL(sigismember(&blocked, numbers[i]), 0);
			CHECK_EQUAL(sigismember(&blocked, SIGUSR1), 0);
		});
		for (int round = 1, before = 0; round <= ROUNDS; round++, before++) {
			while (*heard <= before && state_of(child) != 'Z')
				sched_yield();
			CHECK_EQUAL(kill(child, numbers[i]), 0);
		}
		join_child(child);
	}
	remove_set(set);
}

/* ---- threads that are cancelled anywhere */

static void *be_cancelled(void *set)
{
	CHECK_EQUAL(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
	look_for_ever(*(int *)set);
	return NULL;
}

static void cancelled_anywhere(void)
{
	int set = new_set();
	alarm(HURRY);
	for (int round = 0; round < 5 * ROUNDS; round++) {
		pthread_t thread;
		CHECK_EQUAL(pthread_create(&thread, NULL, be_cancelled, &set), 0);
		sleep_ms(round % 4);
		CHECK_EQUAL(pthread_cancel(thread), 0);
		CHECK_EQUAL(pthread_join(thread, NULL), 0);
		check_usable(set);
	}
	remove_set(set);
}

/* ---- threads that exec ends anywhere */

static void *look_on(void *set)
{
	look_for_ever(*(int *)set);
	return NULL;
}

static void ended_by_exec(void)
{
	int set = new_set();
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child = CHILD({
			pthread_t thread;
			CHECK_EQUAL(pthread_create(&thread, NULL, look_on, &set), 0);
			sleep_ms(2 + round % 3);
			execl("/bin/sleep", "sleep", "0.05", (char *)NULL);
		});
		sleep_ms(round % 7);
		check_usable(set);
		join_child(child);
		check_usable(set);
	}
	remove_set(set);
}

/* ---- a fork while other threads are at it */

static void forked_beside_threads(void)
{
	int set = new_set(), queue = new_queue();
	int segment = shmget(IPC_PRIVATE, 4096, 0600);
	pthread_t threads[2];
	alarm(2 * HURRY);
	CHECK(shmat(segment, NULL, 0) != (void *)-1);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, look_on, &set), 0);
	for (int round = 0; round < ROUNDS; round++) {
		join_child(CHILD({
			struct shmid_ds ds;
			alarm(HURRY);
			CHECK_EQUAL(look(set), 0);
			CHECK_EQUAL(msgsnd(queue, &spare, 5, 0), 0);
			CHECK_EQUAL(msgrcv(queue, &got, FULL, 0, IPC_NOWAIT), 5);
			CHECK_EQUAL(shmctl(segment, IPC_STAT, &ds), 0);
			CHECK_EQUAL(ds.shm_nattch, 2);
		}));
		struct shmid_ds ds;
		CHECK_EQUAL(shmctl(segment, IPC_STAT, &ds), 0);
		CHECK_EQUAL(ds.shm_nattch, 1);
	}
	remove_set(set); /* which ends the threads */
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	remove_queue(queue);
	CHECK_EQUAL(shmctl(segment, IPC_RMID, NULL), 0);
}

/* ---- a first use that handlers come upon, which use IPC, too */

static void use(int number)
{
	int before = errno;
	CHECK_EQUAL(semctl(-1, 0, GETVAL), -1);
	CHECK_EQUAL(errno, EINVAL);
	int set = semget(IPC_PRIVATE, 1, 0600);
	CHECK(set >= 0);
	CHECK_EQUAL(semctl(set, 0, IPC_RMID), 0);
	hear(number);
	errno = before;
}

static void first_use(void)
{
	struct itimerval often = { { 0, 100 }, { 0, 100 } }, never = { 0 };
	heard = shared_memory(sizeof *heard);
	for (int round = 0; round < ROUNDS; round++)
		join_child(CHILD({
			handle(SIGALRM, use, 0);
			CHECK_EQUAL(setitimer(ITIMER_REAL, &often, NULL), 0);
			int set = new_set();
			CHECK_EQUAL(look(set), 0);
			CHECK_EQUAL(setitimer(ITIMER_REAL, &never, NULL), 0);
			remove_set(set);
		}));
}

/* ---- no descriptors */

static void close_all(void)
{
	for (int fd = 3; fd < 2048; fd++)
		close(fd);
}

static void check_all_families(int more)
{
	for (int i = 0; i < more; i++) {
		int set = new_set(), queue = new_queue(), segment = shmget(IPC_PRIVATE, 4096, 0600);
		CHECK(segment >= 0);
		void *at = shmat(segment, NULL, 0);
		CHECK(at != (void *)-1);
		CHECK_EQUAL(shmctl(segment, IPC_RMID, NULL), 0);
		CHECK_EQUAL(change(set, 1, SEM_UNDO), 0);
		CHECK_EQUAL(msgsnd(queue, &spare, 5, 0), 0);
		CHECK_EQUAL(shmdt(at), 0);
		remove_set(set);
		remove_queue(queue);
	}
}

static void all_closed(void)
{
	int set = new_set();
	close_all();
	check_all_families(3);
	int file = open("/proc/sysvipc/sem", O_RDONLY);
	CHECK(file >= 0);
	char text[256];
	CHECK(read(file, text, sizeof text) > 50); /* its heading; a static program sees the kernel's */
	close_all();
	join_child(CHILD(check_all_families(3); close_all(); check_all_families(1)));
	check_usable(set);
	remove_set(set);
}

/* Not even one more may be open.  (A segment is a file: making one takes a descriptor here.) */
static void no_more_files(void)
{
	struct rlimit few = { 3, 3 };
	int set = new_set(), queue = new_queue();
	CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < ROUNDS; i++) {
		int more = new_set();
		CHECK_EQUAL(change(more, 1, SEM_UNDO), 0);
		remove_set(more);
	}
	join_child(CHILD({
		CHECK_EQUAL(change(set, 1, SEM_UNDO), 0);
		CHECK_EQUAL(msgsnd(queue, &spare, 5, 0), 0);
	}));
	CHECK_EQUAL(msgrcv(queue, &got, FULL, 0, IPC_NOWAIT), 5);
	check_usable(set);
	remove_set(set);
	remove_queue(queue);
}

static const struct test_case cases[] = {
	{ "sent-faults", sent_faults },	    { "cancelled-anywhere", cancelled_anywhere },
	{ "ended-by-exec", ended_by_exec }, { "forked-beside-threads", forked_beside_threads },
	{ "first-use", first_use },	    { "all-closed", all_closed },
	{ "no-more-files", no_more_files }, { 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
