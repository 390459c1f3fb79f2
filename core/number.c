/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <errno.h>

pk_id pk_numbered(struct portico *k, uint32_t number)
{
	int error;
	if (number >= PK_NUMBERS)
		return 0;
	pk_id id = pk_load(&pk_header(k)->numbered[number]);
	return id != 0 && pk_object(k, PK_PORTS, id, &error) ? id : 0;
}

int pk_number_give(struct portico *k, uint32_t number, pk_id port)
{
	if (number >= PK_NUMBERS)
		return -EINVAL;
	if (pk_numbered(k, number))
		return -EEXIST;
	pk_store(&pk_header(k)->numbered[number], port);
	PK_POINT("number: given, the port not published");
	pk_store_relaxed(&pk_header(k)->next_number, (number + 1) % PK_NUMBERS);
	return 0;
}

/* In turn, so that one that was given up is given again as late as can be. */
int pk_numbered_create(struct portico *k, const struct pk_port_limits *limits, uint32_t mode,
		       uint32_t *number)
{
	uint32_t first = pk_load_relaxed(&pk_header(k)->next_number);
	for (uint32_t i = 0; i < PK_NUMBERS; i++) {
		pk_id id;
		*number = (first + i) % PK_NUMBERS;
		if (pk_numbered(k, *number))
			continue;
		int error = pk_port_create(k, PK_MAILBOX, limits, mode, PK_NAME_NUMBER, number,
					   sizeof *number, &id);
		if (error != -EEXIST)
			return error;
	}
	return -ENOBUFS;
}
