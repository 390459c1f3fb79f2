/* SPDX-License-Identifier: MIT */
/* Races for the bytes of a pipe: core/pipe.h, B1 to B3. */
#include "interleave.h"
#include "pipe.h"

#define POSTING "wait: filled in, not posted"
#define GIVEN_UP "wait: given up, still on its list"
#define COPIED_IN "pipe: copied in, not written"
#define WRITTEN "pipe: written, nobody told"
#define COPIED_OUT "pipe: copied out, not taken"
#define TAKEN "pipe: taken, nobody told"
#define DYING "pipe: dying"
#define BEFORE_SLEEPING "pk_sleep"
#define BEFORE_WAKING "pk_wake"
#define LOOKED "looked"	    /* ours: it found nothing */
#define WATCHING "watching" /* ours: it posted, and will look again */

#define BYTES (2 * PK_PIPE_ATOMIC)
#define STRIDE 16384 /* of core/pipe_bytes.c */

static pk_id pipe_id;

static void make_pipe(void)
{
	CHECK_EQUAL(pk_pipe_create(k, NULL, BYTES, 0600, &pipe_id), 0);
}

/* ---- deeds */

/* So many bytes, each the count's low byte. */
static int64_t writes(struct portico *kernel, int64_t count)
{
	unsigned char bytes[BYTES];
	memset(bytes, (unsigned char)count, sizeof bytes);
	return pk_pipe_write(kernel, pipe_id, bytes, (uint64_t)count);
}

/* At most so many, which are all alike. */
static int64_t reads(struct portico *kernel, int64_t most)
{
	unsigned char bytes[BYTES];
	int64_t got = pk_pipe_read(kernel, pipe_id, bytes, (uint64_t)most);
	for (int64_t i = 1; i < got; i++)
		CHECK_EQUAL(bytes[i], bytes[0]);
	return got;
}

/* More than a stride at once; what it is doesn't matter. */
static int64_t reads_more(struct portico *kernel, int64_t most)
{
	unsigned char bytes[4 * BYTES];
	return pk_pipe_read(kernel, pipe_id, bytes, (uint64_t)most);
}

/* Where another is writing, once that isn't any more. */
static int64_t writes_at_last(struct portico *kernel, int64_t count)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = PK_FOREVER };
	uint32_t wait;
	int64_t result = writes(kernel, count);
	while (result == -EAGAIN && pk_pipe_watch(kernel, pipe_id, &post, &wait) == 0) {
		pk_wait_sleep(kernel, wait);
		pk_wait_end(kernel, wait);
		result = writes(kernel, count);
	}
	return result;
}

static int64_t watch_until(struct portico *kernel, int64_t most, int64_t until_ns)
{
	for (;;) {
		struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
		uint32_t wait;
		int64_t got = reads(kernel, most);
		if (got != -EAGAIN)
			return got;
		interleave_point(LOOKED);
		int error = pk_pipe_watch(kernel, pipe_id, &post, &wait);
		if (error)
			return error;
		interleave_point(WATCHING);
		got = reads(kernel, most);
		error = got == -EAGAIN ? pk_wait_sleep(kernel, wait)
				       : pk_wait_withdraw(kernel, wait, ECANCELED);
		pk_wait_end(kernel, wait);
		if (got != -EAGAIN || error)
			return got != -EAGAIN ? got : error;
	}
}
static int64_t awaits(struct portico *kernel, int64_t most)
{
	return watch_until(kernel, most, PK_FOREVER);
}
static int64_t awaits_for_50ms(struct portico *kernel, int64_t most)
{
	return watch_until(kernel, most, pk_monotonic_ns() + 50000000);
}

static int64_t destroys(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_pipe_destroy(kernel, pipe_id);
}

/* So many bytes are there, in order, and no watcher; and it takes as much as a new one. */
static void check_holds(int64_t bytes)
{
	struct pk_pipe_status status;
	CHECK_EQUAL(pk_pipe_inspect(k, pipe_id, &status), 0);
	CHECK_EQUAL(status.watchers, 0);
	CHECK_EQUAL(status.queued_bytes, bytes);
	CHECK_EQUAL(reads(k, BYTES), bytes ? bytes : -EAGAIN);
	CHECK_EQUAL(writes(k, BYTES), BYTES);
	CHECK_EQUAL(reads(k, BYTES), BYTES);
}

/* ---- B1: bytes exist when the count does */

static void b1_written_after_the_copying(void)
{
	struct actor *writer = enters("writer"), *reader = enters("reader");
	make_pipe();
	begins(writer, writes, 100);
	reaches(writer, COPIED_IN);
	does(reader, reads, BYTES, -EAGAIN);
	ends(writer, 100);
	does(reader, reads, BYTES, 100);
	check_holds(0);
}

static void b1_writer_dies_before_the_count(void)
{
	struct actor *writer = enters("writer"), *second = enters("second");
	make_pipe();
	begins(writer, writes, 100);
	reaches(writer, COPIED_IN);
	does(second, writes, 50, -EAGAIN);
	dies(writer);
	does(second, writes, 50, 50); /* it inherits the lock */
	check_holds(50);
}

static void b1_writer_dies_after_the_count(void)
{
	struct actor *writer = enters("writer"), *reader = enters("reader");
	make_pipe();
	begins(writer, writes, 100);
	reaches(writer, WRITTEN);
	dies(writer);
	does(reader, reads, 60, 60);
	check_holds(40);
}

static void b1_taken_after_the_copying(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	CHECK_EQUAL(writes(k, BYTES), BYTES); /* full */
	begins(reader, reads, 100);
	reaches(reader, COPIED_OUT);
	does(writer, writes, 100, -EAGAIN);
	ends(reader, 100);
	does(writer, writes, 100, 100);
	CHECK_EQUAL(reads(k, BYTES - 100), BYTES - 100);
	check_holds(100);
}

/* Of two who copy the same, one has it. */
static void b1_two_readers(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	make_pipe();
	CHECK_EQUAL(writes(k, 100), 100);
	begins(first, reads, 60);
	reaches(first, COPIED_OUT);
	CHECK_EQUAL(writes(k, 50), 50);
	does(second, reads, 100, 100);
	ends(first, 50);
	check_holds(0);
}

static void b1_reader_dies(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	make_pipe();
	CHECK_EQUAL(writes(k, 100), 100);
	begins(first, reads, 60);
	reaches(first, COPIED_OUT);
	dies(first);
	begins(second, reads, 30);
	reaches(second, TAKEN);
	dies(second);
	check_holds(70);
}

/* ---- B2: whole or not at all */

static void b2_two_writers_room_for_one(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	make_pipe();
	CHECK_EQUAL(writes(k, 3900), 3900);
	begins(first, writes, 4096);
	reaches(first, COPIED_IN);
	does(second, writes, 4095, -EAGAIN); /* another is writing */
	ends(first, 4096);
	does(second, writes, 4095, -EAGAIN); /* though there is room for 196 */
	CHECK_EQUAL(reads(k, 3900), 3900);
	check_holds(4096);
}

static void b2_a_reader_makes_room(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	CHECK_EQUAL(writes(k, BYTES), BYTES);
	begins(reader, reads, 4096);
	reaches(reader, COPIED_OUT);
	does(writer, writes, 4096, -EAGAIN);
	dies(reader);
	does(writer, writes, 4096, -EAGAIN);
	check_holds(BYTES);
}

/* What one read returns stood side by side: it ends where another has gone on. */
static void b2_a_reader_overtaken_between_strides(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	CHECK_EQUAL(pk_pipe_create(k, NULL, 4 * STRIDE, 0600, &pipe_id), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQUAL(writes(k, BYTES), BYTES);
	begins(first, reads_more, 4 * BYTES);
	reaches(first, COPIED_OUT);
	reaches(first, TAKEN);
	does(second, reads_more, BYTES, BYTES);
	ends(first, STRIDE);
	CHECK_EQUAL(reads(k, BYTES), BYTES);
	CHECK_EQUAL(reads(k, BYTES), -EAGAIN);
}

/* ---- B3: look, post, look again: no change is missed */

static void b3_written_before_it_posts(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits, BYTES);
	reaches(reader, LOOKED);
	does(writer, writes, 100, 100);
	ends(reader, 100);
	check_holds(0);
}

static void b3_written_while_it_posts(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits, BYTES);
	reaches(reader, POSTING);
	begins(writer, writes, 100);
	blocks(writer); /* to tell it */
	ends(reader, 100);
	ends(writer, 100);
	check_holds(0);
}

static void b3_written_after_it_posted(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits, BYTES);
	reaches(reader, WATCHING);
	does(writer, writes, 100, 100);
	ends(reader, 100);
	check_holds(0);
}

static void b3_written_after_it_looked_again(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits, BYTES);
	reaches(reader, BEFORE_SLEEPING);
	does(writer, writes, 100, 100);
	ends(reader, 100);
	check_holds(0);
}

static void b3_every_watcher_is_told(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *writer = enters("writer");
	make_pipe();
	begins(first, awaits, 100);
	sleeps(first);
	begins(second, awaits, 100);
	sleeps(second);
	does(writer, writes, 100, 100);
	ends(second, 100);
	sleeps(first); /* it came too late, and posted again */
	does(writer, writes, 50, 50);
	ends(first, 50);
	check_holds(0);
}

static void writer_dies(const char *where)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits, BYTES);
	sleeps(reader);
	begins(writer, writes, 100);
	reaches(writer, where);
	dies(writer);
	CHECK(is_asleep(reader));
	passes_ms(A_TICK);
	ends(reader, 100);
	check_holds(0);
}

static void b3_writer_dies_before_telling(void)
{
	writer_dies(WRITTEN);
}
static void b3_writer_dies_before_waking(void)
{
	writer_dies(BEFORE_WAKING);
}

static void b3_gives_up_under_a_write(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits_for_50ms, BYTES);
	sleeps(reader);
	begins(writer, writes, 100);
	reaches(writer, WRITTEN);
	passes_ms(50);
	ends(reader, -ETIMEDOUT); /* though it might have had them, had it looked */
	ends(writer, 100);
	check_holds(100);
}

static void b3_gives_up_before_a_write(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer");
	make_pipe();
	begins(reader, awaits_for_50ms, BYTES);
	sleeps(reader);
	passes_ms(50);
	reaches(reader, GIVEN_UP);
	begins(writer, writes, 100);
	blocks(writer);
	ends(reader, -ETIMEDOUT);
	ends(writer, 100);
	check_holds(100);
}

/* Who finds another writing watches for the end of that. */
static void b3_told_when_the_write_lock_is_left(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	make_pipe();
	begins(first, writes, 100);
	reaches(first, COPIED_IN);
	begins(second, writes_at_last, 50);
	sleeps(second);
	ends(first, 100);
	ends(second, 50);
	CHECK_EQUAL(reads(k, 100), 100);
	check_holds(50);
}

/* ---- B4: the ring of a pipe that is no more */

static void b4_destroyed_under_a_reader(void)
{
	struct actor *reader = enters("reader");
	make_pipe();
	CHECK_EQUAL(writes(k, 100), 100);
	begins(reader, reads, BYTES);
	reaches(reader, COPIED_OUT);
	CHECK_EQUAL(pk_pipe_destroy(k, pipe_id), 0);
	make_pipe(); /* in its slot */
	CHECK_EQUAL(writes(k, 100), 100);
	ends(reader, -EIDRM);
	check_holds(100);
}

static void b4_destroyed_under_a_writer(void)
{
	struct actor *writer = enters("writer");
	make_pipe();
	pk_id id = pipe_id;
	begins(writer, writes, 100);
	reaches(writer, COPIED_IN);
	CHECK_EQUAL(pk_pipe_destroy(k, id), 0);
	CHECK_EQUAL(writes(k, 1), -EIDRM);
	make_pipe(); /* in another slot: the writer still has that one */
	CHECK(pk_id_slot(pipe_id) != pk_id_slot(id));
	ends(writer, 100);
	CHECK_EQUAL(
		pk_word_kind(pk_load(&((struct pk_pipe *)pk_slot(k, PK_PIPES, pk_id_slot(id)))->head.word)),
		PK_FREE);
	check_holds(0);
}

static void b4_destroyed_under_a_writer_that_dies(void)
{
	struct actor *writer = enters("writer");
	make_pipe();
	pk_id id = pipe_id;
	begins(writer, writes, 100);
	reaches(writer, COPIED_IN);
	CHECK_EQUAL(pk_pipe_destroy(k, id), 0);
	dies(writer);
	pk_task_sweep(k, true);
	CHECK_EQUAL(
		pk_word_kind(pk_load(&((struct pk_pipe *)pk_slot(k, PK_PIPES, pk_id_slot(id)))->head.word)),
		PK_FREE);
}

static void b4_another_ring_under_a_reader(void)
{
	struct actor *reader = enters("reader");
	make_pipe();
	CHECK_EQUAL(writes(k, 100), 100);
	begins(reader, reads, BYTES);
	reaches(reader, COPIED_OUT);
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, 2 * BYTES), -EBUSY);
	CHECK_EQUAL(reads(k, 100), 100);
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, 2 * BYTES), 0);
	CHECK_EQUAL(writes(k, 70), 70);
	ends(reader, 70);
	CHECK_EQUAL(writes(k, BYTES), BYTES);
	CHECK_EQUAL(writes(k, BYTES), BYTES);
	CHECK_EQUAL(writes(k, 1), -EAGAIN);
	CHECK_EQUAL(reads(k, BYTES), BYTES);
	CHECK_EQUAL(reads(k, BYTES), BYTES);
	CHECK_EQUAL(pk_pipe_resize(k, pipe_id, BYTES), 0);
	check_holds(0);
}

static void end_under_a_watcher(void)
{
	struct actor *reader = enters("reader"), *writer = enters("writer"), *destroyer = enters("destroyer");
	make_pipe();
	begins(reader, awaits, BYTES);
	sleeps(reader);
	begins(destroyer, destroys, 0);
	reaches(destroyer, DYING);
	does(writer, writes, 100, -EIDRM);
	dies(destroyer);
	passes_ms(A_TICK);
	ends(reader, -EIDRM);
}

static const struct test_case scripts[] = {
	{ "B1-written-after-the-copying", b1_written_after_the_copying },
	{ "B1-writer-dies-before-the-count", b1_writer_dies_before_the_count },
	{ "B1-writer-dies-after-the-count", b1_writer_dies_after_the_count },
	{ "B1-taken-after-the-copying", b1_taken_after_the_copying },
	{ "B1-two-readers", b1_two_readers },
	{ "B1-reader-dies", b1_reader_dies },
	{ "B2-two-writers-room-for-one", b2_two_writers_room_for_one },
	{ "B2-a-reader-makes-room", b2_a_reader_makes_room },
	{ "B2-a-reader-overtaken-between-strides", b2_a_reader_overtaken_between_strides },
	{ "B3-written-before-it-posts", b3_written_before_it_posts },
	{ "B3-written-while-it-posts", b3_written_while_it_posts },
	{ "B3-written-after-it-posted", b3_written_after_it_posted },
	{ "B3-written-after-it-looked-again", b3_written_after_it_looked_again },
	{ "B3-every-watcher-is-told", b3_every_watcher_is_told },
	{ "B3-writer-dies-before-telling", b3_writer_dies_before_telling },
	{ "B3-writer-dies-before-waking", b3_writer_dies_before_waking },
	{ "B3-gives-up-under-a-write", b3_gives_up_under_a_write },
	{ "B3-gives-up-before-a-write", b3_gives_up_before_a_write },
	{ "B3-told-when-the-write-lock-is-left", b3_told_when_the_write_lock_is_left },
	{ "B4-destroyed-under-a-reader", b4_destroyed_under_a_reader },
	{ "B4-destroyed-under-a-writer", b4_destroyed_under_a_writer },
	{ "B4-destroyed-under-a-writer-that-dies", b4_destroyed_under_a_writer_that_dies },
	{ "B4-another-ring-under-a-reader", b4_another_ring_under_a_reader },
	{ "end-under-a-watcher", end_under_a_watcher },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
