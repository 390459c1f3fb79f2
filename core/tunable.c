/* SPDX-License-Identifier: MIT */
#include "tunable.h"
#include "access.h"
#include "log.h"
#include "region.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define DIRECTORY "sysctl/"

enum kind { LIMITS, NEXT_ID, NOTHING };

static const struct tunable {
	const char *name;
	uint8_t kind;
	uint8_t first, count; /* of the limits; or of which family */
} tunables[PK_TUNABLES] = {
	{ "msgmax", LIMITS, PK_MSGMAX, 1 },
	{ "msgmnb", LIMITS, PK_MSGMNB, 1 },
	{ "msgmni", LIMITS, PK_MSGMNI, 1 },
	{ "sem", LIMITS, PK_SEMMSL, 4 },
	{ "shmmax", LIMITS, PK_SHMMAX, 1 },
	{ "shmall", LIMITS, PK_SHMALL, 1 },
	{ "shmmni", LIMITS, PK_SHMMNI, 1 },
	{ "msg_next_id", NEXT_ID, 0, 1 },
	{ "sem_next_id", NEXT_ID, 1, 1 },
	{ "shm_next_id", NEXT_ID, 2, 1 },
	/* no segment goes with its last user for a file's sake, and nothing is reckoned by itself: always 0
	 */
	{ "shm_rmid_forced", NOTHING, 0, 1 },
	{ "auto_msgmni", NOTHING, 0, 1 },
};
_Static_assert(PK_SEMMNS == PK_SEMMSL + 1 && PK_SEMOPM == PK_SEMMSL + 2 && PK_SEMMNI == PK_SEMMSL + 3,
	       "as in /proc/sys/kernel/sem");

int pk_tunable_find(const char *name)
{
	for (int i = 0; i < PK_TUNABLES; i++)
		if (strcmp(tunables[i].name, name) == 0)
			return i;
	return -ENOENT;
}

const char *pk_tunable_name(unsigned tunable)
{
	return tunables[tunable].name;
}

/* ---- its text */

static void say_limits(struct portico *k, const struct tunable *tunable, struct pk_text *text)
{
	for (uint8_t i = 0; i < tunable->count; i++) {
		enum pk_sysv_limit limit = tunable->first + i;
		if (i > 0)
			pk_text_character(text, '\t');
		pk_text_number(text, k ? pk_sysv_limit(k, limit) : pk_sysv_default(limit));
	}
}

static void say_next_id(struct portico *k, const struct tunable *tunable, struct pk_text *text)
{
	int64_t id = k ? pk_load_relaxed(&pk_header(k)->sysv_next_id[tunable->first]) : -1;
	if (id < 0)
		pk_text_add(text, "-1");
	else
		pk_text_number(text, (uint64_t)id);
}

void pk_tunable_say(struct portico *k, unsigned tunable, struct pk_text *text)
{
	switch (tunables[tunable].kind) {
	case LIMITS:
		say_limits(k, &tunables[tunable], text);
		break;
	case NEXT_ID:
		say_next_id(k, &tunables[tunable], text);
		break;
	default:
		pk_text_add(text, "0");
	}
	pk_text_character(text, '\n');
}

/* ---- giving it values */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static unsigned digit_of(char c)
{
	char lower = (char)(c | 0x20);
	return c >= '0' && c <= '9'	      ? (unsigned)(c - '0')
	       : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a' + 10)
					      : UINT_MAX;
}

/* A number as C writes it, followed by a blank or the end. */
static int take_number(const char **text, uint64_t *number)
{
	const char *at = *text;
	unsigned base = 10, digit;
	if (at[0] == '0' && (at[1] | 0x20) == 'x' && digit_of(at[2]) < 16) {
		base = 16;
		at += 2;
	} else if (at[0] == '0') {
		base = 8;
	}
	if (digit_of(*at) >= base)
		return -EINVAL;
	for (*number = 0; (digit = digit_of(*at)) < base; at++)
		if (__builtin_mul_overflow(*number, base, number) ||
		    __builtin_add_overflow(*number, digit, number))
			return -EINVAL;
	*text = at;
	return *at == '\0' || is_blank(*at) ? 0 : -EINVAL;
}

static uint64_t most_of(const struct tunable *tunable, int which)
{
	return tunable->kind == LIMITS	  ? pk_sysv_most(tunable->first + (unsigned)which)
	       : tunable->kind == NEXT_ID ? INT_MAX
					  : 0;
}

int pk_tunable_set(struct portico *k, unsigned number, const char *text)
{
	const struct tunable *tunable = &tunables[number];
	struct pk_header *header = pk_header(k);
	uint64_t values[4];
	int count = 0;
	for (; count < tunable->count; count++) {
		while (is_blank(*text))
			text++;
		if (*text == '\0' && count > 0)
			break; /* the others stay */
		if (take_number(&text, &values[count]) != 0 || values[count] > most_of(tunable, count))
			return -EINVAL;
	}
	for (int i = 0; i < count; i++) {
		if (tunable->kind == LIMITS)
			pk_store_relaxed(&header->sysv_limits[tunable->first + i], values[i]);
		else if (tunable->kind == NEXT_ID)
			pk_store_relaxed(&header->sysv_next_id[tunable->first], (int64_t)values[i]);
	}
	return 0;
}

/* ---- its file */

static int path_of(struct portico *k, unsigned tunable, char path[PK_PATH_MAX])
{
	char name[sizeof DIRECTORY + 32];
	struct pk_text text = PK_TEXT(name);
	pk_text_add(&text, DIRECTORY);
	pk_text_add(&text, tunable < PK_TUNABLES ? tunables[tunable].name : "");
	return pk_region_path(k, name, path);
}

static int open_file(struct portico *k, unsigned tunable)
{
	char path[PK_PATH_MAX];
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW;
	int error = path_of(k, tunable, path);
	if (error)
		return error;
	int fd = pk_open(path, flags, 0600);
	if (fd != -ENOENT)
		return fd;
	error = path_of(k, PK_TUNABLES, path);
	if (error || ((error = pk_mkdir(path, 0700)) != 0 && error != -EEXIST))
		return error;
	path_of(k, tunable, path);
	return pk_open(path, flags, 0600);
}

int pk_tunable_open(struct portico *k, unsigned tunable, bool only)
{
	char present[PK_TUNABLE_TEXT];
	struct pk_text text = PK_TEXT(present);
	uint32_t uid, gid;
	pk_process_ids(&uid, &gid);
	if (uid != 0 && uid != k->file.uid)
		return -EACCES;
	pk_tunables_take_in(k);
	int fd = open_file(k, tunable);
	if (fd < 0)
		return fd;
	pk_access_extend(k, fd);
	int error = pk_file_share(fd);
	if (!error) {
		pk_or(&pk_header(k)->tunables_written, 1u << tunable);
		PK_POINT("tunable: marked");
		error = pk_truncate(fd, 0);
	}
	if (!error && !only) {
		pk_tunable_say(k, tunable, &text);
		error = pk_file_write(fd, 0, present, text.length);
	}
	if (error)
		pk_close(fd);
	return error ? error : fd;
}

/* Where a writer went on after its text was taken in, that part of the file is a hole, and reads as NULs. */
static const char *written_in(char *text, int length)
{
	int begin = 0;
	text[length] = '\0';
	while (begin < length && text[begin] == '\0')
		begin++;
	return begin < length ? text + begin : NULL;
}

static void take_in(struct portico *k, unsigned tunable)
{
	char path[PK_PATH_MAX], text[512];
	int error = path_of(k, tunable, path);
	int fd = error ? error : pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	if (fd < 0)
		return;
	bool alone = pk_file_own(fd) == 0;
	int length = pk_file_read(fd, 0, text, sizeof text - 1);
	const char *written = length > 0 ? written_in(text, length) : NULL;
	if (written && pk_tunable_set(k, tunable, written) != 0)
		pk_log(k, PK_LOG_UNFIT, PK_TABLES, 0, -EINVAL);
	PK_POINT("tunable: taken in");
	if (length > 0 && pk_truncate(fd, 0) != 0)
		alone = false;
	PK_POINT("tunable: emptied");
	if (alone)
		pk_and(&pk_header(k)->tunables_written, ~(1u << tunable));
	pk_close(fd);
}

void pk_tunables_take_in_slowly(struct portico *k)
{
	uint32_t written = pk_load(&pk_header(k)->tunables_written);
	if (pk_enter(k) != 0)
		return;
	for (unsigned tunable = 0; tunable < PK_TUNABLES; tunable++)
		if (written & 1u << tunable)
			take_in(k, tunable);
}
