/* SPDX-License-Identifier: MIT */
#include "crash.h"

#include <dirent.h>

struct portico *k;
char *died_at;
pid_t bystander;
int *bystander_result;

/* ---- dying at a point */

#define NAME_BYTES 64

static int die_at; /* 0: never */
static int points;
static bool repairing, sparing;

void pk_crash_point(const char *where)
{
	if (die_at == 0 || sparing || ++points < die_at)
		return;
	if (!repairing)
		snprintf(died_at, NAME_BYTES, "%s", where);
	kill(getpid(), SIGKILL);
}

/* Run the victim, to die at point n.  False: it had fewer points than that. */
static bool kill_at(int n, void (*action)(void), void (*meanwhile)(void))
{
	pid_t victim = fork();
	CHECK(victim >= 0);
	if (victim == 0) {
		CHECK_EQUAL(pk_enter(k), 0);
		points = 0;
		die_at = n;
		action();
		_exit(0);
	}
	if (meanwhile)
		meanwhile();
	int status;
	CHECK_EQUAL(waitpid(victim, &status, 0), victim);
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* ---- what scenarios use */

void spared(void (*action)(void))
{
	sparing = true;
	action();
	sparing = false;
}

void sweep(void)
{
	pk_task_sweep(k, true);
}

int64_t soon(void)
{
	return pk_monotonic_ns() + INT64_C(10000000000);
}

uint32_t next_told(pk_id completions, int64_t until_ns)
{
	struct pk_completion completion;
	uint32_t message, length;
	if (pk_port_receive_until(k, completions, &PK_WANT_ANY, until_ns, &message) != 0)
		return 0;
	const void *data = pk_message_data(k, message, &length);
	CHECK_EQUAL(length, sizeof completion);
	memcpy(&completion, data, sizeof completion);
	pk_message_release(k, message);
	CHECK_EQUAL(completion.cookie, 7);
	return pk_wait_find(k, completion.wait);
}

bool either(const char *is, const char *one, const char *other)
{
	return strcmp(is, one) == 0 || strcmp(is, other) == 0;
}

/* ---- nothing is left */

static uint32_t used_slots(unsigned table)
{
	uint32_t used = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
		struct pk_head *head = pk_slot(k, table, slot);
		used += pk_word_kind(pk_load(&head->word)) != PK_FREE;
	}
	return used;
}

static int files_in_shm(void)
{
	char path[PK_PATH_MAX];
	CHECK_EQUAL(pk_region_path(k, "shm", path), 0);
	DIR *directory = opendir(path);
	CHECK(directory != NULL);
	int count = 0;
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 2;
}

static void check_nothing_leaked(void)
{
	pk_magazine_empty(k);
	for (unsigned table = PK_TASKS + 1; table < PK_TABLES; table++) {
		CHECK(pk_table_valid(k, table));
		CHECK_EQUAL(used_slots(table), 0);
	}
	CHECK_EQUAL(files_in_shm(), 0);
}

/* ---- playing */

static const struct stage *stage;
static const struct scenario *scenario;
static int now_n, now_m;

/* At exit, if a check failed. */
static void tell_where(void)
{
	fprintf(stderr, "in scenario %s, point %d (%s), repair's point %d\n", scenario->name, now_n, died_at,
		now_m);
}

struct performance {
	bool had_n, had_m; /* there were so many points to die at */
};

/* The victim dies at n, who repairs it at m (0: isn't killed). */
static struct performance play(int n, int m)
{
	struct performance played = { false, false };
	now_n = n;
	now_m = m;
	*died_at = '\0';
	scenario->prepare();
	repairing = false;
	played.had_n = kill_at(n, scenario->operate, scenario->meanwhile);
	repairing = true;
	if (m > 0)
		played.had_m = kill_at(m, stage->repair, NULL);
	stage->repair();
	CHECK(stage->valid());
	scenario->verify();
	stage->clear();
	check_nothing_leaked();
	return played;
}

static void play_all(bool twice)
{
	bool had_n = true;
	int performances = 0;
	for (int n = 1; had_n; n++) {
		had_n = play(n, 0).had_n;
		performances++;
		for (int m = 1; twice && had_n && play(n, m).had_m; m++)
			performances++;
	}
	CHECK(performances > 1); /* core was built with crash points */
	printf("%s: %d deaths\n", scenario->name, performances);
}

static void open_kernel(void)
{
	struct pk_reason reason;
	if (pk_kernel_open(NULL, true, &k, &reason))
		FAIL(reason.text);
	CHECK_EQUAL(pk_enter(k), 0);
}

static int list_scenarios(void)
{
	for (const struct scenario *each = stage->scenarios; each->name; each++)
		puts(each->name);
	return 0;
}

int run_stage(const struct stage *played, int argc, char **argv)
{
	stage = played;
	if (argc < 2)
		return list_scenarios();
	for (scenario = stage->scenarios; scenario->name; scenario++)
		if (strcmp(argv[1], scenario->name) == 0)
			break;
	if (!scenario->name)
		return 2;
	died_at = shared_memory(NAME_BYTES);
	bystander_result = shared_memory(sizeof *bystander_result);
	open_kernel();
	atexit(tell_where);
	play_all(argc < 3 || strcmp(argv[2], "once") != 0);
	fflush(stdout);
	_exit(0); /* past tell_where() */
}
