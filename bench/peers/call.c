/* SPDX-License-Identifier: MIT */
/* portico_call(): a request with a right to answer it once, to a guarded port. */
#define _GNU_SOURCE
#include "place.h"

#include <portico/message.h>

static portico *instance;
static portico_port port, receives, reply;
static enum side mine;
static const void *request;

int peer_prepare(const struct setup *setup)
{
	(void)setup;
	return place_prepare(NULL);
}

/* The answerer makes the port, and gives the asker a right to it through a mailbox. */
int peer_open(enum side side)
{
	portico_port sends;
	int error = place_open(side, &instance, &sends, &receives);
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND };
	struct portico_message message = { .parts = &part, .count = 1 };
	mine = side;
	if (!error && side == ANSWERER) {
		error = portico_port_create(instance, NULL, &port);
		part.right = port;
		return error ? error : portico_message_send(instance, sends, &message, PORTICO_FOREVER);
	}
	if (!error)
		error = portico_message_receive(instance, receives, NULL, &message, PORTICO_FOREVER);
	port = part.right;
	return error < 0 ? error : 0;
}

/* The asker calls when it wants the answer. */
int peer_send(const void *data, size_t bytes, long type)
{
	request = data;
	if (mine == ASKER)
		return 0;
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = (void *)data, .bytes = bytes };
	struct portico_message answer = { .type = type, .parts = &part, .count = 1 };
	return portico_message_send(instance, reply, &answer, PORTICO_FOREVER);
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	struct portico_part sent = { .kind = PORTICO_PART_DATA, .data = (void *)request, .bytes = room },
			    part;
	struct portico_message asked = { .type = type, .parts = &sent, .count = 1 };
	struct portico_message got = { .parts = &part, .count = 1, .buffer = buffer, .size_bytes = room };
	int error = mine == ASKER ? portico_call(instance, port, &asked, &got, PORTICO_FOREVER)
				  : portico_message_receive(instance, port, NULL, &got, PORTICO_FOREVER);
	reply = got.reply;
	return error < 0 ? error : (ssize_t)part.bytes;
}

void peer_remove(void)
{
	place_remove();
}
