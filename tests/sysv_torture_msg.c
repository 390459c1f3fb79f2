/* SPDX-License-Identifier: MIT */
/*
 * Message queues under torture: numbered letters of several types and sizes
 * through two queues that are often full.  What was acknowledged to its sender
 * is received once, or there at the end, but for the one letter that each
 * receiver who was killed may have had in hand; what was refused never comes.
 * The first queue is task 0's: it gets each type of each sender's in order.
 */
#include "sysv_torture.h"

#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000 /* musl has no name for it */
#endif

enum { LONGEST = 700, TYPES = 5, ROOM = 3000 };

struct letter {
	long type;
	uint32_t task, number;
	char rest[LONGEST];
};
enum { HEAD = 2 * sizeof(uint32_t) };

/* ---- operations */

static size_t some_size(void)
{
	static const size_t sizes[] = { HEAD, 40, 64, 100, LONGEST };
	return sizes[below(&dice, 5)];
}

static int some_flags(void)
{
	if (below(&dice, 2))
		return IPC_NOWAIT;
	interrupt_soon();
	return 0;
}

static void send_letter(void)
{
	struct letter letter = { .task = me, .number = life->letters };
	uint32_t queue = below(&dice, QUEUES);
	if (life->letters == LETTERS)
		return;
	struct letter_entry *entry = &ledger->letters[me][life->letters++];
	letter.type = 1 + letter.number % TYPES;
	entry->queue = (uint8_t)queue;
	entry->sent = INTENDED;
	int error = msgsnd(ledger->queues[queue], &letter, some_size(), some_flags());
	if (error)
		EXPECT_ERROR(EAGAIN, EINTR);
	entry->sent = error ? REFUSED : DONE;
}

static struct letter_entry *look_at(const struct letter *letter, ssize_t size, uint32_t queue)
{
	if (size < HEAD || letter->task >= TASKS || letter->number >= LETTERS)
		broken("a letter of nobody");
	struct letter_entry *entry = &ledger->letters[letter->task][letter->number];
	if (entry->sent == NOTHING || entry->queue != queue || letter->type != 1 + letter->number % TYPES)
		broken("letter %u of task %u was never sent to queue %u", letter->number, letter->task,
		       queue);
	if (entry->sent == REFUSED)
		broken("letter %u of task %u was refused, and came", letter->number, letter->task);
	return entry;
}

/*
 * Of those that were acknowledged by now: who was killed in msgsnd may have an
 * heir who was quicker.  The one that a killed receiver had in hand is late.
 */
static void check_order(const struct letter *letter, const struct letter_entry *entry)
{
	_Atomic uint32_t *last = &ledger->last[letter->task][letter->type];
	if (entry->sent != DONE)
		return;
	if (letter->number >= *last)
		*last = letter->number + 1;
	else if (ledger->may_be_lost[0] > 0)
		ledger->may_be_lost[0]--;
	else
		broken("letter %u of task %u came after %u", letter->number, letter->task, *last - 1);
}

static void take(const struct letter *letter, ssize_t size, uint32_t queue)
{
	struct letter_entry *entry = look_at(letter, size, queue);
	if (ledger->lie == LIE_OF_MESSAGES && letter->number % 8 == 0)
		return;
	if (atomic_exchange(&entry->received, 1))
		broken("letter %u of task %u came twice", letter->number, letter->task);
	if (queue == 0)
		check_order(letter, entry);
}

static void check_type(long wanted, bool except, long type)
{
	if ((wanted < 0 && type > -wanted) || (wanted > 0 && (type == wanted) == except))
		broken("a letter of type %ld, and %s%ld was wanted", type, except ? "all but " : "", wanted);
}

static void receive_letter(void)
{
	struct letter letter;
	uint32_t queue = me == 0 ? 0 : 1;
	long wanted = (long)below(&dice, 2 * TYPES + 1) - TYPES;
	bool except = wanted > 0 && below(&dice, 3) == 0;
	int flags = some_flags() | (except ? MSG_EXCEPT : 0);
	size_t room = sizeof letter - sizeof letter.type;
	if (below(&dice, 3) == 0) {
		flags |= MSG_NOERROR;
		room = 20;
	}
	life->receives = queue + 1;
	ssize_t got = msgrcv(ledger->queues[queue], &letter, room, wanted, flags);
	if (got >= 0) {
		check_type(wanted, except, letter.type);
		take(&letter, got, queue);
	} else {
		EXPECT_ERROR(ENOMSG, EINTR);
	}
	life->receives = 0;
}

/* It stays where it is. */
static void peek(void)
{
	struct letter letter;
	uint32_t queue = below(&dice, QUEUES);
	ssize_t got = msgrcv(ledger->queues[queue], &letter, sizeof letter - sizeof letter.type,
			     (long)below(&dice, 4), IPC_NOWAIT | MSG_COPY);
	if (got >= 0)
		look_at(&letter, got, queue);
	else
		EXPECT_ERROR(ENOMSG, ENOSYS);
}

static void change_room(void)
{
	struct msqid_ds status;
	int queue = ledger->queues[below(&dice, QUEUES)];
	if (msgctl(queue, IPC_STAT, &status) != 0)
		broken("IPC_STAT: %s", strerror(errno));
	status.msg_qbytes = ROOM / 2 + below(&dice, ROOM);
	if (msgctl(queue, IPC_SET, &status) != 0)
		broken("IPC_SET: %s", strerror(errno));
}

/* ---- a queue that comes and goes */

static void remove_queue(void)
{
	int queue = msgget(ledger->keys + KEY_QUEUE, 0);
	if (queue >= 0 && msgctl(queue, IPC_RMID, NULL) != 0)
		EXPECT_ERROR(EIDRM, EINVAL);
}

/* Until somebody sends, or removes it: that wait has no other end. */
static void meet_at_queue(void)
{
	struct letter letter = { .type = 1 };
	int queue = msgget(ledger->keys + KEY_QUEUE, IPC_CREAT | 0600);
	if (queue < 0)
		EXPECT_ERROR(ENOENT);
	else if (below(&dice, 3) == 0 && msgsnd(queue, &letter, HEAD, 0) != 0)
		EXPECT_ERROR(EIDRM, EINVAL);
	else if (msgrcv(queue, &letter, HEAD, 0, 0) < 0)
		EXPECT_ERROR(EIDRM, EINVAL);
}

static const struct operation operations[] = {
	{ "send a letter", send_letter, 250 },
	{ "receive a letter", receive_letter, 300 },
	{ "peek at a letter", peek, 20 },
	{ "change a queue's room", change_room, 10 },
	{ "meet at a queue", meet_at_queue, 8 },
	{ "remove the queue", remove_queue, 30 },
	{ 0 },
};

static void child(void)
{
	peek();
}

/* ---- the master */

static void prepare(void)
{
	struct msqid_ds status;
	memset(ledger->letters, 0, sizeof ledger->letters);
	memset(ledger->last, 0, sizeof ledger->last);
	memset(ledger->may_be_lost, 0, sizeof ledger->may_be_lost);
	for (int i = 0; i < QUEUES; i++) {
		ledger->queues[i] = msgget(IPC_PRIVATE, 0600);
		CHECK(ledger->queues[i] >= 0);
		CHECK_EQUAL(msgctl(ledger->queues[i], IPC_STAT, &status), 0);
		status.msg_qbytes = ROOM;
		CHECK_EQUAL(msgctl(ledger->queues[i], IPC_SET, &status), 0);
	}
}

static void note_death(uint32_t task)
{
	struct life *of = &ledger->lives[task];
	if (of->receives != 0)
		ledger->may_be_lost[of->receives - 1]++;
	of->receives = 0;
}

static void drain(uint32_t queue)
{
	struct letter letter;
	struct msqid_ds status;
	ssize_t got;
	while ((got = msgrcv(ledger->queues[queue], &letter, sizeof letter - sizeof letter.type, 0,
			     IPC_NOWAIT)) >= 0)
		take(&letter, got, queue);
	if (errno != ENOMSG)
		broken("queue %u can't be emptied: %s", queue, strerror(errno));
	CHECK_EQUAL(msgctl(ledger->queues[queue], IPC_STAT, &status), 0);
	if (status.msg_qnum != 0 || status.__msg_cbytes != 0)
		broken("queue %u is empty, and says that it has %lu letters, %lu bytes", queue,
		       (unsigned long)status.msg_qnum, (unsigned long)status.__msg_cbytes);
}

static void audit_letters(uint32_t task)
{
	for (uint32_t number = 0; number < ledger->lives[task].letters; number++) {
		const struct letter_entry *entry = &ledger->letters[task][number];
		if (entry->sent != DONE || entry->received)
			continue;
		if (ledger->may_be_lost[entry->queue] == 0)
			broken("letter %u of task %u to queue %u is lost", number, task, entry->queue);
		ledger->may_be_lost[entry->queue]--;
	}
}

static void audit(void)
{
	for (uint32_t queue = 0; queue < QUEUES; queue++)
		drain(queue);
	for (uint32_t task = 0; task < TASKS; task++)
		audit_letters(task);
}

static void remove_all(void)
{
	for (uint32_t queue = 0; queue < QUEUES; queue++)
		msgctl(ledger->queues[queue], IPC_RMID, NULL);
	remove_queue();
}

const struct family messages = {
	.operations = operations,
	.prepare = prepare,
	.note_death = note_death,
	.end_blocking = remove_queue,
	.audit = audit,
	.remove = remove_all,
	.child = child,
};
