/* SPDX-License-Identifier: MIT */
#include "sink.h"
#include "object.h"

#include <stdio.h>

void say_owner(struct sink *sink, uint32_t uid, uint32_t gid)
{
	char line[128];
	struct described user;
	if (is_structured(sink)) {
		say_count(sink, NULL, "uid", uid);
		say_count(sink, NULL, "gid", gid);
		return;
	}
	snprintf(line, sizeof line, "%s (uid %u, gid %u)", describe_user(&user, uid), uid, gid);
	say_text(sink, "owner", NULL, line);
}

void say_mode(struct sink *sink, uint32_t mode)
{
	char octal[8];
	snprintf(octal, sizeof octal, "%04o", mode);
	say_text(sink, "mode", "mode", octal);
}

void say_sysv(const struct pk_permission *permission, pk_id id, struct sink *sink)
{
	struct described key;
	say_count(sink, "id", "id", (uint64_t)pk_sysv_id(id));
	say_text(sink, "key", "key", describe_key(&key, permission->key));
	say_owner(sink, permission->uid, permission->gid);
	say_count(sink, "user id of its creator", "creator_uid", permission->cuid);
	say_count(sink, "group id of it", "creator_gid", permission->cgid);
	say_mode(sink, permission->mode);
}

void say_name(struct sink *sink, const char *label, const char *name)
{
	char hex[2 * PK_NAME_MAX + 1];
	say_text(sink, label, "name", name);
	if (is_structured(sink) && describe_stray_name(hex, name))
		say_text(sink, NULL, "name_bytes", hex);
}
