/* SPDX-License-Identifier: MIT */
/* Sending by a right, and what is received with more than data. */
#include "deliver.h"

int pk_deliver_more(struct portico *k, uint32_t message, const struct pk_message *m)
{
	if (!(m->more & PK_MORE_PARTS))
		return 0;
	pk_port_give_back(k, message);
	return -EBADMSG;
}

int pk_send_message(struct portico *k, pk_id name, uint32_t message, int64_t deadline)
{
	uint32_t right = 0;
	pk_id port;
	int error = pk_right_resolve(k, name, PK_TO_SEND, &port, &right);
	if (!error && right != 0)
		error = pk_right_sign(k, name, message);
	if (error)
		return error;
	error = pk_port_send(k, port, message, NULL, NULL);
	if (error == -EAGAIN && deadline != PORTICO_NOW)
		error = pk_port_send_until(k, port, message, deadline);
	if (error && error != -EIO)
		pk_right_unsign(k, message);
	return pk_right_error(right, error);
}
