/* SPDX-License-Identifier: MIT */
#include "by_hand.h"
#include "part.h"
#include "transfer.h"
#include "tunable.h"

int64_t pk_port_drop(struct portico *k, pk_id id, const struct pk_want *want, uint64_t most)
{
	struct pk_port_status status;
	int64_t dropped = 0;
	int error = pk_port_inspect(k, id, &status);
	if (most > status.count) /* no more than there are, however fast others send */
		most = status.count;
	while (!error && (uint64_t)dropped < most) {
		uint32_t message;
		error = pk_port_take(k, id, want, &message);
		if (!error) {
			pk_message_release(k, message);
			pk_parts_bury(k);
			dropped++;
		}
	}
	return error && error != -EAGAIN && dropped == 0 ? error : dropped;
}

/* What msgsnd(2) wouldn't send. */
static int check(struct portico *k, pk_id id, uint64_t bytes, int64_t type)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	if (!port)
		return error;
	if (port->use != PK_QUEUE)
		return 0;
	return type < 1 ? -EINVAL : pk_sysv_over(k, PK_MSGMAX, bytes) ? -EMSGSIZE : 0;
}

static void sign(struct portico *k, uint32_t message, const struct pk_identity *as)
{
	struct pk_message *m = pk_message_at(k, message);
	m->pid = as->pid;
	m->uid = as->uid;
	m->gid = as->gid;
}

int pk_port_inject(struct portico *k, pk_id id, const void *data, uint64_t bytes, int64_t type,
		   const struct pk_identity *as, int64_t until_ns)
{
	uint32_t message = 0;
	int error = check(k, id, bytes, type);
	if (!error)
		error = pk_message_make_from(k, data, bytes, type, &message);
	if (error)
		return error;
	if (as)
		sign(k, message, as);
	error = pk_port_send(k, id, message, NULL, NULL);
	if (error == -EAGAIN && until_ns != 0)
		error = pk_port_send_until(k, id, message, until_ns);
	if (error && error != -EIO) /* then a wait that couldn't be withdrawn may still name it */
		pk_message_release(k, message);
	return error;
}
