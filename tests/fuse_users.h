/* SPDX-License-Identifier: MIT */
/* What the parts of fuse_users.c share. */
#ifndef FUSE_USERS_H
#define FUSE_USERS_H

#include "check.h"

#include <limits.h>
#include <sys/types.h>

/* Who tries: `creator` made what is the owner's now; a member's own group is the owner's, an associate's
 * another. */
enum who { OWNER, CREATOR, MEMBER, ASSOCIATE, OTHER, ROOT, USERS };

struct user {
	const char *name;
	uid_t uid;
	gid_t gid, supplementary; /* 0: no other */
};

extern const struct user users[USERS];

/* Have the calls of this process judged as that user's, until it becomes another. */
void become(enum who who);

/*
 * What may be tried.  `path` is what it is tried on; `to` is where names lead to,
 * or what is written.  0 or an errno; what succeeds has been done.
 */
struct operation {
	const char *name;
	int (*run)(const char *path, const char *to);
};

const struct operation *operation_of(const char *name);

/* As that user; as root again after it. */
int attempt(enum who who, const struct operation *operation, const char *path, const char *to);

/* "ok", or the errno's name. */
const char *outcome(int error);

/* A path, or other text, until PATHS more are made. */
#define PATHS 256
const char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* The modes that files and objects are tried with. */
#define MODES                                                                                                \
	{                                                                                                    \
		0600, 0640, 0660, 0666, 0604, 0606, 0060, 0006, 0400, 0200, 0000                             \
	}

/* What differs from what it should be is told, and counted. */
void differs(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- fuse_users_files.c: the same on our files as on the kernel's */

struct step {
	const char *operation, *on, *to;
};

/* A mailbox, pipe or file that the creator has made and that is the owner's now. */
void make_thing(const char *world, const char *name, bool pipe, enum who owner, mode_t mode);
void clear(const char *directory); /* take away all that lies in it */

int play_files(const char *ours, const char *plain);
int play_top_files(const char *ours, const char *plain); /* what lies in that directory itself only */
int play_pipes(const char *ours, const char *plain);

/* ---- fuse_users_views.c: of each mode, who may look, and who command */
int play_views(const char *mount);

/* ---- fuse_users_sysv.c: of objects of System V, what each user may, by calls or, below a mount, by files */
int play_sysv(const char *mount);

#endif
