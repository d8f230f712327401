/* SPDX-License-Identifier: MIT */
/* Where this program and what belongs to it lie. */
#include "core/base/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"

char *
place_own(void)
{
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (size < 0)
		return NULL;
	path[size] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return mem_string(path);
}

char *
place_built(void)
{
	char *own = place_own(), *beside;
	bool there;

	if (own == NULL)
		return NULL;
	beside = mem_format("%s/fracas-node", own);
	there = access(beside, X_OK) == 0;
	free(beside);
	if (there)
		return own;
	free(own);
	return NULL;
}

char *
place_installed(const char *relative, const char *configured)
{
	char *own = place_own(), *path;
	struct stat st;

	if (own != NULL) {
		path = mem_format("%s/../%s", own, relative);
		free(own);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return path;
		free(path);
	}
	return mem_string(configured);
}
