/* SPDX-License-Identifier: MIT */
/* Mailboxes as files of a mount; remote.h is the essay.  remote_mount.c finds the mount. */
#define _GNU_SOURCE /* O_DIRECT */
#include "remote.h"
#include "directory.h"
#include "remote_inside.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int pk_remote_path(const struct portico *k, const char *what, const char *name, const char *file,
		   char path[PK_REMOTE_PATH])
{
	struct pk_text text = pk_text(path, PK_REMOTE_PATH);
	pk_text_add(&text, k->remote->mount);
	pk_text_add(&text, what);
	pk_text_add(&text, name);
	pk_text_add(&text, file);
	return pk_text_fits(&text) ? 0 : -ENAMETOOLONG;
}

static int path_of(const struct portico *k, const char *name, char path[PK_REMOTE_PATH])
{
	return pk_remote_path(k, "/mbox/", name, "", path);
}

/* ---- ports: names, and what they named */

static void lock(struct pk_remote *remote)
{
	uint32_t free = 0;
	while (!pk_swap_if(&remote->lock, &free, 1)) {
		free = 0;
		pk_pause();
	}
}

/* The number of that name and inode; 0: there is no place left. */
static pk_id number_of(struct pk_remote *remote, const char *name, uint64_t inode)
{
	uint32_t i = 0;
	lock(remote);
	while (i < remote->count &&
	       (remote->ports[i].inode != inode || strcmp(remote->ports[i].name, name) != 0))
		i++;
	if (i == remote->count && i < PK_REMOTE_PORTS) {
		remote->ports[i].inode = inode;
		strcpy(remote->ports[i].name, name);
		remote->count++;
	}
	pk_store(&remote->lock, 0);
	return i < PK_REMOTE_PORTS ? i + 1 : 0;
}

/* What has a place keeps it: so it is read without the lock. */
static const struct pk_remote_port *port_at(const struct portico *k, pk_id port)
{
	return port >= 1 && port <= k->remote->count ? &k->remote->ports[port - 1] : NULL;
}

/* Errors of opening a name that was there. */
static int gone(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EISDIR ? -EIDRM : error;
}

/* Its path, if it names that mailbox still. */
static int path_to(const struct portico *k, pk_id id, char path[PK_REMOTE_PATH], struct pk_file *file)
{
	const struct pk_remote_port *port = port_at(k, id);
	int error = port ? path_of(k, port->name, path) : -EINVAL;
	if (!error)
		error = gone(pk_inspect_path(path, file));
	return !error && file->inode != port->inode ? -EIDRM : error;
}

static int open_port(const struct portico *k, pk_id id, int flags)
{
	char path[PK_REMOTE_PATH];
	struct pk_file file;
	const struct pk_remote_port *port = port_at(k, id);
	int error = port ? path_of(k, port->name, path) : -EINVAL;
	int fd = error ? error : gone(pk_open(path, flags | O_NOFOLLOW, 0));
	if (fd < 0)
		return fd;
	error = pk_inspect(fd, &file);
	if (!error && file.inode == port->inode)
		return fd;
	pk_close(fd);
	return error ? error : -EIDRM;
}

/* ---- names */

int pk_remote_find(struct portico *k, const char *name, pk_id *id)
{
	char path[PK_REMOTE_PATH];
	struct pk_file file;
	uint32_t length;
	int error = pk_path_check(name, &length);
	if (!error)
		error = path_of(k, name, path);
	if (!error)
		error = pk_inspect_path(path, &file);
	if (error)
		return error;
	if (S_ISDIR(file.mode))
		return -EISDIR;
	*id = number_of(k->remote, name, file.inode);
	return *id ? 0 : -ENOBUFS;
}

int pk_remote_create(struct portico *k, const char *name, bool by_default, uint32_t mode, pk_id *id)
{
	char path[PK_REMOTE_PATH];
	uint32_t length;
	if (!name || !by_default)
		return -EOPNOTSUPP;
	int error = pk_path_check(name, &length);
	if (!error)
		error = path_of(k, name, path);
	if (!error)
		error = pk_make_file(path, mode);
	return error ? error : pk_remote_find(k, name, id);
}

int pk_remote_destroy(struct portico *k, pk_id id)
{
	char path[PK_REMOTE_PATH];
	struct pk_file file;
	int error = path_to(k, id, path, &file);
	return error ? error : gone(pk_unlink(path));
}

/* ---- what is known of it */

/* The number after that word in a flat text; 0: there is none. */
static uint64_t number_after(const char *text, const char *word)
{
	size_t length = strlen(word);
	uint64_t number = 0;
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, word, length) != 0 || line[length] != ' ')
			continue;
		for (const char *digit = line + length + 1; *digit >= '0' && *digit <= '9'; digit++)
			number = number * 10 + (uint64_t)(*digit - '0');
		break;
	}
	return number;
}

static int read_status(const struct portico *k, pk_id id, char text[4096])
{
	char path[PK_REMOTE_PATH];
	int error = pk_remote_path(k, "/view/mbox/", port_at(k, id)->name, "/status", path);
	int fd = error ? error : gone(pk_open(path, O_RDONLY, 0));
	if (fd < 0)
		return fd;
	int got = pk_file_read(fd, 0, text, 4095);
	pk_close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got < 0 ? got : 0;
}

int pk_remote_inspect(struct portico *k, pk_id id, struct pk_port_status *status)
{
	char path[PK_REMOTE_PATH], text[4096];
	struct pk_file file;
	int error = path_to(k, id, path, &file);
	if (!error)
		error = read_status(k, id, text);
	if (error)
		return error;
	*status = (struct pk_port_status){
		.id = id,
		.permission = { .uid = file.uid, .gid = file.gid, .mode = file.mode & 0777 },
		.use = PK_MAILBOX,
		.limits = { (uint32_t)number_after(text, "limit_slots"),
			    (uint32_t)number_after(text, "limit_bytes"),
			    number_after(text, "limit_capacity") },
		.count = (uint32_t)number_after(text, "messages"),
		.queued_bytes = number_after(text, "bytes"),
		.receivers = (uint32_t)number_after(text, "receivers_waiting"),
		.senders = (uint32_t)number_after(text, "senders_waiting"),
		.last_sender = (uint32_t)number_after(text, "last_sender_pid"),
		.last_receiver = (uint32_t)number_after(text, "last_receiver_pid"),
		.send_time = (int64_t)number_after(text, "send_time"),
		.receive_time = (int64_t)number_after(text, "receive_time"),
		.change_time = (int64_t)number_after(text, "change_time"),
	};
	strcpy(status->name, port_at(k, id)->name);
	return 0;
}

/* ---- messages */

/*
 * Who waits for ever waits in the daemon, in line; who waits for some time looks,
 * and is told when to look again.
 */
static int how_to_wait(int64_t until_ns)
{
	return until_ns == PK_FOREVER ? 0 : O_NONBLOCK;
}

static bool looks_again(int fd, int64_t result, bool to_write, int64_t until_ns, int *error)
{
	if (result != -EAGAIN || until_ns == 0)
		return false;
	*error = pk_file_await(fd, to_write, until_ns);
	return *error == 0;
}

/* A write of nothing isn't passed on by the kernel. */
int pk_remote_send(struct portico *k, pk_id port, const void *data, uint64_t bytes, int64_t until_ns)
{
	int64_t wrote;
	int error = 0;
	int fd = bytes == 0 ? -EOPNOTSUPP : open_port(k, port, O_WRONLY | how_to_wait(until_ns));
	if (fd < 0)
		return fd;
	do
		wrote = pk_file_put(fd, data, bytes);
	while (looks_again(fd, wrote, true, until_ns, &error));
	pk_close(fd);
	if (error || wrote < 0)
		return error ? error : (int)wrote;
	return (uint64_t)wrote == bytes ? 0 : -EIO;
}

/* O_DIRECT: whole messages, and no end of the file; portico-files(5). */
int64_t pk_remote_receive(struct portico *k, pk_id port, void *buffer, uint64_t size_bytes, int64_t until_ns)
{
	int64_t got;
	int error = 0;
	int fd = size_bytes == 0 ? -EOPNOTSUPP
				 : open_port(k, port, O_RDONLY | O_DIRECT | how_to_wait(until_ns));
	if (fd < 0)
		return fd;
	do
		got = pk_file_take(fd, buffer, size_bytes);
	while (looks_again(fd, got, false, until_ns, &error));
	pk_close(fd);
	return error ? error : got;
}

int pk_remote_descriptor(struct portico *k, pk_id port)
{
	return open_port(k, port, O_RDONLY | O_DIRECT | O_NONBLOCK);
}
