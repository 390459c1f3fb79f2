/* SPDX-License-Identifier: MIT */
#include "instance.h"
#include "by_mount.h"
#include "complain.h"
#include "inbox.h"
#include "name.h"
#include "name_service.h"
#include "object.h"
#include "options.h"
#include "remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct portico *open_or_mount(const char *directory, unsigned flags)
{
	portico *k;
	if (directory && *directory == '\0') {
		complain("-k '': no directory; leave it out for the default instance");
		return NULL;
	}
	if (portico_open(directory, flags, &k) != 0) {
		complain("%s", portico_open_error());
		return NULL;
	}
	return k;
}

struct portico *open_instance(const char *directory, unsigned flags, uint32_t task_flags)
{
	portico *k = open_or_mount(directory, flags);
	if (!k)
		return NULL;
	if (pk_is_remote(k)) {
		refer_to_mount(k);
		portico_close(k);
		return NULL;
	}
	k->task_flags = task_flags;
	int error = pk_enter(k);
	if (error) {
		complain_of("instance", k->directory, error);
		portico_close(k);
		return NULL;
	}
	return k;
}

static bool is_fifo(struct portico *k, const char *name)
{
	pk_id pipe;
	return pk_name_look_up(k, PK_NAME_FIFO, name, (uint32_t)strlen(name), &pipe) == 0;
}

static int report_missing(struct portico *k, const char *name, int error)
{
	if (error == -ENOENT && is_fifo(k, name))
		complain("mailbox %s: is a named pipe; a mount has it as fifo/%s, `portico rm --fifo %s` "
			 "removes it",
			 name, name, name);
	else if (error == -ENOENT)
		complain("mailbox %s: %s; `portico create %s` makes it, `portico ls` shows what there is",
			 name, portico_explain(error), name);
	else if (error == -EINVAL)
		complain("mailbox '%s': is no name; one has 1 to %d bytes, and no part of it between "
			 "'/' is empty, '.' or '..'",
			 name, PK_NAME_MAX);
	else
		complain_of("mailbox", name, error);
	return error;
}

int find_mailbox(struct portico *k, const char *name, pk_id *port)
{
	portico_port found;
	int error = portico_mailbox_open(k, name, &found);
	if (!error)
		*port = found.id;
	return error ? report_missing(k, name, error) : 0;
}

/* ---- to look at */

static bool parse_number(const char *text, uint32_t *number)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	*number = (uint32_t)value;
	return errno == 0 && end != text && *end == '\0' && *text != '-' && value <= INT32_MAX;
}

static int find_numbered(struct portico *k, const char *text, pk_id *port)
{
	uint32_t slot;
	if (!parse_number(text, &slot))
		bad_usage("port '%s': is no number; `portico ls -a` shows them", text);
	*port = live_object(k, PK_PORTS, slot);
	if (*port == 0)
		complain("port %s: there is none; `portico ls -a` shows which there are", text);
	return *port ? 0 : -EINVAL;
}

int find_port(struct portico *k, const char *name, bool is_number, pk_id *port)
{
	struct portico_name_request request = { .operation = PORTICO_NAME_LOOK_UP };
	struct portico_name_reply reply;
	if (is_number)
		return find_numbered(k, name, port);
	int length = snprintf(request.name, sizeof request.name, "%s", name);
	int error = (size_t)length < sizeof request.name ? pk_name_ask(k, &request, &reply) : -ENAMETOOLONG;
	if (!error && !pk_object(k, PK_PORTS, reply.port, &error))
		error = -ENOENT; /* it ended, and its name with it */
	if (!error)
		*port = reply.port;
	return error ? report_missing(k, name, error) : 0;
}

uint32_t pid_operand(const char *text)
{
	uint32_t pid;
	if (!parse_number(text, &pid) || pid == 0)
		bad_usage("'%s' is no pid; `portico ps` lists them", text);
	return pid;
}

int find_process(struct portico *k, const char *text, pk_id *task)
{
	uint32_t pid = pid_operand(text);
	int error = pk_task_by_pid(k, pid, task);
	if (error && pk_thread_exists(pid, pid))
		complain(
			"pid %u: hasn't used the instance %s; `portico ps` lists who has, -k chooses another",
			pid, k->directory);
	else if (error)
		complain("pid %u: there is no such process; `portico ps` lists who uses the instance", pid);
	return error;
}
