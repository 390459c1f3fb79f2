/* SPDX-License-Identifier: MIT */
/* For test programs: one program, several cases, each run by name in an instance of its own. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                      \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define CHECK_EQUAL(is, should)                                                                              \
	do {                                                                                                 \
		long long is_ = (long long)(is), should_ = (long long)(should);                              \
		if (is_ != should_) {                                                                        \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld (%s)\n", __FILE__, __LINE__, #is, is_,  \
				should_, #should);                                                           \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define FAIL(why)                                                                                            \
	do {                                                                                                 \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, why);                                     \
		exit(1);                                                                                     \
	} while (0)

/* This machine lacks what the case needs. */
#define SKIP(why)                                                                                            \
	do {                                                                                                 \
		fprintf(stderr, why "\n");                                                                   \
		exit(77);                                                                                    \
	} while (0)

struct test_case {
	const char *name;
	void (*run)(void);
};

static inline int run_cases(const struct test_case *cases, int argc, char **argv)
{
	for (; cases->name; cases++) {
		if (argc < 2) {
			puts(cases->name);
		} else if (strcmp(cases->name, argv[1]) == 0) {
			cases->run();
			return 0;
		}
	}
	return argc < 2 ? 0 : 2;
}

static inline void sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

/* The state letter of a process, as in proc(5). */
static inline char state_of(pid_t pid)
{
	char path[64], line[512] = "";
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (file) {
		size_t got = fread(line, 1, sizeof line - 1, file);
		line[got] = '\0';
		fclose(file);
	}
	const char *after = strrchr(line, ')');
	return after ? after[2] : '?';
}

/* Until a child waits for something: it is found asleep ten times in a row. */
static inline void until_asleep(pid_t pid)
{
	for (int asleep = 0, looks = 0; asleep < 10 && looks < 2000; looks++) {
		sleep_ms(5);
		asleep = state_of(pid) == 'S' ? asleep + 1 : 0;
	}
}

/* A child that runs action and exits 0, unless a CHECK fails in it. */
#define CHILD(...)                                                                                           \
	({                                                                                                   \
		pid_t child_ = fork();                                                                       \
		CHECK(child_ >= 0);                                                                          \
		if (child_ == 0) {                                                                           \
			__VA_ARGS__;                                                                         \
			_exit(0);                                                                            \
		}                                                                                            \
		child_;                                                                                      \
	})

static inline void join_child(pid_t child)
{
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
}

static inline void kill_child(pid_t child)
{
	int status;
	kill(child, SIGKILL);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
}

/* Memory that children share with us, outside any region. */
static inline void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	return memory;
}

#endif
