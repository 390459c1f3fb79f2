/* SPDX-License-Identifier: MIT */
/* Port sets, in whatever order two or three come: core/guard.h, A1 to A4; core/portset.h, J1 to J4. */
#include "interleave_mail.h"
#include "portset.h"

static struct actor *owner, *sender, *other;
static pk_id set, second_set, mailbox;

static int64_t makes_sets(struct portico *kernel, int64_t with)
{
	int error = pk_portset_create(kernel, &set);
	(void)with;
	return error ? error : pk_portset_create(kernel, &second_set);
}
static int64_t joins_set(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_portset_add(kernel, set, mailbox);
}
static int64_t joins_second(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_portset_add(kernel, second_set, mailbox);
}
static int64_t leaves(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_portset_remove(kernel, set, mailbox);
}
static int64_t ends_set(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_port_destroy(kernel, set);
}
static int64_t ends_member(struct portico *kernel, int64_t with)
{
	(void)with;
	return gone(pk_port_destroy(kernel, mailbox));
}

static int64_t receives_at(struct portico *kernel, pk_id at, int64_t ms)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message, length;
	int error = pk_port_receive_until(kernel, at, &any, until(ms), &message);
	if (error)
		return gone(error);
	char letter = *(char *)pk_message_data(kernel, message, &length);
	pk_message_release(kernel, message);
	return letter;
}
static int64_t receives_from_set(struct portico *kernel, int64_t ms)
{
	return receives_at(kernel, set, ms);
}
static int64_t sends_two(struct portico *kernel, int64_t letters)
{
	int64_t result = send_for(kernel, letters & 0xff, 500);
	return result ? result : send_for(kernel, letters >> 8, 500);
}

/* All that there is at the mailbox or the set that it is in, in its order. */
static int64_t empties(struct portico *kernel, int64_t with)
{
	int64_t letters = 0, letter;
	struct pk_want any = PK_WANT_ANY;
	pk_id from[] = { set, second_set, mailbox };
	uint32_t message, length;
	(void)with;
	for (int i = 0, at = 0; at < 3; at++)
		while (pk_port_receive(kernel, from[at], &any, NULL, &message, NULL) == 0) {
			letter = *(char *)pk_message_data(kernel, message, &length);
			letters |= letter << 8 * i++;
			pk_message_release(kernel, message);
		}
	return letters;
}

static void prepare_ports(uint32_t slots)
{
	owner = enters("owner");
	sender = enters("sender");
	does(owner, makes_sets, 0, 0);
	make_port(slots);
	mailbox = port;
}

static void check_valid(void)
{
	pk_id all[] = { set, second_set, mailbox };
	for (int i = 0; i < 3; i++) {
		int error;
		CHECK(!pk_object(k, PK_PORTS, all[i], &error) || pk_port_valid(k, all[i]));
	}
}

static void verify_all_there(void)
{
	CHECK_EQUAL(result_of(owner), 0);
	CHECK_EQUAL(result_of(sender), 0);
	check_valid();
	does(owner, empties, 0, 'a' | 'b' << 8);
}

static void prepare_join(void)
{
	prepare_ports(4);
	begins(owner, joins_set, 0);
	begins(sender, sends_two, 'a' | 'b' << 8);
}

static void prepare_leave(void)
{
	prepare_ports(4);
	does(owner, joins_set, 0, 0);
	begins(owner, leaves, 0);
	begins(sender, sends_two, 'a' | 'b' << 8);
}

/* ---- a sender stands in line, and is let in by who receives */

static void prepare_join_of_a_full_one(void)
{
	prepare_ports(1);
	put('a');
	other = joins("its other thread", owner);
	begins(sender, sends, 'b');
	sleeps(sender);
	begins(owner, joins_set, 0);
	begins(other, receives_from_set, 500);
}

static void verify_let_in(void)
{
	CHECK_EQUAL(result_of(owner), 0);
	CHECK_EQUAL(result_of(sender), 0);
	CHECK_EQUAL(result_of(other), 'a');
	check_valid();
	does(owner, empties, 0, 'b');
	CHECK(ms_passed() < 500);
}

static void prepare_leave_of_a_full_one(void)
{
	prepare_ports(1);
	put('a');
	does(owner, joins_set, 0, 0);
	other = joins("its other thread", owner);
	begins(sender, sends_within_50ms, 'b');
	sleeps(sender);
	begins(owner, leaves, 0);
	begins(other, receives_from_set, 20);
}

static void verify_left(void)
{
	bool taken = result_of(other) == 'a';
	CHECK_EQUAL(result_of(owner), 0);
	CHECK_EQUAL(result_of(sender), taken ? 0 : -ETIMEDOUT);
	CHECK(taken || result_of(other) == -ETIMEDOUT);
	check_valid();
	does(owner, empties, 0, taken ? 'b' : 'a');
}

/* ---- G1: one of two sets */

static void prepare_two_sets(void)
{
	prepare_ports(4);
	put('a');
	other = joins("its other thread", owner);
	begins(owner, joins_set, 0);
	begins(other, joins_second, 0);
}

static void verify_two_sets(void)
{
	CHECK(result_of(owner) + result_of(other) == -EBUSY && result_of(owner) * result_of(other) == 0);
	check_valid();
	does(owner, empties, 0, 'a');
}

/* ---- deaths */

static void prepare_joiner_dies(void)
{
	prepare_ports(2);
	put('a');
	begins(owner, joins_set, 0);
	begins(sender, sends, 'b');
	may_die(owner);
}

static void verify_owner_died(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(sender), 0);
	check_valid();
	if (!has_died(owner)) {
		does(owner, empties, 0, 'a' | 'b' << 8);
		return;
	}
	CHECK(!is_named(task_of(owner)));
	CHECK_EQUAL(looks(k, 0), 2);
	HOLDS("ab");
}

static void prepare_leaver_dies(void)
{
	prepare_ports(2);
	put('a');
	does(owner, joins_set, 0, 0);
	begins(owner, leaves, 0);
	begins(sender, sends, 'b');
	may_die(owner);
}

static void prepare_member_sender_dies(void)
{
	prepare_ports(2);
	put('a');
	does(owner, joins_set, 0, 0);
	begins(sender, sends, 'b');
	begins(owner, leaves, 0);
	may_die(sender);
}

static void verify_sender_died(void)
{
	reap_the_dead();
	CHECK_EQUAL(result_of(owner), 0);
	check_valid();
	int64_t letters = tells(owner, empties, 0);
	CHECK(letters == ('a' | 'b' << 8) || (letters == 'a' && has_died(sender)));
}

/* ---- ends */

static void prepare_member_ends(void)
{
	prepare_ports(4);
	does(owner, joins_set, 0, 0);
	begins(owner, ends_member, 0);
	begins(sender, sends, 'a');
	may_die(owner);
}

static void verify_member_ends(void)
{
	int error;
	reap_the_dead();
	CHECK(result_of(sender) == 0 || result_of(sender) == -EIDRM);
	check_valid();
	if (!has_died(owner)) {
		CHECK(pk_object(k, PK_PORTS, mailbox, &error) == NULL);
		does(owner, empties, 0, 0);
	}
	CHECK(!has_died(owner) || !is_named(task_of(owner)));
}

static void prepare_set_ends(void)
{
	prepare_ports(4);
	put('a');
	does(owner, joins_set, 0, 0);
	begins(owner, ends_set, 0);
	begins(sender, sends, 'b');
	may_die(owner);
}

static const struct exploration explorations[] = {
	{ "A1-join-under-a-send", prepare_join, verify_all_there, 1 },
	{ "A1-leave-under-a-send", prepare_leave, verify_all_there, 1 },
	{ "A3-join-under-who-waits", prepare_join_of_a_full_one, verify_let_in, 1 },
	{ "A3-leave-under-who-waits", prepare_leave_of_a_full_one, verify_left, 1 },
	{ "A1-one-of-two-sets", prepare_two_sets, verify_two_sets, 1 },
	{ "A4-joiner-dies", prepare_joiner_dies, verify_owner_died, 1 },
	{ "A4-leaver-dies", prepare_leaver_dies, verify_owner_died, 1 },
	{ "A4-sender-dies", prepare_member_sender_dies, verify_sender_died, 1 },
	{ "J4-member-ends", prepare_member_ends, verify_member_ends, 1 },
	{ "J4-set-ends", prepare_set_ends, verify_owner_died, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
