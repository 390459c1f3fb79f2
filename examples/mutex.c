/* SPDX-License-Identifier: MIT */
/*
 * A mutex from a mailbox of one slot and no bytes, both ways round: it is
 * locked by a message put in, and unlocked by taking it out (empty is free);
 * or locked by taking out the one message, and unlocked by putting it back
 * (full is free).
 *
 *   cc mutex.c -lportico && ./a.out
 */
#include <portico/mbox.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 4
#define TIMES 2000

struct mutex {
	int mailbox;
	int (*lock)(int mailbox), (*unlock)(int mailbox);
};

static int put(int mailbox)
{
	return MboxSend(mailbox, NULL, 0); /* waits while it is full */
}

static int take(int mailbox)
{
	return MboxRecv(mailbox, NULL, 0); /* waits while it is empty */
}

static int count_up(const struct mutex *mutex, volatile int *counter)
{
	for (int i = 0; i < TIMES; i++) {
		if (mutex->lock(mutex->mailbox) != 0)
			return 1;
		int seen = *counter;
		usleep(0); /* anybody else would get in here */
		*counter = seen + 1;
		if (mutex->unlock(mutex->mailbox) != 0)
			return 1;
	}
	return 0;
}

/* Processes count together, each adding to what it saw. */
static int try(const char *how, const struct mutex *mutex, volatile int *counter)
{
	int failed = 0, status;
	*counter = 0;
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			_exit(count_up(mutex, counter));
	while (wait(&status) > 0)
		failed |= status;
	printf("%s: %d processes counted to %d\n", how, PROCESSES, *counter);
	return failed || *counter != PROCESSES * TIMES;
}

int main(void)
{
	struct mutex empty_is_free = { MboxCreate(1, 0), put, take };
	struct mutex full_is_free = { MboxCreate(1, 0), take, put };
	volatile int *counter =
		mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (empty_is_free.mailbox < 0 || full_is_free.mailbox < 0 || counter == MAP_FAILED) {
		fprintf(stderr, "mutex: no mailboxes to be had\n");
		return 1;
	}
	put(full_is_free.mailbox); /* the one message: it begins unlocked */
	fflush(stdout);
	int failed = try("empty is free", &empty_is_free, counter);
	fflush(stdout);
	failed |= try("full is free", &full_is_free, counter);
	MboxRelease(empty_is_free.mailbox);
	MboxRelease(full_is_free.mailbox);
	return failed;
}
