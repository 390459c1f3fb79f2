/* SPDX-License-Identifier: MIT */
#include "bell.h"
#include "bell_file.h"
#include "log.h"
#include "transfer.h"
#include "region.h"
#include "set_bell.h"
#include "text.h"

#include <errno.h>

/* ---- its name */

struct name {
	char text[PK_BELL_NAME_MAX];
};

static struct name name_of(struct portico *k, const struct pk_port *port)
{
	struct name name;
	struct pk_text text = PK_TEXT(name.text);
	pk_text_number(&text, pk_slot_id(&port->head, pk_port_slot(k, port)));
	return name;
}

/* ---- ringing */

static void fill(struct pk_port *port, int fd, bool rings)
{
	pk_bell_file_fill(fd, rings);
	port->bell = rings ? PK_BELL_RINGING : PK_BELL_SILENT;
}

/* E3 */
static void take_away(struct portico *k, struct pk_port *port)
{
	port->special &= ~PK_SPECIAL_BELL;
	PK_POINT("bell: nobody's, not removed");
	pk_bell_file_remove(k, name_of(k, port).text);
}

void pk_bell_show(struct portico *k, struct pk_port *port, bool rings)
{
	if (port->bell == (rings ? PK_BELL_RINGING : PK_BELL_SILENT))
		return;
	int fd = pk_bell_file_ring(k, name_of(k, port).text);
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
	pk_bell_show(k, port, pk_port_offers(k, port) && !pk_is_member(port));
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
	pk_set_bells_look_round(k);
}

/* ---- listening */

/* Under the guard.  The flag first: a file without it is nobody's, and may be removed by who finds it. */
static int listen_to(struct portico *k, struct pk_port *port)
{
	bool had = port->special & PK_SPECIAL_BELL;
	if (!had)
		port->bell = PK_BELL_OWED;
	port->special |= PK_SPECIAL_BELL;
	PK_POINT("bell: known, not made");
	int fd = pk_bell_file_listen(k, name_of(k, port).text);
	if (fd >= 0)
		fill(port, fd, pk_port_offers(k, port));
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

static pk_id number_in(const char **at)
{
	pk_id number = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++)
		number = number * 10 + (pk_id)(**at - '0');
	return number;
}

bool pk_bell_is_named(struct portico *k, const char *name)
{
	int error;
	pk_id id = number_in(&name);
	if (*name == '.') {
		name++;
		pk_id semaphore = number_in(&name);
		return *name == '\0' && pk_set_bell_exists(k, id, semaphore);
	}
	const struct pk_port *port = *name == '\0' ? pk_object(k, PK_PORTS, id, &error) : NULL;
	return port && port->special & PK_SPECIAL_BELL;
}
