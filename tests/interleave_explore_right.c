/* SPDX-License-Identifier: MIT */
/* Rights, in whatever order two or three come: core/right.h, R1 to R6. */
#include "interleave_right.h"

static struct actor *server, *client, *other;
static pk_id clients; /* what the client calls its right */

static int64_t sum_of(const struct actor *one, const struct actor *two, int64_t how)
{
	return (result_of(one) == how) + (result_of(two) == how);
}

static void prepare_server(void)
{
	make_post();
	server = enters("server");
	does(server, makes_port, 4, 0);
}

/* A send-once right of a client, which has two threads. */
static void prepare_once(void)
{
	prepare_server();
	client = enters("client");
	does(server, makes_once, (int64_t)receive_right, 0);
	clients = hand_over(server, right, client);
	other = joins("its other thread", client);
}

static void expect_heard(int64_t should)
{
	does(server, hears, (int64_t)receive_right, should);
	CHECK(pk_port_valid(k, pk_right_at(k, pk_id_slot(receive_right & ~PK_RIGHT_NAME))->port));
}

/* ---- R2: two threads, one send-once right */

static void prepare_used_twice(void)
{
	prepare_once();
	begins(client, sends_by, (int64_t)clients);
	begins(other, sends_by, (int64_t)clients);
}

static void verify_used_twice(void)
{
	CHECK_EQUAL(sum_of(client, other, 0), 1);
	CHECK_EQUAL(sum_of(client, other, -EINVAL), 1);
	expect_heard('a');
	CHECK_EQUAL(rights_in_use(), 1);
}

static void prepare_used_and_dropped(void)
{
	prepare_once();
	begins(client, sends_by, (int64_t)clients);
	begins(other, drops, (int64_t)clients);
}

static void verify_used_and_dropped(void)
{
	CHECK_EQUAL(sum_of(client, other, 0), 1);
	CHECK_EQUAL(sum_of(client, other, -EINVAL), 1);
	expect_heard(result_of(client) == 0 ? 'a' : LOST);
	CHECK_EQUAL(rights_in_use(), 1);
}

static void prepare_used_and_moved(void)
{
	prepare_once();
	begins(client, sends_by, (int64_t)clients);
	begins(other, posts_right, (int64_t)clients);
}

static void verify_used_and_moved(void)
{
	CHECK_EQUAL(sum_of(client, other, 0), 1);
	CHECK_EQUAL(sum_of(client, other, -EINVAL), 1);
	expect_heard(result_of(client) == 0 ? 'a' : 0);
	CHECK_EQUAL(tells(server, takes_right, 0), result_of(client) == 0 ? -EAGAIN : 0);
}

/* ---- R6: the port gets the message, or is told of the loss */

static void prepare_sender_dies(void)
{
	prepare_once();
	begins(client, sends_by, (int64_t)clients);
	may_die(client);
}

static void verify_one_or_the_other(void)
{
	reap_the_dead();
	int64_t letter = tells(server, hears, (int64_t)receive_right);
	CHECK(letter == 'a' || (letter == LOST && has_died(client)));
	CHECK(!has_died(client) || !is_named(task_of(client)));
	CHECK_EQUAL(rights_in_use(), 1);
}

static void prepare_carrier_dies(void)
{
	prepare_once();
	begins(client, posts_right, (int64_t)clients);
	begins(other, sends_by, (int64_t)clients);
	may_die(client);
}

/* It is in the mail, or it was used, or lost. */
static void verify_carrier_dies(void)
{
	reap_the_dead();
	int64_t letter = tells(server, hears, (int64_t)receive_right);
	int64_t taken = tells(server, takes_right, 0);
	CHECK(taken == 0 ? letter == 0 : letter == 'a' || letter == LOST);
	CHECK(!has_died(client) || !is_named(task_of(client)));
	CHECK_EQUAL(rights_in_use(), taken == 0 ? 2 : 1);
}

/* ---- its receiver dies, and another inherits the port with what is in it */

static pk_id mail; /* where the backup hears of it */

static int64_t asks_for_backup(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_notify(kernel, receive_right, PK_PORT_DESTROYED, mail, 7);
}
static int64_t receives_one(struct portico *kernel, int64_t name)
{
	char letter;
	ssize_t got =
		portico_receive(kernel, (portico_port){ (pk_id)name }, &letter, 1, NULL, NULL, PORTICO_NOW);
	return got == 1 ? letter : got;
}
static int64_t inherits(struct portico *kernel, int64_t with)
{
	struct portico_notification notification = { 0 };
	(void)with;
	int error = portico_notified(kernel, (portico_port){ mail }, &notification, PORTICO_NOW);
	if (error)
		return error;
	right = notification.receive.id;
	return (int64_t)('0' + notification.event);
}
static int64_t sweeps(struct portico *kernel, int64_t with)
{
	(void)with;
	pk_task_sweep(kernel, true);
	return 0;
}

static void prepare_mail(void)
{
	make_post();
	mail = post;
}

static void prepare_receiver_dies(void)
{
	prepare_mail();
	prepare_once();
	does(server, asks_for_backup, 0, 0);
	does(client, sends_by, (int64_t)clients, 0);
	begins(server, receives_one, (int64_t)receive_right);
	may_die(server);
}

/* What it hadn't consumed is the heir's; nothing is told to be lost. */
static void verify_receiver_dies(void)
{
	reap_the_dead();
	if (!has_died(server)) {
		CHECK_EQUAL(result_of(server), 'a');
		CHECK_EQUAL(rights_in_use(), 2); /* with the request */
		return;
	}
	does(client, inherits, 0, BACKUP);
	int64_t letter = tells(client, receives_one, (int64_t)right);
	CHECK(letter == 'a' || letter == -EAGAIN);
	CHECK_EQUAL(tells(client, hears, (int64_t)right), 0);
	CHECK_EQUAL(rights_in_use(), 1);
	CHECK(!is_named(task_of(server)));
}

/* Who sees to that dies, too. */
static void prepare_reaper_dies(void)
{
	prepare_mail();
	prepare_once();
	does(server, asks_for_backup, 0, 0);
	dies(server);
	struct actor *reaper = enters("reaper");
	server = enters("another");
	begins(reaper, sweeps, 0);
	begins(server, sweeps, 0);
	may_die(reaper);
}

static void verify_reaper_dies(void)
{
	reap_the_dead();
	does(client, inherits, 0, BACKUP);
	does(client, inherits, 0, -EAGAIN);
	does(client, sends_by, (int64_t)clients, 0);
	does(client, hears, (int64_t)right, 'a');
	CHECK_EQUAL(rights_in_use(), 1);
}

/* ---- R3: no senders */

/* A client has a send right, of which the server wants to know the end. */
static void prepare_asked(void)
{
	prepare_server();
	client = enters("client");
	clients = hand_send(server, client);
	does(server, asks_no_senders, (int64_t)receive_right, 0);
}

static void prepare_dropped_under_a_send(void)
{
	prepare_asked();
	other = joins("its other thread", client);
	begins(client, drops, (int64_t)clients);
	begins(other, sends_by, (int64_t)clients);
	may_die(client);
}

static void verify_dropped_under_a_send(void)
{
	reap_the_dead();
	int64_t letter = tells(server, hears, (int64_t)receive_right);
	if (!has_died(client)) {
		CHECK_EQUAL(result_of(client), 0);
		CHECK_EQUAL(letter, result_of(other) == 0 ? 'a' : 0);
	}
	CHECK(letter == 0 || letter == 'a');
	does(server, is_told, 0, NO_SENDERS);
	does(server, counts_references, (int64_t)receive_right, 0);
	CHECK_EQUAL(rights_in_use(), 1);
}

static void prepare_made_under_a_drop(void)
{
	prepare_asked();
	begins(client, drops, (int64_t)clients);
	begins(server, makes_send, (int64_t)receive_right);
	may_die(client);
}

/* It is told once: now, if there was a moment without any; or when the last goes. */
static void verify_made_under_a_drop(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(server), 0);
	does(server, counts_references, (int64_t)receive_right, 1);
	int64_t before = tells(server, is_told, 0);
	does(server, drops, (int64_t)right, 0);
	int64_t after = tells(server, is_told, 0);
	CHECK((before == NO_SENDERS && after == 0) || (before == 0 && after == NO_SENDERS));
	CHECK_EQUAL(rights_in_use(), 1);
}

/* ---- R1, R3: taken out of a message while the port ends */

static void prepare_absorbed(void)
{
	prepare_asked();
	does(client, asks_dead_name, (int64_t)clients, 0);
	does(server, makes_send, (int64_t)receive_right, 0);
	does(server, posts_right, (int64_t)right, 0);
	begins(client, takes_right, 0);
}

static void prepare_absorbed_under_the_end(void)
{
	prepare_absorbed();
	begins(server, drops, (int64_t)receive_right);
	may_die(server);
}

static void verify_absorbed_under_the_end(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(client), 0);
	does(client, is_told, 0, DEAD_NAME);
	int64_t references = tells(client, counts_references, (int64_t)clients);
	CHECK(right == clients ? references == 2 : references == 1);
	if (right != clients)
		does(client, drops, (int64_t)right, 0);
	for (; references > 0; references--)
		does(client, drops, (int64_t)clients, 0);
	CHECK_EQUAL(rights_in_use(), 0);
}

static void prepare_absorber_dies(void)
{
	prepare_absorbed();
	may_die(client);
}

static void verify_absorber_dies(void)
{
	reap_the_dead();
	int64_t references = tells(server, counts_references, (int64_t)receive_right);
	int64_t told = tells(server, is_told, 0);
	if (has_died(client)) {
		CHECK(references == (told == NO_SENDERS ? 0 : 1));
		if (references == 1) /* still in the message */
			does(server, takes_right, 0, 0);
	} else {
		CHECK(references == 2 && told == 0);
	}
	CHECK(!has_died(client) || !is_named(task_of(client)));
}

/* ---- R1, R3: who inherits the lock in the middle of an end dies, too */

static void prepare_dying_in_repair(const char *where)
{
	prepare_asked();
	does(client, asks_dead_name, (int64_t)clients, 0);
	other = enters("heir");
	begins(server, drops, (int64_t)receive_right);
	reaches(server, where);
	dies(server);
	struct actor *third = enters("a third");
	begins(other, sweeps, 0);
	begins(third, sweeps, 0);
	may_die(other);
}

static void prepare_given_up(void)
{
	prepare_dying_in_repair("right: dying");
}
static void prepare_ended(void)
{
	prepare_dying_in_repair("right: port ended, dead names not told");
}
static void prepare_due(void)
{
	prepare_dying_in_repair("notice: due");
}
static void prepare_queued(void)
{
	prepare_dying_in_repair("transfer: queued at its number, on no list");
}

static void verify_told_once(void)
{
	reap_the_dead();
	does(client, is_told, 0, DEAD_NAME);
	does(client, drops, (int64_t)clients, 0);
	CHECK_EQUAL(rights_in_use(), 0);
	CHECK(!has_died(server) || !is_named(task_of(server)));
	CHECK(pk_table_valid(k, PK_RIGHTS));
}

/* ---- R1: messages that carry rights end with their port */

static int64_t destroys_post(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_port_destroy(kernel, post);
}

static void prepare_carried_into_the_grave(void)
{
	prepare_asked();
	does(client, asks_dead_name, (int64_t)clients, 0);
	does(server, posts_right, (int64_t)receive_right, 0);
	other = enters("destroyer");
	begins(other, destroys_post, 0);
	may_die(other);
}

static void verify_carried_into_the_grave(void)
{
	reap_the_dead();
	CHECK(tells(server, destroys_post, 0) != 0 || has_died(other)); /* before it began */
	verify_told_once();
}

/* ---- R5: two receive rights, each sent to the other's port */

static pk_id receives_of[2], sends_of[2];

static int64_t crosses(struct portico *kernel, int64_t which)
{
	return puts_into(kernel, sends_of[which], (int64_t)receives_of[which]);
}

static void prepare_crossing(void)
{
	make_post();
	server = enters("one");
	client = enters("another");
	does(server, makes_port, 4, 0);
	receives_of[0] = receive_right;
	sends_of[1] = hand_send(server, client);
	does(client, makes_port, 4, 0);
	receives_of[1] = receive_right;
	sends_of[0] = hand_send(client, server);
	begins(server, crosses, 0);
	begins(client, crosses, 1);
}

static void verify_crossing(void)
{
	CHECK_EQUAL(sum_of(server, client, 0), 1);
	CHECK_EQUAL(sum_of(server, client, -ELOOP), 1);
}

/* ---- just one over the limit, of two threads */

static int64_t sends_one(struct portico *kernel, int64_t cookie)
{
	return portico_send_one(kernel, (portico_port){ clients }, "b", 1, 1, (uint64_t)cookie);
}

static void prepare_send_one(void)
{
	prepare_server();
	does(server, makes_port, 0, 0); /* a port without room */
	client = enters("client");
	clients = hand_send(server, client);
	other = joins("its other thread", client);
	begins(client, sends_one, 1);
	begins(other, sends_one, 2);
}

static void verify_send_one(void)
{
	CHECK_EQUAL(sum_of(client, other, 1), 1);
	CHECK_EQUAL(sum_of(client, other, -EBUSY), 1);
	does(server, hears, (int64_t)receive_right, 'b');
}

static const struct exploration explorations[] = {
	{ "R2-used-twice", prepare_used_twice, verify_used_twice, 1 },
	{ "R2-used-and-dropped", prepare_used_and_dropped, verify_used_and_dropped, 1 },
	{ "R2-used-and-moved", prepare_used_and_moved, verify_used_and_moved, 1 },
	{ "R6-sender-dies", prepare_sender_dies, verify_one_or_the_other, 1 },
	{ "R6-carrier-dies", prepare_carrier_dies, verify_carrier_dies, 1 },
	{ "R6-receiver-dies", prepare_receiver_dies, verify_receiver_dies, 1 },
	{ "R4-reaper-dies", prepare_reaper_dies, verify_reaper_dies, 1 },
	{ "R3-dropped-under-a-send", prepare_dropped_under_a_send, verify_dropped_under_a_send, 1 },
	{ "R3-made-under-a-drop", prepare_made_under_a_drop, verify_made_under_a_drop, 1 },
	{ "R3-absorbed-under-the-end", prepare_absorbed_under_the_end, verify_absorbed_under_the_end, 1 },
	{ "R3-absorber-dies", prepare_absorber_dies, verify_absorber_dies, 1 },
	{ "R1-heir-dies-given-up", prepare_given_up, verify_told_once, 1 },
	{ "R1-heir-dies-ended", prepare_ended, verify_told_once, 1 },
	{ "R4-heir-dies-due", prepare_due, verify_told_once, 1 },
	{ "R4-heir-dies-queued", prepare_queued, verify_told_once, 1 },
	{ "R1-carried-into-the-grave", prepare_carried_into_the_grave, verify_carried_into_the_grave, 1 },
	{ "R5-crossing", prepare_crossing, verify_crossing, 1 },
	{ "send-one-of-two-threads", prepare_send_one, verify_send_one, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
