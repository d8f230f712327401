/* SPDX-License-Identifier: MIT */
/*
 * The name while a file is made, OUT.merging-boot_..._pid_..., says who makes it,
 * so that others know when that process is gone.
 */
#include "core/campaign/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/history/store.h"

void
newfile_remove(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm",
						"-journal" };
	char *name;
	size_t i;

	for (i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		name = mem_format("%s%s", path, suffixes[i]);
		unlink(name);
		free(name);
	}
}

static void
exchange(char *text, char what, char with)
{
	for (; *text != '\0'; text++)
		if (*text == what)
			*text = with;
}

char *
newfile_name(const char *out)
{
	char self[256];

	owner_self(self, sizeof self);
	exchange(self, ' ', '_');
	return mem_format("%s.merging-%s", out, self);
}

void
newfile_clear(const char *out, const char *path)
{
	size_t prefix = strlen(out) + strlen(".merging-"), i;
	size_t boot = prefix + strlen("boot_");
	glob_t found = { 0 };
	struct buf pattern;
	const char *p;
	char *owner;

	boot += strcspn(path + boot, "_") + 1;
	buf_init(&pattern, SIZE_MAX / 2);
	for (p = path; p < path + boot; p++) {
		if (strchr("*?[\\", *p) != NULL)
			buf_char(&pattern, '\\');
		buf_char(&pattern, *p);
	}
	buf_char(&pattern, '*');
	if (glob(pattern.data, GLOB_NOSORT, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++) {
			owner = mem_string(found.gl_pathv[i] + prefix);
			exchange(owner, '_', ' ');
			if (owner_gone(owner))
				newfile_remove(found.gl_pathv[i]);
			free(owner);
		}
		globfree(&found);
	}
	buf_free(&pattern);
}

int
newfile_publish(const char *path, const char *out, struct fr_err *err)
{
	char *copy = mem_string(out);
	int fd = open(path, O_RDONLY | O_CLOEXEC), done = -1;

	if (fd < 0 || fsync(fd) < 0)
		err_sys(err, "%s", path);
	else if (link(path, out) == 0)
		done = 0;
	else if ((errno == EPERM || errno == EOPNOTSUPP) &&
		 rename(path, out) == 0)
		done = 0;	/* there are no links on this file system */
	else if (errno == EEXIST)
		err_usage(err, "%s was made by somebody else meanwhile: merge "
			  "again to add to it", out);
	else
		err_sys(err, "%s", out);
	if (fd >= 0)
		close(fd);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
	return done;
}
