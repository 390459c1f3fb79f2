/* SPDX-License-Identifier: MIT */
/* The graph of waits: who is deadlocked, and what is said of it. */
#include "waiters.h"

/* Each receives from its own mailbox, if ever, and sends to the next one's. */
static void ring_of_sends(uint32_t count, uint32_t slots, bool first_receives)
{
	pk_id ports[8];
	pid_t children[8];
	for (uint32_t i = 0; i < count; i++)
		ports[i] = a_port(slots);
	for (uint32_t i = 0; i < count; i++)
		children[i] = ACTOR({
			if (first_receives)
				receive_there_once(ports[i]);
			meet(count);
			fill_and_wait(ports[(i + 1) % count]);
		});
	await_cycle(count, false);
	says(children[0], "to send to mailbox");
	says(children[0], "likely a deadlock");
	end_all(children, count);
	no_deadlock();
}

static void case_mutual_send(void)
{
	ring_of_sends(2, 1, true);
}

static void case_cycle_of_three(void)
{
	ring_of_sends(3, 2, true);
}

static void case_cycle_of_five(void)
{
	ring_of_sends(5, 1, true);
}

/* Who receives where a rendezvous is: two of them meet once. */
static void case_rendezvous_ring(void)
{
	pk_id ports[3];
	pid_t children[3];
	for (int i = 0; i < 3; i++)
		ports[i] = a_port(0);
	for (int i = 0; i < 3; i++)
		children[i] = ACTOR({
			if (i > 0)
				get(ports[i]);
			put(ports[(i + 1) % 3]);
			if (i == 0)
				get(ports[0]);
			meet(3);
			put(ports[(i + 1) % 3]);
		});
	await_cycle(3, false);
	end_all(children, 3);
}

/* As in the lectures: each has made its own mailbox, and nobody has received yet. */
static void case_makers(void)
{
	_Atomic pk_id *ports = shared_memory(2 * sizeof *ports);
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			pk_store(&ports[i], a_port(1));
			meet(2);
			fill_and_wait(ports[1 - i]);
		});
	await_cycle(2, false);
	says(children[0], "it made the mailbox");
	end_all(children, 2);
}

/* To a task's inbox: it alone may receive there. */
static void case_inboxes(void)
{
	_Atomic uint32_t *tasks = shared_memory(2 * sizeof *tasks);
	struct portico_limits one = { 1, 64, 64 };
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			portico_port inbox;
			CHECK_EQUAL(portico_inbox(k, &one, &inbox), 0);
			pk_store(&tasks[i], portico_self(k).id);
			meet(2);
			for (;;)
				portico_send_to(k, (portico_task){ pk_load(&tasks[1 - i]) }, "x", 1, 1,
						PORTICO_FOREVER);
		});
	await_cycle(2, true);
	says(children[0], "it alone may receive");
	says(children[0], "; a deadlock: it waits for pid ");
	end_all(children, 2);
}

static void case_itself(void)
{
	struct portico_limits one = { 1, 64, 64 };
	pid_t child = ACTOR({
		portico_port inbox;
		CHECK_EQUAL(portico_inbox(k, &one, &inbox), 0);
		fill_and_wait(inbox.id);
	});
	await_cycle(1, true);
	says(child, "it waits for itself");
	kill_child(child);
}

/* Each wants to hear the other first. */
static void case_from_each_other(void)
{
	_Atomic uint32_t *tasks = shared_memory(2 * sizeof *tasks);
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			char byte;
			pk_store(&tasks[i], portico_self(k).id);
			meet(2);
			portico_receive_from(k, (portico_task){ pk_load(&tasks[1 - i]) }, &byte, 1, NULL,
					     PORTICO_FOREVER);
		});
	await_cycle(2, true);
	says(children[1], "only its messages are wanted");
	end_all(children, 2);
}

static void case_mutual_receive(void)
{
	pk_id ports[2] = { a_port(4), a_port(4) };
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			put(ports[1 - i]);
			get(ports[i]);
			meet(2);
			get(ports[i]);
		});
	await_cycle(2, false);
	says(children[0], "it sent last");
	end_all(children, 2);
}

/* ---- semaphores */

static void two_semaphores(int16_t flags, const char *words)
{
	pk_id set = a_set(1);
	pid_t children[2];
	for (uint16_t i = 0; i < 2; i++)
		children[i] = ACTOR({
			operate(set, i, -1, flags);
			meet(2);
			operate(set, 1 - i, -1, flags);
		});
	await_cycle(2, false);
	says(children[0], "for semaphore 1 of set");
	says(children[0], words);
	end_all(children, 2);
}

static void case_semaphores(void)
{
	two_semaphores(SEM_UNDO, "holds it (SEM_UNDO 1)");
}

static void case_semaphores_without_undo(void)
{
	two_semaphores(0, "it changed the semaphore last");
}

/* One holds a semaphore and sends; the receiver waits for the semaphore. */
static void case_semaphore_and_mailbox(void)
{
	pk_id set = a_set(1), port = a_port(1);
	pid_t children[2];
	children[0] = ACTOR({
		operate(set, 0, -1, SEM_UNDO);
		meet(2);
		fill_and_wait(port);
	});
	children[1] = ACTOR({
		receive_there_once(port);
		meet(2);
		operate(set, 0, -1, SEM_UNDO);
	});
	await_cycle(2, false);
	end_all(children, 2);
}

/* ---- words */

static void case_words(void)
{
	char text[256];
	pk_id port;
	struct pk_port_limits limits = { 1, 64, 64 };
	int status;
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, "jobs", 4, &port), 0);
	CHECK_EQUAL(portico_why(k, getpid(), text, sizeof text), 0);
	CHECK(strcmp(text, "waits for nothing here") == 0);
	CHECK_EQUAL(portico_why(k, getppid(), text, sizeof text), -ESRCH);
	CHECK_EQUAL(portico_why(k, 0, text, sizeof text), -ESRCH);
	CHECK_EQUAL(portico_why(k, getpid(), text, 0), -EINVAL);
	CHECK_EQUAL(portico_why(k, getpid(), text, 6), 0);
	CHECK(strcmp(text, "waits") == 0);

	pid_t sender = ACTOR({
		put(port);
		pause();
	});
	struct pk_port_status queue = { 0 };
	while (queue.count == 0)
		CHECK_EQUAL(pk_port_inspect(k, port, &queue), 0);
	pid_t receiver = ACTOR({
		get(port);
		get(port);
	});
	await_waits(receiver, 1);
	says(receiver, " s to receive from mailbox jobs; pid ");
	says(receiver, "(core_graph) could end it: it sent last");
	kill(sender, SIGSTOP);
	CHECK_EQUAL(waitpid(sender, &status, WUNTRACED), sender);
	says(receiver, "(core_graph, stopped) could end it");
	kill(sender, SIGCONT);
	portico_task task;
	CHECK_EQUAL(portico_task_of_pid(k, sender, &task), 0);
	CHECK_EQUAL(portico_task_suspend(k, task), 0);
	says(receiver, "(core_graph, suspended) could end it");
	kill_child(sender);
	says(receiver, "; nobody has it open to send");
	kill_child(receiver);
}

struct visited {
	unsigned cycles, tasks;
	bool certain;
};

static int visit(const struct portico_deadlock *deadlock, void *context)
{
	struct visited *visited = context;
	visited->cycles++;
	visited->tasks = deadlock->count;
	visited->certain = deadlock->certain;
	for (unsigned i = 0; i < deadlock->count; i++)
		CHECK(deadlock->tasks[i].pid > 0 && deadlock->tasks[i].task.id != 0 &&
		      strcmp(deadlock->tasks[i].command, "core_graph") == 0 &&
		      strstr(deadlock->tasks[i].waits, "could end it"));
	return visited->cycles == 2;
}

/* Two pairs, and one who waits for one of them. */
static void case_several(void)
{
	pk_id ports[4];
	pid_t children[5];
	struct visited visited = { 0 };
	for (int i = 0; i < 4; i++)
		ports[i] = a_port(1);
	for (int i = 0; i < 4; i++)
		children[i] = ACTOR({
			receive_there_once(ports[i]);
			meet(4);
			fill_and_wait(ports[i ^ 1]);
		});
	for (int i = 0; i < 4; i++)
		await_waits(children[i], 1);
	children[4] = ACTOR(fill_and_wait(ports[0]));
	await_waits(children[4], 1);
	says(children[4], "; that is stuck, too");
	CHECK_EQUAL(portico_deadlocks(k, visit, &visited), 2);
	CHECK_EQUAL(visited.cycles, 2);
	CHECK_EQUAL(visited.tasks, 2);
	CHECK(!visited.certain);
	visited.cycles = 1;
	CHECK_EQUAL(portico_deadlocks(k, visit, &visited), 1); /* the visit had enough */
	end_all(children, 5);
	CHECK_EQUAL(portico_deadlocks(k, visit, &visited), 0);
}

static const struct test_case cases[] = {
	{ "mutual-send", case_mutual_send },
	{ "cycle-of-three", case_cycle_of_three },
	{ "cycle-of-five", case_cycle_of_five },
	{ "rendezvous-ring", case_rendezvous_ring },
	{ "makers", case_makers },
	{ "inboxes", case_inboxes },
	{ "itself", case_itself },
	{ "from-each-other", case_from_each_other },
	{ "mutual-receive", case_mutual_receive },
	{ "semaphores", case_semaphores },
	{ "semaphores-without-undo", case_semaphores_without_undo },
	{ "semaphore-and-mailbox", case_semaphore_and_mailbox },
	{ "words", case_words },
	{ "several", case_several },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_graph_cases(cases, argc, argv);
}
