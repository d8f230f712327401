/* SPDX-License-Identifier: MIT */
/* The folder of a run. */
#include "core/run/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/node/remove.h"

/* ${TMPDIR:-/tmp}/fracas-UID, ours and nobody else's. */
static char *
make_base(struct fr_err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct stat st;
	char *base;

	if (tmp == NULL || tmp[0] != '/')
		tmp = "/tmp";
	base = mem_format("%s/fracas-%u", tmp, (unsigned)geteuid());
	if (mkdir(base, 0700) < 0 && errno != EEXIST)
		err_sys(err, "make the folder %s", base);
	else if (lstat(base, &st) < 0)
		err_sys(err, "folder %s", base);
	else if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		err_set(err, "%s is not a folder of this user: remove it, or "
			"set TMPDIR to another place", base);
	else if ((st.st_mode & 077) != 0 && chmod(base, 0700) < 0)
		err_sys(err, "close the folder %s to others", base);
	else
		return base;
	free(base);
	return NULL;
}

/* Whether a folder's supervisor is gone.  "new-PID-XXXXXX" has no lock yet;
 * there the process itself has to be gone. */
static bool
is_stale(const char *path, const char *name)
{
	char *file;
	bool stale;
	int fd;

	if (strncmp(name, "new-", 4) == 0)
		return kill((pid_t)atol(name + 4), 0) < 0 && errno == ESRCH;
	file = mem_format("%s/lock", path);
	fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	free(file);
	if (fd < 0)
		return errno == ENOENT;
	stale = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return stale;
}

static void
sweep(const char *base)
{
	struct dirent **entries;
	int count, i;
	char *path;

	count = scandir(base, &entries, NULL, NULL);
	for (i = 0; i < count; i++) {
		if (strncmp(entries[i]->d_name, "run-", 4) == 0 ||
		    strncmp(entries[i]->d_name, "new-", 4) == 0) {
			path = mem_format("%s/%s", base, entries[i]->d_name);
			if (is_stale(path, entries[i]->d_name))
				remove_tree(path);
			free(path);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static int
make_inside(const char *path, uint32_t nodes, int *lock, struct fr_err *err)
{
	char *name = mem_format("%s/lock", path);
	uint32_t i;

	*lock = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) < 0) {
		err_sys(err, "lock %s", name);
		free(name);
		return -1;
	}
	free(name);
	name = mem_format("%s/plugins", path);
	for (i = 0;; i++) {
		if (mkdir(name, 0700) < 0) {
			err_sys(err, "make the folder %s", name);
			free(name);
			return -1;
		}
		free(name);
		if (i == nodes)
			return 0;
		name = mem_format("%s/node-%u", path, i);
	}
}

int
rundir_make(struct rundir *d, uint32_t nodes, struct fr_err *err)
{
	char *base = make_base(err), *path, *ready;
	int lock = -1;

	if (base == NULL)
		return -1;
	sweep(base);
	/* It gets its name when it is locked, so that no sweep takes it. */
	path = mem_format("%s/new-%ld-XXXXXX", base, (long)getpid());
	if (mkdtemp(path) == NULL) {
		err_sys(err, "make a folder in %s", base);
		goto fail;
	}
	if (make_inside(path, nodes, &lock, err) < 0)
		goto fail_remove;
	ready = mem_format("%s/run-%s", base, strrchr(path, '/') + 5);
	if (rename(path, ready) < 0) {
		err_sys(err, "rename %s", path);
		free(ready);
		goto fail_remove;
	}
	free(path);
	d->base = base;
	d->path = ready;
	d->lock = lock;
	return 0;
fail_remove:
	remove_tree(path);
	if (lock >= 0)
		close(lock);
fail:
	free(path);
	free(base);
	return -1;
}

int
rundir_keep(struct rundir *d, struct fr_err *err)
{
	char *kept = mem_format("%s/kept-%s", d->base,
				strrchr(d->path, '/') + 5);

	if (rename(d->path, kept) < 0) {
		err_sys(err, "keep %s", d->path);
		free(kept);
		return -1;
	}
	free(d->path);
	d->path = kept;
	return 0;
}

void
rundir_free(struct rundir *d, bool keep)
{
	if (d->path == NULL)
		return;
	if (!keep)
		remove_tree(d->path);
	close(d->lock);
	free(d->path);
	free(d->base);
	memset(d, 0, sizeof *d);
}

/* ---- copies ------------------------------------------------------------------ */

static int
copy_and_hash(int from, int to, char sha256[SHA256_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char part[65536];
	ssize_t got, put, n;
	SHA2_CTX hash;
	size_t i;

	SHA256Init(&hash);
	while ((got = read(from, part, sizeof part)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		SHA256Update(&hash, (const uint8_t *)part, (size_t)got);
		for (put = 0; put < got; put += n) {
			n = write(to, part + put, (size_t)(got - put));
			if (n < 0 && errno != EINTR)
				return -1;
			if (n < 0)
				n = 0;
		}
	}
	SHA256Final(digest, &hash);
	for (i = 0; i < sizeof digest; i++) {
		sha256[2 * i] = digits[digest[i] >> 4];
		sha256[2 * i + 1] = digits[digest[i] & 15];
	}
	sha256[2 * i] = '\0';
	return 0;
}

int
rundir_copy(const struct rundir *d, const char *file, char **path,
	    char sha256[SHA256_TEXT], struct fr_err *err)
{
	const char *name = strrchr(file, '/');
	char *copy = NULL;
	int from, to = -1, number;
	bool failed = true;

	from = open(file, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_sys(err, "open %s", file);
	name = name == NULL ? file : name + 1;
	/* Two plugins may have one name: the later gets a number. */
	for (number = 0; to < 0; number++) {
		free(copy);
		if (number == 0)
			copy = mem_format("%s/plugins/%s", d->path, name);
		else
			copy = mem_format("%s/plugins/%d-%s", d->path, number,
					  name);
		to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
		if (to < 0 && errno != EEXIST)
			break;
	}
	if (to >= 0) {
		failed = copy_and_hash(from, to, sha256) < 0;
		/* A full disk may show only here. */
		failed |= close(to) < 0;
	}
	if (failed)
		err_sys(err, "copy %s to %s", file, copy);
	close(from);
	if (failed) {
		free(copy);
		return -1;
	}
	*path = copy;
	return 0;
}
