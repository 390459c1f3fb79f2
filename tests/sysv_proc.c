/* SPDX-License-Identifier: MIT */
/*
 * /proc/sysvipc and /proc/sys/kernel, by every call that opens files: what they
 * show is what the commands tell.  Runs on the real kernel, too, where nothing is
 * written; a static program sees the real kernel's files whatever it is linked with.
 */
#define _GNU_SOURCE
#define _LARGEFILE64_SOURCE
#include "sysv_check.h"

#include <fcntl.h>
#include <sys/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

#define MSGMAX "/proc/sys/kernel/msgmax"

/* The line of a file that has that id in its second column. */
static bool find_line(const char *path, int id, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	CHECK(file);
	while (!found && fgets(line, (int)size, file)) {
		int key, second;
		found = sscanf(line, "%d %d", &key, &second) == 2 && second == id;
	}
	fclose(file);
	return found;
}

static void heading(const char *path, const char *should)
{
	char line[400];
	FILE *file = fopen(path, "r");
	CHECK(file && fgets(line, sizeof line, file));
	CHECK_EQUAL(strcmp(line, should), 0);
	fclose(file);
}

static void headings(void)
{
	heading("/proc/sysvipc/msg",
		"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      "
		"stime      rtime      ctime\n");
	heading("/proc/sysvipc/sem",
		"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
	heading("/proc/sysvipc/shm",
		"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  "
		"cgid     "
		" atime      dtime      ctime                   rss                  swap\n");
	CHECK_EQUAL(semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID), 0);
}

static key_t some_key(void)
{
	return (key_t)(0xb7000000 | (unsigned)(getpid() & 0xffffff)); /* negative */
}

static void queues(void)
{
	static const struct {
		long type;
		char text[10];
	} message = { 1, "123456789" };
	struct msqid_ds ds;
	char line[400], should[400];
	int id = msgget(some_key(), IPC_CREAT | IPC_EXCL | 0640);
	CHECK_EQUAL(msgsnd(id, &message, 9, 0), 0);
	CHECK(find_line("/proc/sysvipc/msg", id, line, sizeof line));
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	snprintf(should, sizeof should,
		 "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10llu %10llu %10llu\n", some_key(), id,
		 0640u, 9ul, 1ul, getpid(), 0, geteuid(), getegid(), geteuid(), getegid(),
		 (unsigned long long)ds.msg_stime, 0ull, (unsigned long long)ds.msg_ctime);
	CHECK_EQUAL(strcmp(line, should), 0);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
	CHECK(!find_line("/proc/sysvipc/msg", id, line, sizeof line));
}

static void semaphores(void)
{
	struct semid_ds ds;
	char line[400], should[400];
	int id = semget(IPC_PRIVATE, 7, 0606);
	CHECK(find_line("/proc/sysvipc/sem", id, line, sizeof line));
	CHECK_EQUAL(semctl(id, 0, IPC_STAT, &ds), 0);
	snprintf(should, sizeof should, "%10d %10d  %4o %10u %5u %5u %5u %5u %10llu %10llu\n", 0, id, 0606u,
		 7, geteuid(), getegid(), geteuid(), getegid(), 0ull, (unsigned long long)ds.sem_ctime);
	CHECK_EQUAL(strcmp(line, should), 0);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static void segments(void)
{
	struct shmid_ds ds;
	char line[400], should[400];
	int id = shmget(some_key(), 8192, IPC_CREAT | IPC_EXCL | 0600);
	char *address = shmat(id, NULL, 0);
	memset(address, 1, 8192);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	for (int removed = 0; removed < 2; removed++) {
		CHECK(find_line("/proc/sysvipc/shm", id, line, sizeof line));
		snprintf(should, sizeof should,
			 "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10llu %10llu %10llu %21lu "
			 "%21lu\n",
			 removed ? 0 : some_key(), id, removed ? 01600u : 0600u, 8192ul, getpid(), getpid(),
			 1ul, geteuid(), getegid(), geteuid(), getegid(), (unsigned long long)ds.shm_atime,
			 0ull, (unsigned long long)ds.shm_ctime, 8192ul, 0ul);
		CHECK_EQUAL(strcmp(line, should), 0);
		CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
	}
	CHECK_EQUAL(shmdt(address), 0);
}

/* More of them than fit one page of text. */
static void many(void)
{
	enum { COUNT = 200 };
	int ids[COUNT], seen = 0;
	char line[400];
	for (int i = 0; i < COUNT; i++)
		ids[i] = msgget(IPC_PRIVATE, 0600);
	FILE *file = fopen("/proc/sysvipc/msg", "r");
	while (fgets(line, sizeof line, file)) {
		int key, id = -1;
		sscanf(line, "%d %d", &key, &id);
		for (int i = 0; i < COUNT; i++)
			seen += id == ids[i];
	}
	fclose(file);
	CHECK_EQUAL(seen, COUNT);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQUAL(msgctl(ids[i], IPC_RMID, NULL), 0);
}

/* ---- limits */

static void limit_is(const char *name, const char *should)
{
	char path[64], text[100] = "";
	snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
	int fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQUAL(read(fd, text, sizeof text), (long)strlen(should));
	CHECK_EQUAL(strcmp(text, should), 0);
	CHECK_EQUAL(close(fd), 0);
}

static void limits(void)
{
	limit_is("msgmax", "8192\n");
	limit_is("msgmnb", "16384\n");
	limit_is("msgmni", "32000\n");
	limit_is("sem", "32000\t1024000000\t500\t32000\n");
	limit_is("shmmax", "18446744073692774399\n");
	limit_is("shmall", "18446744073692774399\n");
	limit_is("msg_next_id", "-1\n");
	limit_is("sem_next_id", "-1\n");
	limit_is("shm_next_id", "-1\n");
	limit_is("shm_rmid_forced", "0\n");
	limit_is("auto_msgmni", "0\n");
	CHECK_EQUAL(semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID), 0);
}

static void holds_limit(int fd)
{
	char text[8] = "";
	CHECK(fd >= 0);
	CHECK_EQUAL(read(fd, text, sizeof text), 5);
	CHECK_EQUAL(strcmp(text, "8192\n"), 0);
	CHECK_EQUAL(close(fd), 0);
}

static void stream_holds_limit(FILE *file)
{
	char text[8] = "";
	CHECK(file && fgets(text, sizeof text, file));
	CHECK_EQUAL(strcmp(text, "8192\n"), 0);
	CHECK_EQUAL(fclose(file), 0);
}

/* What a program calls that was compiled with _FORTIFY_SOURCE, where its libc has that. */
int __open_2(const char *path, int flags) __attribute__((weak));
int __open64_2(const char *path, int flags) __attribute__((weak));
int __openat_2(int directory, const char *path, int flags) __attribute__((weak));
int __openat64_2(int directory, const char *path, int flags) __attribute__((weak));

static void fortified(void)
{
	if (!__open_2 || !__open64_2 || !__openat_2 || !__openat64_2)
		SKIP("this libc has no checked calls");
	holds_limit(__open_2(MSGMAX, O_RDONLY));
	holds_limit(__open64_2(MSGMAX, O_RDONLY));
	holds_limit(__openat_2(AT_FDCWD, MSGMAX, O_RDONLY));
	holds_limit(__openat64_2(AT_FDCWD, MSGMAX, O_RDONLY));
	FAILS(__open_2("/nowhere/at/all", O_RDONLY), ENOENT);
	FAILS(__openat_2(AT_FDCWD, "/nowhere/at/all", O_RDONLY), ENOENT);
	close(__open_2("/dev/null", O_RDONLY));
	CHECK_EQUAL(semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID), 0);
}

static void every_way(void)
{
	struct stat status;
	CHECK_EQUAL(semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID), 0);
	errno = 7;
	holds_limit(open(MSGMAX, O_RDONLY));
	holds_limit(openat(AT_FDCWD, MSGMAX, O_RDONLY | O_CLOEXEC));
	holds_limit(openat(-1, MSGMAX, O_RDONLY | O_NOFOLLOW)); /* absolute: no directory is asked */
	holds_limit(open64(MSGMAX, O_RDONLY));
	holds_limit(openat64(AT_FDCWD, MSGMAX, O_RDONLY));
	CHECK_EQUAL(errno, 7);
	stream_holds_limit(fopen(MSGMAX, "r"));
	stream_holds_limit(fopen(MSGMAX, "rbe"));
	stream_holds_limit(fopen64(MSGMAX, "r"));
	stream_holds_limit(freopen(MSGMAX, "r", fopen("/dev/null", "r")));
	stream_holds_limit(freopen64(MSGMAX, "r", fopen("/dev/null", "r")));
	int plain = open(MSGMAX, O_RDONLY), closing = open(MSGMAX, O_RDONLY | O_CLOEXEC);
	CHECK_EQUAL(fcntl(plain, F_GETFD), 0);
	CHECK_EQUAL(fcntl(closing, F_GETFD), FD_CLOEXEC);
	CHECK_EQUAL(fstat(plain, &status), 0);
	CHECK(S_ISREG(status.st_mode));
	close(plain);
	close(closing);
	CHECK_EQUAL(access(MSGMAX, F_OK), 0);
	CHECK_EQUAL(access("/proc/sysvipc/sem", R_OK), 0);
	FAILS(access(MSGMAX, X_OK), EACCES);
	CHECK_EQUAL(faccessat(AT_FDCWD, "/proc/sysvipc/msg", R_OK, 0), 0);
	FAILS(open("/proc/sys/kernel/msgmaximum", O_RDONLY), ENOENT);
	FAILS(open("/proc/sysvipc", O_WRONLY), EISDIR);
	FAILS(open(MSGMAX, O_CREAT | O_EXCL | O_RDONLY, 0600), EEXIST);
	int directory = open("/proc/sysvipc", O_RDONLY | O_DIRECTORY), path = open(MSGMAX, O_PATH);
	CHECK(directory >= 0 && path >= 0);
	close(directory);
	close(path);
}

/* What has nothing to do with it goes its way, arguments and errors and all. */
static void others(void)
{
	char path[] = "/tmp/portico-open-XXXXXX";
	struct stat status;
	close(mkstemp(path));
	CHECK_EQUAL(unlink(path), 0);
	mode_t before = umask(0);
	int fd = open(path, O_CREAT | O_RDWR | O_EXCL, 0640);
	CHECK_EQUAL(fstat(fd, &status), 0);
	CHECK_EQUAL(status.st_mode & 07777, 0640);
	close(fd);
	FAILS(open(path, O_CREAT | O_EXCL, 0640), EEXIST);
	CHECK_EQUAL(unlink(path), 0);
	fd = openat(AT_FDCWD, path, O_CREAT | O_WRONLY, 0604);
	CHECK_EQUAL(fstat(fd, &status), 0);
	CHECK_EQUAL(status.st_mode & 07777, 0604);
	close(fd);
	CHECK_EQUAL(unlink(path), 0);
	fd = creat(path, 0460);
	CHECK_EQUAL(fstat(fd, &status), 0);
	CHECK_EQUAL(status.st_mode & 07777, 0460);
	close(fd);
	CHECK_EQUAL(unlink(path), 0);
	umask(before);
	fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	CHECK(fd >= 0 && fstat(fd, &status) == 0);
	CHECK_EQUAL(status.st_mode & 07777, 0600);
	close(fd);
	FAILS(open(path, O_RDONLY), ENOENT);
	errno = 0;
	CHECK(!fopen(path, "r") && errno == ENOENT);
	errno = 0;
	CHECK(!freopen(path, "r", fopen("/dev/null", "r")) && errno == ENOENT);
	const char *volatile nowhere = (const char *)16;
	FAILS(open(nowhere, O_RDONLY), EFAULT);
	FAILS(access(path, F_OK), ENOENT);
	CHECK_EQUAL(access("/proc/sys/kernel/ostype", R_OK), 0);
	CHECK_EQUAL(semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "headings", headings },
		{ "queues", queues },
		{ "semaphores", semaphores },
		{ "segments", segments },
		{ "many", many },
		{ "limits", limits },
		{ "every_way", every_way },
		{ "fortified", fortified },
		{ "others", others },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
