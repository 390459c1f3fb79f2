/* SPDX-License-Identifier: MIT */
/* What must hold once all tasks of an epoch are gone: torture.c. */
#include "name.h"
#include "pipe.h"
#include "port.h"
#include "semaphore.h"
#include "task.h"
#include "torture_ledger.h"

#define OWN_SPARE 128 /* free slots of a table that we may keep at hand */

const uint32_t permits_at_first[PERMITS] = { 1, 3, 4 };

static bool queued[TASKS][LETTERS]; /* found in a mailbox by the audit */

/* ---- before */

static void make_boxes(void)
{
	static const uint32_t slots[KEPT] = { 4, 0, 16, 3 };
	for (uint32_t i = 0; i < KEPT; i++) {
		struct pk_port_limits limits = { slots[i], 8192, 1 << 20 };
		char name[16];
		snprintf(name, sizeof name, "box%u", i);
		CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, name,
					   (uint32_t)strlen(name), &ledger->boxes[i]),
			    0);
	}
}

static void make_sets(void)
{
	uint16_t values[COINS];
	CHECK_EQUAL(pk_set_create(k, 0, PERMITS, 0600, &ledger->sets[0]), 0);
	CHECK_EQUAL(pk_set_create(k, 0, COINS, 0600, &ledger->sets[1]), 0);
	for (uint32_t i = 0; i < PERMITS; i++)
		values[i] = (uint16_t)permits_at_first[i];
	CHECK_EQUAL(pk_set_store(k, ledger->sets[0], 0, PERMITS, values), 0);
	for (uint32_t i = 0; i < COINS; i++)
		values[i] = PURSE;
	CHECK_EQUAL(pk_set_store(k, ledger->sets[1], 0, COINS, values), 0);
}

void prepare_epoch(void)
{
	memset(queued, 0, sizeof queued);
	memset(ledger->letters, 0, sizeof ledger->letters);
	memset(ledger->records, 0, sizeof ledger->records);
	memset(ledger->last, 0, sizeof ledger->last);
	memset(ledger->last_record, 0, sizeof ledger->last_record);
	memset(ledger->may_be_lost, 0, sizeof ledger->may_be_lost);
	ledger->ends = 0;
	ledger->permit_owner = 0;
	make_boxes();
	make_sets();
	mint_rights();
	for (uint32_t i = 0; i < PIPES; i++)
		CHECK_EQUAL(pk_pipe_create(k, NULL, 8192, 0600, &ledger->pipes[i]), 0);
}

/* ---- also meanwhile */

void check_letter(const struct letter *letter, pk_id port, uint64_t place)
{
	if (letter->task >= TASKS || letter->number >= LETTERS)
		broken("a letter of nobody");
	struct entry *entry = &ledger->letters[letter->task][letter->number];
	uint64_t before = pk_exchange(&entry->place, place);
	if (entry->sent == NOTHING || entry->port != port)
		broken("letter %u of task %u came from a mailbox where it wasn't sent", letter->number,
		       letter->task);
	if (entry->sent == REFUSED)
		broken("letter %u of task %u was refused, and came", letter->number, letter->task);
	if (before != 0 && before != place)
		broken("letter %u of task %u changed its place", letter->number, letter->task);
}

/* Between the last record of a task and this one: all were refused, or their writer died, or their reader. */
static void check_gap(uint32_t pipe, uint32_t task, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number < to; number++) {
		if (ledger->records[pipe][task][number] != DONE)
			continue;
		if (ledger->may_be_lost[pipe] == 0)
			broken("pipe %u: record %u of task %u is lost", pipe, number, task);
		ledger->may_be_lost[pipe]--;
	}
}

void check_records(uint32_t pipe, const struct record *records, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		const struct record *record = &records[i];
		if (record->task >= TASKS || record->number >= RECORDS)
			broken("pipe %u: a record of nobody", pipe);
		uint32_t last = ledger->last_record[pipe][record->task];
		uint8_t state = ledger->records[pipe][record->task][record->number];
		if (record->number < last || state == NOTHING || state == REFUSED)
			broken("pipe %u: record %u of task %u came after %u, in state %u", pipe,
			       record->number, record->task, last, state);
		for (uint32_t j = 0; j < 7; j++)
			if (record->filling[j] !=
			    ((uint64_t)record->task << 48 | (uint64_t)record->number << 8 | j))
				broken("pipe %u: record %u of task %u is torn", pipe, record->number,
				       record->task);
		check_gap(pipe, record->task, last, record->number);
		pk_store(&ledger->last_record[pipe][record->task], record->number + 1);
	}
}

/* ---- after: mailboxes */

static void drain(pk_id port)
{
	struct letter letter;
	uint32_t message, length;
	uint64_t place = 0;
	int error;
	while ((error = pk_port_receive(k, port, &PK_WANT_ANY, NULL, &message, NULL)) == 0) {
		const struct pk_message *m = pk_message_at(k, message);
		const void *data = pk_message_data(k, message, &length);
		if (!data || length < sizeof letter || m->number <= place)
			broken("a mailbox is out of order");
		place = m->number;
		memcpy(&letter, data, sizeof letter);
		check_letter(&letter, port, place);
		if (ledger->letters[letter.task][letter.number].received ||
		    queued[letter.task][letter.number])
			broken("letter %u of task %u is queued, and was received", letter.number,
			       letter.task);
		queued[letter.task][letter.number] = true;
		pk_message_release(k, message);
	}
	if (error != -EAGAIN)
		broken("a mailbox can't be emptied: %d", error);
}

static void empty_boxes(void)
{
	for (uint32_t slot = 1; slot < pk_committed(k, PK_PORTS); slot++) {
		struct pk_head *head = pk_slot(k, PK_PORTS, slot);
		if (pk_word_kind(pk_load(&head->word)) != PK_LIVE)
			continue;
		pk_id port = pk_slot_id(head, slot);
		if (!pk_port_valid(k, port))
			broken("mailbox %u isn't valid", slot);
		drain(port);
	}
}

static bool was_ended(pk_id port)
{
	for (uint32_t i = 0; i < ledger->ends && i < ENDED; i++)
		if (ledger->ended[i] == port)
			return true;
	return false;
}

/* Some receiver was killed while it consumed this one. */
static bool was_in_hand[TASKS][LETTERS];

void note_in_hand(uint64_t in_hand)
{
	if (in_hand != 0)
		was_in_hand[(in_hand - 1) >> 32][(uint32_t)(in_hand - 1)] = true;
}

void note_copied(uint32_t task)
{
	struct letter *letter = &ledger->lives[task].copied;
	if (letter->task < TASKS && letter->number < LETTERS)
		was_in_hand[letter->task][letter->number] = true;
	letter->task = NOBODY;
}

static void audit_letters(uint32_t task)
{
	for (uint32_t number = 0; number < ledger->lives[task].letters; number++) {
		const struct entry *entry = &ledger->letters[task][number];
		int seen = entry->received + queued[task][number];
		if (entry->sent == REFUSED && seen > 0)
			broken("letter %u of task %u was refused, and came", number, task);
		if (entry->sent == DONE && seen == 0 && !was_in_hand[task][number] && !was_ended(entry->port))
			broken("letter %u of task %u is lost", number, task);
	}
}

/* P3: at each mailbox, in the order in which they were sent. */
static void audit_order(uint32_t task, pk_id port)
{
	uint64_t place = 0;
	for (uint32_t number = 0; number < ledger->lives[task].letters; number++) {
		const struct entry *entry = &ledger->letters[task][number];
		/* that of one who was killed while it waited may come after its heir's */
		if (entry->port != port || entry->place == 0 || entry->sent != DONE)
			continue;
		if (entry->place <= place)
			broken("letter %u of task %u was overtaken", number, task);
		place = entry->place;
	}
}

/* ---- after: the rest */

static void audit_sets(void)
{
	uint16_t permits[PERMITS], coins[COINS];
	uint32_t sum = 0;
	if (!pk_set_valid(k, ledger->sets[0]) || !pk_set_valid(k, ledger->sets[1]))
		broken("a semaphore set isn't valid");
	if (pk_set_load(k, ledger->sets[0], permits) || pk_set_load(k, ledger->sets[1], coins))
		broken("a semaphore set can't be read");
	for (uint32_t i = 0; i < PERMITS; i++)
		if (permits[i] != permits_at_first[i])
			broken("%u permits %u came back, of %u", permits[i], i, permits_at_first[i]);
	for (uint32_t i = 0; i < COINS; i++)
		sum += coins[i];
	if (sum != COINS * PURSE)
		broken("%u coins are left of %u", sum, COINS * PURSE);
}

static void audit_pipe(uint32_t pipe)
{
	static struct record records[READ_MOST];
	int64_t got;
	if (ledger->lives[pipe].reading)
		ledger->may_be_lost[pipe] += READ_MOST;
	while ((got = pk_pipe_read(k, ledger->pipes[pipe], records, sizeof records)) > 0)
		check_records(pipe, records, (uint64_t)got / sizeof records[0]);
	if (got != -EAGAIN)
		broken("pipe %u can't be emptied: %d", pipe, (int)got);
	for (uint32_t task = 0; task < TASKS; task++)
		check_gap(pipe, task, ledger->last_record[pipe][task], ledger->lives[task].records[pipe]);
}

static void remove_all(void)
{
	for (uint32_t slot = 1; slot < pk_committed(k, PK_PORTS); slot++) {
		struct pk_head *head = pk_slot(k, PK_PORTS, slot);
		if (pk_word_kind(pk_load(&head->word)) == PK_LIVE)
			CHECK_EQUAL(pk_port_destroy(k, pk_slot_id(head, slot)), 0);
	}
	for (uint32_t i = 0; i < 2; i++)
		CHECK_EQUAL(pk_set_destroy(k, ledger->sets[i]), 0);
	for (uint32_t i = 0; i < PIPES; i++)
		CHECK_EQUAL(pk_pipe_destroy(k, ledger->pipes[i]), 0);
}

/*
 * Free, or one that we keep at hand; or that of a process which was killed while
 * it registered: the next to come takes it.
 */
static bool is_in_order(unsigned table, uint32_t slot, uint64_t word, uint32_t *spare)
{
	if (table == PK_TASKS)
		return word == PK_FREE || slot == pk_id_slot(pk_self(k)) ||
		       (pk_word_kind(word) == PK_CLAIMED && ++*spare <= TASKS);
	return word == PK_FREE || (word == pk_word(PK_CLAIMED, pk_self(k)) && ++*spare <= OWN_SPARE);
}

static void audit_tables(void)
{
	for (unsigned table = 0; table < PK_TABLES; table++) {
		uint32_t spare = 0;
		if (table != PK_TASKS && !pk_table_valid(k, table))
			broken("table %s isn't valid", pk_table_name(table));
		for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
			struct pk_head *head = pk_slot(k, table, slot);
			uint64_t word = pk_load(&head->word);
			if (!is_in_order(table, slot, word, &spare))
				broken("slot %u of %s leaked: %llx", slot, pk_table_name(table),
				       (unsigned long long)word);
		}
	}
}

/* Names whose object went while somebody died are forgotten by who comes across them (N1). */
static void look_up_names(void)
{
	char name[16];
	pk_id id;
	for (uint32_t box = 0; box < BOXES; box++) {
		snprintf(name, sizeof name, "box%u", box);
		if (pk_name_look_up(k, PK_NAME_MAILBOX, name, (uint32_t)strlen(name), &id) == 0)
			broken("%s names something still", name);
	}
}

void audit_epoch(void)
{
	for (uint32_t i = 0; i < KEPT; i++)
		if (!pk_port_valid(k, ledger->boxes[i]))
			broken("mailbox %u isn't valid", i);
	audit_rights(); /* first: what is left in mailboxes are letters, then */
	empty_boxes();
	for (uint32_t task = 0; task < TASKS; task++) {
		note_in_hand(ledger->lives[task].in_hand);
		note_copied(task);
	}
	for (uint32_t task = 0; task < TASKS; task++) {
		audit_letters(task);
		for (uint32_t i = 0; i < KEPT; i++)
			audit_order(task, ledger->boxes[i]);
	}
	audit_sets();
	for (uint32_t i = 0; i < PIPES; i++)
		audit_pipe(i);
	remove_all();
	look_up_names();
	audit_tables();
	memset(was_in_hand, 0, sizeof was_in_hand);
}
