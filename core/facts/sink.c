/* SPDX-License-Identifier: MIT */
#include "sink.h"

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
