/* SPDX-License-Identifier: MIT */
/*
 * An instance of another user's, reached through its mount.
 *
 * Who can't open the region has a handle all the same where the instance is
 * mounted with --allow-other: its calls on mailboxes become reads and writes of
 * the files in mbox/, which the real kernel and the daemon judge.  A port is then
 * a number of the handle's own, of a name and the inode that it had: another
 * mailbox of that name is another inode.  Each call opens the file and closes it,
 * so a handle holds nothing open, and threads and children may use it alike.
 *
 *  RM1  pk_enter() refuses such a handle, and every call begins with it: so what
 *       has no file to be done by is -EOPNOTSUPP.  What looks without entering
 *       finds an empty region of the handle's own.
 *  RM2  A mount is believed whose kernel/instance is the directory that was asked
 *       for, and that the directory's owner or root has mounted: which the real
 *       kernel tells.  Or the one that PORTICO_MOUNT names.
 */
#ifndef PK_REMOTE_H
#define PK_REMOTE_H

#include "port.h"
#include "region.h"

struct pk_remote;

static inline bool pk_is_remote(const struct portico *k)
{
	return k->remote != NULL;
}

/* Does PORTICO_MOUNT name a mount, and nothing an instance: so that no region need be looked for? */
bool pk_remote_is_named(const char *directory);

/* Use the mount in place of the region.  -EACCES: there is none to use. */
int pk_remote_attach(struct portico *k, struct pk_reason *reason);
void pk_remote_close(struct portico *k);

/* Where it is mounted. */
const char *pk_remote_mount(const struct portico *k);

/* PATH/view/mbox/NAME/FILE, say: `what` in the mount, and the name in that.  -ENAMETOOLONG. */
#define PK_REMOTE_PATH 512
int pk_remote_path(const struct portico *k, const char *what, const char *name, const char *file,
		   char path[PK_REMOTE_PATH]);

/* ---- calls on mailboxes, as those of <portico/portico.h> */

int pk_remote_create(struct portico *k, const char *name, bool by_default, uint32_t mode, pk_id *port);
int pk_remote_find(struct portico *k, const char *name, pk_id *port);
int pk_remote_destroy(struct portico *k, pk_id port);
int pk_remote_inspect(struct portico *k, pk_id port, struct pk_port_status *status);
int pk_remote_send(struct portico *k, pk_id port, const void *data, uint64_t bytes, int64_t until_ns);
int64_t pk_remote_receive(struct portico *k, pk_id port, void *buffer, uint64_t size_bytes, int64_t until_ns);
int pk_remote_descriptor(struct portico *k, pk_id port); /* for poll(2), to receive */

#endif
