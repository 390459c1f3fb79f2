/* SPDX-License-Identifier: MIT */
/* The instance: how it comes to be, and what is said when it can't. */
#define _GNU_SOURCE
#include "check.h"
#include "region.h"

#include <dirent.h>
#include <fcntl.h>
#include <portico/portico.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char *directory;

static const char *beside(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void open_fails(int error, const char *because)
{
	portico *k;
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), error);
	if (!strstr(portico_open_error(), because)) {
		fprintf(stderr, "said: %s\n", portico_open_error());
		FAIL("the reason says why");
	}
	CHECK(strstr(portico_open_error(), directory));
}

static void make_instance(void)
{
	portico *k;
	portico_port port;
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "first", NULL, 0600, &port), 0);
	portico_close(k);
}

static void write_at(off_t offset, const void *bytes, size_t size)
{
	int fd = open(beside("region"), O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQUAL(pwrite(fd, bytes, size, offset), size);
	close(fd);
}

/* ---- cases */

static void case_race(void)
{
	_Atomic int *made = shared_memory(sizeof *made), *go = shared_memory(sizeof *go);
	pid_t children[24];
	for (int i = 0; i < 24; i++)
		children[i] = CHILD({
			portico *k;
			portico_port port;
			while (!*go)
				sched_yield();
			CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
			int error = portico_mailbox_create(k, "only", NULL, 0600, &port);
			CHECK(error == 0 || error == -EEXIST);
			*made += error == 0;
		});
	*go = 1;
	for (int i = 0; i < 24; i++)
		join_child(children[i]);
	CHECK_EQUAL(*made, 1);
	/* and no half-made one is left lying about */
	DIR *dir = opendir(directory);
	int entries = 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		entries += entry->d_name[0] != '.';
	closedir(dir);
	CHECK_EQUAL(entries, 3); /* region, shm, mnt */
}

static void case_private(void)
{
	struct stat status;
	make_instance();
	CHECK_EQUAL(stat(beside("region"), &status), 0);
	CHECK_EQUAL(status.st_mode & 07777, 0600);
	CHECK_EQUAL(stat(directory, &status), 0);
	CHECK_EQUAL(status.st_mode & 07777, 0700);
}

static void case_not_made(void)
{
	portico *k;
	CHECK_EQUAL(portico_open(NULL, 0, &k), -ENOENT);
	CHECK(strstr(portico_open_error(), "there is none"));
	CHECK(access(directory, F_OK) != 0);
}

static void case_version(void)
{
	uint32_t abi = 77;
	make_instance();
	write_at(offsetof(struct pk_header, abi), &abi, sizeof abi);
	open_fails(-EPROTO, "made by a Portico of ABI 77");
	abi = PK_ABI;
	write_at(offsetof(struct pk_header, abi), &abi, sizeof abi);
	uint64_t layout = 1;
	write_at(offsetof(struct pk_header, layout), &layout, sizeof layout);
	open_fails(-EPROTO, "layout differs");
}

static void case_no_region(void)
{
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	int fd = open(beside("region"), O_RDWR | O_CREAT, 0600);
	CHECK_EQUAL(write(fd, "hello", 5), 5);
	close(fd);
	open_fails(-EPROTO, "is no region");
	CHECK_EQUAL(truncate(beside("region"), 1 << 20), 0);
	open_fails(-EPROTO, "is no region");
}

static void case_owner(void)
{
	make_instance();
	if (geteuid() != 0)
		SKIP("it wants root");
	join_child(CHILD({
		CHECK_EQUAL(setresuid(12345, 12345, 12345), 0);
		open_fails(-EACCES, "may not be entered");
	}));
	CHECK_EQUAL(chmod(directory, 0755), 0);
	CHECK_EQUAL(chmod(beside(".."), 0755), 0);
	join_child(CHILD({
		CHECK_EQUAL(setresuid(12345, 12345, 12345), 0);
		open_fails(-EACCES, "belongs to uid 0");
	}));
	/* its modes let others in; but who may write the directory may swap what lies there */
	CHECK_EQUAL(chmod(beside("region"), 0666), 0);
	CHECK_EQUAL(chmod(directory, 0777), 0);
	join_child(CHILD({
		CHECK_EQUAL(setresuid(12345, 12345, 12345), 0);
		open_fails(-EACCES, "belongs to uid 0");
	}));
	CHECK_EQUAL(chmod(directory, 0755), 0);
	join_child(CHILD({
		portico *k;
		CHECK_EQUAL(setresuid(12345, 12345, 12345), 0);
		CHECK_EQUAL(portico_open(NULL, 0, &k), 0);
	}));
}

static void case_root_may_name_one(void)
{
	portico *k;
	if (geteuid() != 0)
		SKIP("it wants root");
	make_instance();
	CHECK_EQUAL(chown(beside("region"), 12345, 12345), 0);
	CHECK_EQUAL(chown(directory, 12345, 12345), 0);
	CHECK_EQUAL(portico_open(NULL, 0, &k), 0); /* by PORTICO_KERNEL */
	portico_close(k);
	/* found by default, it is a trap that another laid */
	setenv("XDG_RUNTIME_DIR", directory, 1);
	CHECK_EQUAL(mkdir(beside("portico"), 0700), 0);
	CHECK_EQUAL(chown(beside("portico"), 12345, 12345), 0);
	unsetenv("PORTICO_KERNEL");
	open_fails(-EACCES, "belongs to uid 12345");
}

static void case_no_place(void)
{
	setenv("PORTICO_KERNEL", "/dev/null/instance", 1);
	directory = getenv("PORTICO_KERNEL");
	open_fails(-ENOTDIR, "its parent is no directory");
	static char longest[400];
	memset(longest, 'x', sizeof longest - 1);
	longest[0] = '/';
	setenv("PORTICO_KERNEL", longest, 1);
	directory = "/xxx";
	open_fails(-ENAMETOOLONG, "too long");
}

static void case_mistyped(void)
{
	setenv("PORTICO_KERNEL", beside("no/such"), 1);
	open_fails(-ENOENT, "there is no directory ");
	CHECK(access(directory, F_OK) != 0);
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	open_fails(-ENOENT, "/no; make it first");
	CHECK(access(beside("no"), F_OK) != 0);
	/* what leads there may end in slashes */
	setenv("PORTICO_KERNEL", beside("last//"), 1);
	make_instance();
	CHECK_EQUAL(access(beside("last/region"), F_OK), 0);
}

static void make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0);
	close(fd);
}

static void case_other_things(void)
{
	make_file(directory);
	open_fails(-ENOTDIR, "is no directory");
	CHECK_EQUAL(unlink(directory), 0);
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	make_file(beside("letter"));
	open_fails(-ENOTEMPTY, "holds other things");
	CHECK(access(beside("shm"), F_OK) != 0);
	/* an empty one will do, and other things may come later */
	CHECK_EQUAL(unlink(beside("letter")), 0);
	make_instance();
	make_file(beside("letter"));
	portico *k;
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };
	CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool is_pending(int signal)
{
	sigset_t pending;
	sigpending(&pending);
	return sigismember(&pending, signal);
}

static void must_not_run(int signal)
{
	(void)signal;
	FAIL("a signal handler ran");
}

static void case_file_size_limit(void)
{
	struct sigaction action = { .sa_handler = must_not_run };
	sigset_t one;
	limit_files(1 << 20);
	/* neither the default action, which kills, nor a handler */
	open_fails(-EFBIG, "ulimit -f unlimited");
	sigaction(SIGXFSZ, &action, NULL);
	open_fails(-EFBIG, "ulimit -f unlimited");
	/* a program that holds the signal off finds none pending, but its own */
	sigemptyset(&one);
	sigaddset(&one, SIGXFSZ);
	sigprocmask(SIG_BLOCK, &one, NULL);
	open_fails(-EFBIG, "ulimit -f unlimited");
	CHECK(!is_pending(SIGXFSZ));
	raise(SIGXFSZ);
	open_fails(-EFBIG, "ulimit -f unlimited");
	CHECK(is_pending(SIGXFSZ));
	signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	signal(SIGXFSZ, SIG_DFL);
	CHECK(access(beside("region"), F_OK) != 0);
	/* an instance that is there is unharmed by the limit, and grows */
	limit_files(RLIM_INFINITY);
	make_instance();
	limit_files(1 << 20);
	portico *k;
	portico_port port;
	static char data[1 << 20];
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "second", NULL, 0600, &port), 0);
	CHECK_EQUAL(portico_send(k, port, data, sizeof data, 1, PORTICO_NOW), 0);
}

/* As a maker does it where files have names only: its mark on the file is what says that it lives. */
static int make_aside(const char *name)
{
	int fd = open(beside(name), O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0);
	CHECK_EQUAL(pk_process_mark(fd, 0), 0);
	return fd;
}

static void case_leftovers(void)
{
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	close(make_aside("region.new.1"));
	int maker = make_aside("region.new.2");
	CHECK_EQUAL(pk_region_tidy(directory, false), 1);
	make_instance();
	CHECK(access(beside("region.new.1"), F_OK) != 0);
	CHECK_EQUAL(access(beside("region.new.2"), F_OK), 0);
	/* and so where the instance is there */
	close(maker);
	portico *k;
	CHECK_EQUAL(portico_open(NULL, 0, &k), 0);
	CHECK_EQUAL(access(beside("region.new.2"), F_OK), 0);
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK(access(beside("region.new.2"), F_OK) != 0);
	CHECK_EQUAL(access(beside("region"), F_OK), 0);
}

static void can_be_made(int error, const char *place, const char *because)
{
	struct pk_reason reason = { "" };
	CHECK_EQUAL(pk_region_try(place, &reason), error);
	if (!strstr(reason.text, because))
		FAIL(reason.text);
}

static void case_could_be_made(void)
{
	can_be_made(0, directory, "");
	CHECK(access(directory, F_OK) != 0);
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	can_be_made(0, directory, "");
	can_be_made(0, beside("below/"), "");
	can_be_made(-ENOENT, beside("no/such"), "there is no directory");
	make_file(beside("letter"));
	can_be_made(-ENOTEMPTY, directory, "holds other things");
	can_be_made(-ENOTDIR, beside("letter"), "is no directory");
	can_be_made(-ENOTDIR, beside("letter/below"), "its parent is no directory");
	CHECK_EQUAL(unlink(beside("letter")), 0);
	limit_files(1 << 20);
	can_be_made(-EFBIG, directory, "ulimit -f");
	CHECK_EQUAL(rmdir(directory), 0); /* it is empty still */
}

static void case_no_addresses(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	SKIP("a sanitizer's own addresses leave none to limit");
#endif
	struct rlimit limit = { 1u << 30, 1u << 30 };
	make_instance();
	CHECK_EQUAL(setrlimit(RLIMIT_AS, &limit), 0);
	open_fails(-ENOMEM, "ulimit -v");
}

/* A file system of so many bytes at the instance's place, seen by this process alone. */
static void on_small_tmpfs(const char *size)
{
	char options[64];
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		SKIP("it may not mount a tmpfs of its own");
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	snprintf(options, sizeof options, "size=%s,mode=0700", size);
	CHECK_EQUAL(mount("tmpfs", directory, "tmpfs", 0, options), 0);
}

static void case_full_at_start(void)
{
	on_small_tmpfs("256k");
	open_fails(-ENOSPC, "is full");
	CHECK_EQUAL(access(beside("region"), F_OK), -1);
}

static void case_full_later(void)
{
	portico *k;
	portico_port port;
	static char data[65536], back[65536];
	int sent = 0, error;
	on_small_tmpfs("8m");
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &port), 0);
	for (; (error = portico_send(k, port, data, sizeof data, 1, PORTICO_NOW)) == 0; sent++)
		memset(data, sent, sizeof data);
	CHECK_EQUAL(error, -ENOSPC);
	CHECK(sent > 20);
	/* nothing is lost, and there is room again for as much */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < sent; i++)
			CHECK_EQUAL(portico_receive(k, port, back, sizeof back, NULL, NULL, PORTICO_NOW),
				    65536);
		for (int i = 0; i < sent; i++)
			CHECK_EQUAL(portico_send(k, port, data, sizeof data, 1, PORTICO_NOW), 0);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "race", case_race },
		{ "private", case_private },
		{ "not-made", case_not_made },
		{ "version", case_version },
		{ "no-region", case_no_region },
		{ "owner", case_owner },
		{ "root-may-name-one", case_root_may_name_one },
		{ "no-place", case_no_place },
		{ "mistyped", case_mistyped },
		{ "other-things", case_other_things },
		{ "file-size-limit", case_file_size_limit },
		{ "leftovers", case_leftovers },
		{ "could-be-made", case_could_be_made },
		{ "no-addresses", case_no_addresses },
		{ "full-at-start", case_full_at_start },
		{ "full-later", case_full_later },
		{ 0 },
	};
	directory = getenv("PORTICO_KERNEL");
	return run_cases(cases, argc, argv);
}
