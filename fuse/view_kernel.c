/* SPDX-License-Identifier: MIT */
/* The instance, to be looked at. */
#include "supervisor.h"
#include "views.h"

#include <portico/portico.h>
#include <unistd.h>

int version_text(FILE *text, pk_id none)
{
	(void)none;
	fprintf(text, "%s\n", PORTICO_VERSION);
	return 0;
}

int instance_text(FILE *text, pk_id none)
{
	(void)none;
	fprintf(text, "%s\n", server.kernel->directory);
	return 0;
}

int pid_text(FILE *text, pk_id none)
{
	(void)none;
	fprintf(text, "%d\n", (int)getpid());
	return 0;
}

int supervisor_text(FILE *text, pk_id none)
{
	pid_t pid = supervisor_pid();
	(void)none;
	if (pid > 0)
		fprintf(text, "%d\n", (int)pid);
	else
		fprintf(text, "%s\n", pid == 0 ? "none" : "lost");
	return 0;
}
