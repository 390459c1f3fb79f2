/* SPDX-License-Identifier: MIT */
/* System V message queues as the kernel does them: runs on the real one, too. */
#define _GNU_SOURCE
#include "sysv_msg.h"

#include <limits.h>
#include <pthread.h>
#include <sys/time.h>

static void get(void)
{
	FAILS(msgget(some_key(), 0600), ENOENT);
	int id = msgget(some_key(), IPC_CREAT | 0640);
	CHECK(id >= 0);
	CHECK_EQUAL(msgget(some_key(), 0600), id);
	CHECK_EQUAL(msgget(some_key(), IPC_CREAT | 0600), id);
	FAILS(msgget(some_key(), IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	struct msqid_ds ds = status_of(id);
	CHECK_EQUAL(ds.msg_perm.__key, some_key());
	CHECK_EQUAL(ds.msg_perm.mode, 0640);
	CHECK_EQUAL(ds.msg_perm.uid, geteuid());
	int other = queue(), third = queue();
	CHECK(other != third && other != id);
	destroy(id), destroy(other), destroy(third);
	FAILS(msgget(some_key(), 0600), ENOENT);
	FAILS(msgctl(id, IPC_STAT, &ds), EINVAL);
	FAILS(msgctl(id, IPC_RMID, NULL), EINVAL);
	FAILS(msgctl(-1, IPC_RMID, NULL), EINVAL);
}

static void types(void)
{
	int id = queue();
	send_text(id, 5, "five", 0), send_text(id, 3, "three", 0), send_text(id, 3, "three again", 0);
	send_text(id, 9, "nine", 0), send_text(id, 4, "four", 0), send_text(id, LONG_MAX, "most", 0);
	expect(id, -6, 0, 3, "three"); /* the lowest, not the first */
	expect(id, 9, 0, 9, "nine");
	FAILS(msgrcv(id, &(struct message){ 0 }, 10, -2, IPC_NOWAIT), ENOMSG);
	FAILS(msgrcv(id, &(struct message){ 0 }, 10, 9, IPC_NOWAIT), ENOMSG);
	expect(id, 5, MSG_EXCEPT, 3, "three again");
	expect(id, 0, 0, 5, "five");
	expect(id, LONG_MIN, 0, 4, "four");
	expect(id, LONG_MIN, 0, LONG_MAX, "most");
	FAILS(msgrcv(id, &(struct message){ 0 }, 10, 0, IPC_NOWAIT), ENOMSG);
	destroy(id);
}

static void sizes(void)
{
	int id = queue();
	static struct message m, got;
	m.type = 1;
	memset(m.text, 'x', sizeof m.text);
	CHECK_EQUAL(msgsnd(id, &m, sizeof m.text, 0), 0);
	FAILS(msgrcv(id, &got, sizeof m.text - 1, 0, IPC_NOWAIT), E2BIG); /* and it stays */
	CHECK_EQUAL(status_of(id).msg_qnum, 1);
	got.text[100] = 'y';
	CHECK_EQUAL(msgrcv(id, &got, 100, 0, MSG_NOERROR), 100); /* cut, and the rest is gone */
	CHECK(got.text[99] == 'x' && got.text[100] == 'y');
	CHECK_EQUAL(status_of(id).msg_qnum, 0);
	CHECK_EQUAL(msgsnd(id, &m, 0, 0), 0);
	CHECK_EQUAL(msgrcv(id, &got, 0, 0, 0), 0);
	struct message *huge = calloc(1, sizeof huge->type + (1 << 24));
	huge->type = 1;
	FAILS(msgsnd(id, huge, 1 << 24, 0), EINVAL);
	free(huge);
	FAILS(msgrcv(id, &got, (size_t)-1, 0, IPC_NOWAIT), EINVAL);
	m.type = 0;
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = -1;
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	destroy(id);
	FAILS(msgsnd(id, &got, 1, 0), EINVAL);
}

static void full(void)
{
	int id = queue();
	static struct message m = { .type = 1 };
	CHECK_EQUAL(msgsnd(id, &m, 8192, 0), 0);
	CHECK_EQUAL(msgsnd(id, &m, 8192, 0), 0);
	FAILS(msgsnd(id, &m, 1, IPC_NOWAIT), EAGAIN);
	CHECK_EQUAL(msgsnd(id, &m, 0, IPC_NOWAIT), 0); /* no bytes, and few messages */
	pid_t child = CHILD(CHECK_EQUAL(msgsnd(id, &m, 100, 0), 0));
	until_asleep(child);
	CHECK_EQUAL(status_of(id).msg_qnum, 3);
	CHECK_EQUAL(msgrcv(id, &m, 8192, 0, 0), 8192);
	join_child(child);
	struct msqid_ds ds = status_of(id);
	CHECK_EQUAL(ds.msg_qnum, 3);
	CHECK_EQUAL(ds.__msg_cbytes, 8292);
	CHECK_EQUAL(ds.msg_lspid, child);
	destroy(id);
}

static void limits(void)
{
	int id = queue();
	static struct message m = { .type = 1 };
	struct msqid_ds ds = status_of(id);
	CHECK_EQUAL(ds.msg_qbytes, 16384);
	ds.msg_qbytes = 100;
	ds.msg_perm.mode = 0644;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(status_of(id).msg_perm.mode, 0644);
	CHECK_EQUAL(msgsnd(id, &m, 100, IPC_NOWAIT), 0);
	FAILS(msgsnd(id, &m, 1, IPC_NOWAIT), EAGAIN);
	pid_t child = CHILD(CHECK_EQUAL(msgsnd(id, &m, 50, 0), 0));
	until_asleep(child);
	ds.msg_qbytes = 200;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0); /* lets the sender go on */
	join_child(child);
	CHECK_EQUAL(status_of(id).msg_qnum, 2);
	destroy(id);
	id = queue();
	ds.msg_qbytes = 3;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(msgsnd(id, &m, 0, IPC_NOWAIT), 0);
	FAILS(msgsnd(id, &m, 0, IPC_NOWAIT), EAGAIN); /* as many messages as bytes */
	destroy(id);
}

static void receive_by_type(int id, long wanted, long type)
{
	struct message m;
	CHECK_EQUAL(msgrcv(id, &m, 10, wanted, 0), 2);
	CHECK_EQUAL(m.type, type);
}

static void waiting_receivers(void)
{
	int id = queue();
	pid_t seven = CHILD(receive_by_type(id, 7, 7));
	pid_t low = CHILD(receive_by_type(id, -3, 2));
	pid_t not_seven = CHILD(receive_by_type(id, 7, 7));
	until_asleep(seven), until_asleep(low), until_asleep(not_seven);
	send_text(id, 7, "a", 0), send_text(id, 2, "b", 0), send_text(id, 7, "c", 0);
	join_child(seven), join_child(low), join_child(not_seven);
	CHECK_EQUAL(status_of(id).msg_qnum, 0);
	pid_t narrow = CHILD(FAILS(msgrcv(id, &(struct message){ 0 }, 2, 0, 0), E2BIG));
	until_asleep(narrow);
	send_text(id, 1, "too long", 0);
	join_child(narrow);
	expect(id, 0, 0, 1, "too long");
	destroy(id);
}

static void removal(void)
{
	int id = queue(), filled = queue();
	static struct message m = { .type = 1 };
	CHECK_EQUAL(msgsnd(filled, &m, 8192, 0), 0);
	CHECK_EQUAL(msgsnd(filled, &m, 8192, 0), 0);
	pid_t receiver = CHILD(FAILS(msgrcv(id, &m, 10, 0, 0), EIDRM));
	pid_t second = CHILD(FAILS(msgrcv(id, &m, 10, 5, 0), EIDRM));
	pid_t sender = CHILD(FAILS(msgsnd(filled, &m, 10, 0), EIDRM));
	until_asleep(receiver), until_asleep(second), until_asleep(sender);
	destroy(id), destroy(filled);
	join_child(receiver), join_child(second), join_child(sender);
	FAILS(msgrcv(id, &m, 10, 0, 0), EINVAL);
}

static void nothing(int signal)
{
	(void)signal;
}

static void on_alarm(int flags)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flags };
	struct itimerval soon = { .it_value.tv_usec = 30000 };
	CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQUAL(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

static void interrupted(void)
{
	int id = queue();
	static struct message m = { .type = 1 };
	on_alarm(0);
	FAILS(msgrcv(id, &m, 10, 0, 0), EINTR);
	on_alarm(SA_RESTART); /* never restarted */
	FAILS(msgrcv(id, &m, 10, 0, 0), EINTR);
	CHECK_EQUAL(msgsnd(id, &m, 8192, 0), 0);
	CHECK_EQUAL(msgsnd(id, &m, 8192, 0), 0);
	on_alarm(0);
	FAILS(msgsnd(id, &m, 8192, 0), EINTR);
	CHECK_EQUAL(status_of(id).msg_qnum, 2);
	destroy(id);
}

static void times(void)
{
	int id = queue();
	struct msqid_ds ds = status_of(id);
	time_t now = time(NULL);
	CHECK(ds.msg_stime == 0 && ds.msg_rtime == 0 && ds.msg_lspid == 0 && ds.msg_lrpid == 0);
	CHECK(ds.msg_ctime >= now - 2 && ds.msg_ctime <= now + 2);
	send_text(id, 1, "x", 0);
	expect(id, 0, 0, 1, "x");
	ds = status_of(id);
	CHECK(ds.msg_stime >= now - 2 && ds.msg_stime <= now + 2 && ds.msg_rtime >= now - 2 &&
	      ds.msg_rtime <= now + 2);
	CHECK(ds.msg_lspid == getpid() && ds.msg_lrpid == getpid());
	destroy(id);
}

static void refused(int id, key_t key)
{
	struct msqid_ds ds;
	CHECK_EQUAL(seteuid(65534), 0);
	FAILS(msgrcv(id, &(struct message){ 0 }, 10, 0, IPC_NOWAIT), EACCES);
	FAILS(send_text(id, 1, "x", 0), EACCES);
	FAILS(msgctl(id, IPC_STAT, &ds), EACCES);
	FAILS(msgctl(id, IPC_RMID, NULL), EPERM);
	FAILS(msgget(key, 0600), EACCES);
}

static void permissions(void)
{
	if (geteuid() != 0)
		return;
	key_t key = some_key();
	int id = msgget(key, IPC_CREAT | 0600);
	struct msqid_ds ds = status_of(id);
	join_child(CHILD(refused(id, key)));
	ds.msg_perm.uid = 65534;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	join_child(CHILD({
		CHECK_EQUAL(seteuid(65534), 0);
		CHECK_EQUAL(send_text(id, 1, "x", 0), 0);
		expect(id, 0, 0, 1, "x");
	}));
	destroy(id);
}

static void produce(int id, long from, int count)
{
	struct message m = { .type = from };
	for (int i = 0; i < count; i++) {
		memcpy(m.text, &i, sizeof i);
		CHECK_EQUAL(msgsnd(id, &m, sizeof i + (size_t)(i * 37 % 500), 0), 0);
	}
}

static void many(void)
{
	enum { SENDERS = 4, EACH = 5000 };
	int id = queue(), next[SENDERS + 1] = { 0 };
	pid_t children[SENDERS];
	struct message m;
	for (int i = 0; i < SENDERS; i++)
		children[i] = CHILD(produce(id, i + 1, EACH));
	for (int i = 0; i < SENDERS * EACH; i++) {
		int number;
		CHECK(msgrcv(id, &m, sizeof m.text, 0, 0) >= (ssize_t)sizeof number);
		memcpy(&number, m.text, sizeof number);
		CHECK(m.type >= 1 && m.type <= SENDERS);
		CHECK_EQUAL(number, next[m.type]++);
	}
	for (int i = 0; i < SENDERS; i++)
		join_child(children[i]);
	destroy(id);
}

static void killed(void)
{
	int id = queue();
	pid_t child = CHILD(msgrcv(id, &(struct message){ 0 }, 10, 0, 0));
	until_asleep(child);
	kill_child(child);
	send_text(id, 1, "kept", 0);
	struct message m; /* which may first go to the dead receiver's wait: so we wait for it */
	CHECK_EQUAL(msgrcv(id, &m, 10, 0, 0), 5);
	CHECK_EQUAL(strcmp(m.text, "kept"), 0);
	destroy(id);
}

static void *echo(void *argument)
{
	const int *ids = argument;
	struct message m;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(msgrcv(ids[0], &m, 10, 0, 0), 4);
		CHECK_EQUAL(msgsnd(ids[1], &m, 4, 0), 0);
	}
	return NULL;
}

static void threads(void)
{
	int ids[2] = { queue(), queue() };
	struct message m = { .type = 1 };
	pthread_t thread;
	CHECK_EQUAL(pthread_create(&thread, NULL, echo, ids), 0);
	for (int i = 0; i < 2000; i++) {
		memcpy(m.text, &i, sizeof i);
		CHECK_EQUAL(msgsnd(ids[0], &m, 4, 0), 0);
		CHECK_EQUAL(msgrcv(ids[1], &m, 10, 0, 0), 4);
		CHECK_EQUAL(memcmp(m.text, &i, sizeof i), 0);
	}
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	destroy(ids[0]), destroy(ids[1]);
}

static void close_everything(void)
{
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
}

static void closed_descriptors(void)
{
	int id = queue();
	send_text(id, 1, "before", 0);
	close_everything();
	expect(id, 0, 0, 1, "before");
	int others[200];
	for (int i = 0; i < 200; i++)
		others[i] = queue(); /* the instance must grow */
	send_text(others[199], 1, "after", 0);
	join_child(CHILD({
		close_everything();
		expect(others[199], 0, 0, 1, "after");
	}));
	for (int i = 0; i < 200; i++)
		destroy(others[i]);
	destroy(id);
}

static void information(void)
{
	int id = queue();
	struct msginfo info;
	struct msqid_ds ds;
	bool found = false;
	send_text(id, 1, "four", 0);
	int highest = msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
	CHECK(highest >= 0 && info.msgpool >= 1 && info.msgmap >= 1 && info.msgtql >= 5);
	for (int i = 0; i <= highest; i++)
		found |= msgctl(i, MSG_STAT, &ds) == id && ds.msg_qnum == 1;
	CHECK(found);
	CHECK(msgctl(0, IPC_INFO, (struct msqid_ds *)&info) >= 0 && info.msgmnb == 16384 &&
	      info.msgmax == 8192);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "get", get },
		{ "types", types },
		{ "sizes", sizes },
		{ "full", full },
		{ "limits", limits },
		{ "waiting_receivers", waiting_receivers },
		{ "removal", removal },
		{ "interrupted", interrupted },
		{ "times", times },
		{ "permissions", permissions },
		{ "many", many },
		{ "killed", killed },
		{ "threads", threads },
		{ "closed_descriptors", closed_descriptors },
		{ "information", information },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
