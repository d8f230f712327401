/* SPDX-License-Identifier: MIT */
/*
 * What the world of a run is like at one moment, for people: each node in a
 * line, and what is under way to it.
 *
 * It is told by a child of the cell's process: what a plugin does to its state
 * when it is asked for a digest, or to itself, does nothing to the run.
 */
#include "core/cell/cell.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fracas/easy.h>

#include "core/base/units.h"
#include "core/node/descriptor.h"

/* How long a child may take, in seconds. */
#define LIMIT		5u
/* Of each node so many timers and messages are told. */
#define TOLD_MOST	12u
#define TEXT_MOST	256u

static void
say(struct history *log, struct buf *line)
{
	store_record(log, RECORD_STATE, line);
	buf_clear(line);
}

/* ---- a node -------------------------------------------------------------------------- */

static void
add_life(const struct sim_node *n, int64_t now, struct buf *out)
{
	static const char *const words[] = {
		[NODE_DOWN] = "down", [NODE_BOOTING] = "starting",
		[NODE_UP] = "up", [NODE_PAUSED] = "paused",
	};
	char text[32];

	buf_printf(out, "node %u is %s", n->id, words[n->state]);
	if (n->boot > 0)
		buf_printf(out, ", boot %u", n->boot);
	if (n->busy > now) {
		time_text(n->busy - now, text, sizeof text);
		buf_printf(out, ", busy for %s more", text);
	}
}

static void
add_beliefs(const struct experiment_node *n, struct buf *out)
{
	uint32_t i;

	for (i = 0; i < n->belief_count; i++)
		buf_printf(out, "; %s = %s", n->beliefs[i].name,
			   n->beliefs[i].text);
}

static void
add_digest(const struct sim_node *n, struct buf *out)
{
	struct fr_protocol p = protocol_view(n->plugin->protocol);

	if (n->host == NULL || p.digest == NULL)
		return;
	buf_printf(out, "; digest of its state %016" PRIx64,
		   p.digest(&n->host->node));
}

static void
tell_timers(struct history *log, const struct sim_node *n, int64_t now,
	    struct buf *line)
{
	const struct timers *t = &n->host->timers;
	struct fr_protocol p = protocol_view(n->plugin->protocol);
	char text[32];
	size_t i;
	int64_t at;

	for (i = 0; i < t->count && i < TOLD_MOST; i++) {
		at = clock_real(&n->host->clock, t->heap[i].deadline) -
		     SIM_UPTIME;
		time_text(at > now ? at - now : 0, text, sizeof text);
		buf_printf(line, "  timer `%s` (%" PRIu64 ") runs out in %s",
			   protocol_timer(&p, t->heap[i].timer).name,
			   t->heap[i].tag, text);
		say(log, line);
	}
	if (t->count > TOLD_MOST) {
		buf_printf(line, "  and %zu more timers",
			   t->count - TOLD_MOST);
		say(log, line);
	}
}

/* ---- what is under way --------------------------------------------------------------- */

static void
tell_frame(struct history *log, const struct sim_node *n,
	   const struct frame *f, const char *when, struct buf *line)
{
	struct fr_protocol p = protocol_view(n->plugin->protocol);
	char text[TEXT_MOST] = "";

	if (f->kind == FRAME_REQUEST) {
		buf_printf(line, "  a request %s", when);
		say(log, line);
		return;
	}
	if (f->kind != FRAME_MESSAGE || f->type >= p.messages.count)
		return;
	if (p.describe != NULL &&
	    f->body >= protocol_message(&p, f->type).min_size)
		p.describe(f->type, f + 1, f->body, text, sizeof text);
	text[sizeof text - 1] = '\0';
	buf_printf(line, "  `%s` from node %u %s%s%s",
		   protocol_message(&p, f->type).name, f->src, when,
		   *text != '\0' ? ": " : "", text);
	say(log, line);
}

static void
tell_coming(struct history *log, const struct sim *s,
	    const struct sim_node *n, struct buf *line)
{
	const struct sim_event *e;
	uint32_t at, told = 0, more = 0;
	char when[64], text[32];
	size_t i;

	for (at = n->first; at != 0; at = s->queue.events[at - 1].next) {
		e = &s->queue.events[at - 1];
		if (e->kind == SIM_ARRIVE && told++ < TOLD_MOST)
			tell_frame(log, n, (const void *)e->frames.at, "waits",
				   line);
	}
	for (i = 0; i < s->queue.count; i++) {
		e = &s->queue.events[s->queue.heap[i].event];
		if (e->kind != SIM_ARRIVE || e->node != n->id)
			continue;
		if (told++ >= TOLD_MOST) {
			more++;
			continue;
		}
		time_text(s->queue.heap[i].t - s->now, text, sizeof text);
		snprintf(when, sizeof when, "arrives in %s", text);
		tell_frame(log, n, (const void *)e->frames.at, when, line);
	}
	if (more > 0) {
		buf_printf(line, "  and %u more under way", more);
		say(log, line);
	}
}

static void
tell_all(struct history *log, const struct sim *s, const struct experiment *x)
{
	const struct sim_node *n;
	struct buf line;
	uint32_t i;

	buf_init(&line, 1 << 20);
	for (i = 0; i < s->world.config.nodes; i++) {
		n = &s->nodes[i];
		add_life(n, s->now, &line);
		if (n->host != NULL)
			add_beliefs(&x->node[i], &line);
		add_digest(n, &line);
		say(log, &line);
		if (n->host != NULL)
			tell_timers(log, n, s->now, &line);
		tell_coming(log, s, n, &line);
	}
}

void
state_tell(struct history *log, struct world *w, const struct experiment *x)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
				    SIGSYS, SIGTRAP, SIGALRM };
	struct buf line;
	int status = -1;
	pid_t pid = fork();
	size_t i;

	if (pid == 0) {
		for (i = 0; i < sizeof sigs / sizeof *sigs; i++)
			(void)signal(sigs[i], SIG_DFL);
		(void)alarm(LIMIT);
		tell_all(log, (const struct sim *)w, x);
		libc_leave(0);
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0)
			;
	if (pid > 0 && WIFEXITED(status))
		return;
	buf_init(&line, 1024);
	buf_text(&line, pid < 0 ? "no process to look at the rest" :
		 "the plugin's digest or describe did not return");
	say(log, &line);
	buf_free(&line);
}

/* ---- for a debugger ------------------------------------------------------------------ */

void (*cell_handler)(void);

__attribute__((noinline)) void
cell_here(void)
{
	__asm__ volatile ("" : : : "memory");
}

void (*state_handler(const struct sim_plugin *plugin,
		     const struct sim_step *s))(void)
{
	struct fr_protocol p = protocol_view(plugin->protocol);
	struct fr_reader r = fr_reader(s->body, s->size);
	uint32_t f;

	switch (s->kind) {
	case STEP_BOOT:
		return (void (*)(void))(uintptr_t)p.start;
	case STEP_MESSAGE:
		return s->index >= p.messages.count ? NULL :
		       (void (*)(void))(uintptr_t)
		       protocol_message(&p, s->index).handler;
	case STEP_REQUEST:
		f = fr_get_u32(&r);
		return f >= p.requests.count ? NULL :
		       (void (*)(void))(uintptr_t)
		       protocol_request(&p, f).handler;
	case STEP_TIMER:
		return s->index >= p.timers.count ? NULL :
		       (void (*)(void))(uintptr_t)
		       protocol_timer(&p, s->index).handler;
	default:
		return NULL;
	}
}
