/* SPDX-License-Identifier: MIT */
/*
 * kill -9 before every change to files with which an instance is made, and then
 * again before every change of whoever comes next: the next after that finds a
 * good one, or makes it (Z1).
 *
 * So where the file system has files without names, and where it has none: then
 * a maker's death leaves its file, and the next comer removes it (Z3).
 */
#include "crash.h"
#include "port.h"

#include <dirent.h>
#include <sys/stat.h>

/* ---- a point before each change to files: the linker gives us core's calls */

#define BEFORE(function, parameters, ...)                                                                    \
	int __real_##function parameters;                                                                    \
	int __wrap_##function parameters;                                                                    \
	int __wrap_##function parameters                                                                     \
	{                                                                                                    \
		pk_crash_point("before " #function);                                                         \
		return __real_##function(__VA_ARGS__);                                                       \
	}

BEFORE(pk_mkdir, (const char *path, unsigned mode), path, mode)
BEFORE(pk_open, (const char *path, int flags, unsigned mode), path, flags, mode)
BEFORE(pk_truncate, (int fd, uint64_t size), fd, size)
BEFORE(pk_allocate, (int fd, uint64_t offset, uint64_t size), fd, offset, size)
BEFORE(pk_rename_new, (const char *from, const char *to), from, to)
BEFORE(pk_name_new, (int fd, const char *path), fd, path)
BEFORE(pk_unlink, (const char *path), path)

static bool has_unnamed_files;

int __real_pk_open_unnamed(const char *directory, unsigned mode);
int __wrap_pk_open_unnamed(const char *directory, unsigned mode);
int __wrap_pk_open_unnamed(const char *directory, unsigned mode)
{
	return has_unnamed_files ? __real_pk_open_unnamed(directory, mode) : -EOPNOTSUPP;
}

/* ---- the stage */

static char directory[PK_PATH_MAX + 16];
static struct portico *instance;

static const char *inside(const char *name)
{
	static char path[3 * PK_PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static mode_t mode_of(const char *path)
{
	struct stat status;
	CHECK_EQUAL(stat(path, &status), 0);
	return status.st_mode;
}

static ino_t published(void)
{
	struct stat status;
	return stat(inside("region"), &status) == 0 ? status.st_ino : 0;
}

static void prepare_no_instance(void)
{
	snprintf(directory, sizeof directory, "%s.beside", k->directory);
	has_unnamed_files = true;
}

static void prepare_names_only(void)
{
	prepare_no_instance();
	has_unnamed_files = false;
}

static void make_instance(void)
{
	struct pk_reason reason;
	if (pk_kernel_open(directory, true, &instance, &reason))
		FAIL(reason.text);
}

/* What makers had aside when they were killed. */
static int count_asides(void)
{
	DIR *entries = opendir(directory);
	int count = 0;
	if (!entries)
		return 0;
	for (struct dirent *entry; (entry = readdir(entries));)
		count += strncmp(entry->d_name, "region.new.", 11) == 0;
	closedir(entries);
	return count;
}

/* Whoever comes next: what is published it uses, and never makes anew; and it removes the litter. */
static void come_next(void)
{
	ino_t before = published();
	CHECK(count_asides() == 0 || !has_unnamed_files);
	make_instance();
	CHECK(before == 0 || before == published());
	CHECK_EQUAL(published(), instance->file.inode);
	CHECK_EQUAL(count_asides(), 0);
}

static bool instance_is_valid(void)
{
	CHECK_EQUAL(pk_enter(instance), 0);
	for (unsigned table = 0; table < PK_TABLES; table++)
		if (!pk_table_valid(instance, table))
			return false;
	return true;
}

static void check_carries_a_message(void)
{
	struct pk_port_limits limits = { 1, 64, 64 };
	struct pk_want any = PK_WANT_ANY;
	uint32_t message;
	pk_id port;
	CHECK_EQUAL(pk_port_create(instance, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, "stage", 5, &port),
		    0);
	CHECK_EQUAL(pk_message_make_from(instance, "a", 1, 1, &message), 0);
	CHECK_EQUAL(pk_port_send(instance, port, message, NULL, NULL), 0);
	CHECK_EQUAL(pk_port_receive(instance, port, &any, NULL, &message, NULL), 0);
	pk_message_release(instance, message);
}

static void verify_made(void)
{
	CHECK_EQUAL(mode_of(directory), S_IFDIR | 0700);
	CHECK_EQUAL(mode_of(inside("region")), S_IFREG | 0600);
	CHECK_EQUAL(mode_of(inside("shm")), S_IFDIR | 0700);
	CHECK_EQUAL(mode_of(inside("mnt")), S_IFDIR | 0700);
	check_carries_a_message();
}

static const struct scenario scenarios[] = {
	{ "make", prepare_no_instance, make_instance, NULL, verify_made },
	{ "make-with-names", prepare_names_only, make_instance, NULL, verify_made },
	{ 0 },
};

static void remove_instance(void)
{
	pk_kernel_close(instance);
	DIR *entries = opendir(directory);
	CHECK(entries != NULL);
	for (struct dirent *entry; (entry = readdir(entries));)
		if (entry->d_name[0] != '.')
			CHECK_EQUAL(remove(inside(entry->d_name)), 0);
	closedir(entries);
	CHECK_EQUAL(remove(directory), 0);
}

int main(int argc, char **argv)
{
	static const struct stage instances = { scenarios, come_next, instance_is_valid, remove_instance };
	return run_stage(&instances, argc, argv);
}
