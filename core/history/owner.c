/* SPDX-License-Identifier: MIT */
/*
 * Who writes a run, so that a later process can tell whether it still does.
 *
 * A pid alone is not enough: it is used again.  With the machine's boot, the
 * pid namespace and the time at which the process started it names one process
 * for ever.  Where the answer cannot be known (another namespace), the
 * process is taken to be there: a run is never called interrupted while it
 * may be going on.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/history/store.h"

#define BOOT_MAX 64

struct owner {
	char boot[BOOT_MAX];
	unsigned long long space, start;
	int pid;
};

static int
read_small(const char *path, char *text, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, text, max - 1);
	close(fd);
	if (got < 0)
		return -1;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* The 22nd field of /proc/PID/stat, counted from behind the name, which may
 * hold anything; a zombie writes no more, and counts as gone. */
static int
started_at(int pid, unsigned long long *start)
{
	char path[64], text[1024], *p, state = 'Z';

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (read_small(path, text, sizeof text) < 0)
		return -1;
	p = strrchr(text, ')');
	if (p == NULL ||
	    sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
		   "%*u %*d %*d %*d %*d %*d %*d %llu", &state, start) != 2 ||
	    state == 'Z' || state == 'X')
		return -1;
	return 0;
}

static void
look(struct owner *o)
{
	char link[64] = "";

	memset(o, 0, sizeof *o);
	if (read_small("/proc/sys/kernel/random/boot_id", o->boot,
		       sizeof o->boot) < 0 || o->boot[0] == '\0')
		strcpy(o->boot, "-");
	if (readlink("/proc/self/ns/pid", link, sizeof link - 1) < 0 ||
	    sscanf(link, "pid:[%llu]", &o->space) != 1)
		o->space = 0;
	o->pid = (int)getpid();
	if (started_at(o->pid, &o->start) < 0)
		o->start = 0;
}

void
owner_self(char *text, size_t max)
{
	struct owner o;

	look(&o);
	snprintf(text, max, "boot %s space %llu pid %d start %llu", o.boot,
		 o.space, o.pid, o.start);
}

bool
owner_gone(const char *text)
{
	unsigned long long start;
	struct owner then, now;

	if (text == NULL ||
	    sscanf(text, "boot %63s space %llu pid %d start %llu", then.boot,
		   &then.space, &then.pid, &then.start) != 4)
		return false;
	look(&now);
	if (strcmp(then.boot, now.boot) != 0)
		return true;
	if (then.space != now.space || then.start == 0)
		return false;
	return started_at(then.pid, &start) < 0 || start != then.start;
}
