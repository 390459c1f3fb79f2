/* SPDX-License-Identifier: MIT */
/* What the files of view.h are: whose instance, which text, who may write. */
#define _GNU_SOURCE
#include "region.h"
#include "tunable.h"
#include "view.h"

#include <fcntl.h>
#include <unistd.h>

#define OBJECTS "/proc/sysvipc/"
#define TUNABLES "/proc/sys/kernel/"

static const char *const families[PK_SYSV_FAMILIES] = { "msg", "sem", "shm" };

int pk_view_look_up(const char *path)
{
	if (strncmp(path, TUNABLES, sizeof TUNABLES - 1) == 0) {
		int tunable = pk_tunable_find(path + sizeof TUNABLES - 1);
		return tunable < 0 ? PK_VIEW_NONE : PK_SYSV_FAMILIES + tunable;
	}
	if (strncmp(path, OBJECTS, sizeof OBJECTS - 1) == 0)
		for (int family = 0; family < PK_SYSV_FAMILIES; family++)
			if (strcmp(path + sizeof OBJECTS - 1, families[family]) == 0)
				return family;
	return PK_VIEW_NONE;
}

/* The instance if there is one.  False: there is none and can't be, so the real kernel's are this program's.
 */
static bool look(struct portico **instance)
{
	char directory[PK_PATH_MAX], path[PK_PATH_MAX];
	struct pk_reason reason;
	struct pk_file file;
	bool named;
	*instance = pk_load(&pk_opened);
	if (*instance)
		return true;
	if (pk_region_find(NULL, directory, &named) != 0)
		return false;
	struct pk_text text = PK_TEXT(path);
	pk_text_add(&text, directory);
	pk_text_add(&text, "/region");
	if (pk_text_fits(&text) && pk_inspect_path(path, &file) == 0)
		return (*instance = pk_instance()) != NULL;
	return pk_region_try(directory, &reason) == 0;
}

static int write_text(int fd, struct portico *k, int which)
{
	char now[PK_TUNABLE_TEXT];
	struct pk_text text = PK_TEXT(now);
	if (which < PK_SYSV_FAMILIES)
		return pk_view_write_objects(fd, which, k != NULL);
	if (k)
		pk_tunables_take_in(k);
	pk_tunable_say(k, (unsigned)(which - PK_SYSV_FAMILIES), &text);
	return pk_file_write(fd, 0, now, text.length);
}

static int open_to_read(int which, int flags)
{
	struct portico *k;
	if (!look(&k))
		return PK_VIEW_PASS;
	const char *name = which < PK_SYSV_FAMILIES ? families[which]
						    : pk_tunable_name((unsigned)(which - PK_SYSV_FAMILIES));
	int fd = pk_file_in_memory(name, flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	int error = write_text(fd, k, which);
	if (!error)
		return fd;
	pk_close(fd);
	return error;
}

static int open_to_write(int which, int flags)
{
	struct portico *k = pk_instance();
	if (!k)
		return PK_VIEW_PASS;
	if (which < PK_SYSV_FAMILIES)
		return -EACCES;
	int fd = pk_tunable_open(k, (unsigned)(which - PK_SYSV_FAMILIES), (flags & O_ACCMODE) == O_WRONLY);
	if (fd >= 0 && !(flags & O_CLOEXEC))
		pk_syscall3(SYS_fcntl, fd, F_SETFD, 0);
	return fd;
}

int pk_view_open(int which, int flags)
{
	int before = errno;
	if (flags & (O_PATH | O_DIRECTORY))
		return PK_VIEW_PASS;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	int fd = (flags & O_ACCMODE) == O_RDONLY ? open_to_read(which, flags) : open_to_write(which, flags);
	errno = before;
	return fd;
}

int pk_view_access(int which, int mode)
{
	struct portico *k;
	uint32_t uid, gid;
	if (!look(&k))
		return PK_VIEW_PASS;
	pk_process_ids(&uid, &gid);
	bool writable = which >= PK_SYSV_FAMILIES && (uid == 0 || (k && uid == k->file.uid));
	return mode & X_OK || (mode & W_OK && !writable) ? -EACCES : 0;
}
