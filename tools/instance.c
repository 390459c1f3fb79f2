/* SPDX-License-Identifier: MIT */
#include "instance.h"
#include "complain.h"
#include "name.h"
#include "object.h"

#include <errno.h>
#include <string.h>

struct portico *open_instance(const char *directory, unsigned flags, uint32_t task_flags)
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
	k->task_flags = task_flags;
	int error = pk_enter(k);
	if (error) {
		complain_of("instance", k->directory, error);
		portico_close(k);
		return NULL;
	}
	return k;
}

int find_mailbox(struct portico *k, const char *name, pk_id *port)
{
	portico_port found;
	int error = portico_mailbox_open(k, name, &found);
	if (!error)
		*port = found.id;
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

pk_id live_object(struct portico *k, unsigned table, uint32_t slot)
{
	struct pk_head *head = pk_slot(k, table, slot);
	return head && pk_word_kind(pk_load(&head->word)) == PK_LIVE ? pk_slot_id(head, slot) : 0;
}

pk_id sysv_find(struct portico *k, unsigned table, int32_t id)
{
	pk_id found = id < 0 ? 0 : live_object(k, table, (uint32_t)id & PK_SYSV_SLOT_MASK);
	return found && pk_sysv_id(found) == id ? found : 0;
}
