/* SPDX-License-Identifier: MIT */
/*
 * Memory that moves: 64 MiB go to another process and come back, changed, and
 * nobody copies them.  Who sent them has them no more.
 *
 *   cc memory.c -lportico && ./a.out
 */
#include <err.h>
#include <portico/message.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES ((size_t)64 << 20)
#define WORDS (BYTES / sizeof(uint64_t))

static portico *instance;
static portico_port there, back;

static int check(int result)
{
	if (result < 0)
		errx(1, "%s", portico_explain(result));
	return result;
}

static uint64_t sum_of(const struct portico_memory *memory)
{
	const uint64_t *words = memory->address;
	uint64_t sum = 0;
	for (size_t i = 0; i < WORDS; i++)
		sum = sum * 31 + words[i];
	return sum;
}

/* As a message of two parts: the memory, which moves, and what its sum should be. */
static void send_memory(portico_port to, const struct portico_memory *memory)
{
	uint64_t sum = sum_of(memory);
	struct portico_part parts[] = {
		{ .kind = PORTICO_PART_MEMORY, .how = PORTICO_MOVE, .memory = *memory },
		{ .kind = PORTICO_PART_DATA, .data = &sum, .bytes = sizeof sum },
	};
	struct portico_message message = { .parts = parts, .count = 2 };
	check(portico_message_send(instance, to, &message, PORTICO_FOREVER));
}

static struct portico_memory receive_memory(portico_port from)
{
	uint64_t sum;
	struct portico_part parts[2];
	struct portico_message message = {
		.parts = parts,
		.count = 2,
		.buffer = &sum,
		.size_bytes = sizeof sum,
	};
	check(portico_message_receive(instance, from, NULL, &message, PORTICO_FOREVER));
	if (sum_of(&parts[0].memory) != sum)
		errx(1, "what came isn't what was sent");
	return parts[0].memory;
}

static void be_child(void)
{
	struct portico_memory memory = receive_memory(there);
	uint64_t *words = memory.address;
	for (size_t i = 0; i < WORDS; i++)
		words[i] *= 2;
	send_memory(back, &memory);
	_exit(0);
}

int main(void)
{
	struct portico_memory memory;
	int status;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0)
		errx(1, "%s", portico_open_error());
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &there));
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &back));
	pid_t child = fork();
	if (child == 0)
		be_child();

	check(portico_memory_allocate(instance, BYTES, &memory));
	uint64_t *words = memory.address;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = i;
	send_memory(there, &memory);
	printf("sent; the parent may free it: %s\n",
	       portico_memory_free(instance, &memory) == 0 ? "yes" : "no, it has it no more");

	memory = receive_memory(back);
	printf("%zu MiB are back, with the sum that they were sent with\n", memory.bytes >> 20);
	printf("they lie where they lay, so nothing was copied: %s\n",
	       memory.address == words ? "yes" : "no");
	printf("the last word was %zu, and is %llu\n", WORDS - 1, (unsigned long long)words[WORDS - 1]);
	check(portico_memory_free(instance, &memory));

	if (waitpid(child, &status, 0) != child || status != 0)
		errx(1, "the child failed");
	check(portico_mailbox_destroy(instance, there));
	check(portico_mailbox_destroy(instance, back));
	portico_close(instance);
	return 0;
}
