/* SPDX-License-Identifier: MIT */
/*
 * Removing a folder that strangers have written in: it may hold links to
 * anywhere, folders without permissions, and folders ten thousand deep.
 *
 * There is no recursion.  What lies in a folder of the top one is moved up
 * into the top one under a new name, until everything lies there and goes:
 * two descriptors and a little stack do for any depth.
 */
#include "core/node/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Opens a folder whose owner may have taken his own permissions away. */
static DIR *
enter(int at, const char *name)
{
	int fd = openat(at, name, OPEN_FOLDER);
	DIR *dir;

	if (fd < 0 && errno == EACCES &&
	    fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(at, name, OPEN_FOLDER);
	if (fd < 0)
		return NULL;
	/* A folder without the right to write gives nothing away. */
	(void)fchmod(fd, 0700);
	dir = fdopendir(fd);
	if (dir == NULL)
		close(fd);
	return dir;
}

static bool
dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/*
 * Empties the folder `name` of `top`: files go, folders move up to `top`.
 * True where something went or moved.
 */
static bool
flatten(int top, dev_t device, const char *name, unsigned long *serial)
{
	bool progress = false;
	char moved[64];
	struct dirent *entry;
	struct stat st;
	DIR *dir = enter(top, name);

	if (dir == NULL)
		return false;
	if (fstat(dirfd(dir), &st) < 0 || st.st_dev != device) {
		closedir(dir);
		return false;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (dots(entry->d_name))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 ||
		    unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) == 0) {
			progress = true;
			continue;
		}
		/* Moving a folder writes its "..". */
		(void)fchmodat(dirfd(dir), entry->d_name, 0700,
			       AT_SYMLINK_NOFOLLOW);
		do
			snprintf(moved, sizeof moved, ".gone-%lu", ++*serial);
		while (faccessat(top, moved, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
		if (renameat(dirfd(dir), entry->d_name, top, moved) == 0)
			progress = true;
	}
	closedir(dir);
	return progress;
}

/* One pass over the top folder; *left says whether it may hold more. */
static bool
sweep(DIR *top, dev_t device, unsigned long *serial, bool *left)
{
	struct dirent *entry;
	bool progress = false;

	*left = false;
	rewinddir(top);
	while ((entry = readdir(top)) != NULL) {
		if (dots(entry->d_name))
			continue;
		if (unlinkat(dirfd(top), entry->d_name, 0) == 0) {
			progress = true;
			continue;
		}
		*left = true;
		if (flatten(dirfd(top), device, entry->d_name, serial))
			progress = true;
		if (unlinkat(dirfd(top), entry->d_name, AT_REMOVEDIR) == 0)
			progress = true;
	}
	return progress;
}

int
remove_tree(const char *path)
{
	unsigned long serial = 0;
	bool left = true;
	struct stat st;
	DIR *top = enter(AT_FDCWD, path);

	if (top == NULL)
		return errno == ENOENT ? 0 : -1;
	if (fstat(dirfd(top), &st) == 0)
		while (left && sweep(top, st.st_dev, &serial, &left))
			;
	closedir(top);
	return rmdir(path);
}
