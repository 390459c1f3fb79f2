/* SPDX-License-Identifier: MIT */
/* shm_nattch as the kernel counts it: through fork, exec and every kind of end, and what programs unmap. */
#define _GNU_SOURCE
#include "sysv_shm.h"

#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>

extern char **environ;

/* A pipe on which a child says that it is ready, and its parent that it may go. */
static int ready[2], go[2];

static void make_pipes(void)
{
	CHECK(pipe(ready) == 0 && pipe(go) == 0);
}

static void say(int *pipe_)
{
	CHECK_EQUAL(write(pipe_[1], "!", 1), 1);
}

static void hear(int *pipe_)
{
	char byte;
	CHECK_EQUAL(read(pipe_[0], &byte, 1), 1);
}

/* ---- fork and its kin */

static void forked(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *one = attach(id, 0), *two = attach(id, SHM_RDONLY);
	pid_t child = CHILD(hear(go));
	CHECK_EQUAL(attached(id), 4); /* at once */
	CHECK_EQUAL(status_of(id).shm_lpid, getpid());
	CHECK_EQUAL(status_of(id).shm_dtime, 0);
	detach(two);
	CHECK_EQUAL(attached(id), 3);
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	CHECK_EQUAL(status_of(id).shm_lpid, child);
	detach(one);
	remove_segment(id);
}

/* A grandchild has them of a child that never asked for anything. */
static void forked_twice(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0);
	pid_t child = CHILD({
		if (fork() != 0) {
			say(ready);
			wait(NULL);
		}
		hear(go);
	});
	hear(ready);
	CHECK_EQUAL(attached(id), 3);
	say(go);
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	remove_segment(id);
}

/* The child's is its own: it detaches, and the parent's stays. */
static void child_detaches(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0);
	pid_t child = CHILD({
		detach(address);
		FAILS(shmdt(address), EINVAL);
		say(ready);
		hear(go);
	});
	hear(ready);
	CHECK_EQUAL(attached(id), 1);
	address[0] = 1;
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	remove_segment(id);
}

/* The parent goes first, and the segment is removed: the child has it still. */
static void outlived(void)
{
	int id = segment(PAGE), *told = shared_memory(sizeof *told);
	make_pipes();
	pid_t child = CHILD({
		char *address = attach(id, 0);
		strcpy(address, "for you");
		if (fork() != 0)
			_exit(0);
		say(ready);
		hear(go);
		*told = strcmp(address, "for you") == 0 ? 1 : 2;
		say(ready);
	});
	hear(ready);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	remove_segment(id);
	CHECK_EQUAL(attached(id), 1);
	CHECK_EQUAL(status_of(id).shm_lpid, child); /* it made the other, and ended */
	say(go);
	hear(ready);
	CHECK_EQUAL(*told, 1);
}

static void in_vfork(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0);
	pid_t child = vfork();
	CHECK(child >= 0);
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
		_exit(1);
	}
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	child = vfork();
	if (child == 0)
		_exit(0);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	CHECK_EQUAL(status_of(id).shm_dtime, 0);
	address[0] = 1;
	detach(address);
	remove_segment(id);
}

static void by_libc(void)
{
	int id = segment(PAGE);
	char *address = attach(id, 0);
	char *arguments[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "exit 0" }, NULL };
	pid_t child;
	CHECK_EQUAL(system("exit 0"), 0);
	CHECK_EQUAL(attached(id), 1);
	CHECK_EQUAL(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ), 0);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	FILE *stream = popen("exit 0", "r");
	CHECK(stream != NULL);
	CHECK_EQUAL(pclose(stream), 0);
	CHECK_EQUAL(attached(id), 1);
	CHECK_EQUAL(status_of(id).shm_dtime, 0);
	detach(address);
	remove_segment(id);
}

static void in_daemon(void)
{
	int id = segment(PAGE);
	make_pipes();
	pid_t child = CHILD({
		char *address = attach(id, 0);
		CHECK_EQUAL(daemon(1, 1), 0);
		say(ready);
		hear(go);
		detach(address);
		say(ready);
		hear(go);
	});
	hear(ready);
	join_child(child);
	for (int i = 0; i < 1000 && attached(id) != 1; i++)
		sleep_ms(1); /* musl's forks twice, and nobody waits for the one in between */
	CHECK_EQUAL(attached(id), 1);
	say(go);
	hear(ready);
	CHECK_EQUAL(attached(id), 0);
	say(go);
	remove_segment(id);
}

static void at_terminal(void)
{
	int id = segment(PAGE), terminal;
	make_pipes();
	char *address = attach(id, 0);
	pid_t child = forkpty(&terminal, NULL, NULL, NULL);
	CHECK(child >= 0);
	if (child == 0) {
		hear(go);
		_exit(0);
	}
	CHECK_EQUAL(attached(id), 2);
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	remove_segment(id);
}

static int cloned(void *address)
{
	((char *)address)[0] = 1;
	say(ready);
	hear(go);
	return shmdt(address);
}

/* One that shares the memory shares the attachments, too. */
static void in_clone(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0), *stack = shared_memory(65536);
	pid_t child = clone(cloned, stack + 65536, CLONE_VM | SIGCHLD, address);
	CHECK(child > 0);
	hear(ready);
	CHECK_EQUAL(attached(id), 1);
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 0);
	FAILS(shmdt(address), EINVAL);
	remove_segment(id);
}

/* Without the libc's knowledge. */
static void by_system_call(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0);
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	CHECK(child >= 0);
	if (child == 0) {
		CHECK_EQUAL(attached(id), 2); /* at its first call, if not before */
		say(ready);
		hear(go);
		detach(address);
		CHECK_EQUAL(attached(id), 1);
		_exit(0);
	}
	hear(ready);
	CHECK_EQUAL(attached(id), 2);
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	remove_segment(id);
}

static void in_thread(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0);
	pid_t child = CHILD({
		pthread_t thread;
		CHECK_EQUAL(pthread_create(&thread, NULL, (void *(*)(void *))(void *)cloned, address), 0);
		syscall(SYS_exit, 0); /* the first thread ends, not the process */
	});
	hear(ready);
	CHECK_EQUAL(attached(id), 2);
	say(go);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	remove_segment(id);
}

/* ---- ends */

static void execs(void)
{
	int id = segment(PAGE);
	make_pipes();
	char *address = attach(id, 0);
	char script[64];
	snprintf(script, sizeof script, "echo >&%d; read x <&%d", ready[1], go[0]);
	pid_t child = CHILD(attach(id, 0); execl("/bin/sh", "sh", "-c", script, (char *)NULL));
	hear(ready);
	for (int i = 0; i < 1000 && attached(id) != 1; i++)
		sleep_ms(1); /* somebody may be reading its /proc */
	CHECK_EQUAL(attached(id), 1);
	CHECK(status_of(id).shm_dtime != 0 && status_of(id).shm_lpid == child);
	CHECK_EQUAL(write(go[1], "\n", 1), 1);
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	remove_segment(id);
}

static void ends(void)
{
	int id = segment(PAGE);
	char *address = attach(id, 0);
	pid_t child = CHILD(attach(id, 0); exit(0));
	join_child(child);
	CHECK_EQUAL(attached(id), 1);
	CHECK_EQUAL(status_of(id).shm_lpid, child);
	join_child(CHILD(attach(id, 0); _exit(0)));
	CHECK_EQUAL(attached(id), 1);
	join_killed(CHILD(attach(id, 0); raise(SIGKILL)), SIGKILL);
	CHECK_EQUAL(attached(id), 1);
	join_killed(CHILD(attach(id, 0); signal(SIGABRT, SIG_DFL); raise(SIGABRT)), SIGABRT);
	CHECK_EQUAL(attached(id), 1);
	CHECK(status_of(id).shm_dtime != 0);
	address[0] = 1;
	remove_segment(id);
	join_killed(CHILD(raise(SIGKILL)), SIGKILL);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	check_gone(id);
}

static void last_goes(void)
{
	for (int how = 0; how < 3; how++) {
		int id = segment(PAGE);
		make_pipes();
		pid_t child = CHILD({
			char *address = attach(id, 0);
			say(ready);
			hear(go);
			if (how == 0)
				detach(address);
			else if (how == 1)
				raise(SIGKILL);
			say(ready);
			hear(go);
		});
		hear(ready);
		remove_segment(id);
		CHECK(status_of(id).shm_perm.mode & SHM_DEST);
		say(go);
		if (how == 1) {
			join_killed(child, SIGKILL);
		} else {
			hear(ready);
			if (how == 2)
				kill_child(child);
		}
		check_gone(id);
		if (how == 0)
			kill_child(child);
	}
}

/* ---- what the program unmaps itself; the kernel counts the pieces that are left */

static void unmapped(void)
{
	int id = segment(3 * PAGE);
	char *place = attach(id, 0);
	CHECK_EQUAL(munmap(place, 3 * PAGE), 0);
	CHECK_EQUAL(attached(id), 0);
	CHECK(status_of(id).shm_dtime != 0);
	FAILS(shmdt(place), EINVAL);
	place = attach(id, 0);
	CHECK_EQUAL(munmap(place, PAGE), 0); /* the head */
	CHECK_EQUAL(attached(id), 1);
	place[2 * PAGE] = 1;
	detach(place); /* by the address it had */
	CHECK_EQUAL(attached(id), 0);
	FAILS(shmdt(place), EINVAL);
	place = attach(id, 0);
	CHECK_EQUAL(munmap(place + PAGE, PAGE), 0); /* the middle */
	CHECK_EQUAL(attached(id), 2);
	CHECK_EQUAL(munmap(place + 2 * PAGE, PAGE), 0);
	CHECK_EQUAL(attached(id), 1);
	detach(place);
	CHECK_EQUAL(attached(id), 0);
	place = attach(id, 0);
	remove_segment(id);
	CHECK_EQUAL(munmap(place, 3 * PAGE), 0);
	check_gone(id);
}

/* What was mapped in its stead isn't shmdt()'s. */
static void replaced(void)
{
	int id = segment(PAGE);
	char *place = attach(id, 0);
	CHECK_EQUAL(munmap(place, PAGE), 0);
	CHECK(mmap(place, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      place);
	strcpy(place, "mine");
	FAILS(shmdt(place), EINVAL);
	CHECK_EQUAL(strcmp(place, "mine"), 0);
	remove_segment(id);
}

static void covered(void)
{
	int id = segment(2 * PAGE);
	char *place = attach(id, 0);
	CHECK(mmap(place, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      place);
	CHECK_EQUAL(attached(id), 0);
	FAILS(shmdt(place), EINVAL);
	place[0] = 1;
	remove_segment(id);
}

static void moved(void)
{
	int id = segment(2 * PAGE);
	char *place = attach(id, 0), *there = free_place(2 * PAGE);
	strcpy(place + PAGE, "luggage");
	CHECK(mremap(place, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, there) == there);
	CHECK_EQUAL(attached(id), 1);
	FAILS(shmdt(place), EINVAL);
	CHECK_EQUAL(strcmp(there + PAGE, "luggage"), 0);
	detach(there);
	CHECK_EQUAL(attached(id), 0);
	remove_segment(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "forked", forked },
		{ "forked_twice", forked_twice },
		{ "child_detaches", child_detaches },
		{ "outlived", outlived },
		{ "in_vfork", in_vfork },
		{ "by_libc", by_libc },
		{ "in_daemon", in_daemon },
		{ "at_terminal", at_terminal },
		{ "in_clone", in_clone },
		{ "by_system_call", by_system_call },
		{ "in_thread", in_thread },
		{ "execs", execs },
		{ "ends", ends },
		{ "last_goes", last_goes },
		{ "unmapped", unmapped },
		{ "replaced", replaced },
		{ "covered", covered },
		{ "moved", moved },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
