/* SPDX-License-Identifier: MIT */
#include "complain.h"
#include "commands.h"

#include <errno.h>
#include <portico/portico.h>
#include <stdarg.h>
#include <stdio.h>

const char *command_name;

void complain(const char *format, ...)
{
	va_list arguments;
	fflush(stdout); /* in the order in which it happened, where both go to one place */
	fprintf(stderr, command_name ? "portico %s: " : "portico: ", command_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static const struct {
	int error;
	const char *text;
} remedies[] = {
	{ EAGAIN, "try again later, or wait with --timeout" },
	{ ETIMEDOUT, "try again later, or wait longer with --timeout" },
	{ EIDRM, "`portico ls` shows what there is" },
	{ EINVAL, "`portico ls` shows what there is" },
	{ ENOENT, "`portico ls` shows what there is" },
	{ EEXIST, "choose another, or remove that one with `portico rm`" },
	{ ENOTDIR, "`portico name ls` shows what there is" },
	{ EISDIR, "`portico name ls` shows what is in it" },
	{ ENOTEMPTY, "remove what is in it first" },
	{ ECONNREFUSED, "whoever served names to this program has ended; start it from elsewhere" },
	{ ENAMETOOLONG, "choose a shorter one" },
	{ EMSGSIZE, "send less at once, or make the mailbox with more --bytes (1G at most)" },
	{ EACCES, "ask its owner for `chmod` on the mount, or be root" },
	{ EPERM, "ask its owner, or be root" },
	{ ENOBUFS, "remove what isn't used; `portico stat` and `portico limits` show how full it is" },
	{ EDQUOT, "remove what you don't use; `portico limits` shows how much that may be" },
	{ ENOSPC, "free some space there, or use another instance with -k" },
	{ EIO, "`portico doctor` says more" },
};

static const char *remedy_of(int error)
{
	for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
		if (remedies[i].error == -error)
			return remedies[i].text;
	return "`portico doctor` may say more";
}

int complain_of(const char *kind, const char *name, int error)
{
	complain("%s %s: %s; %s", kind, name, portico_explain(error), remedy_of(error));
	return FAILED;
}
