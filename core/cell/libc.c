/* SPDX-License-Identifier: MIT */
/*
 * What plugins call of libc that must not be libc's here, besides what
 * node/interpose.c wraps: the end of the process, which is the end of a node;
 * sleeping, which is time that passes for a node; the processor's time; and
 * standard output and error, which are a node's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/cell/cell.h"

#define NS 1000000000

static struct {
	void (*exit)(int);
	void (*quick_exit)(int);
	int (*nanosleep)(const struct timespec *, struct timespec *);
	int (*usleep)(useconds_t);
	unsigned (*sleep)(unsigned);
	clock_t (*clock)(void);
} real;

/* ---- the end ------------------------------------------------------------------------- */

_Noreturn void
libc_leave(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

_Noreturn void
exit(int status)
{
	if (sim_running())
		sim_exited(status & 0xff);
	if (real.exit != NULL)
		real.exit(status);
	libc_leave(status);
}

_Noreturn void
_exit(int status)
{
	if (sim_running())
		sim_exited(status & 0xff);
	libc_leave(status);
}

_Noreturn void
_Exit(int status)
{
	_exit(status);
}

_Noreturn void
quick_exit(int status)
{
	if (sim_running())
		sim_exited(status & 0xff);
	if (real.quick_exit != NULL)
		real.quick_exit(status);
	libc_leave(status);
}

/* ---- time ---------------------------------------------------------------------------- */

int
nanosleep(const struct timespec *wait, struct timespec *left)
{
	if (!sim_running() || interpose_slept == NULL)
		return real.nanosleep == NULL ? -1 :
						real.nanosleep(wait, left);
	if (wait->tv_sec < 0 || wait->tv_nsec < 0 || wait->tv_nsec >= NS) {
		errno = EINVAL;
		return -1;
	}
	interpose_slept("nanosleep", wait->tv_sec > INT64_MAX / NS - 1 ?
			INT64_MAX : (int64_t)wait->tv_sec * NS +
			wait->tv_nsec);
	return 0;
}

int
usleep(useconds_t us)
{
	if (!sim_running() || interpose_slept == NULL)
		return real.usleep == NULL ? -1 : real.usleep(us);
	interpose_slept("usleep", (int64_t)us * 1000);
	return 0;
}

unsigned
sleep(unsigned seconds)
{
	if (!sim_running() || interpose_slept == NULL)
		return real.sleep == NULL ? seconds : real.sleep(seconds);
	interpose_slept("sleep", (int64_t)seconds * NS);
	return 0;
}

clock_t
clock(void)
{
	if (sim_running())
		return (clock_t)(sim_node_time() / (NS / CLOCKS_PER_SEC));
	return real.clock == NULL ? -1 : real.clock();
}

/* ---- output -------------------------------------------------------------------------- */

static ssize_t
write_out(void *cookie, const char *data, size_t size)
{
	(void)cookie;
	sim_wrote(OUTPUT_STDOUT, data, size);
	return (ssize_t)size;
}

static ssize_t
write_err(void *cookie, const char *data, size_t size)
{
	(void)cookie;
	sim_wrote(OUTPUT_STDERR, data, size);
	return (ssize_t)size;
}

static int
take_output(struct fr_err *err)
{
	const cookie_io_functions_t out = { .write = write_out };
	const cookie_io_functions_t error = { .write = write_err };
	FILE *o = fopencookie(NULL, "w", out);
	FILE *e = fopencookie(NULL, "w", error);

	if (o == NULL || e == NULL)
		return err_sys(err, "a stream for what nodes print");
	(void)setvbuf(o, NULL, _IOLBF, 1024);
	(void)setvbuf(e, NULL, _IONBF, 0);
	stdout = o;
	stderr = e;
	return 0;
}

int
libc_start(struct fr_err *err)
{
	static const struct {
		const char *name;
		void *real;
	} wanted[] = {
		{ "exit", &real.exit }, { "quick_exit", &real.quick_exit },
		{ "nanosleep", &real.nanosleep }, { "usleep", &real.usleep },
		{ "sleep", &real.sleep }, { "clock", &real.clock },
	};
	size_t i;

	for (i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		void *next = dlsym(RTLD_NEXT, wanted[i].name);

		if (next == NULL)
			return err_set(err, "libc has no %s", wanted[i].name);
		memcpy(wanted[i].real, &next, sizeof next);
	}
	return take_output(err);
}
