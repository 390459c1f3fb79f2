/* SPDX-License-Identifier: MIT */
/*
 * What an instance is like: whom it serves, and how long queues, semaphore
 * sets and segments live in it.
 *
 *   cc policy.c -lportico && ./a.out
 */
#include <portico/policy.h>
#include <stdio.h>
#include <sys/stat.h>

/* The real kernel keeps the door: by the mode of the instance's directory. */
static void tell(portico *instance)
{
	static const char *const served[] = { "its owner", "a group", "everybody" };
	static const char *const lives[] = { "until they are removed", "as long as who made them",
					     "as long as anybody who used them", "until they are idle" };
	int access = portico_access_get(instance, NULL);
	struct stat directory;

	if (access >= 0 && stat(portico_directory(instance), &directory) == 0)
		printf("it serves %s: mode %03o\n", served[access], directory.st_mode & 0777);
	printf("what is made there lives %s\n", lives[portico_lifetime_get(instance, NULL)]);
}

int main(void)
{
	portico *instance;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "policy: %s\n", portico_open_error());
		return 1;
	}
	tell(instance);
	int error = portico_access_set(instance, PORTICO_ACCESS_ALL, PORTICO_GROUP_AS_IS);
	if (!error)
		error = portico_lifetime_set(instance, PORTICO_LIFETIME_CREATOR, 0);
	if (error) {
		fprintf(stderr, "policy: %s\n", portico_explain(error));
		return 1;
	}
	tell(instance);
	portico_access_set(instance, PORTICO_ACCESS_OWNER, PORTICO_GROUP_AS_IS);
	portico_lifetime_set(instance, PORTICO_LIFETIME_PERSIST, 0);
	portico_close(instance);
	return 0;
}
