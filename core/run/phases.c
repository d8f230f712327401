/* SPDX-License-Identifier: MIT */
/*
 * One experiment, phase by phase.
 *
 * 1. Phases follow each other in their order; some may be left out, none
 *    comes twice.
 * 2. Every phase ends: by its own doing, or by its deadline.
 * 3. In `final` no fault is on, and no operation of `main` is under way.
 * 4. A node that ended by its own doing stays down.
 * 5. Nobody may hang unseen: where a node that is up owes an answer, the run
 *    goes on until it gave one, or hung for so long that the world says so.
 */
#include "core/run/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/run/epilogue.h"

#define MS		INT64_C(1000000)
#define SECOND		INT64_C(1000000000)
#define TICK		(5 * MS)	/* how often a phase is looked at      */
#define PROGRESS	(100 * MS)
/* heal: beyond what booting and one operation may take. */
#define HEAL_MORE	(10 * SECOND)
/* quiet: no message for so long, or at most so long in all.  Protocols that
 * repeat something for ever are never silent. */
#define QUIET_SILENCE	(200 * MS)
#define QUIET_MOST	(2 * SECOND)
#define FINAL_MOST	(60 * SECOND)
/* So much later than its limit the world may notice that a node hangs. */
#define HANG_MORE	(1 * SECOND)
/* Bytes kept of a message in the trace. */
#define TRACE_BODY	512u
/* Beliefs (notes) of a node that are kept for the door's status. */
#define BELIEFS_MAX	32u

const char *const phase_names[] = {
	[PHASE_BOOT] = "boot",	 [PHASE_MAIN] = "main",
	[PHASE_HEAL] = "heal",	 [PHASE_PROGRESS] = "progress",
	[PHASE_QUIET] = "quiet", [PHASE_FINAL] = "final",
	[PHASE_END] = "end",
};

static int64_t
now(const struct experiment *x)
{
	return x->world->ops->now(x->world);
}

static void
record(struct experiment *x, const struct event *e)
{
	recorder_event(x->config.recorder, e);
}

/* `why`: of its beginning, or NULL.  `before`: how the one before went. */
static void
enter(struct experiment *x, enum phase phase, int64_t limit,
      enum phase_went before, const char *why)
{
	struct event e = event_make(now(x), EVENT_PHASE);

	FR_ASSERT(phase > x->phase);
	x->phase = phase;
	x->since = e.t;
	x->deadline = e.t + limit;
	e.name = phase_names[phase];
	e.text = why;
	e.number = before;
	record(x, &e);
}

/* ---- nodes ------------------------------------------------------------------- */

/* Boots come from faults, too; whoever sees one first records it. */
static void
note_boots(struct experiment *x)
{
	struct event e = event_make(now(x), EVENT_BOOT);
	uint32_t i, boot = 0;

	for (i = 0; i < x->config.nodes; i++) {
		if (x->world->ops->state(x->world, i, &boot) == NODE_DOWN ||
		    boot < x->node[i].boots)
			continue;
		e.node = (int32_t)i;
		e.boot = (int32_t)boot;
		x->node[i].boots = boot + 1;
		record(x, &e);
	}
}

int
experiment_boot(struct experiment *x, uint32_t node, struct fr_err *err)
{
	if (x->world->ops->boot(x->world, node, err) < 0)
		return -1;
	x->node[node].crashed = x->node[node].lost = false;
	note_boots(x);
	return 0;
}

static bool
all_crashed(const struct experiment *x)
{
	uint32_t i;

	for (i = 0; i < x->config.nodes; i++) {
		if (!x->node[i].crashed && !x->node[i].lost)
			return false;
	}
	return true;
}

/* The first node that is neither up nor lost for good, or -1. */
static int64_t
unsettled(struct experiment *x)
{
	enum node_state state;
	uint32_t i, boot;

	for (i = 0; i < x->config.nodes; i++) {
		state = x->world->ops->state(x->world, i, &boot);
		if (state != (x->node[i].frozen ? NODE_PAUSED : NODE_UP) &&
		    !x->node[i].crashed && !x->node[i].lost)
			return i;
	}
	return -1;
}

/* Invariant 5. */
static bool
may_hang(struct experiment *x)
{
	uint32_t i, boot;
	int64_t owed;

	for (i = 0; i < x->config.nodes; i++) {
		owed = clients_owed(x->clients, i);
		if (owed >= 0 && now(x) - owed < x->config.hang_limit +
		    HANG_MORE &&
		    x->world->ops->state(x->world, i, &boot) == NODE_UP)
			return true;
	}
	return false;
}

/* ---- the phases' ends ------------------------------------------------------------ */

static void
over(struct experiment *x, bool incomplete, const char *why)
{
	if (x->phase == PHASE_END)
		return;
	if (x->phase == PHASE_MAIN)
		x->duration = now(x) - x->main_began;
	if (x->clients != NULL)
		clients_stop(x->clients);
	enter(x, PHASE_END, 0, incomplete, why);
	x->world->ops->leave(x->world);
}

static void
end_main(struct experiment *x, const char *why)
{
	FR_ASSERT(x->phase == PHASE_MAIN);
	x->duration = now(x) - x->main_began;
	clients_stop(x->clients);
	enter(x, PHASE_HEAL, x->config.boot_limit + x->config.timeout +
	      x->config.hang_limit + HEAL_MORE, false, why);
	nemesis_heal(x->nemesis);
	epilogue_freeze(x);
}

static void nemesis_started(void *arg, const struct fault *f,
			    const char *words);
static void nemesis_ended(void *arg, const struct fault *f, bool effective,
			  const char *words);

static const struct nemesis_events nemesis_events = {
	.started = nemesis_started,
	.ended = nemesis_ended,
};

static bool
does_note(void *arg, uint32_t node, const char *name, const char *text)
{
	const struct experiment *x = arg;
	const struct experiment_node *n = &x->node[node];
	uint32_t i;

	for (i = 0; i < n->belief_count; i++) {
		if (strcmp(n->beliefs[i].name, name) == 0)
			return strcmp(n->beliefs[i].text, text) == 0;
	}
	return false;
}

static void
is_lost(void *arg, uint32_t node)
{
	struct experiment *x = arg;

	x->node[node].lost = true;
}

static void
clients_failed(void *arg, const struct fr_err *err)
{
	experiment_fail(arg, err->text);
}

static void
begin_main(struct experiment *x)
{
	const struct clients_config config = {
		.world = x->world,
		.recorder = x->config.recorder,
		.work = x->config.work,
		.nodes = x->config.nodes,
		.clients = x->config.clients,
		.requests = x->config.requests,
		.other_requests = x->config.other_requests,
		.rate = x->config.rate,
		.timeout = x->config.timeout,
		.ops = x->config.ops,
		.seed = x->config.seed,
		.tape = x->config.tape,
		.failed = clients_failed,
		.arg = x,
	};
	const struct scene scene = {
		.world = x->world,
		.ground = *x->config.ground,
		.notes = does_note,
		.lost = is_lost,
		.arg = x,
	};

	enter(x, PHASE_MAIN, x->config.time, false, NULL);
	x->main_began = x->since;
	x->clients = clients_new(&config);
	x->nemesis = nemesis_new(&scene, x->config.plan, &nemesis_events, x);
	clients_begin(x->clients, FR_PHASE_MAIN);
}

/* A tape's faults are waited for, too; or its time, where it has one. */
static bool
all_tried(const struct experiment *x)
{
	const struct tape *t = x->config.tape;

	return t == NULL || (t->length == 0 && now(x) - x->main_began >=
			     tape_faults_end(t));
}

static void
check_main(struct experiment *x)
{
	char why[64], time[32];

	if (now(x) >= x->deadline) {
		time_text(x->config.time, time, sizeof time);
		snprintf(why, sizeof why, "after %s", time);
		end_main(x, why);
	} else if (clients_done(x->clients) && all_tried(x)) {
		end_main(x, "every client is done");
	} else if (all_crashed(x)) {
		end_main(x, "no node is left");
	}
}

static void
become_quiet(struct experiment *x, enum phase_went before, const char *why)
{
	enter(x, PHASE_QUIET, QUIET_MOST, before, why);
	x->sent = x->world->ops->counts(x->world)->sent;
	x->silent_since = x->since;
}

static void
check_heal(struct experiment *x)
{
	int64_t node = unsettled(x);
	bool late = now(x) >= x->deadline;
	char why[128];

	if (!late && (clients_outstanding(x->clients) > 0 ||
		      nemesis_on(x->nemesis) > 0 || node >= 0 ||
		      may_hang(x)))
		return;
	if (late && node >= 0)
		snprintf(why, sizeof why, "node %u did not come back when "
			 "everything was healed", (unsigned)node);
	else if (late)
		snprintf(why, sizeof why, "not everything would heal");
	if (late && clients_outstanding(x->clients) > 0) {
		/* Only a world that lost its timers comes here. */
		experiment_fail(x, "operations that never ended");
		return;
	}
	if (x->config.tape != NULL && !x->config.tape->final) {
		epilogue_end(x);
		over(x, late, late ? why : NULL);
		return;
	}
	if (!late && epilogue_wanted(x)) {
		enter(x, PHASE_PROGRESS, x->config.progress_time +
		      x->config.timeout + x->config.hang_limit + HEAL_MORE,
		      PHASE_WENT_WELL, NULL);
		epilogue_begin(x);
		return;
	}
	epilogue_end(x);
	become_quiet(x, late ? PHASE_INCOMPLETE : PHASE_WENT_WELL,
		     late ? why : NULL);
}

/* Invariant 2: its clients are stopped when it is decided, and their last
 * operations end by themselves. */
static void
check_progress(struct experiment *x)
{
	bool late = now(x) >= x->deadline;
	struct buf why;

	if (!x->shown) {
		buf_init(&why, FR_TEXT_MAX);
		x->shown = epilogue_over(x, &why);
		if (why.size > 0)
			x->stuck = mem_string(why.data);
		buf_free(&why);
		if (!x->shown)
			return;
		clients_stop(x->clients);
		epilogue_end(x);
	}
	if (!late && (clients_outstanding(x->clients) > 0 ||
		      unsettled(x) >= 0 || may_hang(x)))
		return;
	if (clients_outstanding(x->clients) > 0) {
		experiment_fail(x, "operations that never ended");
		return;
	}
	become_quiet(x, x->stuck != NULL ? PHASE_STUCK : PHASE_WENT_WELL,
		     x->stuck);
}
static void
check_quiet(struct experiment *x)
{
	uint64_t sent = x->world->ops->counts(x->world)->sent;
	bool silent;

	if (sent != x->sent) {
		x->sent = sent;
		x->silent_since = now(x);
	}
	silent = now(x) - x->silent_since >= QUIET_SILENCE;
	if (!silent && now(x) < x->deadline)
		return;
	enter(x, PHASE_FINAL, FINAL_MOST + x->config.hang_limit, false, silent ?
	      "no message for 200ms" : "still talking after 2s");
	clients_begin(x->clients, FR_PHASE_FINAL);
}

static void
check_final(struct experiment *x)
{
	if (clients_done(x->clients) && !may_hang(x))
		over(x, false, NULL);
	else if (now(x) >= x->deadline)
		over(x, true, "the final operations did not end in a minute");
}

static void
report_progress(struct experiment *x)
{
	const struct tally *t = &x->config.recorder->tally;
	struct run_progress p;
	uint32_t i, boot;

	if (x->config.progress == NULL || now(x) < x->progress_at)
		return;
	x->progress_at = now(x) + PROGRESS;
	memset(&p, 0, sizeof p);
	p.phase = phase_names[x->phase];
	p.t = now(x) - x->since;
	p.length = x->phase == PHASE_MAIN ? x->config.time : 0;
	p.ok = t->ok;
	p.fail = t->fail;
	p.info = t->info;
	p.nodes = x->config.nodes;
	for (i = 0; i < x->config.nodes; i++)
		p.up += x->world->ops->state(x->world, i, &boot) == NODE_UP;
	p.faults_on = x->nemesis == NULL ? 0 : nemesis_on(x->nemesis);
	x->config.progress(x->config.arg, &p);
}

static void
on_tick(void *arg)
{
	static void (*const check[])(struct experiment *x) = {
		[PHASE_MAIN] = check_main,
		[PHASE_HEAL] = check_heal,
		[PHASE_PROGRESS] = check_progress,
		[PHASE_QUIET] = check_quiet,
		[PHASE_FINAL] = check_final,
		[PHASE_END] = NULL,
	};
	struct experiment *x = arg;

	x->tick = 0;
	if (check[x->phase] != NULL)
		check[x->phase](x);
	report_progress(x);
	if (x->phase != PHASE_END)
		x->tick = x->world->ops->at(x->world, now(x) + TICK, on_tick,
					    x);
}

/* ---- what the nemesis does --------------------------------------------------------- */

static void
nemesis_started(void *arg, const struct fault *f, const char *words)
{
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_FAULT);
	struct buf name;

	buf_init(&name, 4096);
	fault_name(f, &name);
	e.number = f->id;
	e.name = name.data;
	e.text = words;
	if (!f->by_hand)
		e.key = x->main_began + f->at;
	record(x, &e);
	buf_free(&name);
}

static void
nemesis_ended(void *arg, const struct fault *f, bool effective,
	      const char *words)
{
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_HEAL);

	e.number = f->id;
	e.name = f->family->name;
	e.text = words;
	e.key = effective;
	record(x, &e);
	note_boots(x);
}

/* ---- what the world tells ----------------------------------------------------------- */

static void
on_ready(void *arg, uint32_t node, uint32_t boot)
{
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_READY);

	note_boots(x);
	e.node = (int32_t)node;
	e.boot = (int32_t)boot;
	record(x, &e);
	if (!x->node[node].ready) {
		x->node[node].ready = true;
		x->ready++;
	}
	if (x->phase == PHASE_BOOT && x->ready == x->config.nodes)
		begin_main(x);
	else if (x->phase == PHASE_HEAL)
		epilogue_freeze(x);
}

static void
forget_beliefs(struct experiment_node *n)
{
	uint32_t i;

	for (i = 0; i < n->belief_count; i++)
		free(n->beliefs[i].text);
	free(n->beliefs);
	n->beliefs = NULL;
	n->belief_count = 0;
}

static void
on_ended(void *arg, const struct world_end *end)
{
	struct experiment *x = arg;
	struct experiment_node *n = &x->node[end->node];
	struct event e = event_make(now(x), EVENT_END);
	char why[64];

	note_boots(x);
	e.node = (int32_t)end->node;
	e.boot = (int32_t)end->boot;
	e.name = end_names[end->cause];
	e.text = end->text;
	record(x, &e);
	forget_beliefs(n);
	if (end->cause == END_KILLED || end->cause == END_STOPPED)
		return;
	n->crashed = true;
	if (x->phase == PHASE_BOOT) {
		snprintf(why, sizeof why, "node %u did not start", end->node);
		over(x, false, why);
	}
}

static void
on_replied(void *arg, const struct world_reply *reply)
{
	struct experiment *x = arg;

	if (x->clients != NULL)
		clients_replied(x->clients, reply);
}

static void
on_broken(void *arg, uint32_t client, uint64_t token, uint32_t node)
{
	struct experiment *x = arg;

	if (x->clients != NULL)
		clients_broken(x->clients, client, token, node);
}

static void
on_claimed(void *arg, uint32_t node, uint32_t boot, const char *what,
	   int64_t key, int64_t value)
{
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_CLAIM);

	e.node = (int32_t)node;
	e.boot = (int32_t)boot;
	e.name = what;
	e.key = key;
	e.number = value;
	record(x, &e);
}

/* False: the node believed that already. */
static bool
believe(struct experiment_node *n, const char *name, const char *text)
{
	struct belief *b;
	uint32_t i;

	for (i = 0; i < n->belief_count; i++) {
		b = &n->beliefs[i];
		if (strncmp(b->name, name, FR_NAME_MAX) != 0)
			continue;
		if (strcmp(b->text, text) == 0)
			return false;
		free(b->text);
		b->text = mem_string(text);
		return true;
	}
	if (n->belief_count == BELIEFS_MAX)
		return true;
	n->beliefs = mem_resize(n->beliefs, n->belief_count + 1,
				sizeof *n->beliefs);
	b = &n->beliefs[n->belief_count++];
	snprintf(b->name, sizeof b->name, "%s", name);
	b->text = mem_string(text);
	return true;
}

static void
on_noted(void *arg, uint32_t node, uint32_t boot, const char *name,
	 const char *text)
{
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_NOTE);

	if (!believe(&x->node[node], name, text))
		return;
	e.node = (int32_t)node;
	e.boot = (int32_t)boot;
	e.name = name;
	e.text = text;
	recorder_talk(x->config.recorder, &e);
}

static void
on_said(void *arg, uint32_t node, uint32_t boot, enum output_from from,
	uint32_t level, const char *text)
{
	static const char *const names[] = {
		[OUTPUT_STDOUT] = "stdout",
		[OUTPUT_STDERR] = "stderr",
		[OUTPUT_LOG] = "log",
	};
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_LOG);

	e.node = (int32_t)node;
	e.boot = (int32_t)boot;
	e.name = names[from];
	e.number = level;
	e.text = text;
	recorder_talk(x->config.recorder, &e);
}

static void
on_misused(void *arg, uint32_t node, uint32_t boot, const char *text)
{
	struct experiment *x = arg;
	struct event e = event_make(now(x), EVENT_MISUSE);

	e.node = (int32_t)node;
	e.boot = (int32_t)boot;
	e.text = text;
	recorder_talk(x->config.recorder, &e);
}

static void
on_message(void *arg, const struct world_message *m)
{
	struct experiment *x = arg;
	const struct trace t = {
		.sent = m->sent,
		.arrived = m->arrived,
		.src = m->src,
		.dst = m->dst,
		.src_boot = m->src_boot,
		.type = m->type,
		.size = m->size,
		.fate = m->fate,
		.body = m->body,
	};

	if (x->config.recorder->history != NULL)
		history_trace(x->config.recorder->history, &t, TRACE_BODY);
}

static void
on_broke(void *arg, const char *text)
{
	experiment_fail(arg, text);
}

#define EVENTS						\
	.ready = on_ready,				\
	.ended = on_ended,				\
	.replied = on_replied,				\
	.broken = on_broken,				\
	.claimed = on_claimed,				\
	.noted = on_noted,				\
	.said = on_said,				\
	.misused = on_misused,				\
	.broke = on_broke

const struct world_events experiment_events = { EVENTS };
const struct world_events experiment_events_traced = {
	EVENTS,
	.message = on_message,
};

/* ---- all of it ------------------------------------------------------------------------ */

struct experiment *
experiment_new(const struct experiment_config *config)
{
	struct experiment *x = mem_new(sizeof *x);

	x->config = *config;
	x->node = mem_array(config->nodes, sizeof *x->node);
	return x;
}

void
experiment_free(struct experiment *x)
{
	uint32_t i;

	if (x == NULL)
		return;
	if (x->tick != 0)
		x->world->ops->cancel(x->world, x->tick);
	clients_free(x->clients);
	nemesis_free(x->nemesis);
	for (i = 0; i < x->config.nodes; i++)
		forget_beliefs(&x->node[i]);
	free(x->node);
	free(x->failure);
	free(x->stuck);
	free(x);
}

int
experiment_run(struct experiment *x, struct world *w, struct fr_err *err)
{
	struct fr_err broke = { 0 };
	uint32_t i;

	x->world = w;
	x->config.work->world = w;
	for (i = 0; i < x->config.nodes; i++) {
		if (w->ops->boot(w, i, err) < 0)
			return err_wrap(err, "start node %u", i);
	}
	note_boots(x);
	x->tick = w->ops->at(w, now(x) + TICK, on_tick, x);
	if (w->ops->loop(w, &broke) < 0)
		experiment_fail(x, broke.text);
	if (x->aborted)
		return 0;
	w->ops->stop(w);
	return 0;
}

void
experiment_stop(struct experiment *x, const char *why)
{
	if (x->phase == PHASE_BOOT)
		over(x, true, why);
	else if (x->phase == PHASE_MAIN)
		end_main(x, why);
}

void
experiment_interrupt(struct experiment *x)
{
	x->interrupted = true;
	experiment_stop(x, "interrupted");
}

void
experiment_abort(struct experiment *x)
{
	x->interrupted = x->aborted = true;
	x->world->ops->leave(x->world);
}

void
experiment_fail(struct experiment *x, const char *text)
{
	if (x->failure == NULL)
		x->failure = mem_string(text);
	over(x, true, text);
}
