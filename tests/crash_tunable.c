/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every point of writing a limit of System V to its file, and of
 * taking it in, and again of whoever takes it in next (crash.h): the limit is
 * what it was or what was written, and then no file is looked at any more
 * (TU1, TU2).
 */
#include "tunable.h"

#include "crash.h"

static unsigned msgmax;

static void write_limit(const char *text)
{
	int fd = pk_tunable_open(k, msgmax, true);
	CHECK(fd >= 0);
	pk_crash_point("before the write");
	CHECK_EQUAL(pk_file_write(fd, 0, text, strlen(text)), 0);
	pk_crash_point("after the write");
	pk_close(fd);
}

static void take_in(void)
{
	pk_tunables_take_in(k);
}

static void prepare_default(void)
{
	msgmax = (unsigned)pk_tunable_find("msgmax");
}

static void prepare_written(void)
{
	prepare_default();
	write_limit("9000\n");
}

/* A file with something in it already, which goes before the new. */
static void prepare_two(void)
{
	prepare_default();
	write_limit("7000\n");
}

static void write_nine_thousand(void)
{
	write_limit("9000\n");
	take_in();
}

static void verify_taken_in(void)
{
	CHECK_EQUAL(pk_sysv_limit(k, PK_MSGMAX), 9000);
}

/* Killed before it wrote, it wrote nothing; else all. */
static void verify_written(uint64_t before)
{
	bool nothing = strcmp(died_at, "tunable: marked") == 0 || strcmp(died_at, "before the write") == 0;
	uint64_t now = pk_sysv_limit(k, PK_MSGMAX);
	CHECK(now == 9000 || now == before);
	CHECK(nothing || now == 9000 || strncmp(died_at, "tunable: ", 9) == 0);
	CHECK(*died_at != '\0' || now == 9000);
}

static void verify_write(void)
{
	verify_written(8192);
}

static void verify_second(void)
{
	verify_written(7000);
}

static const struct scenario scenarios[] = {
	{ "write", prepare_default, write_nine_thousand, NULL, verify_write },
	{ "write-again", prepare_two, write_nine_thousand, NULL, verify_second },
	{ "take-in", prepare_written, take_in, NULL, verify_taken_in },
	{ 0 },
};

/* The dead have closed their files, so whoever looks is alone: nothing is left to look at. */
static bool nothing_is_left(void)
{
	char path[PK_PATH_MAX];
	struct pk_file file;
	if (pk_load(&pk_header(k)->tunables_written) != 0 || pk_region_path(k, "sysctl/msgmax", path) != 0)
		return false;
	return pk_inspect_path(path, &file) != 0 || file.size_bytes == 0;
}

static void clear(void)
{
	CHECK_EQUAL(pk_tunable_set(k, msgmax, "8192"), 0);
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, take_in, nothing_is_left, clear };
	return run_stage(&stage, argc, argv);
}
