/* SPDX-License-Identifier: MIT */
#include "actor.h"

void pk_act_for(struct portico *k, const struct pk_actor *client)
{
	if (!k->acts_for_others) { /* AF1 */
		k->acts_for_others = true;
		k->mine->quick_uid = PK_NOBODY;
	}
	pk_thread.acting = client != NULL;
	if (client)
		pk_thread.actor = *client;
}

const struct pk_actor *pk_acts_for(void)
{
	return pk_thread.acting ? &pk_thread.actor : NULL;
}

struct pk_identity pk_acting(struct portico *k)
{
	struct pk_identity who = k->mine->identity;
	if (pk_thread.acting) {
		who.pid = pk_thread.actor.thread;
		who.uid = pk_thread.actor.uid;
		who.gid = pk_thread.actor.gid;
	}
	return who;
}

bool pk_acting_in_group(struct portico *k, uint32_t gid)
{
	if (gid == pk_acting(k).gid)
		return true;
	return pk_thread.acting ? pk_thread_in_group(pk_thread.actor.thread, gid) : pk_process_in_group(gid);
}

bool pk_acting_capable(int capability)
{
	return pk_thread.acting ? pk_thread.actor.uid == 0 : pk_process_capable(capability);
}
