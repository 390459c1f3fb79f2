/* SPDX-License-Identifier: MIT */
/* Completions, in whatever order two or three come: core/wait.h, W5. */
#include "completion.h"

#include "interleave_mail.h"

#include <portico/portico.h>

static struct actor *owner, *other, *sender;
static portico_port completions, ports[2];
static portico_wait posted;

/* ---- deeds */

static int64_t makes_completions(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_completions_create(kernel, &completions);
}
static int64_t posts(struct portico *kernel, int64_t ms)
{
	return portico_post_receive(kernel, ports, 1, 8, NULL, until(ms), completions, 7, &posted);
}
static int64_t posts_on_both(struct portico *kernel, int64_t ms)
{
	return portico_post_receive(kernel, ports, 2, 8, NULL, until(ms), completions, 7, &posted);
}
static int64_t sends_to(struct portico *kernel, int64_t which)
{
	return portico_send(kernel, ports[which], "a", 1, 1, PORTICO_NOW);
}

static int64_t collects(struct portico *kernel, int64_t with)
{
	char letter;
	(void)with;
	ssize_t got = portico_collect(kernel, posted, &letter, 1, NULL);
	return got == 1 ? letter : got;
}
static int64_t cancels(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_cancel(kernel, posted);
}

/* Told of it, it collects it: the letter, or how it ended; or why it wasn't told. */
#define NOT_TOLD (-1000)
static int64_t completes(struct portico *kernel, int64_t ms)
{
	struct portico_completion completion;
	int error = portico_complete(kernel, completions, &completion, ms == 0 ? PORTICO_NOW : until(ms));
	if (error)
		return NOT_TOLD + error;
	CHECK(completion.cookie == 7 && completion.wait.id == posted.id);
	return collects(kernel, 0);
}
static int64_t ends_completions(struct portico *kernel, int64_t with)
{
	(void)with;
	return portico_mailbox_destroy(kernel, completions);
}

/* ---- who is there */

static void prepare(void)
{
	owner = enters("owner");
	other = joins("its other thread", owner);
	sender = enters("sender");
	for (int i = 2; i-- > 0;) {
		make_port(4);
		ports[i].id = port;
	}
	does(owner, makes_completions, 0, 0);
}

static uint32_t waits_of(pk_id task)
{
	uint32_t count = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_WAITS); slot++) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		count += pk_load(&wait->head.word) == pk_word(PK_CLAIMED, task) && pk_wait_object(wait) != 0;
	}
	return count;
}

/* It was told once, and is over. */
static void check_over(const char *left)
{
	does(owner, completes, 0, NOT_TOLD - EAGAIN);
	does(owner, collects, 0, -EINVAL);
	CHECK_EQUAL(waits_of(task_of(owner)), 0);
	CHECK(pk_port_valid(k, completions.id));
	port = ports[1].id;
	HOLDS("");
	port = ports[0].id;
	check_holds(left);
}

/* ---- two threads wait for the one completion */

static void prepare_two_complete(void)
{
	prepare();
	does(owner, posts, FOR_EVER, 0);
	begins(owner, completes, 50);
	begins(other, completes, 50);
	begins(sender, sends_to, 0);
}

static void verify_two_complete(void)
{
	int64_t one = result_of(owner), another = result_of(other);
	CHECK((one == 'a' && another == NOT_TOLD - ETIMEDOUT) ||
	      (another == 'a' && one == NOT_TOLD - ETIMEDOUT));
	check_over("");
}

/* ---- both collect it; only one has it */

static void prepare_two_collect(void)
{
	prepare();
	does(owner, posts, FOR_EVER, 0);
	begins(owner, collects, 0);
	begins(other, completes, 50);
	does(sender, sends_to, 0, 0);
}

static void verify_two_collect(void)
{
	int64_t one = result_of(owner), another = result_of(other);
	CHECK((one == 'a' && another == -EINVAL) || (one == -EINVAL && another == 'a'));
	check_over("");
}

/* ---- cancelled, while it is granted */

static void prepare_cancel(void)
{
	prepare();
	does(owner, posts, FOR_EVER, 0);
	begins(owner, cancels, 0);
	begins(other, completes, 50);
	begins(sender, sends_to, 0);
}

static void verify_cancel(void)
{
	int64_t cancelled = result_of(owner), told = result_of(other);
	CHECK_EQUAL(result_of(sender), 0);
	if (cancelled == 0)
		CHECK_EQUAL(told, NOT_TOLD - ETIMEDOUT);
	else
		CHECK((cancelled == -EALREADY || cancelled == -EINVAL) && told == 'a');
	check_over(cancelled == 0 ? "a" : "");
}

/* ---- its deadline passes, while it is granted; two threads notice */

static void prepare_expire(void)
{
	prepare();
	does(owner, posts, 50, 0);
	begins(owner, completes, 80);
	begins(other, completes, 0);
	begins(sender, sends_to, 0);
	may_pass_ms(50);
}

static void verify_expire(void)
{
	int64_t one = result_of(owner), another = result_of(other);
	int64_t ended = one > NOT_TOLD ? one : another;
	CHECK((one > NOT_TOLD) + (another > NOT_TOLD) == 1);
	CHECK(ended == 'a' || ended == -ETIMEDOUT);
	check_over(ended == 'a' ? "" : "a");
}

/* ---- who settles it dies */

static void prepare_settler_dies(void)
{
	prepare();
	does(owner, posts, FOR_EVER, 0);
	begins(owner, completes, 500);
	begins(sender, sends_to, 0);
	may_die(sender);
}

static void verify_settler_dies(void)
{
	reap_the_dead();
	if (result_of(owner) == 'a') {
		check_over("");
		return;
	}
	CHECK(has_died(sender));
	CHECK_EQUAL(result_of(owner), NOT_TOLD - ETIMEDOUT);
	does(owner, cancels, 0, 0);
	check_over("");
}

/* ---- settled while it is posted on two ports */

static void prepare_announce(void)
{
	prepare();
	begins(owner, posts_on_both, FOR_EVER);
	begins(other, completes, 500);
	begins(sender, sends_to, 1);
}

static void verify_announce(void)
{
	CHECK_EQUAL(result_of(other), 'a');
	CHECK(ms_passed() < 500);
	check_over("");
}

/* ---- both ports are destroyed while it is posted on them: it fails, or is told of, and not both */

static int64_t destroys_both(struct portico *kernel, int64_t with)
{
	(void)with;
	int error = portico_mailbox_destroy(kernel, ports[0]);
	return error ? error : portico_mailbox_destroy(kernel, ports[1]);
}

static void prepare_destroyed(void)
{
	prepare();
	begins(owner, posts_on_both, FOR_EVER);
	begins(other, completes, 500);
	begins(sender, destroys_both, 0);
}

static void verify_destroyed(void)
{
	int64_t error = result_of(owner);
	CHECK_EQUAL(result_of(sender), 0);
	CHECK(error == 0 || error == -EIDRM || error == -EINVAL);
	CHECK_EQUAL(result_of(other), error == 0 ? -EIDRM : NOT_TOLD - ETIMEDOUT);
	does(owner, completes, 0, NOT_TOLD - EAGAIN);
	CHECK_EQUAL(waits_of(task_of(owner)), 0);
}

/* ---- the port for completions ends */

static void prepare_nowhere_to_tell(void)
{
	prepare();
	does(owner, posts, FOR_EVER, 0);
	begins(owner, ends_completions, 0);
	begins(other, collects, 0);
	begins(sender, sends_to, 0);
}

static void verify_nowhere_to_tell(void)
{
	CHECK_EQUAL(result_of(owner), 0);
	CHECK_EQUAL(result_of(sender), 0);
	if (result_of(other) == 'a')
		does(owner, collects, 0, -EINVAL);
	else
		does(owner, collects, 0, 'a');
	CHECK(result_of(other) == 'a' || result_of(other) == -EINPROGRESS);
	CHECK_EQUAL(waits_of(task_of(owner)), 0);
	port = ports[0].id;
	HOLDS("");
}

static const struct exploration explorations[] = {
	{ "W5-told-once", prepare_two_complete, verify_two_complete, 1 },
	{ "W5-collected-once", prepare_two_collect, verify_two_collect, 1 },
	{ "W5-cancelled-or-granted", prepare_cancel, verify_cancel, 1 },
	{ "W5-expired-or-granted", prepare_expire, verify_expire, 1 },
	{ "W5-settler-dies", prepare_settler_dies, verify_settler_dies, 1 },
	{ "W5-settled-before-announced", prepare_announce, verify_announce, 1 },
	{ "W5-destroyed-while-posted", prepare_destroyed, verify_destroyed, 1 },
	{ "W5-nowhere-to-tell", prepare_nowhere_to_tell, verify_nowhere_to_tell, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
