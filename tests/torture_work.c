/* SPDX-License-Identifier: MIT */
/* A tortured task of torture.c.  What it does is the dice's; they don't look at what comes of it. */
#include "name.h"
#include "pipe.h"
#include "port.h"
#include "semaphore.h"
#include "task.h"
#include "torture_ledger.h"

#include <portico/portico.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>

static uint32_t me;
static int ledger_file;
static struct life *life;
static struct dice dice; /* of this operation */

/* One of the results that may be; anything else is broken. */
static bool is_one_of(int result, const int *allowed)
{
	for (; *allowed != 0; allowed++)
		if (result == *allowed)
			return true;
	return false;
}

#define EXPECT(result, ...)                                                                                  \
	do {                                                                                                 \
		int result_ = (result);                                                                      \
		if (result_ < 0 && !is_one_of(result_, (const int[]){ __VA_ARGS__, 0 }))                     \
			broken("task %u: %s: error %d", me, operation_name(life->doing), result_);           \
	} while (0)

static int64_t soon(void)
{
	static const int64_t waits_us[] = { 0, 0, 0, 0, 0, 50, 300, 2000 };
	int64_t wait = below(&dice, 200) == 0 ? 20000 : waits_us[below(&dice, 8)];
	return wait == 0 ? 0 : pk_monotonic_ns() + wait * 1000;
}

static void box_name(uint32_t box, char name[16])
{
	snprintf(name, 16, "box%u", box);
}

/* A mailbox; 0 where there is none at present. */
static pk_id find_box(uint32_t box)
{
	char name[16];
	pk_id id;
	if (box < KEPT && below(&dice, 4) != 0)
		return ledger->boxes[box];
	box_name(box, name);
	int error = pk_name_look_up(k, PK_NAME_MAILBOX, name, (uint32_t)strlen(name), &id);
	if (box < KEPT && (error || id != ledger->boxes[box]))
		broken("task %u: %s is not there: %d", me, name, error);
	EXPECT(error, -ENOENT);
	return error ? 0 : id;
}

/* ---- messages */

static void send_letter(void)
{
	static const uint32_t sizes[] = { 8, 40, 64, 100, 700, LONGEST };
	unsigned char data[LONGEST] = { 0 };
	uint32_t message, bytes = sizes[below(&dice, 6)], box = below(&dice, BOXES);
	int64_t until = soon();
	pk_id port = find_box(box);
	if (!port || life->letters == LETTERS)
		return;
	struct letter letter = { me, life->letters };
	struct entry *entry = &ledger->letters[me][letter.number];
	memcpy(data, &letter, sizeof letter);
	entry->port = port;
	pk_store(&entry->sent, INTENDED);
	life->letters++;
	int error = pk_message_make_from(k, data, bytes, 1 + letter.number % 5, &message);
	EXPECT(error, 0);
	if (until)
		error = pk_port_send_until(k, port, message, until);
	else
		error = pk_port_send(k, port, message, NULL, NULL);
	pk_store(&entry->sent, error ? REFUSED : DONE);
	if (error)
		pk_message_release(k, message);
	if (box < KEPT)
		EXPECT(error, -EAGAIN, -ETIMEDOUT);
	else
		EXPECT(error, -EAGAIN, -ETIMEDOUT, -EIDRM, -EINVAL);
}

static void check_wanted(const struct pk_want *want, const struct pk_message *m)
{
	bool right = want->select == PK_ANY || (want->select == PK_TYPE && m->type == want->type) ||
		     (want->select == PK_TYPE_AT_MOST && m->type <= want->type) ||
		     (want->select == PK_TYPE_EXCEPT && m->type != want->type) ||
		     (want->select == PK_FROM && m->sender == want->from);
	if (!right)
		broken("task %u got a message of type %lld that it didn't want (%d, %lld)", me,
		       (long long)m->type, (int)want->select, (long long)want->type);
}

/* In the order in which each sent them: that one receives alone. */
static void check_sole(uint32_t box, const struct letter *letter)
{
	uint32_t last = ledger->last[box][letter->task];
	if (last != 0 && letter->number < last)
		broken("mailbox %u: letter %u of task %u came after %u", box, letter->number, letter->task,
		       last - 1);
	pk_store(&ledger->last[box][letter->task], letter->number + 1);
}

static void consume(uint32_t box, pk_id port, uint32_t message, const struct pk_want *want)
{
	struct letter letter;
	uint32_t length;
	const struct pk_message *m = pk_message_at(k, message);
	const void *data = pk_message_data(k, message, &length);
	if (!data || length < sizeof letter || m->port != port)
		broken("task %u received what nobody sent", me);
	memcpy(&letter, data, sizeof letter);
	check_wanted(want, m);
	check_letter(&letter, port, m->number);
	if (below(&dice, 8) == 0) {
		pk_port_give_back(k, message);
		return;
	}
	if (box < KEPT && ledger->lies < ledger->lie) {
		ledger->lies++;
		pk_message_release(k, message);
		return;
	}
	pk_store(&life->in_hand, ((uint64_t)letter.task << 32 | letter.number) + 1);
	pk_message_release(k, message);
	if (ledger->letters[letter.task][letter.number].received++ != 0)
		broken("letter %u of task %u was received twice", letter.number, letter.task);
	pk_store(&life->in_hand, 0);
	if (box < SOLE)
		check_sole(box, &letter);
}

static void receive_letter(void)
{
	struct pk_want want = { (enum pk_select_how)below(&dice, 5), 1 + below(&dice, 5),
				ledger->lives[below(&dice, TASKS)].tag, UINT32_MAX };
	uint32_t message, box = below(&dice, 3) == 0 && me < SOLE ? me : SOLE + below(&dice, BOXES - SOLE);
	int64_t until = soon();
	pk_id port = find_box(box);
	if (!port)
		return;
	if (box < SOLE)
		want.select = PK_ANY;
	int error;
	if (until)
		error = pk_port_receive_until(k, port, &want, until, &message);
	else
		error = pk_port_receive(k, port, &want, NULL, &message, NULL);
	if (error == 0)
		consume(box, port, message, &want);
	else if (box < KEPT)
		EXPECT(error, -EAGAIN, -ETIMEDOUT);
	else
		EXPECT(error, -EAGAIN, -ETIMEDOUT, -EIDRM, -EINVAL);
}

/* ---- the public calls: from several mailboxes, and asynchronous */

static portico_port completions;

static void consume_copied(ssize_t got)
{
	struct letter letter = life->copied;
	if (got == -EAGAIN || got == -ETIMEDOUT || got == -EIDRM || got == -EINVAL)
		return;
	if (got < (ssize_t)sizeof letter || letter.task >= TASKS || letter.number >= LETTERS)
		broken("task %u: %s: %lld bytes", me, operation_name(life->doing), (long long)got);
	struct entry *entry = &ledger->letters[letter.task][letter.number];
	if (entry->sent == NOTHING || entry->sent == REFUSED)
		broken("letter %u of task %u came in state %u", letter.number, letter.task, entry->sent);
	if (entry->received++ != 0)
		broken("letter %u of task %u was received twice", letter.number, letter.task);
	pk_store(&life->in_hand, 0);
	life->copied.task = NOBODY;
}

/* Some mailboxes that are received from by all. */
static uint32_t some_boxes(portico_port boxes[BOXES])
{
	uint32_t count = 0;
	for (uint32_t box = SOLE; box < BOXES; box++) {
		pk_id id = below(&dice, 2) ? find_box(box) : 0;
		if (id)
			boxes[count++].id = id;
	}
	return count;
}

static void receive_any(void)
{
	portico_port boxes[BOXES];
	uint32_t count = some_boxes(boxes);
	if (count == 0)
		return;
	ssize_t got = portico_receive_any(k, boxes, count, &life->copied, LONGEST, NULL, NULL, soon());
	consume_copied(got);
}

static void post_receive(void)
{
	portico_port boxes[BOXES];
	struct portico_completion completion;
	portico_wait wait;
	uint64_t cookie = roll(&dice);
	uint32_t count = some_boxes(boxes);
	bool cancel = below(&dice, 4) == 0;
	if (count == 0)
		return;
	if (completions.id == 0)
		EXPECT(portico_completions_create(k, &completions), 0);
	int error = portico_post_receive(k, boxes, count, LONGEST, NULL, soon(), completions, cookie, &wait);
	EXPECT(error, -EIDRM, -EINVAL, -E2BIG, -EAGAIN, -ETIMEDOUT);
	if (error)
		return;
	if (cancel && (error = portico_cancel(k, wait)) == 0)
		return;
	if (cancel)
		EXPECT(error, -EALREADY);
	error = portico_complete(k, completions, &completion, pk_monotonic_ns() + INT64_C(10000000000));
	EXPECT(error, 0);
	if (completion.cookie != cookie || completion.wait.id != wait.id)
		broken("task %u: the completion of another", me);
	ssize_t got = portico_collect(k, wait, &life->copied, LONGEST, NULL);
	consume_copied(got);
}

static void watch_box(void)
{
	struct pk_post post = { .until_ns = soon() };
	uint32_t wait;
	int error = pk_port_watch(k, ledger->boxes[below(&dice, KEPT)], &post, &wait);
	EXPECT(error, 0);
	error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	EXPECT(error, -ETIMEDOUT);
}

static void change_limits(void)
{
	struct pk_port_limits limits = { below(&dice, 12), 8192, 64 + below(&dice, 20000) };
	struct pk_port_status status;
	pk_id port = ledger->boxes[below(&dice, KEPT)];
	if (limits.capacity < 8192 && below(&dice, 2) == 0)
		limits.capacity = 8192;
	EXPECT(pk_port_adjust(k, port, &limits, NULL), 0);
	EXPECT(pk_port_inspect(k, port, &status), 0);
}

static void make_box(void)
{
	struct pk_port_limits limits = { below(&dice, 12), 8192, 1 << 20 };
	char name[16];
	pk_id port;
	box_name(KEPT + below(&dice, BOXES - KEPT), name);
	int error = pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, name,
				   (uint32_t)strlen(name), &port);
	EXPECT(error, -EEXIST);
}

static void destroy_box(void)
{
	pk_id port = find_box(KEPT + below(&dice, BOXES - KEPT));
	if (!port || ledger->ends >= ENDED)
		return;
	uint32_t end = ledger->ends++;
	if (end >= ENDED)
		return;
	pk_store(&ledger->ended[end], port);
	EXPECT(pk_port_destroy(k, port), -EIDRM, -EINVAL);
}

/* ---- semaphores */

static uint64_t my_name(void)
{
	return ((uint64_t)me << 32 | life->incarnation) + 1;
}

/* Permit 0 is one: who has it is alone, but for the doomed. */
static void check_alone(void)
{
	uint64_t owner = pk_exchange(&ledger->permit_owner, my_name());
	if (owner == 0 || owner == my_name())
		return;
	const struct life *other = &ledger->lives[(owner - 1) >> 32];
	if (other->doomed < (uint32_t)(owner - 1))
		broken("tasks %u and %u hold the same permit", me, (uint32_t)((owner - 1) >> 32));
}

static void note_permits(const struct pk_semaphore_part *parts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (parts[i].change < 0)
			life->permits[parts[i].semaphore]++;
		if (parts[i].change < 0 && parts[i].semaphore == 0)
			check_alone();
	}
}

static void take_permits(void)
{
	struct pk_semaphore_part parts[2];
	uint32_t first = below(&dice, PERMITS), count = 1 + below(&dice, 2);
	int64_t until = soon();
	for (uint32_t i = 0; i < count; i++) {
		uint16_t permit = (uint16_t)((first + i) % PERMITS);
		if (life->permits[permit] >= permits_at_first[permit])
			return; /* all of them */
		parts[i] = (struct pk_semaphore_part){ permit, -1,
						       (int16_t)(SEM_UNDO | (until ? 0 : IPC_NOWAIT)) };
	}
	int error = pk_set_operate(k, ledger->sets[0], parts, count, until);
	EXPECT(error, -EAGAIN);
	if (error == 0)
		note_permits(parts, count);
}

static void give_permits(void)
{
	uint16_t permit = (uint16_t)below(&dice, PERMITS);
	struct pk_semaphore_part part = { permit, (int16_t)life->permits[permit], SEM_UNDO };
	if (part.change == 0)
		return;
	if (permit == 0)
		pk_store(&ledger->permit_owner, 0);
	EXPECT(pk_set_operate(k, ledger->sets[0], &part, 1, PK_FOREVER), 0);
	pk_store(&life->permits[permit], 0);
}

static void move_coins(void)
{
	uint16_t from = (uint16_t)below(&dice, COINS),
		 to = (uint16_t)((from + 1 + below(&dice, COINS - 1)) % COINS);
	int16_t coins = (int16_t)(1 + below(&dice, 7));
	int64_t until = soon();
	struct pk_semaphore_part parts[] = { { from, (int16_t)-coins, 0 }, { to, coins, 0 } };
	parts[0].flags = until ? 0 : IPC_NOWAIT;
	EXPECT(pk_set_operate(k, ledger->sets[1], parts, 2, until), -EAGAIN);
}

static void count_all(void)
{
	uint16_t permits[PERMITS], coins[COINS];
	uint32_t sum = 0;
	EXPECT(pk_set_load(k, ledger->sets[0], permits), 0);
	EXPECT(pk_set_load(k, ledger->sets[1], coins), 0);
	for (uint32_t i = 0; i < PERMITS; i++)
		if (permits[i] > permits_at_first[i])
			broken("%u permits %u of %u", permits[i], i, permits_at_first[i]);
	for (uint32_t i = 0; i < COINS; i++)
		sum += coins[i];
	if (sum != COINS * PURSE)
		broken("%u coins of %u", sum, COINS * PURSE);
}

static void wait_for_zero(void)
{
	struct pk_semaphore_part part = { (uint16_t)below(&dice, COINS), 0, 0 };
	EXPECT(pk_set_operate(k, ledger->sets[1], &part, 1, soon()), -EAGAIN);
}

/* ---- pipes */

static void write_record(void)
{
	uint32_t pipe = below(&dice, PIPES), number = life->records[pipe];
	if (number == RECORDS)
		return;
	struct record record = { .task = me, .number = number };
	for (uint32_t i = 0; i < 7; i++)
		record.filling[i] = (uint64_t)me << 48 | (uint64_t)number << 8 | i;
	pk_store(&ledger->records[pipe][me][number], INTENDED);
	life->records[pipe]++;
	int64_t written = pk_pipe_write(k, ledger->pipes[pipe], &record, sizeof record);
	if (written != sizeof record && written != -EAGAIN)
		broken("task %u wrote %lld bytes of a record", me, (long long)written);
	pk_store(&ledger->records[pipe][me][number], written > 0 ? DONE : REFUSED);
}

static void read_records(void)
{
	uint64_t most = 1 + below(&dice, READ_MOST);
	if (me >= PIPES)
		return;
	pk_store(&life->reading, true);
	int64_t got = pk_pipe_read(k, ledger->pipes[me], life->hand, most * sizeof(struct record));
	if (got != -EAGAIN && (got <= 0 || got % (int64_t)sizeof(struct record) != 0))
		broken("task %u read %lld bytes", me, (long long)got);
	if (got > 0)
		check_records(me, life->hand, (uint64_t)got / sizeof(struct record));
	pk_store(&life->reading, false);
}

static void watch_pipe(void)
{
	struct pk_post post = { .until_ns = soon() };
	uint32_t wait;
	int error = pk_pipe_watch(k, ledger->pipes[below(&dice, PIPES)], &post, &wait);
	EXPECT(error, 0);
	error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	EXPECT(error, -ETIMEDOUT);
}

/* ---- tasks */

/* A child that takes a permit, moves coins, and ends as it likes. */
static void fork_one(void)
{
	int end = (int)below(&dice, 3);
	pid_t parent = getpid(), child = fork();
	if (child < 0)
		return;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		struct pk_semaphore_part part = { 2, -1, SEM_UNDO | IPC_NOWAIT };
		EXPECT(pk_set_operate(k, ledger->sets[0], &part, 1, 0), -EAGAIN);
		move_coins();
		count_all();
		if (end == 0)
			kill(getpid(), SIGKILL);
		if (end == 1)
			pk_task_leave(k);
		_exit(0);
	}
	int status;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	ledger->forks++;
}

/* The same task goes on in a new image: it has what permits it had. */
static void exec_self(void)
{
	char file[16], task[16];
	snprintf(file, sizeof file, "%d", ledger_file);
	snprintf(task, sizeof task, "%u", me);
	ledger->execs++;
	execl("/proc/self/exe", "torture", "--ledger", file, "--task", task, (char *)NULL);
	broken("task %u: exec: %s", me, strerror(errno));
}

static void sweep(void)
{
	pk_task_sweep(k, below(&dice, 2) == 0);
}

static void handle_some_rights(void)
{
	handle_rights(&dice);
}

static const struct operation {
	const char *name;
	void (*act)(void);
	uint32_t weight;
} operations[] = {
	{ "send", send_letter, 300 },
	{ "receive", receive_letter, 400 },
	{ "receive from any", receive_any, 40 },
	{ "post a receive", post_receive, 40 },
	{ "watch a mailbox", watch_box, 15 },
	{ "change limits", change_limits, 20 },
	{ "make a mailbox", make_box, 30 },
	{ "destroy a mailbox", destroy_box, 10 },
	{ "take permits", take_permits, 60 },
	{ "give permits", give_permits, 120 },
	{ "move coins", move_coins, 80 },
	{ "count permits and coins", count_all, 20 },
	{ "wait for zero", wait_for_zero, 10 },
	{ "write a record", write_record, 120 },
	{ "read records", read_records, 100 },
	{ "watch a pipe", watch_pipe, 10 },
	{ "handle rights", handle_some_rights, 150 },
	{ "fork", fork_one, 4 },
	{ "exec", exec_self, 3 },
	{ "sweep", sweep, 5 },
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

const char *operation_name(uint32_t operation)
{
	return operation < OPERATIONS ? operations[operation].name : "nothing";
}

static uint32_t some_operation(void)
{
	uint32_t all = 0, i = 0;
	for (uint32_t j = 0; j < OPERATIONS; j++)
		all += operations[j].weight;
	for (uint32_t at = below(&dice, all); at >= operations[i].weight; i++)
		at -= operations[i].weight;
	return i;
}

/* exec ends one task and begins another: there are never two of this process (D2). */
static void check_one_record(void)
{
	for (uint32_t slot = 1; slot < pk_committed(k, PK_TASKS); slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (task && slot != pk_id_slot(pk_self(k)) && task->pid == (uint32_t)getpid() &&
		    task->start_time == k->mine->process.start_time)
			broken("task %u: its image of before exec is a task still", me);
	}
}

static void take_over(void)
{
	if (pk_enter(k) != 0)
		broken("task %u can't enter", me);
	pk_store(&life->tag, pk_task_tag(pk_self(k)));
	check_one_record();
	/* what its predecessor held goes back to its place before this one receives: its order is exact */
	if (me < SOLE)
		pk_task_sweep(k, true);
	if (me < PIPES && life->reading)
		ledger->may_be_lost[me] += READ_MOST;
	pk_store(&life->reading, false);
}

void work(uint32_t task, int file)
{
	me = task;
	ledger_file = file;
	life = &ledger->lives[me];
	take_over();
	while (!ledger->stop) {
		dice = (struct dice){ roll(&life->dice) };
		uint32_t next = some_operation();
		pk_store(&life->doing, next);
		operations[next].act();
		ledger->operations++;
	}
	pk_store(&life->doing, UINT32_MAX);
	pk_store(&life->doomed, life->incarnation); /* its permits are anybody's from now on */
}
