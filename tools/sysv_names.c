/* SPDX-License-Identifier: MIT */
#include "sysv_names.h"
#include "complain.h"
#include "instance.h"
#include "name.h"
#include "object.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct sysv_kind sysv_queue = { "queue", PK_PORTS, PK_NAME_MSG };
const struct sysv_kind sysv_set = { "semaphore set", PK_SETS, PK_NAME_SEM };
const struct sysv_kind sysv_segment = { "segment", PK_SEGMENTS, PK_NAME_SHM };

static pk_id of_id(struct portico *k, const struct sysv_kind *kind, uint32_t number)
{
	pk_id id = live_object(k, kind->table, number & PK_SYSV_SLOT_MASK);
	const struct pk_port *port =
		id && kind->table == PK_PORTS ? pk_slot(k, PK_PORTS, pk_id_slot(id)) : NULL;
	if (port && port->use != PK_QUEUE)
		return 0; /* a mailbox */
	return id && (uint32_t)pk_sysv_id(id) == number ? id : 0;
}

static pk_id of_key(struct portico *k, const struct sysv_kind *kind, uint32_t key)
{
	pk_id id;
	return key != 0 && pk_name_look_up(k, kind->space, &key, sizeof key, &id) == 0 ? id : 0;
}

int find_sysv(struct portico *k, const struct sysv_kind *kind, const char *text, pk_id *object)
{
	bool is_key = strncmp(text, "0x", 2) == 0;
	char *end;
	errno = 0;
	unsigned long number = strtoul(text, &end, is_key ? 16 : 10);
	if (errno != 0 || end == text || *end != '\0' || *text < '0' || *text > '9' ||
	    number > (is_key ? UINT32_MAX : INT32_MAX))
		bad_usage("%s '%s': is no id (65537) and no key (0x4d2); `portico ls` shows them", kind->name,
			  text);
	*object = is_key ? of_key(k, kind, (uint32_t)number) : of_id(k, kind, (uint32_t)number);
	if (*object)
		return 0;
	complain("%s %s: there is none of that %s; `portico ls` shows which there are", kind->name, text,
		 is_key ? "key" : "id");
	return -ENOENT;
}
