/* SPDX-License-Identifier: MIT */
/* Where a node lives: its name, its folder. */
#include "core/node/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

void
sandbox_name(uint32_t node)
{
	char name[16];

	snprintf(name, sizeof name, "fr-node-%u", node);
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
}

int
sandbox_enter(const char *dir, struct fr_err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "the node's folder %s", dir);
	if (fchdir(fd) < 0) {
		(void)err_sys(err, "the node's folder %s", dir);
		close(fd);
		return -1;
	}
	(void)setenv("TMPDIR", dir, 1);
	(void)setenv("HOME", dir, 1);
	return fd;
}
