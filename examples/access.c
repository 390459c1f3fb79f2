/* SPDX-License-Identifier: MIT */
/*
 * Whom an instance serves: its owner, until it is told to let others in.
 *
 *   cc access.c -lportico && ./a.out
 */
#include <portico/policy.h>
#include <stdio.h>
#include <sys/stat.h>

/* The real kernel keeps the door: by the mode of the instance's directory. */
static void tell(portico *instance)
{
	static const char *const served[] = { "its owner", "a group", "everybody" };
	int access = portico_access_get(instance, NULL);
	struct stat directory;

	if (access >= 0 && stat(portico_directory(instance), &directory) == 0)
		printf("it serves %s: mode %03o\n", served[access], directory.st_mode & 0777);
}

int main(void)
{
	portico *instance;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "access: %s\n", portico_open_error());
		return 1;
	}
	int before = portico_access_get(instance, NULL);
	tell(instance);
	int error = portico_access_set(instance, PORTICO_ACCESS_ALL, PORTICO_GROUP_AS_IS);
	if (error) {
		fprintf(stderr, "access: %s\n", portico_explain(error));
		return 1;
	}
	tell(instance);
	portico_access_set(instance, (enum portico_access)before, PORTICO_GROUP_AS_IS);
	portico_close(instance);
	return 0;
}
