/* SPDX-License-Identifier: MIT */
/* What the parts of an actor's calls share. */
#ifndef FUSE_TRANSCRIPT_CALL_H
#define FUSE_TRANSCRIPT_CALL_H

#include "fuse_transcript.h"

#define OPEN 8	    /* descriptors of an actor */
#define MOST 400000 /* bytes of a call */

extern int open_files[OPEN];
extern int *at; /* the descriptor that the call is about */
extern char bytes[MOST];

struct arguments {
	char *word[8];
	int count;
};

long number(const struct arguments *arguments, int n);	    /* the N-th as a number, or 0 */
const char *text(const struct arguments *arguments, int n); /* or "" */

/* ---- saying: what a call returned, in words that are added to `said` */

const char *error_name(int error);
__attribute__((format(printf, 2, 3))) void say(char *said, const char *format, ...);
void say_result(char *said, long result);
void say_ok(char *said, long result);
void say_bytes(char *said, ssize_t count); /* of `bytes`: how many, and which, as runs: x3y1 is xxxy */

struct flag {
	unsigned bits;
	char letter; /* in scripts; 0 ends a list */
	const char *name;
};

unsigned flags_of(const struct flag *flags, const char *letters);
void say_flags(char *said, const struct flag *flags, unsigned bits);

/* ---- calls that are in files of their own */

void do_splice(const struct arguments *arguments, char *said);
void do_tee(const struct arguments *arguments, char *said);
void do_sendfile(const struct arguments *arguments, char *said);
void do_copy_range(const struct arguments *arguments, char *said);
void do_map(const struct arguments *arguments, char *said);
void do_poll(const struct arguments *arguments, char *said);
void do_select(const struct arguments *arguments, char *said);
void do_epadd(const struct arguments *arguments, char *said);
void do_epmod(const struct arguments *arguments, char *said);
void do_epdel(const struct arguments *arguments, char *said);
void do_epwait(const struct arguments *arguments, char *said);
void do_fionread(const struct arguments *arguments, char *said);
void do_pipe_size(const struct arguments *arguments, char *said);
void do_fsync(const struct arguments *arguments, char *said);
void do_fallocate(const struct arguments *arguments, char *said);
void do_ftruncate(const struct arguments *arguments, char *said);
void do_truncate(const struct arguments *arguments, char *said);
void do_fstat(const struct arguments *arguments, char *said);
void do_chmod(const struct arguments *arguments, char *said);
void do_fchmod(const struct arguments *arguments, char *said);
void do_uid(const struct arguments *arguments, char *said);
void do_unlink(const struct arguments *arguments, char *said);
void do_mkfifo(const struct arguments *arguments, char *said);
void do_lock(const struct arguments *arguments, char *said);
void do_sysv(const struct arguments *arguments, char *said);
void do_own(const struct arguments *arguments, char *said);

#endif
