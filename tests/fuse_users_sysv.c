/* SPDX-License-Identifier: MIT */
/*
 * Of objects of System V, what each user may: told a line each, for a look at
 * one (IPC_STAT) and its removal (IPC_RMID).  On the kernel that is tried by
 * calls; preloaded, and with a mount, by its files.  The two must tell the same.
 */
#define _GNU_SOURCE
#include "fuse_users.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY 0x0c0ffee1

union semun {
	int val;
	struct semid_ds *buf;
};

/* ---- by calls: any of the three.  0 or an errno */

static const char *const kinds[] = { "msg", "sem", "shm" };
enum { MSG, SEM, SHM, KINDS };

static int control(int kind, int id, int command, void *status)
{
	int result = kind == MSG   ? msgctl(id, command, status)
		     : kind == SEM ? semctl(id, 0, command, (union semun){ .buf = status })
				   : shmctl(id, command, status);
	return result < 0 ? errno : 0;
}

static int make(int kind, mode_t mode)
{
	int flags = IPC_CREAT | IPC_EXCL | (int)mode;
	int id = kind == MSG   ? msgget(KEY, flags)
		 : kind == SEM ? semget(KEY, 1, flags)
			       : shmget(KEY, 4096, flags);
	CHECK(id >= 0);
	return id;
}

static void give(int kind, int id, mode_t mode)
{
	struct ipc_perm permission = { .uid = users[OWNER].uid,
				       .gid = users[OWNER].gid,
				       .mode = (unsigned short)mode };
	struct msqid_ds queue = { .msg_perm = permission, .msg_qbytes = 1000 };
	struct semid_ds set = { .sem_perm = permission };
	struct shmid_ds segment = { .shm_perm = permission };
	void *status = kind == MSG ? (void *)&queue : kind == SEM ? (void *)&set : (void *)&segment;
	CHECK_EQUAL(control(kind, id, IPC_SET, status), 0);
}

static int try_call(int kind, int id, const char *what)
{
	union {
		struct msqid_ds queue;
		struct semid_ds set;
		struct shmid_ds segment;
	} status;
	return control(kind, id, strcmp(what, "look") == 0 ? IPC_STAT : IPC_RMID, &status);
}

/* ---- by files */

static int try_file(const char *mount, int kind, int id, const char *what, enum who who)
{
	const char *by_id = path_of("%s/%s/%d", mount, kinds[kind], id);
	const char *by_key = path_of("%s/%s/0x%08x", mount, kinds[kind], KEY);
	if (strcmp(what, "look") == 0)
		return attempt(who, operation_of("read"), by_id, NULL);
	return attempt(who, operation_of("rm"), strcmp(what, "rm") == 0 ? by_id : by_key, NULL);
}

/* ---- both */

static const mode_t modes[] = MODES;
static const char *const attempts[] = { "look", "rm", "rm-key" };

static void play(const char *mount, int kind, mode_t mode, const char *what, enum who who)
{
	become(CREATOR);
	int id = make(kind, mode);
	become(ROOT);
	give(kind, id, mode);
	int error;
	if (mount) {
		error = try_file(mount, kind, id, what, who);
	} else {
		become(who);
		error = try_call(kind, id, what);
		become(ROOT);
	}
	printf("%s %04o %s by %s: %s\n", kinds[kind], mode, what, users[who].name, outcome(error));
	int end = control(kind, id, IPC_RMID, NULL);
	bool removed = error == 0 && strcmp(what, "look") != 0;
	CHECK_EQUAL(end, removed ? EINVAL : 0);
}

int play_sysv(const char *mount)
{
	int played = 0;
	for (int kind = 0; kind < KINDS; kind++)
		for (size_t mode = 0; mode < COUNT(modes); mode++)
			for (size_t i = 0; i < COUNT(attempts); i++)
				for (enum who who = 0; who < USERS; who++, played++)
					play(mount, kind, modes[mode], attempts[i], who);
	return played;
}
