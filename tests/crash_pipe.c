/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of every operation on pipes, and of its repair
 * (crash.h): the bytes are those that were written, in order, each operation
 * was done whole or not at all, watchers are told, and nothing leaks.
 */
#include "crash.h"
#include "pipe.h"

/* ---- the stage: a pipe that holds PENDING bytes just before its ring's end */

enum { START = 3900, PENDING = 100, PUT = 300, TAKEN = 60 };

static pk_id pipe_id;

/* The byte at that place of all that is ever written. */
static unsigned char byte_at(uint64_t place)
{
	return (unsigned char)(place % 251);
}

static int64_t put(uint64_t place, uint64_t count)
{
	unsigned char bytes[PK_PIPE_ATOMIC];
	for (uint64_t i = 0; i < count; i++)
		bytes[i] = byte_at(place + i);
	return pk_pipe_write(k, pipe_id, bytes, count);
}

/* At most `most` bytes; they are those that were written from that place on. */
static int64_t get(uint64_t place, uint64_t most)
{
	unsigned char bytes[PK_PIPE_ATOMIC];
	int64_t got = pk_pipe_read(k, pipe_id, bytes, most);
	for (int64_t i = 0; i < got; i++)
		CHECK_EQUAL(bytes[i], byte_at(place + (uint64_t)i));
	return got;
}

/* So many bytes are there, no more, and the pipe is as good as new after them. */
static void check_holds(uint64_t place, int64_t count)
{
	CHECK_EQUAL(get(place, PK_PIPE_ATOMIC), count > 0 ? count : -EAGAIN);
	CHECK_EQUAL(put(0, PK_PIPE_ATOMIC), PK_PIPE_ATOMIC);
	CHECK_EQUAL(put(0, 1), -EAGAIN);
	CHECK_EQUAL(get(0, PK_PIPE_ATOMIC), PK_PIPE_ATOMIC);
}

static int make_pipe(pk_id *made)
{
	return pk_pipe_create(k, "stage", PK_PIPE_ATOMIC, 0600, made);
}

static int look_up(pk_id *found)
{
	return pk_name_look_up(k, PK_NAME_FIFO, "stage", 5, found);
}

static bool died(const char *where)
{
	return strcmp(died_at, where) == 0;
}

static void prepare_pipe(void)
{
	CHECK_EQUAL(make_pipe(&pipe_id), 0);
	CHECK_EQUAL(put(0, START + PENDING), START + PENDING);
	CHECK_EQUAL(get(0, START), START);
}

/* ---- watchers */

static void watch(void)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = soon() };
	uint32_t wait;
	CHECK_EQUAL(pk_pipe_watch(k, pipe_id, &post, &wait), 0);
	*bystander_result = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
}

static void watch_by_completion(void)
{
	struct pk_post post = { .tell = PK_TELL_PORT, .cookie = 7, .until_ns = PK_FOREVER };
	uint32_t wait;
	CHECK_EQUAL(pk_completions_create(k, &post.port), 0);
	CHECK_EQUAL(pk_pipe_watch(k, pipe_id, &post, &wait), 0);
	CHECK_EQUAL(next_told(post.port, soon()), wait);
	*bystander_result = pk_wait_status(k, wait);
	pk_wait_end(k, wait);
	CHECK_EQUAL(next_told(post.port, 0), 0); /* once */
}

static void await_watcher(void)
{
	struct pk_pipe_status status = { 0 };
	for (int i = 0; i < 2000 && status.watchers == 0; i++, sleep_ms(1))
		CHECK_EQUAL(pk_pipe_inspect(k, pipe_id, &status), 0);
	CHECK_EQUAL(status.watchers, 1);
}

static void prepare_watched(void)
{
	prepare_pipe();
	*bystander_result = 1;
	bystander = CHILD(watch());
	await_watcher();
}

static void prepare_completion(void)
{
	prepare_pipe();
	*bystander_result = 1;
	bystander = CHILD(watch_by_completion());
	await_watcher();
}

static void check_told(int result)
{
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, result);
}

/* Told of the change, if there was one, by who made it or who repaired it; else of ours. */
static void check_told_of_change(bool changed)
{
	if (!changed)
		CHECK_EQUAL(put(START + PENDING, 1), 1);
	check_told(0);
	if (!changed)
		check_holds(START, PENDING + 1);
}

/* ---- scenarios */

static void write_some(void)
{
	put(START + PENDING, PUT); /* over the ring's end */
}
static bool written(void)
{
	return !died("pipe: copied in, not written");
}
static void verify_written(void)
{
	check_holds(START, written() ? PENDING + PUT : PENDING);
}
static void verify_written_and_told(void)
{
	check_told_of_change(written());
	if (written())
		verify_written();
}

static void read_some(void)
{
	get(START, TAKEN);
}
static bool taken(void)
{
	return !died("pipe: copied out, not taken");
}
static void verify_read(void)
{
	check_holds(taken() ? START + TAKEN : START, taken() ? PENDING - TAKEN : PENDING);
}
static void verify_read_and_told(void)
{
	check_told_of_change(taken());
	if (taken())
		verify_read();
}

static void empty_pipe(void)
{
	pk_pipe_empty(k, pipe_id);
}
static void verify_emptied_and_told(void)
{
	check_told(0);
	check_holds(0, 0);
}

static void give_up(void)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = pk_monotonic_ns() + 1000000 };
	uint32_t wait;
	if (pk_pipe_watch(k, pipe_id, &post, &wait) == 0 && pk_wait_sleep(k, wait) == -ETIMEDOUT)
		pk_wait_end(k, wait);
}
static void verify_gave_up(void)
{
	struct pk_pipe_status status;
	CHECK_EQUAL(pk_pipe_inspect(k, pipe_id, &status), 0);
	CHECK_EQUAL(status.watchers, 0);
	check_holds(START, PENDING);
}

static void prepare_empty(void)
{
	prepare_pipe();
	CHECK_EQUAL(get(START, PENDING), PENDING);
}
static void resize_pipe(void)
{
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, 2 * PK_PIPE_ATOMIC), 0);
}
static void verify_resized(void)
{
	struct pk_pipe_status status;
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, 4 * PK_PIPE_ATOMIC), 0);
	CHECK_EQUAL(pk_pipe_inspect(k, pipe_id, &status), 0);
	CHECK_EQUAL(status.size, 4 * PK_PIPE_ATOMIC);
	CHECK_EQUAL(put(0, PK_PIPE_ATOMIC), PK_PIPE_ATOMIC);
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, PK_PIPE_ATOMIC), -EBUSY);
	CHECK_EQUAL(get(0, PK_PIPE_ATOMIC), PK_PIPE_ATOMIC);
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, PK_PIPE_ATOMIC), 0);
	check_holds(0, 0);
}

static void destroy_pipe(void)
{
	pk_pipe_destroy(k, pipe_id);
}
static bool destroyed(void)
{
	return !died("pipe: before dying");
}
static void verify_destroyed(void)
{
	pk_id found;
	if (destroyed()) {
		CHECK_EQUAL(look_up(&found), -ENOENT);
		CHECK_EQUAL(put(0, 1), -EIDRM);
	} else {
		CHECK_EQUAL(look_up(&found), 0);
		CHECK_EQUAL(found, pipe_id);
		check_holds(START, PENDING);
	}
}
static void verify_destroyed_and_told(void)
{
	if (destroyed())
		check_told(-EIDRM);
	else
		check_told_of_change(false);
}

static void unname_pipe(void)
{
	pk_pipe_unname(k, pipe_id);
}
static void verify_unnamed(void)
{
	/* the name goes when its slot does */
	bool named = either(died_at, "name: off its chain, not freed", "table: before freeing");
	pk_id found, second;
	CHECK_EQUAL(look_up(&found), named ? 0 : -ENOENT);
	CHECK_EQUAL(make_pipe(&second), named ? -EEXIST : 0);
	if (!named)
		CHECK_EQUAL(pk_pipe_destroy(k, second), 0);
	check_holds(START, PENDING);
}

static void prepare_nothing(void)
{
	pipe_id = 0;
}
static void create_pipe(void)
{
	CHECK_EQUAL(make_pipe(&pipe_id), 0);
}
static void verify_created(void)
{
	/* the last point is before the pipe is published */
	CHECK_EQUAL(look_up(&pipe_id), *died_at ? -ENOENT : 0);
	if (*died_at)
		CHECK_EQUAL(make_pipe(&pipe_id), 0);
	check_holds(0, 0);
}

static const struct scenario scenarios[] = {
	{ "create", prepare_nothing, create_pipe, NULL, verify_created },
	{ "write", prepare_pipe, write_some, NULL, verify_written },
	{ "read", prepare_pipe, read_some, NULL, verify_read },
	{ "write-under-watcher", prepare_watched, write_some, NULL, verify_written_and_told },
	{ "read-under-watcher", prepare_watched, read_some, NULL, verify_read_and_told },
	{ "empty-under-watcher", prepare_watched, empty_pipe, NULL, verify_emptied_and_told },
	{ "completion", prepare_completion, write_some, NULL, verify_written_and_told },
	{ "give-up", prepare_pipe, give_up, NULL, verify_gave_up },
	{ "resize", prepare_empty, resize_pipe, NULL, verify_resized },
	{ "destroy", prepare_pipe, destroy_pipe, NULL, verify_destroyed },
	{ "destroy-under-watcher", prepare_watched, destroy_pipe, NULL, verify_destroyed_and_told },
	{ "unname", prepare_pipe, unname_pipe, NULL, verify_unnamed },
	{ 0 },
};

/* B1. */
static bool pipe_is_valid(void)
{
	struct pk_pipe_status status;
	return pk_pipe_inspect(k, pipe_id, &status) != 0 || status.queued_bytes <= status.size;
}

static void remove_pipe(void)
{
	pk_id found;
	pk_pipe_destroy(k, pipe_id);
	sweep();
	CHECK_EQUAL(look_up(&found), -ENOENT);
}

int main(int argc, char **argv)
{
	static const struct stage pipes = { scenarios, sweep, pipe_is_valid, remove_pipe };
	return run_stage(&pipes, argc, argv);
}
