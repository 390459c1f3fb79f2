/* SPDX-License-Identifier: MIT */
#include "segment_file.h"
#include "access.h"
#include "region.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>

static int path_of(struct portico *k, pk_id id, char path[PK_PATH_MAX])
{
	char name[32];
	struct pk_text text = PK_TEXT(name);
	pk_text_add(&text, "shm/");
	pk_text_number(&text, id);
	return pk_region_path(k, name, path);
}

/* What can't fit is refused before it has taken what others need meanwhile. */
static int fill(int fd, uint64_t size_bytes, bool sparse)
{
	int error = !sparse && size_bytes > pk_room(fd) ? -ENOSPC : pk_truncate(fd, size_bytes);
	return error || sparse ? error : pk_allocate(fd, 0, size_bytes);
}

int pk_segment_file_make(struct portico *k, pk_id id, uint64_t size_bytes, bool sparse)
{
	char path[PK_PATH_MAX];
	int error = path_of(k, id, path);
	if (!error)
		pk_unlink(path); /* left by a region that was removed without it */
	int fd = error ? error : pk_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	PK_POINT("segment: file made, empty");
	pk_access_extend(k, fd);
	error = fill(fd, size_bytes, sparse);
	pk_close(fd);
	if (error)
		pk_unlink(path);
	return error == -EFBIG ? -ENOSPC : error;
}

void pk_segment_file_remove(struct portico *k, pk_id id, bool empty)
{
	char path[PK_PATH_MAX];
	if (path_of(k, id, path) != 0)
		return;
	int fd = empty ? pk_open(path, O_RDWR | O_NOFOLLOW, 0) : -1;
	if (fd >= 0) {
		pk_truncate(fd, 0);
		pk_close(fd);
	}
	PK_POINT("segment: file empty, not unlinked");
	pk_unlink(path);
}

int pk_segment_file_map(struct portico *k, pk_id id, uint64_t size_bytes, unsigned how, void **address)
{
	char path[PK_PATH_MAX];
	int error = path_of(k, id, path);
	int fd = error ? error : pk_open(path, (how & PK_MAP_READ_ONLY ? O_RDONLY : O_RDWR) | O_NOFOLLOW, 0);
	struct pk_file file;
	if (fd < 0)
		return fd;
	error = pk_inspect(fd, &file);
	if (!error && file.size_bytes != size_bytes)
		error = -EIO; /* truncated, or the record of it is scribbled */
	if (!error)
		error = pk_map(address, size_bytes, fd, how | PK_MAP_SHARED);
	pk_close(fd);
	return error;
}
