/* SPDX-License-Identifier: MIT */
#include "siblings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int find_sibling(const char *name, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (length < 0)
		return -errno;
	self[length] = '\0';
	for (int i = 0; i < 2; i++) { /* off with /portico, then with /bin */
		char *slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
	}
	if (snprintf(path, PATH_MAX, "%s/%s", self, name) >= PATH_MAX)
		return -ENAMETOOLONG;
	return access(path, R_OK) == 0 ? 0 : -errno;
}
