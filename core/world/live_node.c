/* SPDX-License-Identifier: MIT */
/*
 * The life of a node's process: one table says, for each state and each thing
 * that can happen, what comes next, what is done, or why it cannot be.
 *
 *   NONE -boot-> ASKED -spawned-> LOADING -hello-> STARTING -ready-> UP
 *   UP -pause-> PAUSED -resume-> UP
 *   any -kill, gave up-> ENDING -reaped-> DRAINING -drained-> NONE
 *   any -reaped-> DRAINING
 *   ENDING -boot-> AGAIN -reaped-> REVIVING -drained-> ASKED
 *
 *  1. The state is set before the action, so that events see the new one; an
 *     action that fails has told nothing, and the old state comes back.
 *  2. Every boot that world_boot counted ends with exactly one `ended`, in the
 *     order of boots, also where its process never came to be.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/world/live.h"

/* A machine that is so loaded that this does not do is given up, too. */
#define BOOT_PATIENCE 6

static void on_timer(void *arg);

static const struct {
	enum node_state state;
	bool takes;		/* messages                                    */
} lives[LIVES] = {
	[LIFE_NONE] = { NODE_DOWN, false },
	[LIFE_ASKED] = { NODE_BOOTING, true },
	[LIFE_LOADING] = { NODE_BOOTING, true },
	[LIFE_STARTING] = { NODE_BOOTING, true },
	[LIFE_UP] = { NODE_UP, true },
	[LIFE_PAUSED] = { NODE_PAUSED, true },
	[LIFE_STOPPING] = { NODE_DOWN, false },
	[LIFE_ENDING] = { NODE_DOWN, false },
	[LIFE_AGAIN] = { NODE_BOOTING, true },
	[LIFE_DRAINING] = { NODE_DOWN, false },
	[LIFE_REVIVING] = { NODE_BOOTING, true },
};

enum node_state
life_state(const struct live_node *n)
{
	return lives[n->life].state;
}

static void
set_timer(struct live_node *n, int64_t delay)
{
	live_cancel(n->live, &n->timer);
	n->timer = live_at(n->live, live_now(n->live) + delay, on_timer, n,
			   false);
}

void
life_doing(const struct live_node *n, char *text, size_t max)
{
	if (n->page == NULL)
		doing_text(NULL, DOING_LOADING, 0, text, max);
	else
		doing_text(n->described ? &n->descriptor : NULL,
			   atomic_load(&n->page->doing),
			   atomic_load(&n->page->index), text, max);
}

void
life_decide(struct live_node *n, enum end_cause cause, int status, char *text)
{
	if (n->end.decided && !n->end.presumed) {
		free(text);
		return;
	}
	free(n->end.text);
	n->end.decided = true;
	n->end.presumed = false;
	n->end.cause = cause;
	n->end.status = status;
	n->end.text = text;
}

/* ---- telling ----------------------------------------------------------------------- */

static void
tell_ended(struct live_node *n, uint32_t boot, const struct live_end *end)
{
	const struct world_config *c = &n->live->world.config;
	struct world_end e = {
		.node = n->id, .boot = boot, .cause = end->cause,
		.status = end->status, .text = end->text,
		.cpu_ns = end->cpu_ns, .rss_bytes = end->rss_bytes,
	};

	if (is_twin(n))
		twin_ended(n, end);
	else
		c->events->ended(c->arg, &e);
}

/* Boots that were asked for, and taken back before they had a process. */
static void
tell_unborn(struct live_node *n, uint32_t first, uint32_t end)
{
	static char text[] = "killed before it began";
	const struct live_end unborn = { .cause = END_KILLED,
					 .status = SIGKILL, .text = text };

	for (; first < end; first++)
		tell_ended(n, first, &unborn);
}

/* ---- actions ------------------------------------------------------------------------- */

static int
nothing(struct live_node *n, struct fr_err *err)
{
	(void)n;
	(void)err;
	return 0;
}

static void
count_boot(struct live_node *n)
{
	if (is_twin(n))
		n->boot = (n - n->live->world.config.nodes)->process_boot;
	else
		n->boot = n->booted ? n->boot + 1 : 0;
	n->booted = true;
}

static int
boot(struct live_node *n, struct fr_err *err)
{
	uint32_t last = n->boot;
	bool booted = n->booted;

	count_boot(n);
	if (spawn_begin(n, err) < 0) {
		n->boot = last;
		n->booted = booted;
		return -1;
	}
	set_timer(n, n->live->world.config.boot_limit);
	return 0;
}

/* It is asked for while the last one's process is still there. */
static int
boot_later(struct live_node *n, struct fr_err *err)
{
	(void)err;
	switch_close(n);
	count_boot(n);
	return 0;
}

/* And now it is not wanted any more: `finish` will tell. */
static int
kill_unborn(struct live_node *n, struct fr_err *err)
{
	(void)err;
	switch_forget(n);
	return 0;
}

/* Ends the process at once; why is decided. */
static int
end_process(struct live_node *n, struct fr_err *err)
{
	(void)err;
	switch_close(n);
	(void)nursery_signal(n->live->nursery, n->slot, n->process_boot,
			     SIGKILL, NULL);
	set_timer(n, LIVE_LINGER_NS);
	return 0;
}

static int
kill_process(struct live_node *n, struct fr_err *err)
{
	char doing[160];

	life_doing(n, doing, sizeof doing);
	life_decide(n, END_KILLED, SIGKILL, mem_format("killed %s", doing));
	return end_process(n, err);
}

/* The run ends, and these cannot be told. */
static int
stop_booting(struct live_node *n, struct fr_err *err)
{
	life_decide(n, END_STOPPED, SIGKILL,
		    mem_string("killed at the end, while it was booting"));
	return end_process(n, err);
}

static int
stop_paused(struct live_node *n, struct fr_err *err)
{
	life_decide(n, END_STOPPED, SIGKILL,
		    mem_string("killed at the end, while it was paused"));
	return end_process(n, err);
}

static int
tell_stop(struct live_node *n, struct fr_err *err)
{
	(void)err;
	switch_put(n, FRAME_STOP, 0, NULL, 0);
	set_timer(n, LIVE_LINGER_NS);
	return 0;
}

static int
pause_process(struct live_node *n, struct fr_err *err)
{
	return nursery_signal(n->live->nursery, n->slot, n->process_boot,
			      SIGSTOP, err);
}

static int
resume_process(struct live_node *n, struct fr_err *err)
{
	watch_reset(n);
	return nursery_signal(n->live->nursery, n->slot, n->process_boot,
			      SIGCONT, err);
}

static int
spawned(struct live_node *n, struct fr_err *err)
{
	(void)err;
	switch_listen(n);
	return 0;
}

static int
start(struct live_node *n, struct fr_err *err)
{
	(void)err;
	spawn_start(n);
	return 0;
}

static int
become_ready(struct live_node *n, struct fr_err *err)
{
	const struct world_config *c = &n->live->world.config;

	(void)err;
	live_cancel(n->live, &n->timer);
	watch_reset(n);
	if (!is_twin(n))
		c->events->ready(c->arg, n->id, n->boot);
	return 0;
}

/* It said why it ends, and gets a moment to do so. */
static int
let_end(struct live_node *n, struct fr_err *err)
{
	(void)err;
	switch_close(n);
	set_timer(n, LIVE_LINGER_NS);
	return 0;
}

/* Reaped; n->end knows why. */
static int
reaped(struct live_node *n, struct fr_err *err)
{
	(void)err;
	/* What waits for its successor stays. */
	if (!n->takes)
		switch_forget(n);
	n->open = false;
	n->pid = 0;
	set_timer(n, LIVE_LINGER_NS);
	return 0;
}

/* Everything of the process is released, then its end is told. */
static int
finish(struct live_node *n, struct fr_err *err)
{
	struct live_end end = n->end;
	uint32_t ended = n->process_boot, last = n->boot;

	(void)err;
	live_cancel(n->live, &n->timer);
	spawn_release(n);
	memset(&n->end, 0, sizeof n->end);
	tell_ended(n, ended, &end);
	calls_broken(n, ended);
	tell_unborn(n, ended + 1, last + 1);
	free(end.text);
	return 0;
}

/* The same, and the next process is begun before anything is told. */
static int
finish_and_boot(struct live_node *n, struct fr_err *err)
{
	struct live_end end = n->end;
	uint32_t ended = n->process_boot, next = n->boot;
	struct fr_err why = { 0 };
	bool failed;

	(void)err;
	live_cancel(n->live, &n->timer);
	spawn_release(n);
	memset(&n->end, 0, sizeof n->end);
	failed = spawn_begin(n, &why) < 0;
	if (failed) {
		n->life = LIFE_NONE;
		n->takes = false;
		switch_forget(n);
	} else {
		set_timer(n, n->live->world.config.boot_limit);
	}
	tell_ended(n, ended, &end);
	calls_broken(n, ended);
	tell_unborn(n, ended + 1, next);
	free(end.text);
	if (failed) {
		end = (struct live_end){ .cause = END_REFUSED,
					 .text = why.text };
		tell_ended(n, next, &end);
	}
	return 0;
}

/* ---- the table ------------------------------------------------------------------------- */

#define DOWN	"is not running"
#define BOOTING "is booting already"
#define EARLY	"is not up yet"
#define LATE	"is being stopped"
#define TURN	"is not at that point"

struct step {
	enum life next;
	int (*act)(struct live_node *n, struct fr_err *err);
	const char *no;		/* or why not                                  */
};

static const struct step steps[LIVES][STEPS_ON] = {
	[LIFE_NONE] = {
		[ON_BOOT] = { LIFE_ASKED, boot },
		[ON_KILL] = { .no = DOWN },
		[ON_PAUSE] = { .no = DOWN },
		[ON_RESUME] = { .no = DOWN },
		[ON_STOP] = { LIFE_NONE, nothing },
	},
	[LIFE_ASKED] = {
		[ON_BOOT] = { .no = BOOTING },
		[ON_KILL] = { LIFE_ENDING, kill_process },
		[ON_PAUSE] = { .no = EARLY },
		[ON_RESUME] = { .no = EARLY },
		[ON_STOP] = { LIFE_ENDING, stop_booting },
		[ON_SPAWNED] = { LIFE_LOADING, spawned },
		[ON_FAILED] = { LIFE_NONE, finish },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
		[ON_GIVE_UP] = { LIFE_ENDING, end_process },
	},
	[LIFE_LOADING] = {
		[ON_BOOT] = { .no = BOOTING },
		[ON_KILL] = { LIFE_ENDING, kill_process },
		[ON_PAUSE] = { .no = EARLY },
		[ON_RESUME] = { .no = EARLY },
		[ON_STOP] = { LIFE_ENDING, stop_booting },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
		[ON_HELLO] = { LIFE_STARTING, start },
		[ON_FATAL] = { LIFE_ENDING, let_end },
		[ON_GIVE_UP] = { LIFE_ENDING, end_process },
	},
	[LIFE_STARTING] = {
		[ON_BOOT] = { .no = BOOTING },
		[ON_KILL] = { LIFE_ENDING, kill_process },
		[ON_PAUSE] = { .no = EARLY },
		[ON_RESUME] = { .no = EARLY },
		[ON_STOP] = { LIFE_ENDING, stop_booting },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
		[ON_READY] = { LIFE_UP, become_ready },
		[ON_FATAL] = { LIFE_ENDING, let_end },
		[ON_GIVE_UP] = { LIFE_ENDING, end_process },
	},
	[LIFE_UP] = {
		[ON_BOOT] = { .no = "is up already" },
		[ON_KILL] = { LIFE_ENDING, kill_process },
		[ON_PAUSE] = { LIFE_PAUSED, pause_process },
		[ON_RESUME] = { .no = "is not paused" },
		[ON_STOP] = { LIFE_STOPPING, tell_stop },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
		[ON_FATAL] = { LIFE_ENDING, let_end },
		[ON_GIVE_UP] = { LIFE_ENDING, end_process },
	},
	[LIFE_PAUSED] = {
		[ON_BOOT] = { .no = "is paused, not down: resume it" },
		[ON_KILL] = { LIFE_ENDING, kill_process },
		[ON_PAUSE] = { .no = "is paused already" },
		[ON_RESUME] = { LIFE_UP, resume_process },
		[ON_STOP] = { LIFE_ENDING, stop_paused },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
		[ON_FATAL] = { LIFE_ENDING, let_end },
		[ON_GIVE_UP] = { LIFE_ENDING, end_process },
	},
	[LIFE_STOPPING] = {
		[ON_BOOT] = { .no = LATE },
		[ON_KILL] = { .no = LATE },
		[ON_PAUSE] = { .no = LATE },
		[ON_RESUME] = { .no = LATE },
		[ON_STOP] = { LIFE_STOPPING, nothing },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
		[ON_FATAL] = { LIFE_ENDING, let_end },
		[ON_GIVE_UP] = { LIFE_ENDING, end_process },
	},
	[LIFE_ENDING] = {
		[ON_BOOT] = { LIFE_AGAIN, boot_later },
		[ON_KILL] = { .no = DOWN },
		[ON_PAUSE] = { .no = DOWN },
		[ON_RESUME] = { .no = DOWN },
		[ON_STOP] = { LIFE_ENDING, nothing },
		[ON_SPAWNED] = { LIFE_ENDING, nothing },
		[ON_FAILED] = { LIFE_NONE, finish },
		[ON_REAPED] = { LIFE_DRAINING, reaped },
	},
	[LIFE_AGAIN] = {
		[ON_BOOT] = { .no = BOOTING },
		[ON_KILL] = { LIFE_ENDING, kill_unborn },
		[ON_PAUSE] = { .no = EARLY },
		[ON_RESUME] = { .no = EARLY },
		[ON_STOP] = { LIFE_ENDING, kill_unborn },
		[ON_SPAWNED] = { LIFE_AGAIN, nothing },
		[ON_FAILED] = { LIFE_ASKED, finish_and_boot },
		[ON_REAPED] = { LIFE_REVIVING, reaped },
	},
	[LIFE_DRAINING] = {
		[ON_BOOT] = { LIFE_REVIVING, boot_later },
		[ON_KILL] = { .no = DOWN },
		[ON_PAUSE] = { .no = DOWN },
		[ON_RESUME] = { .no = DOWN },
		[ON_STOP] = { LIFE_DRAINING, nothing },
		[ON_HELLO] = { LIFE_DRAINING, nothing },
		[ON_READY] = { LIFE_DRAINING, nothing },
		[ON_FATAL] = { LIFE_DRAINING, nothing },
		[ON_DRAINED] = { LIFE_NONE, finish },
	},
	[LIFE_REVIVING] = {
		[ON_BOOT] = { .no = BOOTING },
		[ON_KILL] = { LIFE_DRAINING, kill_unborn },
		[ON_PAUSE] = { .no = EARLY },
		[ON_RESUME] = { .no = EARLY },
		[ON_STOP] = { LIFE_DRAINING, kill_unborn },
		[ON_DRAINED] = { LIFE_ASKED, finish_and_boot },
	},
};

int
life_step(struct live_node *n, enum step_on on, struct fr_err *err)
{
	const struct step *s = &steps[n->life][on];
	enum life last = n->life;

	if (s->act == NULL)
		return err_set(err, "node %u %s", n->id,
			       s->no == NULL ? TURN : s->no);
	n->life = s->next;
	n->takes = lives[n->life].takes;
	if (s->act(n, err) == 0)
		return 0;
	n->life = last;
	n->takes = lives[n->life].takes;
	return -1;
}

/* ---- things that happen ------------------------------------------------------------------ */

void
life_give_up(struct live_node *n, enum end_cause cause, char *text)
{
	/* What comes out of a process that is no more cannot be the reason. */
	if (n->end.presumed)
		free(text);
	else
		life_decide(n, cause, cause == END_HUNG ? SIGKILL : 0, text);
	/* Where it has no such step it is on its way out already. */
	if (life_step(n, ON_GIVE_UP, NULL) < 0) {
		switch_close(n);
		life_drained(n);
	}
}

void
life_deaf(struct live_node *n)
{
	switch_close(n);
	/* Usually the news of its end is on the way. */
	if (n->life >= LIFE_LOADING && n->life <= LIFE_PAUSED)
		set_timer(n, LIVE_LINGER_NS);
	life_drained(n);
}

void
life_drained(struct live_node *n)
{
	if (n->life != LIFE_DRAINING && n->life != LIFE_REVIVING)
		return;
	if (n->carrier == NULL && n->output[0].fd < 0 && n->output[1].fd < 0)
		(void)life_step(n, ON_DRAINED, NULL);
}

/* The limit for booting is over, or was put off by the watch. */
static void
boot_late(struct live_node *n)
{
	int64_t limit = n->live->world.config.boot_limit;
	int64_t waited = live_now(n->live) - n->watch.since;
	char doing[160];

	if (waited < limit) {
		set_timer(n, limit - waited);
		return;
	}
	if (waited < BOOT_PATIENCE * limit && n->life != LIFE_ASKED &&
	    !watch_guilty(n, &n->watch, limit)) {
		set_timer(n, limit / 4 + 1);
		return;
	}
	if (n->life == LIFE_ASKED)
		snprintf(doing, sizeof doing, "its process has not begun");
	else
		life_doing(n, doing, sizeof doing);
	life_give_up(n, END_REFUSED, mem_format("not ready after %.3g s: %s",
						(double)limit / 1e9, doing));
}

static void
on_timer(void *arg)
{
	struct live_node *n = arg;

	n->timer = 0;
	switch (n->life) {
	case LIFE_ASKED:
	case LIFE_LOADING:
	case LIFE_STARTING:
	case LIFE_UP:
	case LIFE_PAUSED:
		if (n->carrier != NULL)
			boot_late(n);
		else
			life_give_up(n, END_REFUSED, mem_string(
				"closed its connection to the switch"));
		break;
	case LIFE_STOPPING:
		life_give_up(n, END_STOPPED, mem_string(
			"did not end in order within 1 s, and was killed"));
		break;
	case LIFE_ENDING:
	case LIFE_AGAIN:
		(void)nursery_signal(n->live->nursery, n->slot,
				     n->process_boot, SIGKILL, NULL);
		set_timer(n, LIVE_LINGER_NS);
		break;
	case LIFE_DRAINING:
	case LIFE_REVIVING:
		(void)life_step(n, ON_DRAINED, NULL);
		break;
	case LIFE_NONE:
	case LIVES:
		break;
	}
}
