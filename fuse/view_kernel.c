/* SPDX-License-Identifier: MIT */
/* The instance, to be looked at. */
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
