/* SPDX-License-Identifier: MIT */
#include "attributes.h"
#include "node.h"
#include "port.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

/* ---- which there are: a mailbox's limits, as decimal numbers */

static const struct attribute {
	const char *name;
	size_t offset; /* in struct pk_port_limits */
	bool wide;     /* 64 bits; else 32 */
} attributes[] = {
	{ "user.portico.slots", offsetof(struct pk_port_limits, slots), false },
	{ "user.portico.bytes", offsetof(struct pk_port_limits, bytes), false },
	{ "user.portico.capacity", offsetof(struct pk_port_limits, capacity), true },
};
#define ATTRIBUTES (sizeof attributes / sizeof attributes[0])

static bool has_limits(const struct spot *spot)
{
	return tree[spot->place].service == &mailbox_service;
}

static const struct attribute *find(const struct spot *spot, const char *name)
{
	for (size_t i = 0; has_limits(spot) && i < ATTRIBUTES; i++)
		if (strcmp(attributes[i].name, name) == 0)
			return &attributes[i];
	return NULL;
}

static uint64_t value_of(const struct attribute *attribute, const struct pk_port_limits *limits)
{
	const char *at = (const char *)limits + attribute->offset;
	return attribute->wide ? *(const uint64_t *)(const void *)at : *(const uint32_t *)(const void *)at;
}

static int put(const struct attribute *attribute, struct pk_port_limits *limits, uint64_t value)
{
	char *at = (char *)limits + attribute->offset;
	if (!attribute->wide && value > UINT32_MAX)
		return -ERANGE;
	if (attribute->wide)
		*(uint64_t *)(void *)at = value;
	else
		*(uint32_t *)(void *)at = (uint32_t)value;
	return 0;
}

/* As a shell gives a number: digits, and perhaps a newline. */
static int parse(const char *text, size_t size, uint64_t *value)
{
	char digits[24] = "";
	if (size > 0 && text[size - 1] == '\n')
		size--;
	if (size == 0 || strspn(text, "0123456789") < size)
		return -EINVAL;
	if (size >= sizeof digits)
		return -ERANGE;
	memcpy(digits, text, size);
	errno = 0;
	*value = strtoull(digits, NULL, 10);
	return errno ? -ERANGE : 0;
}

/* ---- requests */

/* size: how much who asks has room for; with 0 he asks how much there is. */
static void reply(fuse_req_t request, const char *data, size_t length, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(request, length);
	else if (length > size)
		fuse_reply_err(request, ERANGE);
	else
		fuse_reply_buf(request, data, length);
}

void attributes_get(fuse_req_t request, fuse_ino_t ino, const char *name, size_t size)
{
	struct spot spot = spot_of(ino);
	const struct attribute *attribute = find(&spot, name);
	struct pk_port_status status;
	char text[24];
	int error = attribute ? pk_port_inspect(server.kernel, spot.id, &status) : -ENODATA;
	if (error) {
		fuse_reply_err(request, channel_error(error));
		return;
	}
	int length =
		snprintf(text, sizeof text, "%llu", (unsigned long long)value_of(attribute, &status.limits));
	reply(request, text, (size_t)length, size);
}

void attributes_list(fuse_req_t request, fuse_ino_t ino, size_t size)
{
	struct spot spot = spot_of(ino);
	char names[256];
	size_t length = 0;
	for (size_t i = 0; has_limits(&spot) && i < ATTRIBUTES; i++) {
		strcpy(names + length, attributes[i].name);
		length += strlen(attributes[i].name) + 1;
	}
	reply(request, names, length, size);
}

/* Whose it is core knows; what is queued stays, whatever the limit. */
static int set(const struct spot *spot, const struct attribute *attribute, const char *text, size_t size)
{
	struct pk_port_status status;
	uint64_t value;
	int error = parse(text, size, &value);
	if (!error)
		error = pk_port_inspect(server.kernel, spot->id, &status);
	if (!error)
		error = put(attribute, &status.limits, value);
	if (!error)
		error = pk_port_adjust(server.kernel, spot->id, &status.limits, NULL);
	return error == -EMSGSIZE ? -ERANGE : error;
}

void attributes_set(fuse_req_t request, fuse_ino_t ino, const char *name, const char *value, size_t size,
		    int flags)
{
	struct spot spot = spot_of(ino);
	const struct attribute *attribute = find(&spot, name);
	fuse_reply_err(request, !attribute		 ? EOPNOTSUPP
				: (flags & XATTR_CREATE) ? EEXIST
							 : -set(&spot, attribute, value, size));
}

void attributes_remove(fuse_req_t request, fuse_ino_t ino, const char *name)
{
	struct spot spot = spot_of(ino);
	fuse_reply_err(request, find(&spot, name) ? EPERM : ENODATA);
}

/* ---- space: that of the file system on which the instance lies, and the places for mailboxes and pipes */

static void count_places(unsigned table, struct statvfs *facts)
{
	uint32_t most = pk_shapes[table].most - 1;
	uint32_t used = pk_load_relaxed(&pk_header(server.kernel)->tables[table].used);
	facts->f_files += most;
	facts->f_ffree += used < most ? most - used : 0;
}

void attributes_statfs(fuse_req_t request, fuse_ino_t ino)
{
	struct statvfs facts;
	(void)ino;
	if (statvfs(server.kernel->directory, &facts) != 0) {
		fuse_reply_err(request, errno);
		return;
	}
	facts.f_files = facts.f_ffree = 0;
	facts.f_namemax = PK_NAME_MAX;
	count_places(PK_PORTS, &facts);
	count_places(PK_PIPES, &facts);
	facts.f_favail = facts.f_ffree;
	fuse_reply_statfs(request, &facts);
}
