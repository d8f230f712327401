/* SPDX-License-Identifier: MIT */
/* Durable files in a folder.  A handle is a descriptor, plus one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fracas/protocol.h>

#include "core/base/mem.h"
#include "core/node/backing.h"

struct folder {
	struct backing backing;
	int fd;
};

static int
fd_of(backing_file f)
{
	return (int)((intptr_t)f - 1);
}

static int
folder_of(struct backing *b)
{
	return ((struct folder *)b)->fd;
}

static int
answer(int error)
{
	if (error == ENOSPC || error == EDQUOT)
		return FR_ENOSPC;
	return error == EFBIG ? FR_ELIMIT : FR_EIO;
}

static int
folder_each(struct backing *b, backing_each_fn each, void *arg,
	    struct fr_err *err)
{
	int fd = fcntl(folder_of(b), F_DUPFD_CLOEXEC, 3);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return err_sys(err, "read the node's folder");
	}
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL)
		if (fstatat(folder_of(b), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    !each(arg, entry->d_name, (uint64_t)st.st_size))
			break;
	closedir(dir);
	return 0;
}

static int
folder_open(struct backing *b, const char *name, bool make, backing_file *out,
	    uint64_t *size)
{
	int fd = openat(folder_of(b), name, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
	struct stat st;

	if (fd < 0)
		return answer(errno);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return FR_EIO;
	}
	*out = (backing_file)((intptr_t)fd + 1);
	*size = (uint64_t)st.st_size;
	return 0;
}

static void
folder_close(struct backing *b, backing_file f)
{
	(void)b;
	close(fd_of(f));
}

static int
folder_read(struct backing *b, backing_file f, uint64_t offset, void *data,
	    size_t size)
{
	size_t done = 0;
	ssize_t n;

	(void)b;
	while (done < size) {
		n = pread(fd_of(f), (char *)data + done, size - done,
			  (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return answer(errno);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	memset((char *)data + done, 0, size - done);
	return 0;
}

static int
folder_write(struct backing *b, backing_file f, uint64_t offset,
	     const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	(void)b;
	while (size > 0) {
		n = pwrite(fd_of(f), at, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return answer(errno);
		at += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int
folder_resize(struct backing *b, backing_file f, uint64_t size)
{
	(void)b;
	while (ftruncate(fd_of(f), (off_t)size) < 0)
		if (errno != EINTR)
			return answer(errno);
	return 0;
}

static int
folder_sync(struct backing *b, backing_file f)
{
	(void)b;
	return fdatasync(fd_of(f)) < 0 ? answer(errno) : 0;
}

static int
folder_sync_names(struct backing *b)
{
	/* EINVAL: a file system whose folders need none. */
	return fsync(folder_of(b)) < 0 && errno != EINVAL ? answer(errno) : 0;
}

static int
folder_remove(struct backing *b, const char *name)
{
	return unlinkat(folder_of(b), name, 0) < 0 && errno != ENOENT ?
	       answer(errno) : 0;
}

static void
folder_leave(struct backing *b)
{
	close(folder_of(b));
	free(b);
}

struct backing *
backing_folder(int fd)
{
	static const struct backing_ops ops = {
		.each = folder_each,
		.open = folder_open,
		.close = folder_close,
		.read = folder_read,
		.write = folder_write,
		.resize = folder_resize,
		.sync = folder_sync,
		.sync_names = folder_sync_names,
		.remove = folder_remove,
		.leave = folder_leave,
	};
	struct folder *folder = mem_new(sizeof *folder);

	folder->backing.ops = &ops;
	folder->fd = fd;
	return &folder->backing;
}
