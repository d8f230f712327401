/* SPDX-License-Identifier: MIT */
/*
 * The nursery's copies of plugins, each in a sealed memory file that its nodes
 * find as /proc/NURSERY/fd/N: a name that also debuggers and symbolizers can
 * open while the nursery lives.
 *
 * One kind of plugin is opened where it lies: one that looks for libraries
 * beside itself ($ORIGIN), which a copy in memory could not.
 */
#include "core/node/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"

/* A plugin larger than this is a mistake. */
#define PLUGIN_MAX (256 * 1024 * 1024)

static bool
wants_origin(int fd, size_t size)
{
	static const char word[] = "$ORIGIN";
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	bool found;

	if (at == MAP_FAILED)
		return false;
	found = memmem(at, size, word, sizeof word - 1) != NULL;
	munmap(at, size);
	return found;
}

static int
fill(int to, int from, off_t size)
{
	off_t at = 0;
	ssize_t n;

	while (at < size) {
		n = sendfile(to, from, &at, (size_t)(size - at));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;		/* it has become shorter: as it is now */
	}
	return 0;
}

static void
make(struct image *image, int from)
{
	struct stat st;
	int to;

	if (fstat(from, &st) < 0) {
		image->trouble = mem_string(strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		image->trouble = mem_string(S_ISDIR(st.st_mode) ?
					    "a folder, not a shared object" :
					    "not a regular file");
		return;
	}
	if (st.st_size == 0) {
		image->trouble = mem_string("not a shared object: it is empty");
		return;
	}
	if (st.st_size > PLUGIN_MAX) {
		image->trouble = mem_format("%lld bytes are more than any "
					    "plugin has",
					    (long long)st.st_size);
		return;
	}
	to = memfd_create("fracas-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0 || fill(to, from, st.st_size) < 0 ||
	    wants_origin(to, (size_t)st.st_size)) {
		/* No memory files here, or no good for it. */
		if (to >= 0)
			close(to);
		image->path = mem_string(image->plugin);
		return;
	}
	(void)fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		    F_SEAL_SHRINK | F_SEAL_SEAL);
	image->path = mem_format("/proc/%ld/fd/%d", (long)getpid(), to);
}

const struct image *
image_of(struct images *images, const char *plugin)
{
	struct image *image;
	size_t i;
	int from;

	for (i = 0; i < images->count; i++)
		if (strcmp(images->at[i].plugin, plugin) == 0 &&
		    images->at[i].path != NULL)
			return &images->at[i];
	for (i = 0; i < images->count; i++)
		if (strcmp(images->at[i].plugin, plugin) == 0)
			break;
	if (i == images->count) {
		mem_grow(&images->at, &images->room, i + 1,
			 sizeof *images->at);
		images->count++;
		images->at[i] = (struct image){ .plugin = mem_string(plugin) };
	}
	image = &images->at[i];
	free(image->trouble);
	image->trouble = NULL;
	from = open(plugin, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (from < 0) {
		image->trouble = mem_string(strerror(errno));
		return image;
	}
	make(image, from);
	close(from);
	return image;
}
