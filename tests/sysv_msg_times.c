/* SPDX-License-Identifier: MIT */
/* What a queue notes: whose its last transfers were, and when.  Runs on the real kernel, too. */
#define _GNU_SOURCE
#include "sysv_msg.h"

#include <pthread.h>
#include <sys/syscall.h>

static bool is_now(time_t when)
{
	time_t now = time(NULL);
	return when >= now - 30 && when <= now + 1;
}

static void of_a_new_one(void)
{
	int id = queue();
	struct msqid_ds ds = status_of(id);
	CHECK(ds.msg_stime == 0 && ds.msg_rtime == 0 && ds.msg_lspid == 0 && ds.msg_lrpid == 0);
	CHECK(is_now(ds.msg_ctime));
	CHECK(ds.msg_qnum == 0 && ds.__msg_cbytes == 0 && ds.msg_qbytes == QUEUE_MOST);
	destroy(id);
}

static void of_each_call(void)
{
	int id = queue();
	join_child(CHILD(CHECK_EQUAL(send_bytes(id, 1, 7, 0), 0)));
	struct msqid_ds ds = status_of(id);
	CHECK(is_now(ds.msg_stime) && ds.msg_rtime == 0 && ds.msg_lrpid == 0);
	CHECK(ds.msg_lspid > 0 && ds.msg_lspid != getpid());
	CHECK(ds.msg_qnum == 1 && ds.__msg_cbytes == 7);
	CHECK_EQUAL(receive(id, 0, 0), 7);
	struct msqid_ds after = status_of(id);
	CHECK(is_now(after.msg_rtime) && after.msg_lrpid == getpid());
	CHECK(after.msg_lspid == ds.msg_lspid && after.msg_stime == ds.msg_stime);
	CHECK_EQUAL(after.msg_qnum + after.__msg_cbytes, 0);
	destroy(id);
}

/* Calls that fail note nothing. */
static void of_failures(void)
{
	int id = queue();
	CHECK_EQUAL(send_bytes(id, 1, 10, 0), 0);
	set_capacity(id, 10);
	join_child(CHILD({
		FAILS(send_bytes(id, 1, 1, IPC_NOWAIT), EAGAIN);
		FAILS(msgrcv(id, &(struct message){ 0 }, 1, 0, 0), E2BIG);
		FAILS(receive(id, 9, IPC_NOWAIT), ENOMSG);
	}));
	struct msqid_ds ds = status_of(id);
	CHECK_EQUAL(ds.msg_lspid, getpid());
	CHECK(ds.msg_lrpid == 0 && ds.msg_rtime == 0);
	destroy(id);
}

/* A sender that waited is the last sender once its message is in. */
static void of_a_sender_that_waited(void)
{
	int id = queue();
	CHECK_EQUAL(send_bytes(id, 1, 10, 0), 0);
	set_capacity(id, 10);
	pid_t child = CHILD(CHECK_EQUAL(send_bytes(id, 1, 10, 0), 0));
	until_asleep(child);
	CHECK_EQUAL(status_of(id).msg_lspid, getpid());
	CHECK_EQUAL(receive(id, 0, 0), 10);
	join_child(child);
	CHECK_EQUAL(status_of(id).msg_lspid, child);
	CHECK_EQUAL(status_of(id).msg_lrpid, getpid());
	destroy(id);
}

/* Handed over to a receiver that waits: as if queued and received. */
static void of_a_direct_handoff(void)
{
	int id = queue();
	pid_t child = CHILD(CHECK_EQUAL(receive(id, 5, 0), 4));
	until_asleep(child);
	CHECK_EQUAL(send_bytes(id, 5, 4, 0), 0);
	struct msqid_ds ds = status_of(id); /* at once: it needn't have run yet */
	CHECK_EQUAL(ds.msg_lspid, getpid());
	CHECK_EQUAL(ds.msg_lrpid, child);
	CHECK(is_now(ds.msg_stime) && is_now(ds.msg_rtime));
	CHECK_EQUAL(ds.msg_qnum + ds.__msg_cbytes, 0);
	join_child(child);
	destroy(id);
}

struct thread {
	int id;
	_Atomic pid_t number;
};

static void *receive_in_thread(void *argument)
{
	struct thread *thread = argument;
	thread->number = (pid_t)syscall(SYS_gettid);
	CHECK_EQUAL(receive(thread->id, 5, 0), 4);
	return NULL;
}

static void until_thread_sleeps(const struct thread *thread)
{
	while (thread->number == 0)
		sleep_ms(1);
	until_asleep(thread->number);
}

/*
 * msgop(2) has the process's number in msg_lrpid.  Of a thread that waited, the
 * kernel notes the thread's; of one that finds its message there, the process's.
 */
static void of_a_thread(void)
{
	struct thread thread = { .id = queue() };
	pthread_t handle;
	CHECK_EQUAL(pthread_create(&handle, NULL, receive_in_thread, &thread), 0);
	until_thread_sleeps(&thread);
	CHECK_EQUAL(send_bytes(thread.id, 5, 4, 0), 0);
	CHECK_EQUAL(status_of(thread.id).msg_lrpid, thread.number);
	CHECK_EQUAL(pthread_join(handle, NULL), 0);
	CHECK(thread.number != getpid());
	CHECK_EQUAL(send_bytes(thread.id, 5, 4, 0), 0);
	CHECK_EQUAL(pthread_create(&handle, NULL, receive_in_thread, &thread), 0);
	CHECK_EQUAL(pthread_join(handle, NULL), 0);
	CHECK_EQUAL(status_of(thread.id).msg_lrpid, getpid());
	destroy(thread.id);
}

static void of_control(void)
{
	int id = queue();
	struct msqid_ds before = status_of(id), ds;
	sleep_ms(1100); /* times are in seconds */
	CHECK_EQUAL(send_bytes(id, 1, 1, 0), 0);
	CHECK_EQUAL(receive(id, 0, 0), 1);
	ds = status_of(id);
	CHECK_EQUAL(ds.msg_ctime, before.msg_ctime);
	CHECK(ds.msg_stime > before.msg_ctime && ds.msg_rtime > before.msg_ctime);
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0); /* even if it says nothing new */
	CHECK(status_of(id).msg_ctime > before.msg_ctime);
	destroy(id);
}

/* What IPC_SET doesn't set. */
static void of_set(void)
{
	int id = queue();
	CHECK_EQUAL(send_bytes(id, 1, 3, 0), 0);
	struct msqid_ds before = status_of(id), ds = before;
	ds.msg_stime = ds.msg_rtime = ds.msg_ctime = 5;
	ds.msg_lspid = ds.msg_lrpid = 1;
	ds.msg_qnum = 77;
	ds.__msg_cbytes = 78;
	ds.msg_perm.__key = 79;
	ds.msg_perm.cuid = ds.msg_perm.cgid = 80;
	ds.msg_perm.mode = 07750;
	ds.msg_qbytes = 81;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	ds = status_of(id);
	CHECK_EQUAL(ds.msg_stime, before.msg_stime);
	CHECK(ds.msg_rtime == 0 && ds.msg_lrpid == 0 && is_now(ds.msg_ctime));
	CHECK_EQUAL(ds.msg_lspid, getpid());
	CHECK(ds.msg_qnum == 1 && ds.__msg_cbytes == 3 && ds.msg_qbytes == 81);
	CHECK(ds.msg_perm.__key == 0 && ds.msg_perm.cuid == geteuid() && ds.msg_perm.cgid == getegid());
	CHECK_EQUAL(ds.msg_perm.mode, 0750);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "of_a_new_one", of_a_new_one },
		{ "of_each_call", of_each_call },
		{ "of_failures", of_failures },
		{ "of_a_sender_that_waited", of_a_sender_that_waited },
		{ "of_a_direct_handoff", of_a_direct_handoff },
		{ "of_a_thread", of_a_thread },
		{ "of_control", of_control },
		{ "of_set", of_set },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
