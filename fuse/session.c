/* SPDX-License-Identifier: MIT */
/* From mount to unmount: the session. */
#include "access.h"
#include "actor.h"
#include "channel.h"
#include "completion.h"
#include "ctl.h"
#include "dispatch.h"
#include "log.h"
#include "mountpoint.h"
#include "pipe.h"
#include "port.h"
#include "region.h"
#include "snapshot.h"
#include "supervisor.h"
#include "task.h"

#include <errno.h>
#include <portico/portico.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct server server;
const struct pk_actor server_itself = { 0 };

/* ---- the instance */

static bool is_mount_task(uint32_t flags)
{
	return flags & PK_TASK_MOUNT;
}

/* Is there a live task, but for this one, whose flags are of that sort? */
static bool another_lives(bool (*sort)(uint32_t flags))
{
	struct portico *k = server.kernel;
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_task *task = pk_task_of(k, slot);
		if (task && slot != pk_id_slot(pk_self(k)) && sort(task->flags) &&
		    pk_task_lives(k, slot, pk_load(&task->head.generation) & 0xffff))
			return true;
	}
	return false;
}

/* What daemons that died left: FIFOs that were open through them, some removed already.  Nobody has them open
 * now.
 */
static void tidy_fifos(void)
{
	struct portico *k = server.kernel;
	uint32_t committed = pk_committed(k, PK_PIPES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_pipe *pipe = pk_slot(k, PK_PIPES, slot);
		if (!pipe || pk_word_kind(pk_load(&pipe->head.word)) != PK_LIVE ||
		    pk_load(&pipe->keeper) == 0)
			continue;
		pk_id id = pk_slot_id(&pipe->head, slot);
		if (pk_pipe_keep(k, id, 0, 0) == 0 && !pipe->name) /* empties it, unless its keeper lives */
			pk_pipe_destroy(k, id);
	}
}

static int open_instance(void)
{
	struct pk_reason reason;
	int error =
		pk_kernel_open(server.options.directory, !supervisor_restarted(), &server.kernel, &reason);
	if (error) {
		complain("%s", reason.text);
		return error;
	}
	server.kernel->task_flags = PK_TASK_SUPERVISOR | PK_TASK_MOUNT;
	server.kernel->serves_others = server.options.allow_other;
	error = pk_enter(server.kernel);
	if (!error)
		error = pk_completions_create(server.kernel, &server.completions);
	if (error)
		complain("can't join the instance %s: %s", server.kernel->directory, portico_explain(error));
	else
		tidy_fifos();
	return error;
}

/* ---- the mount */

static char last_words[256]; /* of libfuse */

__attribute__((format(printf, 2, 0))) static void keep_words(enum fuse_log_level level, const char *format,
							     va_list arguments)
{
	(void)level;
	vsnprintf(last_words, sizeof last_words, format, arguments);
	last_words[strcspn(last_words, "\n")] = '\0';
}

/* What can be done about a mount that failed. */
static const char *remedy(void)
{
	if (access("/dev/fuse", F_OK) != 0)
		return "; there is no /dev/fuse: load the module (modprobe fuse), or give the container the "
		       "device";
	if (access("/dev/fuse", R_OK | W_OK) != 0)
		return "; /dev/fuse may not be opened by this user";
	if (geteuid() == 0)
		return "; mounting needs CAP_SYS_ADMIN, which containers often lack";
	return "; an ordinary user needs fusermount3 (package fuse3), and --allow-other needs "
	       "user_allow_other in "
	       "/etc/fuse.conf";
}

static bool lies_in_instance(const char *mountpoint)
{
	size_t length = strlen(server.kernel->directory);
	return strncmp(mountpoint, server.kernel->directory, length) == 0 && mountpoint[length] == '/';
}

static int mount_session(const char *mountpoint)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	fuse_set_log_func(keep_words);
	if (fuse_opt_add_arg(&args, "portico-fuse") == 0 &&
	    fuse_opt_add_arg(&args, "-odefault_permissions,fsname=portico,subtype=portico") == 0 &&
	    (!server.options.allow_other || fuse_opt_add_arg(&args, "-oallow_other") == 0))
		server.session =
			fuse_session_new(&args, &request_operations, sizeof request_operations, &server);
	fuse_opt_free_args(&args);
	if (server.session && fuse_session_mount(server.session, mountpoint) == 0) {
		if (server.options.allow_other && lies_in_instance(mountpoint))
			pk_access_let_pass(server.kernel);
		return 0;
	}
	complain("can't mount on %s: %s%s", mountpoint, last_words[0] ? last_words : "refused", remedy());
	return -1;
}

static bool is_run(uint32_t flags)
{
	return (flags & PK_TASK_SUPERVISOR) && !is_mount_task(flags);
}

static void end_with_runs(void)
{
	static int64_t looked_ns;
	int64_t now = pk_monotonic_ns();
	if (!server.options.with_runs || now - looked_ns < PK_TICK_NS)
		return;
	looked_ns = now;
	if (!another_lives(is_run))
		fuse_session_exit(server.session);
}

/*
 * Where a daemon died its mount is to be replaced, unless somebody has taken it
 * off since: `unwanted`.  0, or -1 after complaining.
 */
static int replace_mount(const char *mountpoint, bool *unwanted)
{
	int held = mountpoint_hold(mountpoint);
	*unwanted = !mountpoint_clear(mountpoint);
	int error = *unwanted ? 0 : mount_session(mountpoint);
	if (held >= 0)
		close(held);
	if (!*unwanted)
		pk_log(server.kernel, error ? PK_LOG_ABANDONED : PK_LOG_RESTARTED, PK_TABLES, 0, 0);
	return error;
}

/* Of several who want the same place at once one gets it.  0, or -1 after complaining. */
static int first_mount(const char *mountpoint)
{
	int held = mountpoint_hold(mountpoint);
	int error = mountpoint_is_taken(mountpoint) ? -1 : mount_session(mountpoint);
	if (held >= 0)
		close(held);
	return error;
}

int session_run(const char *mountpoint, void (*ready)(void))
{
	bool unwanted = false;
	if (open_instance() != 0)
		return 1;
	dispatch_catch_signals();
	requests_ready = ready;
	if (dispatch_start_bell() != 0 || snapshot_start() != 0 || ctl_start() != 0)
		return 1;
	if ((supervisor_restarted() ? replace_mount(mountpoint, &unwanted) : first_mount(mountpoint)) != 0)
		return 1;
	if (!unwanted) {
		dispatch(end_with_runs);
		fuse_session_unmount(server.session);
		channel_shutdown();
	}
	pk_task_leave(server.kernel);
	return 0; /* the process ends: no memory is freed */
}
