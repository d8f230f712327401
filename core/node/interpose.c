/* SPDX-License-Identifier: MIT */
/*
 * Time and randomness of libc, as plugin code finds them.
 *
 * Each function has to be wrapped by itself: libc's time() does not go through
 * clock_gettime().  A sanitizer, or libc itself, may call any of these before
 * main: until interpose_start has found the real ones, the kernel is asked.
 */
#include "core/node/interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/base/rand.h"
#include "core/base/units.h"
#include "core/node/hurt.h"

_Thread_local bool interpose_plugin;

void (*interpose_slept)(const char *function, int64_t ns);

/* Shown where nobody runs yet: in constructors. */
static struct interposed nobody;
static struct interposed *shown = &nobody;

#define NS 1000000000

/* ---- libc's own ---------------------------------------------------------- */

static struct {
	int (*clock_gettime)(clockid_t, struct timespec *);
	int (*clock_nanosleep)(clockid_t, int, const struct timespec *,
			       struct timespec *);
	int (*gettimeofday)(struct timeval *, void *);
	time_t (*time)(time_t *);
	int (*timespec_get)(struct timespec *, int);
	ssize_t (*getrandom)(void *, size_t, unsigned);
	int (*getentropy)(void *, size_t);
	uint32_t (*arc4random)(void);
	void (*arc4random_buf)(void *, size_t);
	uint32_t (*arc4random_uniform)(uint32_t);
	int (*rand)(void);
	void (*srand)(unsigned);
	long (*random)(void);
	void (*srandom)(unsigned);
	double (*drand48)(void);
	long (*lrand48)(void);
	long (*mrand48)(void);
	void (*srand48)(long);
} real;

/* ---- time ---------------------------------------------------------------- */

static int64_t
real_now(clockid_t clock)
{
	struct timespec now = { 0 };

	if (real.clock_gettime != NULL)
		(void)real.clock_gettime(clock, &now);
	else
		(void)syscall(SYS_clock_gettime, clock, &now);
	return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

/* What the node takes for the time since 1970. */
static int64_t
node_now(void)
{
	int64_t now;

	if (shown->clock == NULL)
		return real_now(CLOCK_REALTIME);
	now = shown->time != NULL ? *shown->time : real_now(CLOCK_MONOTONIC);
	if (shown->clock->wrong && shown->effects != NULL)
		hurt_clock(shown->clock, now, shown->effects);
	return clock_node_wall(shown->clock, now);
}

static struct timespec
split(int64_t ns)
{
	struct timespec t = { ns / NS, ns % NS };

	if (t.tv_nsec < 0) {
		t.tv_nsec += NS;
		t.tv_sec--;
	}
	return t;
}

static bool
of_wall_kind(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
	       clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	if (interpose_plugin && of_wall_kind(clock)) {
		*t = split(node_now());
		return 0;
	}
	/* In virtual time there is no other time than that. */
	if (interpose_plugin && shown->time != NULL) {
		*t = split(*shown->time);
		return 0;
	}
	if (real.clock_gettime == NULL)
		return (int)syscall(SYS_clock_gettime, clock, t);
	return real.clock_gettime(clock, t);
}

/* Time passes for the node, and for nobody else. */
static int
sleep_virtually(clockid_t clock, int flags, const struct timespec *until)
{
	int64_t ns;

	if (until->tv_sec < 0 || until->tv_nsec < 0 || until->tv_nsec >= NS)
		return EINVAL;
	ns = until->tv_sec > INT64_MAX / NS - 1 ? INT64_MAX :
	     (int64_t)until->tv_sec * NS + until->tv_nsec;
	if ((flags & TIMER_ABSTIME) != 0)
		ns -= of_wall_kind(clock) ? node_now() : *shown->time;
	if (ns > 0)
		interpose_slept("clock_nanosleep", ns);
	return 0;
}

/*
 * The absolute form names an instant of the node's wall clock: what is left
 * until then is slept for.  No change of the clock can come meanwhile, as the
 * node's one thread is here.
 */
int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
		struct timespec *left)
{
	struct timespec wait;
	int64_t ns;

	if (interpose_plugin && shown->time != NULL && interpose_slept != NULL)
		return sleep_virtually(clock, flags, until);
	if (!interpose_plugin || !of_wall_kind(clock) ||
	    (flags & TIMER_ABSTIME) == 0 || shown->clock == NULL) {
		if (real.clock_nanosleep != NULL)
			return real.clock_nanosleep(clock, flags, until, left);
		return syscall(SYS_clock_nanosleep, clock, flags, until,
			       left) < 0 ? errno : 0;
	}
	if (until->tv_nsec < 0 || until->tv_nsec >= NS)
		return EINVAL;
	if (until->tv_sec > INT64_MAX / NS - 1)
		ns = INT64_MAX;
	else
		ns = (int64_t)until->tv_sec * NS + until->tv_nsec;
	ns -= node_now();
	if (ns <= 0)
		return 0;
	wait = split((int64_t)((double)ns / shown->clock->rate));
	return real.clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

int
gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;

	if (!interpose_plugin && real.gettimeofday != NULL)
		return real.gettimeofday(t, zone);
	now = split(interpose_plugin ? node_now() : real_now(CLOCK_REALTIME));
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	if (zone != NULL)
		memset(zone, 0, sizeof(struct timezone));
	return 0;
}

time_t
time(time_t *out)
{
	time_t now;

	if (!interpose_plugin && real.time != NULL)
		return real.time(out);
	now = split(interpose_plugin ? node_now() :
		    real_now(CLOCK_REALTIME)).tv_sec;
	if (out != NULL)
		*out = now;
	return now;
}

int
timespec_get(struct timespec *t, int base)
{
	if (!interpose_plugin && real.timespec_get != NULL)
		return real.timespec_get(t, base);
	if (base != TIME_UTC)
		return 0;
	*t = split(interpose_plugin ? node_now() : real_now(CLOCK_REALTIME));
	return base;
}

/* ---- randomness ---------------------------------------------------------- */

void
interpose_make(struct interposed *i, const struct clock *clock, int64_t *time,
	       uint64_t seed, uint32_t node, uint32_t boot)
{
	i->clock = clock;
	i->time = time;
	i->entropy = rng_make(seed, STREAM_PLUGIN, node, boot, "getrandom");
	i->seeded = rng_make(seed, STREAM_PLUGIN, node, boot, "rand");
	i->seeded48 = rng_make(seed, STREAM_PLUGIN, node, boot, "drand48");
	i->seeded_key = i->seeded.key;
	i->seeded48_key = i->seeded48.key;
}

void
interpose_use(struct interposed *i)
{
	shown = i;
}

static void
fill(void *data, size_t size)
{
	unsigned char *at = data;
	uint64_t word;
	size_t part;

	for (; size > 0; at += part, size -= part) {
		part = size < sizeof word ? size : sizeof word;
		word = rng_next(&shown->entropy);
		memcpy(at, &word, part);
	}
}

ssize_t
getrandom(void *data, size_t size, unsigned flags)
{
	if (interpose_plugin) {
		if (size > SSIZE_MAX)
			size = SSIZE_MAX;
		fill(data, size);
		return (ssize_t)size;
	}
	if (real.getrandom == NULL)
		return syscall(SYS_getrandom, data, size, flags);
	return real.getrandom(data, size, flags);
}

int
getentropy(void *data, size_t size)
{
	if (!interpose_plugin && real.getentropy != NULL)
		return real.getentropy(data, size);
	if (size > 256) {
		errno = EIO;
		return -1;
	}
	if (!interpose_plugin)
		return syscall(SYS_getrandom, data, size, 0) ==
		       (long)size ? 0 : -1;
	fill(data, size);
	return 0;
}

uint32_t
arc4random(void)
{
	uint32_t n;

	if (!interpose_plugin && real.arc4random != NULL)
		return real.arc4random();
	arc4random_buf(&n, sizeof n);
	return n;
}

void
arc4random_buf(void *data, size_t size)
{
	if (interpose_plugin)
		fill(data, size);
	else if (real.arc4random_buf != NULL)
		real.arc4random_buf(data, size);
	else
		while (size > 0) {
			long n = syscall(SYS_getrandom, data, size, 0);

			if (n < 0 && errno != EINTR)
				abort();	/* as libc's does */
			data = (char *)data + (n > 0 ? n : 0);
			size -= (size_t)(n > 0 ? n : 0);
		}
}

uint32_t
arc4random_uniform(uint32_t bound)
{
	if (!interpose_plugin && real.arc4random_uniform != NULL)
		return real.arc4random_uniform(bound);
	return (uint32_t)rng_below(&shown->entropy, bound);
}

/* 31 bits, as rand() and random() both give them here. */
static long
next31(struct rng *r)
{
	return (long)(rng_next(r) >> 33);
}

static void
seed31(unsigned seed)
{
	shown->seeded.key = hash_mix(shown->seeded_key, seed);
	shown->seeded.i = 0;
}

int
rand(void)
{
	return interpose_plugin || real.rand == NULL ? (int)next31(&shown->seeded) :
						       real.rand();
}

void
srand(unsigned seed)
{
	if (interpose_plugin || real.srand == NULL)
		seed31(seed);
	else
		real.srand(seed);
}

long
random(void)
{
	return interpose_plugin || real.random == NULL ? next31(&shown->seeded) :
							 real.random();
}

void
srandom(unsigned seed)
{
	if (interpose_plugin || real.srandom == NULL)
		seed31(seed);
	else
		real.srandom(seed);
}

double
drand48(void)
{
	return interpose_plugin || real.drand48 == NULL ?
	       rng_real(&shown->seeded48) : real.drand48();
}

long
lrand48(void)
{
	return interpose_plugin || real.lrand48 == NULL ? next31(&shown->seeded48) :
							  real.lrand48();
}

long
mrand48(void)
{
	if (!interpose_plugin && real.mrand48 != NULL)
		return real.mrand48();
	return (long)(int32_t)(uint32_t)(rng_next(&shown->seeded48) >> 32);
}

void
srand48(long seed)
{
	if (!interpose_plugin && real.srand48 != NULL) {
		real.srand48(seed);
		return;
	}
	shown->seeded48.key = hash_mix(shown->seeded48_key, (uint64_t)seed);
	shown->seeded48.i = 0;
}

/* ---- start --------------------------------------------------------------- */

/* One row: a name, where libc's own goes, and ours. */
#define ROW(name) {#name, &real.name, (void (*)(void))name}

static const struct wrapped {
	const char *name;
	void *real;
	void (*ours)(void);
} wrapped[] = {
	ROW(clock_gettime), ROW(clock_nanosleep), ROW(gettimeofday),
	ROW(time), ROW(timespec_get), ROW(getrandom), ROW(getentropy),
	ROW(arc4random), ROW(arc4random_buf), ROW(arc4random_uniform),
	ROW(rand), ROW(srand), ROW(random), ROW(srandom), ROW(drand48),
	ROW(lrand48), ROW(mrand48), ROW(srand48),
};

int
interpose_start(struct fr_err *err)
{
	size_t i;

	for (i = 0; i < sizeof wrapped / sizeof *wrapped; i++) {
		const struct wrapped *w = &wrapped[i];
		void *next = dlsym(RTLD_NEXT, w->name);
		void *seen = dlsym(RTLD_DEFAULT, w->name);
		void *ours;

		memcpy(&ours, &w->ours, sizeof ours);
		if (seen != ours)
			return err_set(err, "plugins would not get this "
				       "program's %s(): it was linked without "
				       "its list of exports, or something is "
				       "preloaded", w->name);
		/* An older libc may be without arc4random. */
		memcpy(w->real, &next, sizeof next);
	}
	interpose_make(&nobody, NULL, NULL, 0, 0, 0);
	return 0;
}
