/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of every operation on ports, and then again at
 * every point of the repair.  Linked with a core built with crash points.
 *
 * Each scenario prepares a port, lets a victim do one operation and die at its
 * n-th point, lets a second victim reap it and die at its m-th point, reaps
 * what is left, and checks: everything valid, nothing lost, nothing doubled,
 * nothing leaked, nobody hung.
 */
#include "check.h"
#include "message.h"
#include "name.h"
#include "port.h"
#include "region.h"
#include "task.h"

/* ---- dying at a point */

static int die_at; /* 0: never */
static int points;
static bool reaping;
static int *died_where;	    /* shared: at which point the victim died, 0 if it didn't */
static char (*died_at)[64]; /* and its name */

void pk_crash_point(const char *where);
void pk_crash_point(const char *where)
{
	if (die_at == 0 || ++points < die_at)
		return;
	if (!reaping) {
		snprintf(*died_at, sizeof *died_at, "%s", where);
		*died_where = points;
	}
	kill(getpid(), SIGKILL);
}

/* ---- the stage */

static struct portico *k;
static pk_id port;
static const struct pk_want any = PK_WANT_ANY;

static int64_t soon(void)
{
	return pk_monotonic_ns() + INT64_C(10000000000);
}

static int put(char letter, int64_t until_ns)
{
	uint32_t message;
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_message_make_from(k, &letter, 1, letter, &message), 0);
	int error = until_ns == 0 ? pk_port_send(k, port, message, NULL, NULL)
				  : pk_port_send_until(k, port, message, until_ns);
	if (error)
		pk_message_release(k, message);
	return error;
}

/* The letter received, or a negative errno. */
static int get(int64_t until_ns)
{
	uint32_t message, length;
	int error = until_ns == 0 ? pk_port_receive(k, port, &any, NULL, &message, NULL)
				  : pk_port_receive_until(k, port, &any, until_ns, &message);
	if (error)
		return error;
	int letter = *(char *)pk_message_data(k, message, &length);
	pk_message_release(k, message);
	return letter;
}

static void make_port(uint32_t slots)
{
	struct pk_port_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, "stage", 5, &port), 0);
}

static void await_waiters(uint32_t receivers, uint32_t senders)
{
	struct pk_port_status status;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
		if (status.receivers == receivers && status.senders == senders)
			return;
		sleep_ms(1);
	}
	FAIL("the waiters never came");
}

static void await_line(const struct pk_wait_list *line)
{
	for (int i = 0; i < 2000 && *(volatile uint32_t *)&line->first == 0; i++)
		sleep_ms(1);
	CHECK(line->first != 0);
}

/* Bystanders: what they got, or how their send ended, through memory outside the region. */
static int *bystander_result;
static pid_t bystander;

static void bystander_receives(void)
{
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get(soon()));
	await_waiters(1, 0);
}

static void bystander_sends(char letter)
{
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = put(letter, soon()));
	await_waiters(0, 1);
}

/* Everything left in the port, in order. */
static const char *drain(void)
{
	static char letters[32];
	int letter, count = 0;
	while ((letter = get(0)) > 0 && count < 31)
		letters[count++] = (char)letter;
	CHECK_EQUAL(letter, -EAGAIN);
	letters[count] = '\0';
	return letters;
}

static bool either(const char *is, const char *one, const char *other)
{
	return strcmp(is, one) == 0 || strcmp(is, other) == 0;
}

/* ---- scenarios */

struct scenario {
	const char *name;
	void (*prepare)(void);
	void (*operate)(void);	 /* in the victim */
	void (*meanwhile)(void); /* in us, while the victim may wait; may be NULL */
	void (*verify)(void);
};

static void prepare_queue(void)
{
	make_port(8);
	for (const char *letter = "abc"; *letter; letter++)
		CHECK_EQUAL(put(*letter, 0), 0);
}

static void operate_send(void)
{
	put('d', 0);
}
static void verify_send(void)
{
	CHECK(either(drain(), "abc", "abcd"));
}

static void operate_receive(void)
{
	get(0);
}
/* A message is consumed when its buffer is free: until then the victim's death returns it. */
static bool consumed(void)
{
	return *died_where == 0 || strcmp(*died_at, "table: free, not on the free list") == 0;
}
static void verify_receive(void)
{
	CHECK_EQUAL(strcmp(drain(), consumed() ? "bc" : "abc"), 0);
}

static void prepare_waiting_receiver(void)
{
	make_port(8);
	bystander_receives();
}
static void verify_handed_over(void)
{
	/* the bystander has 'd', or nobody sent it: then it gets 'e' */
	CHECK_EQUAL(put('e', 0), 0);
	join_child(bystander);
	if (*bystander_result == 'd')
		CHECK_EQUAL(strcmp(drain(), "e"), 0);
	else
		CHECK(*bystander_result == 'e' && strcmp(drain(), "") == 0); /* never 'e' before 'd' */
}

static void watch(void)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = soon() };
	uint32_t wait;
	CHECK_EQUAL(pk_port_watch(k, port, &post, &wait), 0);
	*bystander_result = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
}
static void prepare_watched(void)
{
	make_port(8);
	bystander = CHILD(watch());
	await_line(&((struct pk_port *)pk_slot(k, PK_PORTS, pk_id_slot(port)))->watchers);
}
static void verify_watcher_told(void)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	if (status.count == 0) /* nothing was sent: nothing to tell */
		CHECK_EQUAL(put('d', 0), 0);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(), "d"), 0);
}

static void receive_by_completion(void)
{
	struct pk_post post = { .tell = PK_TELL_TASK, .cookie = 7, .until_ns = soon() };
	uint32_t wait = 0, message = 0, length, told = 0;
	CHECK_EQUAL(pk_port_receive(k, port, &any, &post, &message, &wait), PK_POSTED);
	while (told == 0 && pk_monotonic_ns() < post.until_ns) {
		pk_wait_listen(k);
		told = pk_wait_completed(k);
	}
	CHECK_EQUAL(told, wait);
	CHECK_EQUAL(pk_port_collect(k, wait, &message), 0);
	*bystander_result = *(char *)pk_message_data(k, message, &length);
	pk_message_release(k, message);
	CHECK_EQUAL(pk_wait_completed(k), 0); /* once */
}
static void prepare_completion(void)
{
	make_port(8);
	bystander = CHILD(receive_by_completion());
	await_waiters(1, 0);
}

static void prepare_full(void)
{
	make_port(1);
	CHECK_EQUAL(put('a', 0), 0);
	bystander_sends('b');
}
static void verify_admitted(void)
{
	/* 'a' was taken or not; 'b' is queued, and its sender told, once there is room */
	int first = get(soon());
	if (first == 'a')
		CHECK_EQUAL(get(soon()), 'b');
	else
		CHECK_EQUAL(first, 'b');
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(), ""), 0);
}

static void prepare_rendezvous(void)
{
	make_port(0);
	bystander_sends('b');
}
static void verify_met(void)
{
	/* if the victim took it for good its sender was told, else it is still to be had */
	int letter = get(pk_monotonic_ns() + 50000000);
	CHECK(letter == 'b' || letter == -ETIMEDOUT);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(), ""), 0);
}

static void prepare_empty(void)
{
	make_port(1);
}
static void operate_wait_to_receive(void)
{
	get(soon());
}
static void meanwhile_send(void)
{
	put('x', 0);
}
static void verify_returned(void)
{
	CHECK_EQUAL(strcmp(drain(), consumed() ? "" : "x"), 0);
}

static void prepare_one(void)
{
	make_port(1);
	CHECK_EQUAL(put('a', 0), 0);
}
static void operate_wait_to_send(void)
{
	put('b', soon());
}
static void meanwhile_receive(void)
{
	struct pk_port_status status;
	for (int i = 0; i < 20; i++) {
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
		if (status.senders == 1)
			break;
		sleep_ms(1);
	}
	CHECK_EQUAL(get(0), 'a');
}
static void verify_sent(void)
{
	CHECK(either(drain(), "", "b"));
}

static void operate_give_up(void)
{
	put('b', pk_monotonic_ns() + 1000000);
}
static void verify_gave_up(void)
{
	CHECK(either(drain(), "a", "a")); /* never "ab": who was told no has sent nothing */
}

static void prepare_busy(void)
{
	prepare_queue();
	bystander = 0;
}
static void operate_destroy(void)
{
	pk_port_destroy(k, port);
}
static void verify_destroyed(void)
{
	pk_id found;
	if (pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &found) == 0)
		CHECK_EQUAL(strcmp(drain(), "abc"), 0);
	else
		make_port(1);
}

static void prepare_doomed_waiter(void)
{
	make_port(8);
	bystander_receives();
}
static void verify_waiter_told(void)
{
	pk_id found;
	if (pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &found) == 0)
		CHECK_EQUAL(put('z', 0), 0);
	else
		make_port(1);
	join_child(bystander);
	CHECK(*bystander_result == 'z' || *bystander_result == -EIDRM);
}

static void prepare_nothing(void)
{
}
static void operate_create(void)
{
	make_port(3);
}
static void verify_created(void)
{
	if (pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &port) != 0)
		make_port(3);
	CHECK_EQUAL(put('a', 0), 0);
	CHECK_EQUAL(strcmp(drain(), "a"), 0);
}

static void operate_give_back(void)
{
	uint32_t message;
	CHECK_EQUAL(pk_port_receive(k, port, &any, NULL, &message, NULL), 0);
	pk_port_give_back(k, message);
}
static void verify_all_there(void)
{
	CHECK_EQUAL(strcmp(drain(), "abc"), 0);
}

static const struct scenario scenarios[] = {
	{ "send", prepare_queue, operate_send, NULL, verify_send },
	{ "receive", prepare_queue, operate_receive, NULL, verify_receive },
	{ "hand-over", prepare_waiting_receiver, operate_send, NULL, verify_handed_over },
	{ "watch", prepare_watched, operate_send, NULL, verify_watcher_told },
	{ "completion", prepare_completion, operate_send, NULL, verify_handed_over },
	{ "admit", prepare_full, operate_receive, NULL, verify_admitted },
	{ "rendezvous", prepare_rendezvous, operate_receive, NULL, verify_met },
	{ "wait-to-receive", prepare_empty, operate_wait_to_receive, meanwhile_send, verify_returned },
	{ "wait-to-send", prepare_one, operate_wait_to_send, meanwhile_receive, verify_sent },
	{ "give-up", prepare_one, operate_give_up, NULL, verify_gave_up },
	{ "destroy", prepare_busy, operate_destroy, NULL, verify_destroyed },
	{ "destroy-under-waiter", prepare_doomed_waiter, operate_destroy, NULL, verify_waiter_told },
	{ "create", prepare_nothing, operate_create, NULL, verify_created },
	{ "give-back", prepare_queue, operate_give_back, NULL, verify_all_there },
};

/* ---- the driver */

static uint32_t live_buffers;

static void count_buffer(struct portico *kernel, uint32_t message, struct pk_message *m, void *context)
{
	(void)kernel;
	(void)message;
	(void)m;
	(void)context;
	live_buffers++;
}

static uint32_t used_slots(unsigned table)
{
	uint32_t used = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
		struct pk_head *head = pk_slot(k, table, slot);
		used += pk_word_kind(pk_load(&head->word)) != PK_FREE;
	}
	return used;
}

static void check_nothing_leaked(void)
{
	for (unsigned table = PK_TASKS + 1; table < PK_TABLES; table++)
		CHECK(pk_table_valid(k, table));
	live_buffers = 0;
	pk_message_each(k, count_buffer, NULL);
	CHECK_EQUAL(live_buffers, 0);
	CHECK_EQUAL(used_slots(PK_WAITS), 0);
	CHECK_EQUAL(used_slots(PK_PORTS), 0);
	CHECK_EQUAL(used_slots(PK_NAMES), 0);
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

static void sweep(void)
{
	reaping = true;
	pk_task_sweep(k, true);
}

static const struct scenario *now_playing;
static int now_n, now_m;

/* At exit, if a check failed. */
static void tell_where(void)
{
	fprintf(stderr, "in scenario %s, point %d (%s), repair's point %d\n", now_playing->name, now_n,
		*died_at, now_m);
}

/* One performance: the victim dies at n, its reaper at m (0: isn't killed).  False once there is no point m.
 */
static bool play(const struct scenario *scenario, int n, int m, bool *had_n)
{
	bool had_m = false;
	now_playing = scenario;
	now_n = n;
	now_m = m;
	scenario->prepare();
	*died_where = 0;
	reaping = false;
	*had_n = kill_at(n, scenario->operate, scenario->meanwhile);
	if (m > 0)
		had_m = kill_at(m, sweep, NULL);
	sweep();
	CHECK(!*had_n || scenario->prepare == prepare_nothing || pk_port_valid(k, port) ||
	      scenario->operate == operate_destroy);
	scenario->verify();
	pk_port_destroy(k, port);
	sweep();
	/* what only names what is gone is dropped when it is come across */
	pk_id found;
	CHECK_EQUAL(pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &found), -ENOENT);
	check_nothing_leaked();
	return had_m;
}

static void run_scenario(const struct scenario *scenario, bool twice)
{
	bool had_n = true;
	int performances = 0;
	for (int n = 1; had_n; n++) {
		play(scenario, n, 0, &had_n);
		performances++;
		for (int m = 1; twice && had_n && play(scenario, n, m, &had_n); m++)
			performances++;
	}
	printf("%s: %d deaths\n", scenario->name, performances);
}

int main(int argc, char **argv)
{
	struct pk_reason reason;
	died_where = shared_memory(sizeof *died_where);
	died_at = shared_memory(sizeof *died_at);
	bystander_result = shared_memory(sizeof *bystander_result);
	if (pk_kernel_open(NULL, true, &k, &reason)) {
		fprintf(stderr, "%s\n", reason.text);
		return 1;
	}
	CHECK_EQUAL(pk_enter(k), 0);
	for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
		if (argc < 2)
			puts(scenarios[i].name);
		else if (strcmp(argv[1], scenarios[i].name) == 0) {
			now_playing = &scenarios[i];
			atexit(tell_where);
			run_scenario(&scenarios[i], argc < 3 || strcmp(argv[2], "once") != 0);
			fflush(stdout);
			_exit(0); /* past tell_where() */
		}
	}
	return argc < 2 ? 0 : 2;
}
