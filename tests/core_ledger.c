/* SPDX-License-Identifier: MIT */
/*
 * Rounds of eight processes on one mailbox, one of them killed at random.
 * A ledger outside the region says at the end of each round, for every
 * message: acknowledged to its sender, received how often, or still queued.
 *
 *   core_ledger ROUNDS [SEED]
 */
#include "check.h"
#include "task.h"

#include <portico/portico.h>
#include <stdatomic.h>

#define SENDERS 4
#define RECEIVERS 4
#define EACH 200 /* messages a sender sends in a round */

struct letter {
	uint32_t sender, number;
	char padding[40];
};

static struct ledger {
	_Atomic uint8_t acknowledged[SENDERS][EACH];
	_Atomic uint8_t received[SENDERS][EACH];
	/* what each receiver's call may have filled in when it was killed */
	struct letter in_hand[RECEIVERS];
	_Atomic uint32_t done_sending;
} * ledger;

static portico *k;
static portico_port port;

static void sender(uint32_t me)
{
	for (uint32_t number = 0; number < EACH; number++) {
		struct letter letter = { .sender = me, .number = number };
		CHECK_EQUAL(portico_send(k, port, &letter, sizeof letter, 1 + me, PORTICO_FOREVER), 0);
		ledger->acknowledged[me][number] = 1;
	}
	ledger->done_sending++;
}

/* Until told to stop by an empty message. */
static void receiver(uint32_t me)
{
	struct letter *letter = &ledger->in_hand[me];
	for (;;) {
		letter->sender = UINT32_MAX;
		ssize_t got = portico_receive(k, port, letter, sizeof *letter, NULL, NULL, PORTICO_FOREVER);
		if (got == 0)
			return;
		CHECK_EQUAL(got, sizeof *letter);
		CHECK(letter->sender < SENDERS && letter->number < EACH);
		ledger->received[letter->sender][letter->number]++;
		letter->sender = UINT32_MAX;
	}
}

static void drain(uint8_t queued[SENDERS][EACH])
{
	struct letter letter;
	ssize_t got;
	while ((got = portico_receive(k, port, &letter, sizeof letter, NULL, NULL, PORTICO_NOW)) >= 0)
		if (got > 0)
			queued[letter.sender][letter.number]++;
	CHECK_EQUAL(got, -EAGAIN);
}

static void audit(int killed)
{
	uint8_t queued[SENDERS][EACH] = { 0 };
	pk_task_sweep(k, true); /* what a waiter does within 100 ms */
	drain(queued);
	for (uint32_t s = 0; s < SENDERS; s++) {
		int unacknowledged_seen = 0;
		for (uint32_t n = 0; n < EACH; n++) {
			int seen = ledger->received[s][n] + queued[s][n];
			CHECK(seen <= 1);
			const struct letter *held =
				killed >= SENDERS ? &ledger->in_hand[killed - SENDERS] : NULL;
			bool may_be_gone = held && held->sender == s && held->number == n;
			if (ledger->acknowledged[s][n])
				CHECK(seen == 1 || may_be_gone);
			else
				unacknowledged_seen += seen;
		}
		/* only the message in flight when its sender died may have arrived unacknowledged */
		CHECK(unacknowledged_seen <= (killed == (int)s));
	}
}

static void run_round(unsigned *seed)
{
	pid_t workers[SENDERS + RECEIVERS];
	memset(ledger, 0, sizeof *ledger);
	for (uint32_t i = 0; i < SENDERS; i++)
		workers[i] = CHILD(sender(i));
	for (uint32_t i = 0; i < RECEIVERS; i++)
		workers[SENDERS + i] = CHILD(receiver(i));
	struct timespec pause = { 0, rand_r(seed) % 1500 * 1000 };
	nanosleep(&pause, NULL);
	int killed = rand_r(seed) % (SENDERS + RECEIVERS);
	kill_child(workers[killed]);
	for (int i = 0; i < SENDERS; i++)
		if (i != killed)
			join_child(workers[i]);
	for (int i = 0; i < RECEIVERS; i++)
		CHECK_EQUAL(portico_send(k, port, NULL, 0, 99, portico_deadline(10000000000)), 0);
	for (int i = SENDERS; i < SENDERS + RECEIVERS; i++)
		if (i != killed)
			join_child(workers[i]);
	audit(killed);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 100;
	unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL), start = seed;
	struct portico_limits limits = { 16, sizeof(struct letter), 1 << 20 };
	ledger = shared_memory(sizeof *ledger);
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "ledger", &limits, 0600, &port), 0);
	printf("seed %u\n", start);
	fflush(stdout);
	for (int i = 0; i < rounds; i++)
		run_round(&seed);
	printf("%d rounds\n", rounds);
	return 0;
}
