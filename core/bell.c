/* SPDX-License-Identifier: MIT */
#include "bell.h"
#include "access.h"
#include "log.h"
#include "queue.h"
#include "region.h"
#include "text.h"

#include <fcntl.h>
#include <sys/stat.h>

/* ---- the file */

static int path_of(struct portico *k, const struct pk_port *port, char path[PK_PATH_MAX])
{
	char name[40];
	struct pk_text text = PK_TEXT(name);
	pk_text_add(&text, "bells/");
	pk_text_number(&text, pk_slot_id(&port->head, pk_port_slot(k, port)));
	return pk_region_path(k, name, path);
}

/* -EEXIST: it is there. */
static int make_file(struct portico *k, const char *path)
{
	char directory[PK_PATH_MAX];
	int error = pk_make_fifo(path, 0600);
	if (error != -ENOENT)
		return error;
	error = pk_region_path(k, "bells", directory);
	if (!error)
		error = pk_mkdir(directory, 0700);
	return error && error != -EEXIST ? error : pk_make_fifo(path, 0600);
}

/* Does this process see the instance where it was?  It may have changed its root, or its privileges. */
static bool sees_instance(struct portico *k)
{
	char path[PK_PATH_MAX];
	struct pk_file file;
	return pk_region_path(k, "region", path) == 0 && pk_inspect_path(path, &file) == 0 &&
	       file.inode == k->file.inode && file.device == k->file.device;
}

/* To ring it, without a signal if all who listened have just gone.  -ENXIO: nobody listens. */
static int open_to_ring(struct portico *k, const struct pk_port *port)
{
	char path[PK_PATH_MAX];
	int error = path_of(k, port, path);
	if (error)
		return error;
	int only = pk_open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	if (only < 0)
		return only == -ENOENT && sees_instance(k) ? -ENXIO : only;
	int both = pk_open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	pk_close(only);
	return both;
}

/* ---- ringing */

static void fill(struct pk_port *port, int fd, bool rings)
{
	pk_drain(fd);
	if (rings)
		pk_put_byte(fd);
	port->bell = rings ? PK_BELL_RINGING : PK_BELL_SILENT;
}

/* E3 */
static void take_away(struct portico *k, struct pk_port *port)
{
	char path[PK_PATH_MAX];
	port->special &= ~PK_SPECIAL_BELL;
	PK_POINT("bell: nobody's, not removed");
	if (path_of(k, port, path) == 0)
		pk_unlink(path);
}

void pk_bell_show(struct portico *k, struct pk_port *port, bool rings)
{
	if (port->bell == (rings ? PK_BELL_RINGING : PK_BELL_SILENT))
		return;
	int fd = open_to_ring(k, port);
	if (fd == -ENXIO) {
		take_away(k, port);
		return;
	}
	port->bell = PK_BELL_OWED;
	PK_POINT("bell: owed");
	if (fd < 0) {
		pk_store(&pk_header(k)->bells_owed, 1);
		return;
	}
	fill(port, fd, rings);
	pk_close(fd);
}

void pk_bell_settle(struct portico *k, struct pk_port *port)
{
	pk_bell_show(k, port, pk_port_has(port) && !pk_is_member(port));
}

void pk_bell_repair(struct portico *k, struct pk_port *port)
{
	if (!(port->special & PK_SPECIAL_BELL))
		return;
	port->bell = PK_BELL_OWED;
	pk_bell_settle(k, port);
}

void pk_bell_end(struct portico *k, struct pk_port *port)
{
	if (!(port->special & PK_SPECIAL_BELL))
		return;
	pk_bell_show(k, port, true);
	PK_POINT("bell: rung for the end, not removed");
	take_away(k, port);
}

void pk_bells_look_round(struct portico *k)
{
	if (pk_load_relaxed(&pk_header(k)->bells_owed) == 0)
		return;
	pk_store(&pk_header(k)->bells_owed, 0); /* first: what is owed from now on says so again */
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		struct pk_port *guard;
		if (port && port->special & PK_SPECIAL_BELL && port->bell == PK_BELL_OWED &&
		    pk_port_lock_slot(k, slot, &guard) == 0)
			pk_port_unlock(k, guard);
	}
}

/* ---- listening */

static int open_to_listen(struct portico *k, const struct pk_port *port)
{
	char path[PK_PATH_MAX];
	struct pk_file file;
	int error = path_of(k, port, path);
	if (!error)
		error = make_file(k, path);
	bool made = !error;
	int fd = error && error != -EEXIST ? error : pk_open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	if (fd >= 0 && (pk_inspect(fd, &file) != 0 || !S_ISFIFO(file.mode))) {
		pk_close(fd);
		return -EIO;
	}
	if (fd >= 0 && made)
		pk_access_extend(k, fd);
	return fd;
}

/* Under the guard.  The flag first: a file without it is nobody's, and may be removed by who finds it. */
static int listen_to(struct portico *k, struct pk_port *port)
{
	bool had = port->special & PK_SPECIAL_BELL;
	if (!had)
		port->bell = PK_BELL_OWED;
	port->special |= PK_SPECIAL_BELL;
	PK_POINT("bell: known, not made");
	int fd = open_to_listen(k, port);
	if (fd >= 0)
		fill(port, fd, pk_port_has(port));
	else if (!had)
		port->special &= ~PK_SPECIAL_BELL;
	return fd;
}

int pk_bell_open(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	int result = pk_port_lock(k, id, &port, &guard);
	if (result)
		return result;
	result = pk_is_member(port) ? -EBUSY : pk_may_receive(k, port);
	if (!result)
		result = listen_to(k, port);
	pk_port_unlock(k, guard);
	return result;
}

bool pk_bell_is_named(struct portico *k, const char *name)
{
	pk_id id = 0;
	int error;
	for (const char *at = name; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
		id = id * 10 + (pk_id)(*at - '0');
	}
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	return port && port->special & PK_SPECIAL_BELL;
}
