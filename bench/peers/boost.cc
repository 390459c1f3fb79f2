/* SPDX-License-Identifier: MIT */
/* Boost.Interprocess: a message_queue each way. */
#include "lib/peer.h"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <unistd.h>

using boost::interprocess::message_queue;

static std::string names[QUEUES];
static std::unique_ptr<message_queue> sends, receives;

int peer_prepare(const struct setup *setup)
{
	for (int i = 0; i < QUEUES; i++) {
		names[i] = "portico-bench-" + std::to_string(getpid()) + "-" + std::to_string(i);
		message_queue(boost::interprocess::create_only, names[i].c_str(), (size_t)setup->depth,
			      (size_t)setup->bytes);
	}
	return 0;
}

static std::unique_ptr<message_queue> open_queue(int which)
{
	return std::unique_ptr<message_queue>(
		new message_queue(boost::interprocess::open_only, names[which].c_str()));
}

int peer_open(enum side side)
{
	sends = open_queue(sends_to(side));
	receives = open_queue(receives_from(side));
	return 0;
}

int peer_send(const void *data, size_t bytes, long)
{
	sends->send(data, bytes, 0);
	return 0;
}

ssize_t peer_receive(void *buffer, size_t room, long)
{
	message_queue::size_type got = 0;
	unsigned priority;
	receives->receive(buffer, room, got, priority);
	return (ssize_t)got;
}

void peer_remove(void)
{
	for (int i = 0; i < QUEUES; i++)
		message_queue::remove(names[i].c_str());
}
