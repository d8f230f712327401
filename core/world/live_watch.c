/* SPDX-License-Identifier: MIT */
/*
 * The watch over handlers that do not return.
 *
 * A node counts in its page each handler that it enters or leaves.  One whose
 * count has stood still within a handler for longer than the limit hangs:
 * unless the machine did not let it run.  So it has to have used the processor
 * for half of that time (a loop), or be asleep (blocked in a call).  A
 * supervisor that was itself held up judges nobody for that time, neither here
 * nor for what takes long to boot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/world/live.h"

#define WATCH_EVERY_NS 100000000ll

/* What is late by less is nobody's concern. */
#define WATCH_TELLS_NS 10000000ll

/* Later than this, it was the supervisor that was held up. */
#define WATCH_LATE_NS 1000000000ll

int64_t
watch_cpu(const struct live_node *n)
{
	struct timespec ts;
	clockid_t clock;

	if (n->pid == 0 || clock_getcpuclockid(n->pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) < 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The letter in /proc/PID/stat, or '?'. */
static char
process_state(pid_t pid)
{
	char path[64], line[512];
	const char *end;
	FILE *file;
	size_t size;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return '?';
	size = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[size] = '\0';
	/* "PID (NAME) STATE": a name may hold anything. */
	end = strrchr(line, ')');
	return end == NULL || end[1] != ' ' ? '?' : end[2];
}

bool
watch_guilty(const struct live_node *n, const struct live_watch *w,
	     int64_t limit)
{
	char state;

	if (n->pid == 0)
		return false;
	if (watch_cpu(n) - w->cpu_ns >= limit / 2)
		return true;
	state = process_state(n->pid);
	return state == 'S' || state == 'D';
}

void
watch_reset(struct live_node *n)
{
	n->watch.since = live_now(n->live);
	n->watch.cpu_ns = watch_cpu(n);
	n->watch.turns = n->page == NULL ? 0 : atomic_load(&n->page->turns);
}

static void
look(struct live_node *n, int64_t now)
{
	int64_t limit = n->live->world.config.hang_limit;
	uint32_t doing = atomic_load(&n->page->doing);
	char words[160];

	if (doing == DOING_IDLE ||
	    atomic_load(&n->page->turns) != n->watch.turns) {
		watch_reset(n);
		return;
	}
	if (now - n->watch.since < limit || !watch_guilty(n, &n->watch, limit))
		return;
	life_doing(n, words, sizeof words);
	/* "in the handler of timer `retry`", "in start" */
	life_give_up(n, END_HUNG, mem_format(
		"did not return from %s for %.3g s (used %.1f s of CPU)",
		strncmp(words, "in ", 3) == 0 ? words + 3 : words,
		(double)limit / 1e9,
		(double)(watch_cpu(n) - n->watch.cpu_ns) / 1e9));
}

/* What this thread has had of the processor. */
static int64_t
own_cpu(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts) < 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * What was due is late by so much.  As far as this thread had the processor
 * since the watch looked last, it was its own work that took so long; the rest
 * is what the machine kept from it.
 */
void
watch_lateness(struct live *l, int64_t late)
{
	if (late < WATCH_TELLS_NS || l->watched == 0)
		return;
	late -= own_cpu() - l->watched_cpu;
	if (late > l->counts.held_up)
		l->counts.held_up = late;
}

static void
on_watch(void *arg)
{
	struct live *l = arg;
	int64_t now = live_now(l);
	bool late = now - l->watched > WATCH_LATE_NS;
	uint32_t i;

	l->watched = now;
	l->watched_cpu = own_cpu();
	live_at(l, now + WATCH_EVERY_NS, on_watch, l, false);
	for (i = 0; i < live_slots(l); i++) {
		struct live_node *n = &l->nodes[i];

		if (late)
			watch_reset(n);
		else if (n->life == LIFE_UP)
			look(n, now);
	}
}

void
watch_start(struct live *l)
{
	l->watched = live_now(l);
	l->watched_cpu = own_cpu();
	live_at(l, l->watched + WATCH_EVERY_NS, on_watch, l, false);
}
