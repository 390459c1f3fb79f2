/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a System V object: the whole matrix of classes and
 * modes, for tests/sysv_perm_*.c.
 *
 * Each object is made by one user and group and given to another, so that
 * owner and creator differ.  The tests run as root and take on the effective
 * ids of others; what should be is ipcperms() of the kernel, written down anew.
 */
#ifndef SYSV_PERM_H
#define SYSV_PERM_H

#include "sysv_check.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { CREATOR = 10001, OWNER = 10002, STRANGER = 10009 };
enum { CREATORS = 20001, OWNERS = 20002, STRANGERS = 20009 };

enum class { FIRST, SECOND, THIRD, PRIVILEGED }; /* of the nine bits */

static const struct actor {
	const char *name;
	uid_t uid;
	gid_t gid, also; /* effective, and supplementary */
	enum class class;
	bool owns;
} actors[] = {
	{ "owner", OWNER, STRANGERS, STRANGERS, FIRST, true },
	{ "creator", CREATOR, STRANGERS, STRANGERS, FIRST, true },
	{ "owner in the group", OWNER, OWNERS, CREATORS, FIRST, true },
	{ "owner's group", STRANGER, OWNERS, STRANGERS, SECOND, false },
	{ "creator's group", STRANGER, CREATORS, STRANGERS, SECOND, false },
	{ "owner's group, supplementary", STRANGER, STRANGERS, OWNERS, SECOND, false },
	{ "creator's group, supplementary", STRANGER, STRANGERS, CREATORS, SECOND, false },
	{ "other", STRANGER, STRANGERS, STRANGERS, THIRD, false },
	{ "root", 0, 0, 0, PRIVILEGED, true },
};

#define EACH_ACTOR(actor)                                                                                    \
	for (const struct actor *actor = actors; actor < actors + sizeof actors / sizeof *actors; actor++)

/* Each class nothing, reading, writing, or both. */
#define EACH_MODE(mode)                                                                                      \
	for (unsigned mode = 0; mode < 01000; mode += 2)                                                     \
		if ((mode & 0111) == 0)

static inline void become(uid_t uid, gid_t gid, gid_t also)
{
	CHECK_EQUAL(seteuid(0), 0);
	CHECK_EQUAL(setgroups(1, &also), 0);
	CHECK_EQUAL(setegid(gid), 0);
	CHECK_EQUAL(seteuid(uid), 0);
}

static inline void become_root(void)
{
	become(0, 0, 0);
}

static inline void require_root(void)
{
	if (geteuid() != 0)
		SKIP("only root takes on the ids of others");
	msgget(0x70657220, 0); /* whoever calls first is whose the instance is */
}

/* Does the kernel let that class do what the bits of `wanted` ask for, wherever they stand? */
static inline bool grants(const struct actor *actor, unsigned mode, unsigned wanted)
{
	static const int shift[] = { [FIRST] = 6, [SECOND] = 3, [THIRD] = 0 };
	wanted = (wanted >> 6 | wanted >> 3 | wanted) & 7;
	return actor->class == PRIVILEGED || (wanted & ~(mode >> shift[actor->class])) == 0;
}

/* A call by an actor on an object of a mode: what it returned, and errno, are what they should be. */
static inline void judge(const char *call, const struct actor *actor, unsigned mode, long result, int error,
			 long should, int should_error)
{
	if (result == should && (should != -1 || error == should_error))
		return;
	fprintf(stderr, "%s by %s, mode %03o: %ld (%s), not %ld (%s)\n", call, actor->name, mode, result,
		result == -1 ? strerror(error) : "", should, should == -1 ? strerror(should_error) : "");
	exit(1);
}

/* JUDGE(call, who, mode, what it gives, the errno of that, the bits it wants) */
#define JUDGE(call, actor, mode, should, error, bits)                                                        \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		long result_ = (long)(call);                                                                 \
		int errno_ = errno;                                                                          \
		bool may_ = grants(actor, mode, bits);                                                       \
		judge(#call, actor, mode, result_, errno_, may_ ? (long)(should) : -1,                       \
		      may_ ? (error) : EACCES);                                                              \
	} while (0)

/* The same where it is owner, creator and privileged who may. */
#define JUDGE_OWNING(call, actor, mode)                                                                      \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		long result_ = (long)(call);                                                                 \
		judge(#call, actor, mode, result_, errno, (actor)->owns ? 0 : -1, EPERM);                    \
	} while (0)

/* ---- capabilities */

enum {
	CAN_SETGID = 1 << 6,
	CAN_SETUID = 1 << 7,
	CAN_IPC_LOCK = 1 << 14,
	CAN_IPC_OWNER = 1 << 15,
	CAN_SYS_ADMIN = 1 << 21,
	CAN_SYS_RESOURCE = 1 << 24,
};

struct capabilities {
	unsigned effective, permitted, inheritable;
};

static inline void capabilities(long number, struct capabilities sets[2])
{
	struct {
		unsigned version;
		int pid;
	} of = { 0x20080522, 0 };
	CHECK_EQUAL(syscall(number, &of, sets), 0);
}

static inline bool is_permitted(unsigned which)
{
	struct capabilities sets[2];
	capabilities(SYS_capget, sets);
	return (sets[0].permitted & which) == which;
}

/* These and no others are effective; they stay permitted as they are. */
static inline void set_capabilities(unsigned effective)
{
	struct capabilities sets[2];
	capabilities(SYS_capget, sets);
	sets[0].effective = effective;
	sets[1].effective = 0;
	capabilities(SYS_capset, sets);
}

#endif
