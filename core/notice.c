/* SPDX-License-Identifier: MIT */
/* Notifications: asked for, sent once, or taken back.  right.h is the essay: R4. */
#include "completion.h"
#include "guard.h"
#include "part.h"
#include "right_inside.h"
#include "transfer.h"

#include <errno.h>

/* ---- the notice of a record */

static uint64_t notice_word(const struct pk_right *right, uint32_t record)
{
	return pk_word(PK_BODY, pk_slot_id(&right->head, record));
}

/* If it isn't sent. */
static struct pk_message *notice_of(struct portico *k, const struct pk_right *right, uint32_t record)
{
	struct pk_message *m = pk_message_at(k, right->notice);
	return m && pk_load(&m->head.word) == notice_word(right, record) ? m : NULL;
}

/* Room for a notification, and for the receive right that one brings. */
struct notice {
	struct pk_part parts[2];
	struct pk_notification notification;
};

int pk_notice_claim(struct portico *k, uint32_t record)
{
	struct pk_right *right = pk_right_at(k, record);
	uint32_t message;
	int error = pk_message_claim(k, sizeof(struct notice), &message);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(k, message);
	m->type = PK_RIGHTS; /* as a body: of which table */
	PK_POINT("notice: claimed, not its record's");
	pk_store(&m->head.word, notice_word(right, record));
	right->notice = message;
	return 0;
}

void pk_notice_drop(struct portico *k, uint32_t record)
{
	struct pk_right *right = pk_right_at(k, record);
	struct pk_message *m = notice_of(k, right, record);
	pk_right_unlink(k, record);
	pk_store(&right->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("notice: dropped, not freed");
	if (m)
		pk_message_release_at(k, right->notice, m);
	pk_release(k, PK_RIGHTS, record);
}

/* ---- sending it */

static enum pk_event event_of(uint32_t kind)
{
	switch (kind) {
	case PK_ASK_DEAD_NAME:
	case PK_ASK_TASK_ENDED:
		return PK_DEAD_NAME;
	case PK_ASK_NO_SENDERS:
		return PK_NO_SENDERS;
	case PK_ASK_DESTROYED:
		return PK_PORT_DESTROYED;
	default:
		return PK_SEND_ONCE_LOST;
	}
}

/* From nobody: so none can be forged. */
static void fill_in(struct portico *k, struct pk_right *right, struct pk_message *m, bool brings_right)
{
	unsigned char *data =
		(unsigned char *)(m + 1) + (brings_right ? offsetof(struct notice, notification) : 0);
	*(struct pk_notification *)data = (struct pk_notification){
		.event = event_of(right->kind),
		.cookie = right->cookie,
	};
	m->type = PK_NOTIFICATION_TYPE;
	m->start = 0;
	m->length = (uint32_t)((size_t)(data - (unsigned char *)(m + 1)) + sizeof(struct pk_notification));
	m->sender = m->pid = 0;
	m->uid = pk_header(k)->uid;
	m->gid = 0;
	m->more = PK_MORE_VIA | (brings_right ? PK_MORE_PARTS : 0);
	m->via = 0;
}

/* R4: its word's change is the sending. */
static int queue(struct portico *k, pk_id to, uint32_t message, struct pk_message *m)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes = { 0 };
	int error = pk_port_lock(k, to, &port, &guard);
	if (error)
		return error;
	struct pk_port *queue = pk_port_queue(k, port);
	m->port = to;
	m->number = queue->next_number++; /* its limits don't count */
	pk_note_sent(k, port, m);
	if (!pk_hand_over(k, queue, message, m, &wakes)) {
		pk_pool_claim_anyway(k, port);
		pk_enqueue(k, port, to, message, m, &wakes);
	}
	pk_port_unlock(k, guard);
	pk_wakes_send(&wakes);
	return 0;
}

/* The receive right of the request's port goes with the notice, if it may. */
static bool bring_right(struct portico *k, const struct pk_right *right, uint32_t message,
			struct pk_message *m)
{
	struct pk_port *port = pk_right_port(k, right);
	uint32_t slot = port ? pk_load_relaxed(&port->receiver) : 0;
	struct pk_right *receive = pk_right_at(k, slot);
	if (!receive || receive->port != right->port || receive->kind != PK_RIGHT_RECEIVE)
		return false;
	struct notice *notice = (struct notice *)(m + 1);
	notice->parts[0] = (struct pk_part){ .kind = PK_PART_RIGHT, .record = slot };
	notice->parts[1] = (struct pk_part){ .kind = PK_PART_DATA, .bytes = sizeof notice->notification };
	m->parts = 2;
	receive->tell = right->tell;
	pk_store(&receive->head.word, pk_message_body_word(m, message));
	PK_POINT("notice: the receive right is its own, and it isn't sent");
	pk_right_change_receiver(k, right->port, 0);
	return true;
}

static void send(struct portico *k, struct pk_right *right, uint32_t message, struct pk_message *m)
{
	bool brings_right = right->kind == PK_ASK_DESTROYED && bring_right(k, right, message, m);
	fill_in(k, right, m, brings_right);
	PK_POINT("notice: filled in, not sent");
	if (queue(k, right->tell, message, m) != 0)
		pk_message_release_at(k, message, m); /* nobody is there to be told */
}

void pk_notice_send(struct portico *k, uint32_t record)
{
	struct pk_right *right = pk_right_at(k, record);
	pk_store(&right->head.word, pk_word(PK_DYING, pk_slot_id(&right->head, record)));
	PK_POINT("notice: due");
	struct pk_message *m = notice_of(k, right, record);
	pk_right_unlink(k, record);
	if (m)
		send(k, right, right->notice, m);
	PK_POINT("notice: sent, its record not freed");
	pk_release(k, PK_RIGHTS, record);
}

/* ---- asking */

int pk_notify_port(struct portico *k, pk_id *port)
{
	int error = pk_rights_lock(k);
	if (error)
		return error;
	struct pk_task *task = pk_task_of(k, pk_id_slot(pk_self(k)));
	*port = task ? pk_load(&task->notify) : 0;
	if (task && !pk_object(k, PK_PORTS, *port, &error)) { /* none, or destroyed */
		error = pk_completions_create(k, port);
		if (!error)
			pk_store(&task->notify, *port);
	}
	pk_rights_unlock(k);
	return task ? error : -EIO;
}

/* May this task have notifications sent there? */
static int check_destination(struct portico *k, pk_id to, pk_id *port)
{
	uint32_t slot;
	int error;
	const struct pk_right *right = pk_right_of(k, to, &slot);
	if (pk_is_right(to) && !right)
		return -EINVAL;
	if (right && right->kind > PK_RIGHT_SEND)
		return -EBADF;
	*port = right ? right->port : to;
	const struct pk_port *found = pk_object(k, PK_PORTS, *port, &error);
	if (!found)
		return error;
	if (right || (found->use >= PK_COMPLETIONS && found->use <= PK_GUARDED && found->owner == pk_self(k)))
		return 0;
	return found->use == PK_MAILBOX ? pk_permission_check(k, &found->permission, 0222) : -EPERM;
}

static enum pk_right_kind request_for(enum pk_event event)
{
	return event == PK_DEAD_NAME	    ? PK_ASK_DEAD_NAME
	       : event == PK_NO_SENDERS	    ? PK_ASK_NO_SENDERS
	       : event == PK_PORT_DESTROYED ? PK_ASK_DESTROYED
					    : (enum pk_right_kind)0;
}

static int ask(struct portico *k, const struct pk_right *right, enum pk_right_kind kind, uint32_t about,
	       pk_id to, uint64_t cookie)
{
	uint32_t slot;
	int error = pk_claim(k, PK_RIGHTS, &slot);
	if (error)
		return error;
	struct pk_right *request = pk_right_at(k, slot);
	struct pk_port *port = pk_right_port(k, right);
	request->port = right->port;
	request->kind = kind;
	request->tell = to;
	request->cookie = cookie;
	request->about = about;
	request->next_of_port = request->notice = request->pending = 0;
	pk_store_relaxed(&request->references, kind == PK_ASK_NO_SENDERS && port->sends != 0);
	error = pk_notice_claim(k, slot);
	if (error) {
		pk_release(k, PK_RIGHTS, slot);
		return error;
	}
	pk_store(&request->head.word, pk_word(PK_HELD, pk_self(k)));
	PK_POINT("notice: asked for, not listed");
	pk_right_link(k, slot);
	return 0;
}

/* A task's kernel port is gone with the task. */
static int notify_of_task(struct portico *k, const struct pk_right *right, uint32_t slot, pk_id to,
			  uint64_t cookie)
{
	pk_id destination = 0;
	uint32_t before = pk_request_find_task(k, slot);
	int error = to != 0 ? check_destination(k, to, &destination) : 0;
	if (!error && !pk_task_of_id(k, right->port))
		error = -ESRCH;
	if (!error && to != 0)
		error = ask(k, right, PK_ASK_TASK_ENDED, slot, destination, cookie);
	if (!error && before != 0)
		pk_notice_drop(k, before);
	return error;
}

static int notify(struct portico *k, pk_id name, enum pk_event event, pk_id to, uint64_t cookie)
{
	uint32_t slot;
	pk_id destination = 0;
	enum pk_right_kind kind = request_for(event);
	const struct pk_right *right = pk_right_of(k, name, &slot);
	if (!right || kind == 0)
		return -EINVAL;
	if (right->kind == PK_RIGHT_TASK)
		return kind == PK_ASK_DEAD_NAME ? notify_of_task(k, right, slot, to, cookie) : -EBADF;
	if (right->kind != (kind == PK_ASK_DEAD_NAME ? PK_RIGHT_SEND : PK_RIGHT_RECEIVE))
		return -EBADF;
	const struct pk_port *port = pk_right_port(k, right);
	int error = !port ? -EIDRM : to != 0 ? check_destination(k, to, &destination) : 0;
	if (!error && kind == PK_ASK_DESTROYED && destination == right->port)
		error = -ELOOP;
	if (error)
		return error;
	uint32_t about = kind == PK_ASK_DEAD_NAME ? slot : 0, before = pk_request_find(k, port, kind, about);
	if (to != 0)
		error = ask(k, right, kind, about, destination, cookie);
	if (!error && before != 0)
		pk_notice_drop(k, before);
	return error;
}

int pk_notify(struct portico *k, pk_id name, enum pk_event event, pk_id to, uint64_t cookie)
{
	int error = pk_rights_lock(k);
	if (error)
		return error;
	error = notify(k, name, event, to, cookie);
	pk_rights_unlock(k);
	return error;
}
