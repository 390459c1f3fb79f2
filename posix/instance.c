/* SPDX-License-Identifier: MIT */
/* The process's instance: opened when it first asks for IPC, left when it exits. */
#include "posix.h"
#include "region.h"
#include "signal.h"
#include "task.h"
#include "tunable.h"

#include <errno.h>

#define OPENING_MOST_NS 2000000000

_Atomic(struct portico *) pk_opened;

/* The process that opens, or has failed to: after fork() the child's number differs, and it may try itself.
 */
static _Atomic uint32_t opening, failed;

long pk_result(long result)
{
	pk_inside_end();
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

static uint32_t this_process(void)
{
	return (uint32_t)pk_syscall0(SYS_getpid);
}

static struct portico *open_once(uint32_t pid)
{
	struct portico *k = pk_load(&pk_opened);
	struct pk_reason reason;
	if (k)
		return k;
	if (pk_kernel_open(NULL, true, &k, &reason) == 0 && pk_enter(k) == 0) {
		pk_tunables_take_in(k);
		pk_signals_watch(k);
		pk_store(&pk_opened, k);
		return k;
	}
	if (k)
		pk_kernel_close(k);
	pk_store(&failed, pid);
	return NULL;
}

struct portico *pk_instance_open(void)
{
	uint32_t pid = this_process();
	int64_t give_up = 0;
	while (pk_load(&failed) != pid) {
		uint32_t opener = pk_load(&opening);
		uint64_t held = pk_signals_hold(); /* a handler would come upon it half open, or jump away */
		if (opener != pid && pk_swap_if(&opening, &opener, pid)) {
			struct portico *k = open_once(pid);
			pk_store(&opening, 0);
			pk_signals_release(held);
			return k;
		}
		pk_signals_release(held);
		if (pk_load(&pk_opened))
			return pk_load(&pk_opened);
		/* another thread is at it; not for ever */
		if (give_up == 0)
			give_up = pk_monotonic_ns() + OPENING_MOST_NS;
		if (pk_monotonic_ns() > give_up)
			break;
		pk_pause();
	}
	return NULL;
}

__attribute__((destructor)) static void leave(void)
{
	struct portico *k = pk_load(&pk_opened);
	if (!k)
		return;
	pk_inside_begin(); /* it takes locks, and handlers still come */
	pk_task_leave(k);
	pk_inside_end();
}
