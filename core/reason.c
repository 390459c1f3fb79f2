/* SPDX-License-Identifier: MIT */
/* Why an instance can't be opened or made, in words: what, on what, why, what to do. */
#include "making.h"
#include "text.h"

#include <errno.h>

int pk_reason(struct pk_reason *reason, int error, const char *directory, const char *what)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	pk_text_add(&text, ": ");
	pk_text_add(&text, what);
	return error;
}

/* The first part of the path that isn't there; false: all of it is. */
static bool missing_part(const char *directory, char part[PK_PATH_MAX])
{
	struct pk_text text = pk_text(part, PK_PATH_MAX);
	struct pk_file file;
	for (; *directory; directory++) {
		pk_text_character(&text, *directory);
		if (directory[0] != '/' && (directory[1] == '/' || directory[1] == '\0') &&
		    pk_inspect_path(part, &file) == -ENOENT)
			return true;
	}
	return false;
}

static int no_parent(struct pk_reason *reason, int error, const char *directory)
{
	char part[PK_PATH_MAX];
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	if (missing_part(directory, part)) {
		pk_text_add(&text, ": there is no directory ");
		pk_text_add(&text, part);
		pk_text_add(&text, "; make it first, or see how the path is spelt");
	} else {
		pk_text_add(&text, ": its parent is no directory; make it first");
	}
	return error;
}

/* A path that leads through, or to, what is no directory. */
static int no_directory(struct pk_reason *reason, int error, const char *directory)
{
	struct pk_file file;
	return pk_reason(reason, error, directory,
			 pk_inspect_path(directory, &file) == 0
				 ? "is no directory; name one that is, or isn't there yet, by PORTICO_KERNEL"
				 : "its parent is no directory; make it first");
}

/* "instance DIR: ", then how many GiB the region has between those two. */
static int with_size(struct pk_reason *reason, int error, const char *directory, const char *before,
		     const char *after)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	pk_text_add(&text, ": ");
	pk_text_add(&text, before);
	pk_text_number(&text, PK_REGION_BYTES >> 30);
	pk_text_add(&text, after);
	return error;
}

int pk_reason_unmapped(struct pk_reason *reason, int error, const char *directory)
{
	return with_size(reason, error, directory, "can't be mapped; it wants ",
			 " GiB of addresses (not of memory): see `ulimit -v`");
}

int pk_reason_unmade(struct pk_reason *reason, int error, const char *directory)
{
	switch (error) {
	case -ENOSPC:
		return pk_reason(
			reason, error, directory,
			"its file system is full; free some space there, or name another by PORTICO_KERNEL");
	case -EFBIG:
		return with_size(
			reason, error, directory, "its region, a sparse file of ",
			" GiB, is larger than a file may be there; `ulimit -f unlimited`, or name another "
			"file system by PORTICO_KERNEL");
	case -EOPNOTSUPP:
		return pk_reason(reason, error, directory,
				 "its file system sets no memory aside (fallocate); name a tmpfs by "
				 "PORTICO_KERNEL");
	case -EACCES:
	case -EPERM:
		return pk_reason(reason, error, directory,
				 "may not be made there; name a directory of your own by PORTICO_KERNEL");
	case -EROFS:
		return pk_reason(reason, error, directory,
				 "its file system is read-only; name another by PORTICO_KERNEL");
	case -ENOENT:
		return no_parent(reason, error, directory);
	case -ENOTDIR:
		return no_directory(reason, error, directory);
	case -ENOTEMPTY:
		return pk_reason(
			reason, error, directory,
			"holds other things, and no instance; name a directory that is empty, or isn't "
			"there yet, by PORTICO_KERNEL");
	case -EINVAL:
		return pk_reason(reason, error, directory, "an empty path names none");
	case -ENAMETOOLONG:
		return pk_reason(reason, error, directory,
				 "the path is too long; choose one of at most 200 bytes");
	case -ENOMEM:
		return pk_reason_unmapped(reason, error, directory);
	default:
		return pk_reason(reason, error, directory, "can't be opened or made");
	}
}

int pk_reason_foreign(struct pk_reason *reason, const char *directory, uint32_t owner)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	pk_text_add(&text, ": belongs to uid ");
	pk_text_number(&text, owner);
	pk_text_add(&text, ", not to you; name one of your own by PORTICO_KERNEL, or have its owner let "
			   "you in by `portico limits access=all` or `portico mount --allow-other`");
	return -EACCES;
}

int pk_reason_version(struct pk_reason *reason, const char *directory, const struct pk_header *header)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	if (header->abi != PK_ABI) {
		pk_text_add(&text, ": made by a Portico of ABI ");
		pk_text_number(&text, header->abi);
		pk_text_add(&text, ", this one is ABI ");
		pk_text_number(&text, PK_ABI);
	} else {
		pk_text_add(&text, ": made by another build of Portico, whose layout differs");
	}
	pk_text_add(
		&text,
		"; end the programs that use it and remove the directory, or name another by PORTICO_KERNEL");
	return -EPROTO;
}
