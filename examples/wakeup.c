/* SPDX-License-Identifier: MIT */
/*
 * Sleep and wakeup from mailboxes.  With one slot a wakeup that comes early is
 * kept for the next sleep, and a second one adds nothing; without slots it is
 * lost where nobody sleeps yet, and whoever looks first and sleeps then may
 * sleep for ever.  So the producer and the consumer below use one slot each.
 *
 *   cc wakeup.c -lportico && ./a.out
 */
#include <portico/mbox.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ITEMS 1000
#define ROOM 4

struct buffer {
	_Atomic int made, used; /* items ever */
	int item[ROOM];
	int not_full, not_empty; /* mailboxes: what one sleeps for */
};

static void sleep_for(int event)
{
	MboxRecv(event, NULL, 0);
}

/* 0: it is awake, or will be; -2: a wakeup waits already, or nobody is there to hear it. */
static int wake(int event)
{
	return MboxCondSend(event, NULL, 0);
}

static int produce(struct buffer *buffer)
{
	for (int i = 0; i < ITEMS; i++) {
		while (buffer->made - buffer->used == ROOM)
			sleep_for(buffer->not_full);
		buffer->item[i % ROOM] = i;
		buffer->made++;
		wake(buffer->not_empty);
	}
	return 0;
}

static long consume(struct buffer *buffer)
{
	long sum = 0;
	for (int i = 0; i < ITEMS; i++) {
		while (buffer->made == buffer->used)
			sleep_for(buffer->not_empty);
		sum += buffer->item[i % ROOM];
		buffer->used++;
		wake(buffer->not_full);
	}
	return sum;
}

int main(void)
{
	struct buffer *buffer =
		mmap(NULL, sizeof *buffer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int kept = MboxCreate(1, 0), lost = MboxCreate(0, 0);

	if (buffer == MAP_FAILED || kept < 0 || lost < 0) {
		fprintf(stderr, "wakeup: no mailboxes to be had\n");
		return 1;
	}
	printf("one slot: an early wakeup %s\n", wake(kept) == 0 ? "is kept" : "is lost");
	printf("one slot: a second %s\n", wake(kept) == 0 ? "is kept, too" : "adds nothing");
	printf("no slots: an early wakeup %s\n", wake(lost) == 0 ? "is kept" : "is lost");
	fflush(stdout);

	buffer->not_full = MboxCreate(1, 0);
	buffer->not_empty = MboxCreate(1, 0);
	if (fork() == 0)
		_exit(produce(buffer));
	long sum = consume(buffer);
	wait(NULL);
	printf("%d items through a buffer of %d: their sum is %ld\n", ITEMS, ROOM, sum);
	MboxRelease(kept);
	MboxRelease(lost);
	MboxRelease(buffer->not_full);
	MboxRelease(buffer->not_empty);
	return sum != ITEMS * (ITEMS - 1) / 2;
}
