/* SPDX-License-Identifier: MIT */
/*
 * Names of ports: registered, looked up, listed, in directories; and a name
 * server, by which a task replaces the service of names for its descendants.
 *
 * A name is a path: components with '/' between them, of which none is empty,
 * '.' or '..', 1 to 200 bytes in all, as in 'spool/in/urgent'.  Directories are
 * made before anything lies in them.  A port may have several names; with the
 * port they all end.
 *
 * Conventions are those of <portico/portico.h>.  portico_names(3) says more.
 */
#ifndef PORTICO_NAMES_H
#define PORTICO_NAMES_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PORTICO_NAME_BYTES 208 /* what holds any name, and the NUL after it */

/* Of names, as flags. */
#define PORTICO_PERSISTENT 1u /* it stays until it is unregistered, or its port ends */
#define PORTICO_DIRECTORY 2u  /* it names a directory */
#define PORTICO_DEEP 4u	      /* list what is below directories in it, too */
#define PORTICO_NOREPLACE 8u  /* rename: not in the place of another */
#define PORTICO_EXCHANGE 16u  /* rename: and let that have the old name */

/*
 * Give a port a name, a further one perhaps: a mailbox, or by its receive right
 * or a send right a guarded port (<portico/rights.h>).  mode: who may look it up, by its
 * read bits.  flags: PORTICO_PERSISTENT; without it the name goes with the task
 * that registers it: on exit, on exec, and by kill -9.
 *
 * -EEXIST        a port or a directory has that name
 * -ENOENT        the directory that it would lie in isn't there
 * -ENOTDIR       that is a port's name
 * -EACCES        this task may not write in that directory; or may neither send to the mailbox nor
 *                receive from it, nor owns it; or has no more than a send-once right to the guarded port
 * -EINVAL        that is no name; or there is no such port; or flags holds something else
 * -ENAMETOOLONG  over 200 bytes
 * -EIDRM         the port was destroyed
 * -ENOBUFS       the instance holds as many names as it can (262 143)
 * -ENOSPC        its file system is full
 * -ECONNREFUSED  this task has a name server (below), and that is no more: so of all calls here
 */
int portico_name_register(portico *instance, const char *name, portico_port port, mode_t mode,
			  unsigned flags);

/*
 * The port of that name; of a guarded one a send right, of which it adds a
 * reference to drop.  Asked for the name of a task that died, whoever asks
 * finds nothing, however recent the death.
 * -ENOENT, -ENOTDIR (what a directory should be is a port's name), -EISDIR, -EACCES, -EINVAL, -ENAMETOOLONG.
 */
int portico_name_look_up(portico *instance, const char *name, portico_port *port);

/*
 * Take a name away; the port stays, with its other names.  Or remove a
 * directory with nothing in it.  May be done by the owner of the name, by that of
 * the mailbox, by that of the directory in which it lies, and by root.
 * -ENOENT, -ENOTDIR, -ENOTEMPTY, -EPERM, -EINVAL, -ENAMETOOLONG.
 */
int portico_name_unregister(portico *instance, const char *name);

/*
 * Make a directory.  mode, as in a file system: write permission lets others
 * put names in it, read permission lets them list it.  It stays until it is
 * unregistered.  Errors as portico_name_register().
 */
int portico_name_make_directory(portico *instance, const char *name, mode_t mode);

/*
 * Give a name another text: a port's, or a directory's with all that lies below it.
 * To all others it is one step, whatever becomes of who does it.  A mailbox that had
 * that name is destroyed, unless it has further names; so is a directory with
 * nothing in it.  Two names of one port stay as they are.  flags: PORTICO_NOREPLACE,
 * or PORTICO_EXCHANGE: what has the new name gets the old one.
 *
 * -ENOENT        nothing has the old name; with PORTICO_EXCHANGE, nor the new one; or the directory
 *                in which the new one would lie isn't there
 * -ENOTDIR       that is a port's name; or a directory would replace a port
 * -EISDIR        a port would replace a directory
 * -ENOTEMPTY     the directory that it would replace isn't empty
 * -EEXIST        PORTICO_NOREPLACE, and something has the new name
 * -EINVAL        one is no name; a directory would lie in itself; or flags holds something else
 * -ENAMETOOLONG  it, or what lies below it, would have over 200 bytes
 * -EACCES        this task may not write in the directory of the new name
 * -EPERM         it may not take away the old name, or what has the new one
 */
int portico_name_rename(portico *instance, const char *from, const char *to, unsigned flags);

/* A name, as a list shows it. */
struct portico_name_entry {
	char name[PORTICO_NAME_BYTES]; /* within the directory that is listed */
	uint32_t flags;		       /* PORTICO_PERSISTENT, PORTICO_DIRECTORY */
	uint32_t uid, gid, mode;       /* whose it is */
};

/*
 * Visit each name in a directory, "" for the root; with PORTICO_DEEP each below
 * it.  In no order.  What is there all the while is visited once; what comes or
 * goes meanwhile, once or not at all.  A visit that returns something else than
 * 0 ends it, and that is returned.  A visit may make any call.
 * -ENOENT, -ENOTDIR, -EACCES, -EINVAL, -ENAMETOOLONG.
 */
int portico_name_list(portico *instance, const char *directory, unsigned flags,
		      int (*visit)(const struct portico_name_entry *entry, void *context), void *context);

/* ---- a name server */

/*
 * A task may have a name server: a port to which its calls above, and those of
 * portico_mailbox_create() and portico_mailbox_open() that give a name, go as
 * messages.  Who has one has it from its parent (portico_names(3) says how), who
 * so decides what names mean to all its descendants.
 *
 * A client sends a portico_name_request, as a message of the type
 * PORTICO_NAME_MESSAGE, and waits for a portico_name_reply of that type at the
 * port that the request tells, for as long as the server's port is there.
 */
enum portico_name_operation {
	PORTICO_NAME_REGISTER = 1,
	PORTICO_NAME_LOOK_UP,
	PORTICO_NAME_UNREGISTER,
	PORTICO_NAME_MAKE_DIRECTORY,
	PORTICO_NAME_LIST, /* one entry a request */
	PORTICO_NAME_RENAME,
};

#define PORTICO_NAME_MESSAGE INT64_C(0x656d616e)

struct portico_name_request {
	uint32_t operation; /* enum portico_name_operation */
	uint32_t flags;	    /* register, list, rename: as the call's */
	uint32_t mode;	    /* register, make a directory: as the call's */
	uint32_t zero;
	uint64_t port;		       /* register: what shall have the name */
	uint64_t cursor;	       /* list: 0 at first, then as in the last reply */
	uint64_t reply;		       /* where the reply goes: a port that only the client receives from */
	char name[PORTICO_NAME_BYTES]; /* ends in NUL */
	char to[PORTICO_NAME_BYTES];   /* rename: the new one; else empty */
};

struct portico_name_reply {
	int32_t error; /* 0 or a negative errno, which the client's call returns */
	uint32_t zero;
	uint64_t port;			 /* look up */
	uint64_t cursor;		 /* list: what the next request says; 0: there are no more */
	struct portico_name_entry entry; /* list: where cursor isn't 0 */
};

/*
 * Make a port for requests, of this task: anybody sends there, it alone
 * receives, and it ends with the task.  -ENOBUFS, -ENOSPC.
 */
int portico_name_server_create(portico *instance, portico_port *port);

/*
 * Let every task that comes to be from this one by fork or exec from now on, and
 * all that come from those, have this name server.  This task itself keeps the
 * one it has.  With an id of 0, they shall have what this task has.
 * -EINVAL, -EIDRM: there is no such port.  -EPERM: that is none made for requests.
 */
int portico_name_server_set(portico *instance, portico_port port);

/*
 * What is to be done with a client's request, in which it may change anything:
 * 0, do it; or a negative errno, answer that.  client says who sent it.
 */
typedef int portico_name_rule(struct portico_name_request *request, const struct portico_envelope *client,
			      void *context);

/*
 * Receive a request and answer it: as `rule` has it, by this task's own service
 * of names, on the client's behalf: the client's uid and gid decide, though not
 * its further groups; names are its own, and go with it.  Where this task has
 * a name server itself, that is asked, and sees this task as the client.
 * Errors as portico_receive(), and
 *
 * -EPERM    that is no port made for requests
 * -EBADMSG  what came was no request; it is gone
 */
int portico_name_serve(portico *instance, portico_port port, portico_name_rule *rule, void *context,
		       int64_t deadline);

/* For rules: what the request names, old and new, below that directory.  -ENAMETOOLONG. */
int portico_name_put_below(struct portico_name_request *request, const char *directory);

#ifdef __cplusplus
}
#endif

#endif
