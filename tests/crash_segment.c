/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of every operation on shared memory segments,
 * and of its repair (crash.h): what the dead had attached is counted no more, a
 * segment that was removed goes with its last attachment, its file is there or
 * gone as the segment is, and nothing leaks.
 */
#include "attach.h"
#include "crash.h"

#define KEY 4711
#define BYTES (4 * PK_PAGE)

static pk_id segment, other;

static uint32_t attached(pk_id id)
{
	struct pk_segment_status status;
	return pk_segment_inspect(k, id, &status) == 0 ? status.attached : 0;
}

static char *attach(pk_id id, unsigned how, void *wanted)
{
	void *address = wanted;
	return pk_segment_attach(k, id, how, &address) == 0 ? address : NULL;
}

static void detach(char *address)
{
	if (address)
		pk_segment_detach(k, address);
}

static long unmap(void *address)
{
	return pk_unmap(address, PK_PAGE);
}

static void prepare_nothing(void)
{
}
static void make_segment(void)
{
	pk_segment_create(k, KEY, BYTES, 0600, &segment);
}
static void make_two(void)
{
	make_segment();
	CHECK_EQUAL(pk_segment_create(k, 0, BYTES, 0600, &other), 0);
}
static void verify_made(void)
{
	if (pk_segment_find(k, KEY, &segment) != 0)
		CHECK_EQUAL(pk_segment_create(k, KEY, BYTES, 0600, &segment), 0);
	char *address = attach(segment, 0, NULL);
	CHECK(address != NULL);
	address[BYTES - 1] = 1;
	detach(address);
}

static void attach_it(void)
{
	attach(segment, 0, NULL);
}
static void attach_and_detach(void)
{
	detach(attach(segment, 0, NULL));
}
static void attach_again(void)
{
	for (int i = 0; i < 3; i++) /* the second keeps a page of it, the third uses that */
		attach_and_detach();
}
static void verify_detached(void)
{
	CHECK_EQUAL(attached(segment), 0);
	verify_made();
}

static void attach_over(void)
{
	char *address = attach(other, 0, NULL);
	attach(segment, PK_MAP_FIXED, address + PK_PAGE);
}
static void unmap_some(void)
{
	char *address = attach(segment, 0, NULL);
	uint64_t middle = (uint64_t)(uintptr_t)address + PK_PAGE;
	if (address)
		pk_attach_unmap(k, middle, middle + PK_PAGE, unmap, address + PK_PAGE);
	detach(address);
}
static void verify_both_detached(void)
{
	verify_detached();
	CHECK_EQUAL(attached(other), 0);
}

/* A fork's child dies while it counts what its parent had, and the parent right after it. */
static void attach_and_fork(void)
{
	int status = 0;
	spared(attach_it);
	pid_t child = fork();
	if (child == 0) {
		pk_enter(k);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		raise(SIGKILL);
}

static void remove_it(void)
{
	pk_segment_remove(k, segment);
}
static void attach_and_remove(void)
{
	attach_it();
	remove_it();
}
static void remove_and_detach(void)
{
	char *address = attach(segment, 0, NULL);
	remove_it();
	detach(address);
}
/* One that others may keep pages of: its file is emptied. */
static void keep_and_remove(void)
{
	attach_again();
	remove_and_detach();
}
static void remove_and_leave(void)
{
	attach_and_remove();
	pk_task_leave(k);
}
static void verify_removable(void)
{
	pk_segment_remove(k, segment);
	CHECK_EQUAL(pk_segment_find(k, KEY, &segment), -ENOENT);
}

static const struct scenario scenarios[] = {
	{ "create", prepare_nothing, make_segment, NULL, verify_made },
	{ "attach", make_segment, attach_it, NULL, verify_detached },
	{ "detach", make_segment, attach_and_detach, NULL, verify_detached },
	{ "attach-again", make_segment, attach_again, NULL, verify_detached },
	{ "attach-over", make_two, attach_over, NULL, verify_both_detached },
	{ "unmap-some", make_segment, unmap_some, NULL, verify_detached },
	{ "fork", make_segment, attach_and_fork, NULL, verify_detached },
	{ "remove", make_segment, remove_it, NULL, verify_removable },
	{ "remove-attached", make_segment, attach_and_remove, NULL, verify_removable },
	{ "remove-and-detach", make_segment, remove_and_detach, NULL, verify_removable },
	{ "remove-kept", make_segment, keep_and_remove, NULL, verify_removable },
	{ "remove-and-leave", make_segment, remove_and_leave, NULL, verify_removable },
	{ 0 },
};

/* What is counted is what there is. */
static bool is_valid(void)
{
	struct pk_segment_status status;
	return pk_segment_inspect(k, segment, &status) != 0 || status.attached == pk_attach_count(k, segment);
}

static void remove_all(void)
{
	pk_id found;
	pk_segment_remove(k, segment);
	pk_segment_remove(k, other);
	sweep();
	CHECK_EQUAL(pk_segment_find(k, KEY, &found), -ENOENT);
}

int main(int argc, char **argv)
{
	static const struct stage segments = { scenarios, sweep, is_valid, remove_all };
	return run_stage(&segments, argc, argv);
}
