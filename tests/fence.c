/* SPDX-License-Identifier: MIT */
/* Memory that was sent is its sender's no more: a core built to see it catches who touches it. */
#include "check.h"

#include <portico/message.h>
#include <setjmp.h>

void pk_crash_point(const char *where);

void pk_crash_point(const char *where)
{
	(void)where; /* nobody dies here */
}

static sigjmp_buf touched;

static void caught(int signal)
{
	(void)signal;
	siglongjmp(touched, 1);
}

static bool can_touch(const struct portico_memory *memory)
{
	if (sigsetjmp(touched, 1) != 0)
		return false;
	*(volatile char *)memory->address = 1;
	return true;
}

static portico *instance;
static portico_port port;
static struct portico_part part = { .kind = PORTICO_PART_MEMORY };
static struct portico_message message = { .parts = &part, .count = 1 };

static void begin(void)
{
	static const struct portico_limits one = { .slots = 1, .bytes = 64, .capacity = 64 };
	signal(SIGSEGV, caught);
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &instance), 0);
	CHECK_EQUAL(portico_mailbox_create(instance, NULL, &one, 0600, &port), 0);
	CHECK_EQUAL(portico_memory_allocate(instance, 10000, &part.memory), 0);
	CHECK(can_touch(&part.memory));
}

static void sent(void)
{
	begin();
	CHECK_EQUAL(portico_message_send(instance, port, &message, PORTICO_NOW), 0);
	CHECK(!can_touch(&part.memory));
	CHECK_EQUAL(portico_message_receive(instance, port, NULL, &message, PORTICO_NOW), 1);
	CHECK(can_touch(&part.memory));
}

static void not_sent(void)
{
	begin();
	CHECK_EQUAL(portico_send(instance, port, NULL, 0, 0, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_message_send(instance, port, &message, PORTICO_NOW), -EAGAIN);
	CHECK(can_touch(&part.memory));
}

/* What was another's once is as good as new. */
static void allocated_again(void)
{
	begin();
	CHECK_EQUAL(portico_message_send(instance, port, &message, PORTICO_NOW), 0);
	pid_t child = fork();
	if (child == 0) {
		CHECK_EQUAL(portico_message_receive(instance, port, NULL, &message, PORTICO_NOW), 1);
		CHECK_EQUAL(portico_memory_free(instance, &part.memory), 0);
		_exit(0);
	}
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	struct portico_memory again;
	CHECK_EQUAL(portico_memory_allocate(instance, 10000, &again), 0);
	CHECK_EQUAL((char *)again.address - (char *)part.memory.address, 0);
	CHECK(can_touch(&again));
}

static const struct test_case cases[] = {
	{ "sent", sent },
	{ "not-sent", not_sent },
	{ "allocated-again", allocated_again },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
