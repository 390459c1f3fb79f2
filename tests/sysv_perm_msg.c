/* SPDX-License-Identifier: MIT */
/* Who may do what with a queue; sysv_perm.h says how that is asked. */
#define _GNU_SOURCE
#include "sysv_perm.h"

#include <pthread.h>
#include <sys/msg.h>
#include <sys/prctl.h>

#define KEY 0x70657231

static int given(key_t key, unsigned mode)
{
	struct msqid_ds ds;
	become(CREATOR, CREATORS, STRANGERS);
	int id = msgget(key, IPC_CREAT | (int)mode);
	CHECK(id >= 0);
	become_root();
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	ds.msg_perm.uid = OWNER;
	ds.msg_perm.gid = OWNERS;
	ds.msg_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	return id;
}

static void give_mode(int id, unsigned mode)
{
	struct msqid_ds ds;
	become_root();
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	ds.msg_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
}

static void destroy(int id)
{
	become_root();
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static int send(int id)
{
	struct {
		long type;
		char text[1];
	} m = { 1, "m" };
	return msgsnd(id, &m, 1, IPC_NOWAIT);
}

static int take(int id)
{
	struct {
		long type;
		char text[1];
	} m;
	return (int)msgrcv(id, &m, 1, 0, IPC_NOWAIT);
}

/* The index that MSG_STAT wants. */
static int index_of(int id)
{
	struct msqid_ds ds;
	int highest = msgctl(0, MSG_INFO, &ds);
	for (int i = 0; i <= highest; i++)
		if (msgctl(i, MSG_STAT, &ds) == id)
			return i;
	FAIL("the queue has no index");
}

static void get(void)
{
	static const int flags[] = { 0,	   0400, 0200, 0600, 0100, 0040, 0020, 0004,
				     0002, 0444, 0222, 0666, 0777, 0111, 0421 };
	require_root();
	int id = given(KEY, 0);
	for (unsigned mode = 0; mode < 01000; mode++) {
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
				JUDGE(msgget(KEY, flags[i]), actor, mode, id, 0, (unsigned)flags[i]);
				JUDGE(msgget(KEY, IPC_CREAT | flags[i]), actor, mode, id, 0,
				      (unsigned)flags[i]);
			}
			/* that it is there comes before who may */
			FAILS(msgget(KEY, IPC_CREAT | IPC_EXCL | 0777), EEXIST);
		}
	}
	destroy(id);
}

static void operate(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	EACH_MODE(mode)
	{
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(send(id), actor, mode, 0, 0, 0222);
			become_root();
			CHECK_EQUAL(grants(actor, mode, 0222) ? take(id) : 1, 1);
			become(actor->uid, actor->gid, actor->also);
			JUDGE(take(id), actor, mode, -1, ENOMSG, 0444);
		}
	}
	destroy(id);
}

static void look(void)
{
	struct msqid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0600), at = index_of(id);
	EACH_MODE(mode)
	{
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(msgctl(id, IPC_STAT, &ds), actor, mode, 0, 0, 0444);
			JUDGE(msgctl(at, MSG_STAT, &ds), actor, mode, id, 0, 0444);
			JUDGE(msgctl(at, MSG_STAT_ANY, &ds), actor, mode, id, 0, 0);
			CHECK_EQUAL(ds.msg_perm.mode, mode);
		}
	}
	destroy(id);
}

static void change(void)
{
	struct msqid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	EACH_ACTOR(actor)
	{
		become(actor->uid, actor->gid, actor->also);
		JUDGE_OWNING(msgctl(id, IPC_SET, &ds), actor, 0);
		/* beyond the limit: the capability decides for those who may at all */
		struct msqid_ds large = ds;
		large.msg_qbytes = 1 << 30;
		if (actor->class != PRIVILEGED)
			FAILS(msgctl(id, IPC_SET, &large), EPERM);
	}
	EACH_ACTOR(actor)
	{
		int another = given(IPC_PRIVATE, 0777);
		become(actor->uid, actor->gid, actor->also);
		JUDGE_OWNING(msgctl(another, IPC_RMID, NULL), actor, 0777);
		if (!actor->owns)
			destroy(another);
	}
	destroy(id);
}

/* What IPC_SET changes: owner, group and the nine bits, and nothing else. */
static void changed(void)
{
	struct msqid_ds before, ds;
	require_root();
	int id = given(KEY, 0640);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &before), 0);
	CHECK_EQUAL(before.msg_perm.cuid, CREATOR);
	CHECK_EQUAL(before.msg_perm.cgid, CREATORS);
	ds = before;
	ds.msg_perm.uid = STRANGER;
	ds.msg_perm.gid = STRANGERS;
	ds.msg_perm.cuid = ds.msg_perm.cgid = 1;
	ds.msg_perm.mode = (unsigned short)~0;
	become(OWNER, OWNERS, OWNERS);
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0); /* and so gives it away */
	FAILS(msgctl(id, IPC_SET, &ds), EPERM);
	become_root();
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.msg_perm.uid, STRANGER);
	CHECK_EQUAL(ds.msg_perm.gid, STRANGERS);
	CHECK_EQUAL(ds.msg_perm.cuid, CREATOR);
	CHECK_EQUAL(ds.msg_perm.cgid, CREATORS);
	CHECK_EQUAL(ds.msg_perm.mode, 0777);
	CHECK_EQUAL(msgget(KEY, 0), id);
	ds.msg_perm.uid = (uid_t)-1; /* nobody's */
	FAILS(msgctl(id, IPC_SET, &ds), EINVAL);
	ds.msg_perm.uid = 0;
	ds.msg_perm.gid = (gid_t)-1;
	FAILS(msgctl(id, IPC_SET, &ds), EINVAL);
	destroy(id);
}

/* ---- capabilities, not uid 0 */

static void as_root_without(void)
{
	struct msqid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	set_capabilities(CAN_SYS_ADMIN);
	FAILS(send(id), EACCES);
	FAILS(msgctl(id, IPC_STAT, &ds), EACCES);
	set_capabilities(CAN_IPC_OWNER);
	CHECK_EQUAL(send(id), 0);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	FAILS(msgctl(id, IPC_SET, &ds), EPERM);
	FAILS(msgctl(id, IPC_RMID, NULL), EPERM);
	set_capabilities(CAN_SYS_ADMIN);
	ds.msg_qbytes = 1 << 20;
	FAILS(msgctl(id, IPC_SET, &ds), EPERM); /* over the limit */
	ds.msg_qbytes = 1;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static void over_the_limit(void)
{
	struct msqid_ds ds;
	require_root();
	if (!is_permitted(CAN_SYS_RESOURCE))
		SKIP("this root may not exceed limits");
	int id = given(IPC_PRIVATE, 0600);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	ds.msg_qbytes = 1 << 20;
	set_capabilities(CAN_SYS_ADMIN | CAN_SYS_RESOURCE);
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	destroy(id);
}

static void as_another_with(void)
{
	struct msqid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	CHECK_EQUAL(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQUAL(setresuid(STRANGER, STRANGER, STRANGER), 0);
	FAILS(send(id), EACCES);
	set_capabilities(CAN_IPC_OWNER);
	CHECK_EQUAL(send(id), 0);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	FAILS(msgctl(id, IPC_RMID, NULL), EPERM);
	set_capabilities(CAN_SYS_ADMIN);
	FAILS(send(id), EACCES);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* ---- ids that change: the very next call is judged by the new ones */

/* A child that may send by its user, or by its group; it makes the call that changes that, and may no more.
 */
static void gives_up(bool user, int (*call)(void))
{
	int id = given(IPC_PRIVATE, user ? 0600 : 0060);
	join_child(CHILD({
		become(user ? OWNER : STRANGER, user ? STRANGERS : OWNERS, STRANGERS);
		set_capabilities(CAN_SETUID | CAN_SETGID); /* so that each call can */
		CHECK_EQUAL(send(id), 0);
		CHECK_EQUAL(send(id), 0);
		CHECK_EQUAL(call(), 0);
		FAILS(send(id), EACCES);
	}));
	destroy(id);
}

static int call_setuid(void)
{
	return setuid(STRANGER);
}
static int call_seteuid(void)
{
	return seteuid(STRANGER);
}
static int call_setreuid(void)
{
	return setreuid(STRANGER, STRANGER);
}
static int call_setresuid(void)
{
	return setresuid(STRANGER, STRANGER, STRANGER);
}

static void users_change(void)
{
	require_root();
	gives_up(true, call_setuid);
	gives_up(true, call_seteuid);
	gives_up(true, call_setreuid);
	gives_up(true, call_setresuid);
}

static int call_setgid(void)
{
	return setgid(STRANGERS);
}
static int call_setegid(void)
{
	return setegid(STRANGERS);
}
static int call_setregid(void)
{
	return setregid(STRANGERS, STRANGERS);
}
static int call_setresgid(void)
{
	return setresgid(STRANGERS, STRANGERS, STRANGERS);
}

static void groups_change(void)
{
	require_root();
	gives_up(false, call_setgid);
	gives_up(false, call_setegid);
	gives_up(false, call_setregid);
	gives_up(false, call_setresgid);
}

static void other_groups_change(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0060);
	gid_t one[] = { STRANGERS }, many[300];
	for (int i = 0; i < 300; i++)
		many[i] = (gid_t)(30000 + i);
	many[299] = OWNERS;
	set_capabilities(CAN_SETGID);
	CHECK_EQUAL(setgroups(1, one), 0);
	FAILS(send(id), EACCES);
	CHECK_EQUAL(setgroups(300, many), 0);
	CHECK_EQUAL(send(id), 0);
	CHECK_EQUAL(setgroups(299, many), 0);
	FAILS(send(id), EACCES);
	set_capabilities(CAN_SYS_ADMIN);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* And the other way: one that was refused may. */
static void regained(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	become(STRANGER, STRANGERS, STRANGERS);
	FAILS(send(id), EACCES);
	CHECK_EQUAL(seteuid(0), 0);
	CHECK_EQUAL(send(id), 0);
	CHECK_EQUAL(seteuid(CREATOR), 0);
	CHECK_EQUAL(send(id), 0);
	destroy(id);
}

static void *give_up(void *unused)
{
	(void)unused;
	CHECK_EQUAL(setresuid(0, STRANGER, 0), 0);
	return NULL;
}

/* POSIX: ids are the process's. */
static void by_another_thread(void)
{
	pthread_t thread;
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	CHECK_EQUAL(setresuid(0, OWNER, 0), 0);
	set_capabilities(CAN_SETUID);
	CHECK_EQUAL(send(id), 0);
	CHECK_EQUAL(pthread_create(&thread, NULL, give_up, NULL), 0);
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	FAILS(send(id), EACCES);
	destroy(id);
}

/* A child by vfork() shares our memory, and its ids aren't ours. */
static void by_vfork(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	become(STRANGER, STRANGERS, STRANGERS);
	set_capabilities(CAN_SETUID);
	FAILS(send(id), EACCES);
	pid_t child = vfork();
	if (child == 0)
		_exit(setuid(OWNER));
	join_child(child);
	FAILS(send(id), EACCES);
	destroy(id);
}

/* A new object is the effective user's, whatever it was before. */
static void made_by(void)
{
	struct msqid_ds ds;
	require_root();
	become(CREATOR, CREATORS, STRANGERS);
	int id = msgget(IPC_PRIVATE, 0600);
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.msg_perm.uid, CREATOR);
	CHECK_EQUAL(ds.msg_perm.cuid, CREATOR);
	CHECK_EQUAL(ds.msg_perm.gid, CREATORS);
	CHECK_EQUAL(ds.msg_perm.cgid, CREATORS);
	become(OWNER, OWNERS, STRANGERS);
	int other = msgget(IPC_PRIVATE, 0600);
	CHECK_EQUAL(msgctl(other, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.msg_perm.cuid, OWNER);
	FAILS(msgctl(id, IPC_STAT, &ds), EACCES);
	destroy(id), destroy(other);
}

static const struct test_case cases[] = {
	{ "get", get },
	{ "operate", operate },
	{ "look", look },
	{ "change", change },
	{ "changed", changed },
	{ "as_root_without", as_root_without },
	{ "over_the_limit", over_the_limit },
	{ "as_another_with", as_another_with },
	{ "users_change", users_change },
	{ "groups_change", groups_change },
	{ "other_groups_change", other_groups_change },
	{ "regained", regained },
	{ "by_another_thread", by_another_thread },
	{ "by_vfork", by_vfork },
	{ "made_by", made_by },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
