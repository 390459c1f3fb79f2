/* SPDX-License-Identifier: MIT */
/* Each error of msgget(2), msgop(2) and msgctl(2), and which comes first: runs on the real kernel, too. */
#define _GNU_SOURCE
#include "sysv_msg.h"

/* Addresses that no program can have: of the first page, and of the kernel's half. */
static void *const bad_addresses[] = { NULL, (void *)16, (void *)-1, (void *)(LONG_MIN | 4096) };

#define BAD_ADDRESSES (sizeof bad_addresses / sizeof bad_addresses[0])

static int removed(void)
{
	int id = queue();
	destroy(id);
	return id;
}

/* ---- msgget */

static void get(void)
{
	key_t key = some_key();
	FAILS(msgget(key, 0), ENOENT);
	FAILS(msgget(key, IPC_EXCL | 0600), ENOENT); /* alone it says nothing */
	int id = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(id >= 0);
	FAILS(msgget(key, IPC_CREAT | IPC_EXCL), EEXIST);
	CHECK_EQUAL(msgget(key, IPC_EXCL), id);
	CHECK_EQUAL(msgget(key, IPC_CREAT), id);
	int other = msgget(IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0600); /* the flags mean nothing there */
	CHECK(other >= 0 && other != id);
	destroy(id), destroy(other);
	FAILS(msgget(key, 0), ENOENT);
}

static void get_refused(void)
{
	if (geteuid() != 0)
		SKIP("only root can become another");
	key_t key = some_key();
	int id = msgget(key, IPC_CREAT | 0640);
	join_child(CHILD({
		CHECK_EQUAL(seteuid(65534), 0);
		FAILS(msgget(key, 0600), EACCES);
		FAILS(msgget(key, 0060), EACCES); /* any of the bits is asked for, of any class */
		FAILS(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
		CHECK_EQUAL(msgget(key, 0), id); /* nothing asked for */
	}));
	destroy(id);
}

/* As the program sees it then. */
static void set_queue_limit(const char *name, int value)
{
	char text[16];
	struct msginfo info;
	snprintf(text, sizeof text, "%d\n", value);
	set_limit(name, text);
	CHECK(msgctl(0, IPC_INFO, (struct msqid_ds *)&info) >= 0);
	if (info.msgmni != value && info.msgmax != value && info.msgmnb != value)
		SKIP("this program doesn't see the instance's limits");
}

static void too_many(void)
{
	int ids[3];
	enter_ipc_namespace();
	set_queue_limit("msgmni", 3);
	for (int i = 0; i < 3; i++)
		ids[i] = queue();
	FAILS(msgget(IPC_PRIVATE, 0600), ENOSPC);
	FAILS(msgget(some_key(), IPC_CREAT | 0600), ENOSPC);
	FAILS(msgget(some_key(), 0600), ENOENT);
	destroy(ids[1]);
	ids[1] = queue();
	set_queue_limit("msgmni", 2); /* those that are there stay */
	FAILS(msgget(IPC_PRIVATE, 0600), ENOSPC);
	for (int i = 0; i < 3; i++)
		destroy(ids[i]);
	destroy(queue());
}

static void other_limits(void)
{
	enter_ipc_namespace();
	set_queue_limit("msgmax", 100);
	int id = queue();
	FAILS(send_bytes(id, 1, 101, 0), EINVAL);
	CHECK_EQUAL(send_bytes(id, 1, 100, 0), 0);
	set_queue_limit("msgmax", 10);
	CHECK_EQUAL(receive(id, 0, 0), 100); /* what is queued is as long as it is */
	set_queue_limit("msgmnb", 50);
	CHECK_EQUAL(status_of(id).msg_qbytes, QUEUE_MOST); /* of new queues only */
	int other = queue();
	CHECK_EQUAL(status_of(other).msg_qbytes, 50);
	for (int i = 0; i < 5; i++)
		CHECK_EQUAL(send_bytes(other, 1, 10, IPC_NOWAIT), 0);
	FAILS(send_bytes(other, 1, 10, IPC_NOWAIT), EAGAIN);
	destroy(id), destroy(other);
}

/*
 * After very many others an id is given again: it is that of the new queue, also to who used the old one.
 * On Portico after a million; on the real kernel after a thousand times as many, which takes too long.
 */
static void id_that_comes_round(void)
{
	int id = queue(), other = -1;
	send_text(id, 1, "old", 0);
	expect(id, 0, 0, 1, "old");
	destroy(id);
	FAILS(send_bytes(id, 1, 1, 0), EINVAL);
	FAILS(receive(id, 0, 0), EINVAL);
	if (!on_portico())
		SKIP("none is given again that soon");
	for (int i = 0; i < 1200000 && (other = queue()) != id; i++)
		destroy(other);
	CHECK_EQUAL(other, id);
	FAILS(receive(id, 0, IPC_NOWAIT), ENOMSG);
	send_text(id, 1, "new", 0);
	expect(id, 0, 0, 1, "new");
	destroy(id);
}

/* ---- msgsnd */

static void sending(void)
{
	int id = queue(), gone = removed();
	static struct message m = { .type = 1 }, no_type;
	FAILS(msgsnd(gone, &m, 1, 0), EINVAL);
	FAILS(msgsnd(-1, &m, 1, 0), EINVAL);
	FAILS(msgsnd(INT_MIN, &m, 1, 0), EINVAL);
	FAILS(msgsnd(id, &no_type, 1, 0), EINVAL);
	m.type = LONG_MIN;
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = 1;
	FAILS(msgsnd(id, &m, MESSAGE_MOST + 1, 0), EINVAL);
	FAILS(msgsnd(id, &m, (size_t)-1, 0), EINVAL);
	FAILS(msgsnd(id, &m, (size_t)LONG_MAX + 1, IPC_NOWAIT), EINVAL);
	CHECK_EQUAL(status_of(id).msg_qnum, 0);
	CHECK_EQUAL(status_of(id).msg_lspid, 0); /* who failed isn't noted */
	CHECK_EQUAL(status_of(id).msg_stime, 0);
	m.type = LONG_MAX;
	CHECK_EQUAL(msgsnd(id, &m, MESSAGE_MOST, 0), 0);
	CHECK_EQUAL(msgsnd(id, &m, MESSAGE_MOST, IPC_NOWAIT), 0);
	FAILS(msgsnd(id, &m, 1, IPC_NOWAIT), EAGAIN);
	CHECK_EQUAL(msgsnd(id, &m, 0, IPC_NOWAIT | MSG_NOERROR | 077),
		    0); /* what it doesn't know it ignores */
	destroy(id);
}

static void sending_from_nowhere(void)
{
	int id = queue(), gone = removed();
	for (size_t i = 0; i < BAD_ADDRESSES; i++) {
		FAILS(msgsnd(id, bad_addresses[i], 1, 0), EFAULT);
		FAILS(msgsnd(id, bad_addresses[i], (size_t)-1, 0), EFAULT); /* its type is looked at first */
		FAILS(msgsnd(gone, bad_addresses[i], 1, 0), EFAULT);
		FAILS(msgsnd(-1, bad_addresses[i], 1, 0), EFAULT);
	}
	CHECK_EQUAL(status_of(id).msg_qnum, 0);
	destroy(id);
}

/* ---- msgrcv */

static void receiving(void)
{
	int id = queue(), gone = removed();
	static struct message m;
	FAILS(msgrcv(gone, &m, 1, 0, 0), EINVAL);
	FAILS(msgrcv(-1, &m, 1, 0, IPC_NOWAIT), EINVAL);
	FAILS(msgrcv(id, &m, (size_t)-1, 0, IPC_NOWAIT), EINVAL);
	FAILS(msgrcv(id, &m, 1, 0, IPC_NOWAIT), ENOMSG);
	FAILS(msgrcv(id, &m, 1, 0, IPC_NOWAIT | MSG_EXCEPT), ENOMSG);
	CHECK_EQUAL(send_bytes(id, 5, 10, 0), 0);
	FAILS(msgrcv(id, &m, 1, 4, IPC_NOWAIT), ENOMSG);
	FAILS(msgrcv(id, &m, 1, -4, IPC_NOWAIT), ENOMSG);
	FAILS(msgrcv(id, &m, 1, 5, IPC_NOWAIT | MSG_EXCEPT), ENOMSG);
	FAILS(msgrcv(id, &m, 9, 0, 0), E2BIG);
	FAILS(msgrcv(id, &m, 0, 5, 0), E2BIG);
	FAILS(msgrcv(id, &m, 9, -5, 0), E2BIG);
	FAILS(msgrcv(id, &m, 9, 1, MSG_EXCEPT), E2BIG);
	struct msqid_ds ds = status_of(id);
	CHECK(ds.msg_qnum == 1 && ds.__msg_cbytes == 10 && ds.msg_rtime == 0 && ds.msg_lrpid == 0);
	CHECK_EQUAL(msgrcv(id, &m, LONG_MAX, 0, 0), 10); /* as long a buffer as one likes to say */
	destroy(id);
}

/* The buffer is looked at when there is something for it; which is gone, then. */
static void receiving_to_nowhere(void)
{
	int id = queue(), gone = removed();
	for (size_t i = 0; i < BAD_ADDRESSES; i++) {
		FAILS(msgrcv(gone, bad_addresses[i], 10, 0, 0), EINVAL);
		FAILS(msgrcv(id, bad_addresses[i], 10, 0, IPC_NOWAIT), ENOMSG);
		send_text(id, 1, "lost", 0);
		FAILS(msgrcv(id, bad_addresses[i], 1, 0, 0), E2BIG);
		FAILS(msgrcv(id, bad_addresses[i], 10, 0, 0), EFAULT);
		CHECK_EQUAL(status_of(id).msg_qnum, 0);
	}
	destroy(id);
}

static void refused(void)
{
	if (geteuid() != 0)
		SKIP("only root can become another");
	int id = msgget(IPC_PRIVATE, 0604), other = msgget(IPC_PRIVATE, 0602);
	CHECK_EQUAL(send_bytes(other, 1, 1, 0), 0);
	join_child(CHILD({
		struct message m;
		struct msqid_ds ds;
		CHECK_EQUAL(setgid(65534), 0);
		CHECK_EQUAL(setuid(65534), 0);
		FAILS(msgget(some_key(), 0), ENOENT);
		FAILS(msgsnd(id, &(struct message){ .type = 1 }, 1, IPC_NOWAIT), EACCES);
		FAILS(msgrcv(id, &m, 1, 0, IPC_NOWAIT), ENOMSG);
		CHECK_EQUAL(msgsnd(other, &(struct message){ .type = 1 }, 1, IPC_NOWAIT), 0);
		FAILS(msgrcv(other, &m, 1, 0, IPC_NOWAIT), EACCES);
		FAILS(msgrcv(other, &m, 1, 0, IPC_NOWAIT | MSG_COPY), EACCES);
		CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
		FAILS(msgctl(other, IPC_STAT, &ds), EACCES);
		FAILS(msgctl(id, IPC_SET, &ds), EPERM);
		FAILS(msgctl(id, IPC_RMID, NULL), EPERM);
	}));
	destroy(id), destroy(other);
}

/* ---- msgctl */

static void control(void)
{
	int id = queue(), gone = removed();
	struct msqid_ds ds;
	FAILS(msgctl(gone, IPC_STAT, &ds), EINVAL);
	FAILS(msgctl(gone, IPC_SET, &ds), EINVAL);
	FAILS(msgctl(gone, IPC_RMID, NULL), EINVAL);
	FAILS(msgctl(-1, IPC_STAT, &ds), EINVAL);
	FAILS(msgctl(-1, MSG_STAT, &ds), EINVAL);
	FAILS(msgctl(-1, IPC_INFO, &ds), EINVAL);
	FAILS(msgctl(INT_MAX, MSG_STAT, &ds), EINVAL);
	FAILS(msgctl(id, 99, &ds), EINVAL);
	FAILS(msgctl(id, -1, &ds), EINVAL);
	FAILS(msgctl(id, 99, NULL), EINVAL);
	FAILS(msgctl(gone, IPC_STAT, NULL), EINVAL);
	FAILS(msgctl(gone, IPC_SET, NULL), EFAULT);
	for (size_t i = 0; i < BAD_ADDRESSES; i++) {
		FAILS(msgctl(id, IPC_STAT, bad_addresses[i]), EFAULT);
		FAILS(msgctl(id, IPC_SET, bad_addresses[i]), EFAULT);
		FAILS(msgctl(0, IPC_INFO, bad_addresses[i]), EFAULT);
		FAILS(msgctl(0, MSG_INFO, bad_addresses[i]), EFAULT);
	}
	CHECK_EQUAL(msgctl(id, IPC_RMID, (struct msqid_ds *)-1), 0); /* never looked at */
}

/* CAP_SYS_RESOURCE, which root may lack in a container. */
static bool has_resource_capability(void)
{
	unsigned long long effective = 0;
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");
	CHECK(file);
	while (fgets(line, sizeof line, file))
		sscanf(line, "CapEff: %llx", &effective);
	fclose(file);
	return effective >> 24 & 1;
}

/* The man page says "privileged": it is that capability, whatever the user. */
static void over_the_most(void)
{
	int id = queue();
	struct msqid_ds ds = status_of(id);
	ds.msg_qbytes = QUEUE_MOST + 1;
	if (has_resource_capability()) {
		CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
		CHECK_EQUAL(status_of(id).msg_qbytes, QUEUE_MOST + 1);
	} else {
		FAILS(msgctl(id, IPC_SET, &ds), EPERM);
	}
	destroy(id);
}

static void over_the_most_for_others(void)
{
	if (geteuid() != 0)
		SKIP("only root can become another");
	int id = queue();
	struct msqid_ds ds = status_of(id);
	ds.msg_perm.uid = 65534;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	join_child(CHILD({
		CHECK_EQUAL(setuid(65534), 0);
		FAILS(msgget(some_key(), 0), ENOENT);
		ds = status_of(id);
		ds.msg_qbytes = QUEUE_MOST + 1;
		ds.msg_perm.mode = 0644;
		FAILS(msgctl(id, IPC_SET, &ds), EPERM);
		CHECK_EQUAL(status_of(id).msg_qbytes, QUEUE_MOST);
		CHECK_EQUAL(status_of(id).msg_perm.mode, 0600); /* nothing was done */
		ds.msg_qbytes = QUEUE_MOST - 1;
		CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
		CHECK_EQUAL(status_of(id).msg_perm.mode, 0644);
		ds.msg_qbytes = QUEUE_MOST;
		CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	}));
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "get", get },
		{ "get_refused", get_refused },
		{ "too_many", too_many },
		{ "other_limits", other_limits },
		{ "id_that_comes_round", id_that_comes_round },
		{ "sending", sending },
		{ "sending_from_nowhere", sending_from_nowhere },
		{ "receiving", receiving },
		{ "receiving_to_nowhere", receiving_to_nowhere },
		{ "refused", refused },
		{ "control", control },
		{ "over_the_most", over_the_most },
		{ "over_the_most_for_others", over_the_most_for_others },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
