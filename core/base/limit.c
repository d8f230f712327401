/* SPDX-License-Identifier: MIT */
/* What a process has of memory, and limits. */
#include "core/base/limit.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/units.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define LARGE	(UINT64_C(4) << 20)

/* A file of /proc/self, up to size - 1 bytes; empty: it is not there. */
static void
read_own(const char *path, char *text, size_t size)
{
	int fd = SANITIZED ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[got < 0 ? 0 : got] = '\0';
}

uint64_t
memory_now(void)
{
	unsigned long long pages;
	char text[128];

	read_own("/proc/self/statm", text, sizeof text);
	if (sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t
memory_peak(void)
{
	const char *at;
	char text[4096];

	read_own("/proc/self/status", text, sizeof text);
	at = strstr(text, "VmHWM:");
	return at == NULL ? 0 : strtoull(at + 6, NULL, 10) * 1024;
}

void
memory_trim(void)
{
	malloc_trim(0);
}

/* Without being told, glibc keeps blocks of up to 32 MiB as soon as one was
 * freed, and moves them to grow. */
void
memory_tidy(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

/* All pages of it, the first and the last included: a block whose pages are
 * of two kinds could not be moved as a whole when it grows. */
void
memory_large(const void *block, uint64_t bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t first = (uintptr_t)block & ~page;
	uintptr_t end = ((uintptr_t)block + bytes + page) & ~page;

	if (bytes >= LARGE)
		madvise((void *)first, end - first, MADV_HUGEPAGE);
}

int
limit_check(struct limit *l, uint64_t more, const char *during,
	    struct fr_err *err)
{
	char text[32];

	if (l == NULL)
		return 0;
	if (l->time_max > 0 && clock_mono() - l->began >= l->time_max) {
		time_text(l->time_max, text, sizeof text);
		l->out = "time";
	} else if (l->memory_max > 0 && memory_now() + more > l->memory_max) {
		size_text(l->memory_max, text, sizeof text);
		l->out = "memory";
	} else {
		return 0;
	}
	err_set(err, "the %s budget of %s ran out %s", l->out, text, during);
	if (err != NULL)
		err->status = EXIT_UNKNOWN;
	return -1;
}
