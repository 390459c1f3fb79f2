/* SPDX-License-Identifier: MIT */
/* Semaphore sets and segments, to be looked at. */
#include "facts.h"
#include "flat.h"
#include "object.h"
#include "views.h"

int set_status_text(FILE *text, pk_id set)
{
	struct flat flat;
	return set_facts(server.kernel, set, flat_sink(&flat, text));
}

int set_holders_text(FILE *text, pk_id set)
{
	struct flat flat;
	return set_holders(server.kernel, set, flat_sink(&flat, text));
}

int set_waiters_text(FILE *text, pk_id set)
{
	struct flat flat;
	return say_waiters(PK_SETS, set, flat_sink(&flat, text));
}

int segment_status_text(FILE *text, pk_id segment)
{
	struct flat flat;
	return segment_facts(server.kernel, segment, flat_sink(&flat, text));
}

int segment_holders_text(FILE *text, pk_id segment)
{
	struct flat flat;
	return segment_holders(server.kernel, segment, flat_sink(&flat, text));
}

int sysv_link_text(FILE *text, pk_id object)
{
	fprintf(text, "%d", pk_sysv_id(object));
	return 0;
}
