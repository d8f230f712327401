/* SPDX-License-Identifier: MIT */
/*
 * Finding one's own children.  The kernel lists them in one file where it was
 * built to (CONFIG_PROC_CHILDREN), else every process has to be looked at.
 */
#include "core/node/orphans.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parent of a process, or 0. */
static pid_t
parent_of(const char *pid)
{
	char path[64], line[512];
	const char *end;
	FILE *file;
	size_t size;
	int parent = 0;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	size = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[size] = '\0';
	/* "PID (NAME) STATE PARENT": a name may hold anything. */
	end = strrchr(line, ')');
	if (end == NULL || sscanf(end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static void
look_everywhere(bool (*known)(void *arg, pid_t pid), void *arg)
{
	pid_t self = getpid(), pid;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return;
	while ((entry = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid = (pid_t)atol(entry->d_name);
		if (parent_of(entry->d_name) == self && !known(arg, pid))
			(void)kill(pid, SIGKILL);
	}
	closedir(proc);
}

void
orphans_kill(bool (*known)(void *arg, pid_t pid), void *arg)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	long pid;

	if (file == NULL) {
		look_everywhere(known, arg);
		return;
	}
	while (fscanf(file, "%ld", &pid) == 1)
		if (!known(arg, (pid_t)pid))
			(void)kill((pid_t)pid, SIGKILL);
	fclose(file);
}
