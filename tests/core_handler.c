/* SPDX-License-Identifier: MIT */
/* Functions that run when a message arrives: what portico_handler(3) promises. */
#include "handler.h"

#include <pthread.h>
#include <semaphore.h>

static void case_runs(void)
{
	open_instance();
	portico_port port = mailbox(16);
	struct relay how = { .to = mailbox(128) };
	put(port, 1); /* one that is there already, too */
	handle(port, &how);
	for (int64_t number = 2; number <= 100; number++)
		put(port, number);
	for (int64_t number = 1; number <= 100; number++)
		CHECK_EQUAL(get(how.to, soon()), number);
	CHECK_EQUAL(portico_unhandle(k, how.handler), 0);
	CHECK_EQUAL(portico_unhandle(k, how.handler), -EINVAL);
	put(port, 101);
	CHECK_EQUAL(get(port, PORTICO_NOW), 101);
	CHECK_EQUAL(get(how.to, PORTICO_NOW), -EAGAIN);
	portico_close(k);
}

static void case_many(void)
{
	enum { MANY = 20 };
	struct relay how[MANY];
	portico_port ports[MANY];
	open_instance();
	for (int i = 0; i < MANY; i++) {
		ports[i] = mailbox(i % 2 ? 4 : 0); /* rendezvous, too */
		how[i].to = mailbox(4);
		handle(ports[i], &how[i]);
	}
	for (int64_t number = 0; number < 3 * MANY; number++)
		put(ports[number % MANY], number);
	for (int64_t number = 0; number < 3 * MANY; number++)
		CHECK_EQUAL(get(how[number % MANY].to, soon()), number);
	portico_close(k);
}

static void case_port_ends(void)
{
	open_instance();
	portico_port port = mailbox(4);
	struct relay how = { .to = mailbox(4) };
	handle(port, &how);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(get(how.to, soon()), -EIDRM);
	CHECK(is_gone(portico_handle(k, port, relay, &how, &how.handler)));
	CHECK_EQUAL(portico_unhandle(k, how.handler), -EINVAL);
	portico_close(k);
}

static void measure(portico *instance, void *context, const void *data, ssize_t bytes,
		    const struct portico_envelope *envelope)
{
	const unsigned char *byte = data;
	int64_t sum = 0;
	(void)instance;
	(void)envelope;
	for (ssize_t i = 0; i < bytes; i++)
		sum += byte[i];
	put(*(portico_port *)context, sum);
}

static void case_large(void)
{
	static unsigned char data[1 << 20];
	portico_handler handler;
	open_instance();
	portico_port port = mailbox(4), sums = mailbox(4);
	CHECK_EQUAL(portico_handle(k, port, measure, &sums, &handler), 0);
	memset(data, 1, sizeof data);
	for (size_t bytes = 1 << 10; bytes <= sizeof data; bytes <<= 5)
		CHECK_EQUAL(portico_send(k, port, data, bytes, 1, soon()), 0);
	for (int64_t bytes = 1 << 10; bytes <= (1 << 20); bytes <<= 5)
		CHECK_EQUAL(get(sums, soon()), bytes);
	portico_close(k);
}

/* ---- taking back */

/* A function that says when it runs, and ends when it is told. */
static sem_t runs, may_end;
static _Atomic bool has_ended;

static void hold(portico *instance, void *context, const void *data, ssize_t bytes,
		 const struct portico_envelope *envelope)
{
	(void)instance;
	(void)context;
	(void)data;
	(void)bytes;
	(void)envelope;
	sem_post(&runs);
	while (sem_wait(&may_end) != 0)
		continue;
	has_ended = true;
}

static void *let_end(void *context)
{
	(void)context;
	sleep_ms(20); /* whoever doesn't wait for the function is caught; who does passes in any case */
	sem_post(&may_end);
	return NULL;
}

static void case_unhandle_waits(void)
{
	pthread_t thread;
	portico_handler handler;
	open_instance();
	portico_port port = mailbox(4);
	sem_init(&runs, 0, 0);
	sem_init(&may_end, 0, 0);
	CHECK_EQUAL(portico_handle(k, port, hold, NULL, &handler), 0);
	put(port, 1);
	put(port, 2);
	while (sem_wait(&runs) != 0)
		continue;
	CHECK_EQUAL(pthread_create(&thread, NULL, let_end, NULL), 0);
	CHECK_EQUAL(portico_unhandle(k, handler), 0);
	CHECK(has_ended);
	CHECK_EQUAL(get(port, PORTICO_NOW), 2);
	pthread_join(thread, NULL);
	portico_close(k);
}

/* What is granted to a handler that goes, while the service is busy with another's, is given back. */
static void case_gives_back(void)
{
	portico_handler handler;
	open_instance();
	portico_port port = mailbox(4), other = mailbox(4);
	struct relay how = { .to = mailbox(4) };
	sem_init(&runs, 0, 0);
	sem_init(&may_end, 0, 0);
	CHECK_EQUAL(portico_handle(k, port, hold, NULL, &handler), 0);
	handle(other, &how);
	put(port, 1);
	while (sem_wait(&runs) != 0)
		continue;
	put(other, 7);
	put(other, 8);
	CHECK_EQUAL(get(other, PORTICO_NOW), 8); /* the first is the handler's */
	CHECK_EQUAL(get(other, PORTICO_NOW), -EAGAIN);
	put(other, 9);
	CHECK_EQUAL(portico_unhandle(k, how.handler), 0);
	CHECK_EQUAL(get(other, PORTICO_NOW), 7);
	CHECK_EQUAL(get(other, PORTICO_NOW), 9);
	sem_post(&may_end);
	CHECK_EQUAL(portico_unhandle(k, handler), 0);
	CHECK_EQUAL(get(how.to, PORTICO_NOW), -EAGAIN);
	portico_close(k);
}

/* It runs once, has another take its place, and that one goes before it has run. */
static void change_places(portico *instance, void *context, const void *data, ssize_t bytes,
			  const struct portico_envelope *envelope)
{
	struct relay *how = context;
	portico_handler other;
	(void)data;
	CHECK(bytes == sizeof(int64_t));
	CHECK_EQUAL(portico_unhandle(instance, how->handler), 0);
	CHECK_EQUAL(portico_unhandle(instance, how->handler), -EINVAL);
	CHECK_EQUAL(portico_handle(instance, envelope->port, change_places, how, &other), 0);
	CHECK_EQUAL(portico_unhandle(instance, other), 0);
	CHECK_EQUAL(portico_handle(instance, envelope->port, relay, how, &how->handler), 0);
	put(how->to, 0);
}

static void case_from_functions(void)
{
	open_instance();
	portico_port port = mailbox(4);
	struct relay how = { .to = mailbox(4) };
	/* the function may run before portico_handle() returns, and knows its handler all the same */
	put(port, 1);
	CHECK_EQUAL(portico_handle(k, port, change_places, &how, &how.handler), 0);
	put(port, 2);
	CHECK_EQUAL(get(how.to, soon()), 0);
	CHECK_EQUAL(get(how.to, soon()), 2);
	portico_close(k);
}

static void *come_and_go(void *context)
{
	struct relay how = { .to = *(portico_port *)context };
	portico_port port = mailbox(64);
	for (int64_t number = 0; number < 100; number++) {
		handle(port, &how);
		put(port, number);
		CHECK_EQUAL(portico_unhandle(k, how.handler), 0);
		if (get(port, PORTICO_NOW) == -EAGAIN) /* then it was handled */
			CHECK_EQUAL(get(how.to, PORTICO_NOW) >= 0, true);
	}
	return NULL;
}

/* Each message is handled, or is left: never both, never neither. */
static void case_come_and_go(void)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	portico_port left[THREADS];
	open_instance();
	for (int i = 0; i < THREADS; i++) {
		left[i] = mailbox(128);
		CHECK_EQUAL(pthread_create(&threads[i], NULL, come_and_go, &left[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQUAL(get(left[i], PORTICO_NOW), -EAGAIN);
	}
	portico_close(k);
}

/* What is closed with handlers leaves what they weren't run on. */
static void case_close(void)
{
	portico *other;
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &other), 0);
	open_instance();
	portico_port port = mailbox(4);
	struct relay how = { .to = mailbox(4) };
	handle(port, &how);
	portico_close(k);
	k = other;
	put(port, 5);
	CHECK_EQUAL(get(port, soon()), 5);
	portico_close(k);
}

static void fork_in_function(portico *instance, void *context, const void *data, ssize_t bytes,
			     const struct portico_envelope *envelope)
{
	(void)data;
	(void)bytes;
	(void)envelope;
	pid_t child = fork();
	if (child == 0)
		return; /* there it ends with this */
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(portico_send(instance, *(portico_port *)context, &status, sizeof status, 1, soon()), 0);
}

static void case_fork(void)
{
	open_instance();
	portico_port port = mailbox(4);
	struct relay how = { .to = mailbox(4) };
	portico_handler handler;
	int status = -1;
	handle(port, &how);
	put(port, 1);
	CHECK_EQUAL(get(how.to, soon()), 1);
	pid_t child = CHILD({
		struct relay own = { .to = how.to };
		portico_port mine = mailbox(4);
		CHECK_EQUAL(portico_unhandle(k, how.handler), -EINVAL); /* its parent's */
		CHECK_EQUAL(portico_handle(k, mine, relay, &own, &own.handler), 0);
		put(mine, 2);
		CHECK_EQUAL(get(how.to, soon()), 2);
		portico_close(k);
	});
	join_child(child);
	put(port, 3);
	CHECK_EQUAL(get(how.to, soon()), 3);
	CHECK_EQUAL(portico_unhandle(k, how.handler), 0);
	CHECK_EQUAL(portico_handle(k, port, fork_in_function, &how.to, &handler), 0);
	put(port, 4);
	CHECK_EQUAL(portico_receive(k, how.to, &status, sizeof status, NULL, NULL, soon()), sizeof status);
	CHECK_EQUAL(status, 0);
	portico_close(k);
}

static void case_misused(void)
{
	portico_port completions;
	struct relay how;
	open_instance();
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_unhandle(k, (portico_handler){ 1 }), -EINVAL);
	CHECK_EQUAL(portico_handle(k, completions, relay, &how, &how.handler), -EPERM);
	CHECK_EQUAL(portico_handle(k, (portico_port){ 0 }, relay, &how, &how.handler), -EINVAL);
	CHECK_EQUAL(portico_unhandle(k, (portico_handler){ 0 }), -EINVAL);
	CHECK_EQUAL(portico_unhandle(k, (portico_handler){ UINT64_MAX }), -EINVAL);
	portico_port port = mailbox(1);
	for (int i = 0; i < 1000; i++)
		CHECK_EQUAL(portico_handle(k, port, relay, &how, &how.handler), 0);
	CHECK_EQUAL(portico_handle(k, port, relay, &how, &how.handler), -ENOBUFS);
	portico_close(k);
}

static const struct test_case cases[] = {
	{ "runs", case_runs },
	{ "many", case_many },
	{ "port-ends", case_port_ends },
	{ "large", case_large },
	{ "unhandle-waits", case_unhandle_waits },
	{ "gives-back", case_gives_back },
	{ "from-functions", case_from_functions },
	{ "come-and-go", case_come_and_go },
	{ "close", case_close },
	{ "fork", case_fork },
	{ "misused", case_misused },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
