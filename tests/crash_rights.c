/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what is done with rights (crash.h): made,
 * counted, given up; and who is told of it, exactly once.
 */
#include "crash_rights.h"

/* Ours, to ports of ours or to the victim's; and what the victim was handed. */
static portico_port receive, send, ours;
static portico_port mine, mine_too;

enum { COOKIE = 7 };

static void nothing_follows(void)
{
}

static void take_one(void)
{
	mine = take(meeting);
}

static void take_two(void)
{
	mine = take(meeting);
	mine_too = take(meeting);
}

/* ---- made */

static void create(void)
{
	portico_port made = make_port(4);
	CHECK_EQUAL(portico_right_drop(k, made), 0);
	make_port(4);
}

/* The victim has the right to receive; we one to send, and want to know when that is of no use. */
static void prepare_victims_port(void)
{
	open_stage();
	receive = make_port(4);
	send = make_right(receive, PORTICO_SEND);
	ask(send, PORTICO_DEAD_NAME, COOKIE);
	CHECK_EQUAL(put(send, 'q'), 0);
	give(meeting, receive, PORTICO_MOVE);
}

/* It takes rights along wherever it dies. */
static void verify_dead_name_told(void)
{
	tally_at(meeting); /* where it hadn't taken it */
	struct tally told = tally_at(notify);
	CHECK_TOLD(told, dead_names, 1);
	CHECK_EQUAL(told.cookies, COOKIE);
	CHECK(status_of(send).is_dead);
}

static void make(void)
{
	spared(take_one);
	portico_port right = make_right(mine, PORTICO_SEND);
	CHECK_EQUAL(make_right(mine, PORTICO_SEND).id, right.id);
	make_right(mine, PORTICO_SEND_ONCE);
	CHECK_EQUAL(portico_right_keep(k, right, 3), 0);
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_NO_SENDERS, mine, 1), 0);
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_NO_SENDERS, mine, 2), 0);
}

/* ---- counted, and given up */

/* The victim has one or more to send to our port; we want to know when there are none. */
static void prepare_our_port(void)
{
	open_stage();
	ours = make_port(4);
	ask(ours, PORTICO_NO_SENDERS, COOKIE);
	give(meeting, ours, PORTICO_MAKE_SEND);
}

static void keep_and_drop(void)
{
	spared(take_one);
	CHECK_EQUAL(portico_right_keep(k, mine, 2), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(portico_right_drop(k, mine), 0);
}
static void verify_no_senders_told(void)
{
	struct tally told = tally_at(notify);
	CHECK_TOLD(told, no_senders, 1);
	CHECK_EQUAL(told.cookies, COOKIE);
	CHECK_EQUAL(status_of(ours).senders, 0);
}

static void drop_receive(void)
{
	spared(take_one);
	make_right(mine, PORTICO_SEND);
	CHECK_EQUAL(portico_right_drop(k, mine), 0);
}

/* Of the same receive right we are the backup. */
static void prepare_backup(void)
{
	prepare_victims_port();
	ours = make_port(4);
	give(meeting, ours, PORTICO_MAKE_SEND);
}
static void take_and_name_backup(void)
{
	take_two();
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_PORT_DESTROYED, mine_too, COOKIE), 0);
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_NO_SENDERS, mine_too, COOKIE), 0);
}
static void drop_to_backup(void)
{
	spared(take_and_name_backup);
	CHECK_EQUAL(portico_right_drop(k, mine), 0);
}
static void verify_inherited(void)
{
	struct tally told = tally_at(ours), dead;
	CHECK_TOLD(told, destroyed, 1);
	CHECK_EQUAL(told.cookies, COOKIE);
	CHECK_EQUAL(put(send, 'r'), 0);
	CHECK_EQUAL(get(told.inherited, PORTICO_NOW), 'q');
	CHECK_EQUAL(get(told.inherited, PORTICO_NOW), 'r');
	CHECK_EQUAL(portico_right_drop(k, told.inherited), 0);
	dead = tally_at(notify);
	CHECK_TOLD(dead, dead_names, 1);
}

static void replace_backup(void)
{
	spared(take_and_name_backup);
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_PORT_DESTROYED, mine_too, COOKIE), 0);
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_NO_SENDERS, (portico_port){ 0 }, 0), 0);
}

/* What is brought to a backup that goes itself, goes with it. */
static void drop_backup_first(void)
{
	spared(take_and_name_backup);
	portico_port other = make_port(4);
	CHECK_EQUAL(portico_notify(k, mine, PORTICO_PORT_DESTROYED, other, COOKIE), 0);
	CHECK_EQUAL(portico_right_drop(k, mine), 0);
	CHECK_EQUAL(portico_right_drop(k, other), 0);
}

/* As the last, with a backup that was there first; so we are told of the one, or the other. */
static void verify_gone_or_inherited(void)
{
	struct tally told = tally_at(ours), dead;
	CHECK(told.destroyed <= 1);
	if (told.destroyed)
		CHECK_EQUAL(portico_right_drop(k, told.inherited), 0);
	dead = tally_at(notify);
	CHECK_TOLD(dead, dead_names, 1);
}

/* ---- once */

static void prepare_once(void)
{
	open_stage();
	ours = make_port(4);
	give(meeting, ours, PORTICO_MAKE_SEND_ONCE);
}
static void send_once(void)
{
	spared(take_one);
	CHECK_EQUAL(put(mine, 'o'), 0);
}
static void verify_sent_or_lost(void)
{
	struct tally told = tally_at(ours);
	if (told.messages)
		CHECK_TOLD(told, messages, 1);
	else
		CHECK_TOLD(told, lost, 1);
}

static void drop_once(void)
{
	spared(take_one);
	CHECK_EQUAL(portico_right_drop(k, mine), 0);
}
static void verify_lost(void)
{
	struct tally told = tally_at(ours);
	CHECK_TOLD(told, lost, 1);
}

/* Where there is no room: it waits, and gives up. */
static void prepare_once_full(void)
{
	open_stage();
	ours = make_port(0);
	give(meeting, ours, PORTICO_MAKE_SEND_ONCE);
}
static void send_once_in_vain(void)
{
	char letter = 'v';
	spared(take_one);
	CHECK_EQUAL(portico_send(k, mine, &letter, 1, 1, portico_deadline(1)), -ETIMEDOUT);
	CHECK_EQUAL(portico_right_drop(k, mine), 0);
}

/* The other way round: what was sent so is received by the victim, which may die before it has it. */
static void prepare_sent_once(void)
{
	prepare_victims_port();
	portico_port other = make_port(4), once = make_right(other, PORTICO_SEND_ONCE);
	CHECK_EQUAL(put(once, 's'), 0);
	give(meeting, other, PORTICO_MOVE);
}
static void receive_sent_once(void)
{
	spared(take_two);
	CHECK_EQUAL(get(mine_too, PORTICO_NOW), 's');
}

/* ---- the end of one who holds everything */

static void prepare_everything(void)
{
	prepare_backup();
	portico_port other = make_port(4), once = make_port(4);
	ask(ours, PORTICO_NO_SENDERS, COOKIE);
	ask(make_right(other, PORTICO_SEND), PORTICO_DEAD_NAME, COOKIE);
	give(meeting, once, PORTICO_MAKE_SEND_ONCE);
	give(meeting, other, PORTICO_MOVE);
	receive = once;
}
static void hold_everything(void)
{
	struct portico_memory memory;
	take_and_name_backup();
	portico_port once = take(meeting), other = take(meeting), to_self = make_right(other, PORTICO_SEND);
	CHECK_EQUAL(portico_memory_allocate(k, 100000, &memory), 0);
	give(to_self, mine_too, PORTICO_COPY);
	give(to_self, once, PORTICO_MOVE);
	give(to_self, make_port(4), PORTICO_MOVE);
}
static void have_everything(void)
{
	spared(hold_everything);
	pk_crash_point("with everything in hand");
}
static void verify_all_told(void)
{
	struct tally backup = tally_at(ours), lost = tally_at(receive), told = tally_at(notify);
	CHECK_TOLD(backup, destroyed, 1);
	CHECK_TOLD(lost, lost, 1);
	CHECK_EQUAL(told.no_senders, 1);
	CHECK_EQUAL(told.dead_names, 1);
	CHECK_EQUAL(portico_right_drop(k, backup.inherited), 0);
	told = tally_at(notify);
	CHECK_TOLD(told, dead_names, 1);
}

static const struct scenario scenarios[] = {
	{ "create", open_stage, create, NULL, nothing_follows },
	{ "make", prepare_victims_port, make, NULL, verify_dead_name_told },
	{ "keep-and-drop", prepare_our_port, keep_and_drop, NULL, verify_no_senders_told },
	{ "drop-receive", prepare_victims_port, drop_receive, NULL, verify_dead_name_told },
	{ "drop-to-backup", prepare_backup, drop_to_backup, NULL, verify_inherited },
	{ "replace-backup", prepare_backup, replace_backup, NULL, verify_inherited },
	{ "drop-backup", prepare_backup, drop_backup_first, NULL, verify_gone_or_inherited },
	{ "send-once", prepare_once, send_once, NULL, verify_sent_or_lost },
	{ "drop-once", prepare_once, drop_once, NULL, verify_lost },
	{ "send-once-in-vain", prepare_once_full, send_once_in_vain, NULL, verify_lost },
	{ "receive-sent-once", prepare_sent_once, receive_sent_once, NULL, verify_dead_name_told },
	{ "holder-of-everything", prepare_everything, have_everything, NULL, verify_all_told },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, rights_are_valid, close_stage };
	return run_stage(&stage, argc, argv);
}
