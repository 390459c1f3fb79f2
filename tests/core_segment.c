/* SPDX-License-Identifier: MIT */
/* Segments where the real kernel can't be asked: limits, what becomes of their files, pages that are kept. */
#include "attach.h"
#include "check.h"
#include "region.h"
#include "sysv.h"
#include "task.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static struct portico *k;

static void open_kernel(void)
{
	struct pk_reason reason;
	if (pk_kernel_open(NULL, true, &k, &reason))
		FAIL(reason.text);
	CHECK_EQUAL(pk_enter(k), 0);
}

static void limit(enum pk_sysv_limit which, uint64_t to)
{
	pk_store(&pk_header(k)->sysv_limits[which], to);
}

static pk_id make(uint64_t size)
{
	pk_id id;
	CHECK_EQUAL(pk_segment_create(k, 0, size, 0600, &id), 0);
	return id;
}

static char *attach(pk_id id)
{
	void *address = NULL;
	CHECK_EQUAL(pk_segment_attach(k, id, 0, &address), 0);
	return address;
}

static void file_of(pk_id id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/shm/%llu", k->directory, (unsigned long long)id);
}

static int open_file(pk_id id)
{
	char path[PATH_MAX];
	file_of(id, path);
	int fd = open(path, O_RDWR);
	CHECK(fd >= 0);
	return fd;
}

static long size_of(int fd)
{
	struct stat status;
	CHECK_EQUAL(fstat(fd, &status), 0);
	return (long)status.st_size;
}

static void as_many_as_allowed(void)
{
	pk_id ids[3], one_more;
	open_kernel();
	limit(PK_SHMMNI, 3);
	for (int i = 0; i < 3; i++)
		ids[i] = make(100);
	CHECK_EQUAL(pk_segment_create(k, 0, 100, 0600, &one_more), -ENOBUFS);
	CHECK_EQUAL(pk_segment_create(k, 4711, 100, 0600, &one_more), -ENOBUFS);
	CHECK_EQUAL(pk_segment_find(k, 4711, &one_more), -ENOENT);
	CHECK_EQUAL(pk_segment_remove(k, ids[1]), 0);
	ids[1] = make(100);
}

static void as_large_as_allowed(void)
{
	pk_id id;
	open_kernel();
	limit(PK_SHMALL, 10);
	CHECK_EQUAL(pk_segment_create(k, 0, 10 * PK_PAGE + 1, 0600, &id), -ENOBUFS);
	id = make(10 * PK_PAGE);
	CHECK_EQUAL(pk_segment_remove(k, id), 0);
	id = make(3 * PK_PAGE + 1);
	make(6 * PK_PAGE);
	CHECK_EQUAL(pk_segment_create(k, 0, 1, 0600, &id), -ENOBUFS);
	limit(PK_SHMALL, 11);
	make(1);
}

/* More than there is takes nothing from others while it is tried. */
static void larger_than_memory(void)
{
	pk_id id;
	char path[PATH_MAX];
	open_kernel();
	CHECK_EQUAL(pk_segment_create(k, 0, UINT64_C(1) << 46, 0600, &id), -ENOSPC);
	snprintf(path, sizeof path, "%s/shm", k->directory);
	CHECK_EQUAL(rmdir(path), 0); /* it left no file */
}

static void truncated(void)
{
	open_kernel();
	pk_id id = make(2 * PK_PAGE);
	void *address = NULL;
	struct pk_segment_status status;
	int fd = open_file(id);
	CHECK_EQUAL(ftruncate(fd, PK_PAGE), 0);
	CHECK_EQUAL(pk_segment_attach(k, id, 0, &address), -EIO);
	CHECK_EQUAL(pk_segment_inspect(k, id, &status), 0);
	CHECK(status.attached == 0 && status.attach_time == 0 && status.detach_time == 0);
	CHECK_EQUAL(pk_segment_remove(k, id), 0);
}

/* ThreadSanitizer has to hear of each mapping, and so no page is kept. */
static void needs_kept_pages(void)
{
#ifdef __SANITIZE_THREAD__
	SKIP("no pages are kept in this build");
#endif
}

/* The third attachment in a process needs no file, and has what the first had. */
static void attached_again(void)
{
	needs_kept_pages();
	open_kernel();
	pk_id id = make(2 * PK_PAGE);
	char path[PATH_MAX], *address;
	void *unused = NULL;
	for (int i = 0; i < 2; i++) {
		address = attach(id);
		strcpy(address + PK_PAGE, "kept");
		CHECK_EQUAL(pk_segment_detach(k, address), 0);
	}
	file_of(id, path);
	CHECK_EQUAL(unlink(path), 0);
	address = attach(id);
	CHECK_EQUAL(strcmp(address + PK_PAGE, "kept"), 0);
	CHECK_EQUAL(pk_segment_attach(k, id, PK_MAP_READ_ONLY, &unused), -ENOENT); /* in no other way */
	CHECK_EQUAL(pk_segment_detach(k, address), 0);
	join_child(CHILD({
		address = attach(id); /* a child has it, too */
		CHECK_EQUAL(strcmp(address + PK_PAGE, "kept"), 0);
	}));
	for (int i = 0; i < 20; i++) { /* nine others, and it is kept no more */
		pk_id other = make(PK_PAGE);
		CHECK_EQUAL(pk_segment_detach(k, attach(other)), 0);
		CHECK_EQUAL(pk_segment_remove(k, other), 0);
	}
	CHECK_EQUAL(pk_segment_attach(k, id, 0, &unused), -ENOENT);
}

/* A page that is kept keeps no memory of a segment that is gone. */
static void emptied(void)
{
	needs_kept_pages();
	open_kernel();
	for (int kept = 0; kept < 2; kept++) {
		pk_id id = make(2 * PK_PAGE);
		int fd = open_file(id);
		for (int i = 0; i < 1 + kept; i++)
			CHECK_EQUAL(pk_segment_detach(k, attach(id)), 0);
		char *address = attach(id);
		CHECK_EQUAL(pk_segment_remove(k, id), 0);
		address[PK_PAGE] = 1;
		CHECK_EQUAL(size_of(fd), 2 * PK_PAGE);
		CHECK_EQUAL(pk_segment_detach(k, address), 0);
		CHECK_EQUAL(size_of(fd), 0);
	}
	pk_id id = make(2 * PK_PAGE);
	int fd = open_file(id);
	char *address = attach(id);
	CHECK_EQUAL(pk_segment_remove(k, id), 0);
	CHECK_EQUAL(pk_segment_detach(k, address), 0);
	CHECK_EQUAL(size_of(fd), 2 * PK_PAGE); /* of one that nobody keeps the file is just unlinked */
}

/* A process that ends counts no more; but may touch it still, in what runs at exit after us. */
static void touched_at_exit(void)
{
	open_kernel();
	pk_id id = make(PK_PAGE);
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(pk_segment_detach(k, attach(id)), 0);
	join_child(CHILD({
		char *address = attach(id);
		CHECK_EQUAL(pk_segment_remove(k, id), 0);
		pk_task_leave(k);
		address[0] = 1;
	}));
	struct pk_segment_status status;
	CHECK_EQUAL(pk_segment_inspect(k, id, &status), -EINVAL);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "as_many_as_allowed", as_many_as_allowed }, { "as_large_as_allowed", as_large_as_allowed },
		{ "larger_than_memory", larger_than_memory }, { "truncated", truncated },
		{ "attached_again", attached_again },	      { "emptied", emptied },
		{ "touched_at_exit", touched_at_exit },	      { 0 },
	};
	return run_cases(cases, argc, argv);
}
