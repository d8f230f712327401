/* SPDX-License-Identifier: MIT */
/*
 * The life of a node in virtual time, and what it takes.
 *
 *	DOWN -boot-> BOOTING -start() has returned-> UP <-pause, resume-> PAUSED
 *	any -kill, its own end-> DOWN
 *
 *  1. `life` names one boot from its beginning to its end: what is queued for
 *     another one does not happen.
 *  2. A node that is busy, paused or booting takes nothing: what comes waits
 *     in one chain, messages, requests and timers together.
 *  3. Whoever is told of something here may call the world: after each event
 *     the node is looked at anew.
 */
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/world/sim.h"

/* ---- what waits ---------------------------------------------------------------------- */

static void
wait_in_line(struct sim_node *n, uint32_t event)
{
	struct sim_queue *q = &n->sim->queue;

	q->events[event].next = 0;
	if (n->last > 0)
		q->events[n->last - 1].next = event + 1;
	else
		n->first = event + 1;
	n->last = event + 1;
}

static uint32_t
next_in_line(struct sim_node *n)
{
	uint32_t event = n->first - 1;

	n->first = n->sim->queue.events[event].next;
	if (n->first == 0)
		n->last = 0;
	return event;
}

/* Comes back when the node is free. */
static void
wake_later(struct sim_node *n)
{
	struct sim *s = n->sim;
	uint32_t at;

	if (n->waking || n->first == 0 || !sim_takes(n))
		return;
	n->waking = true;
	at = queue_add(&s->queue, n->busy > s->now ? n->busy : s->now,
		       SIM_WAKE, n->slot);
	s->queue.events[at].life = n->life;
}

static bool
is_free(const struct sim_node *n)
{
	return sim_takes(n) && n->busy <= n->sim->now;
}

/* ---- a turn -------------------------------------------------------------------------- */

void
node_enter(struct sim_node *n)
{
	struct sim *s = n->sim;

	if (n->shares)
		twin_globals(n);
	s->running = n;
	the_host = n->host;
	interpose_use(&n->host->libc);
	n->time = SIM_UPTIME + s->now;
	n->departed = false;
	n->turned = 0;
	atomic_store_explicit(&s->options.page->node, n->id,
			      memory_order_relaxed);
	atomic_store_explicit(&s->options.page->now, s->now,
			      memory_order_relaxed);
}

/* The first timer's event is where it has to be. */
void
node_rearm(struct sim_node *n)
{
	struct sim *s = n->sim;
	const struct timer_due *first;
	int64_t when = INT64_MAX;

	if (sim_takes(n) && !n->ticking) {
		first = timers_first(&n->host->timers);
		if (first != NULL)
			when = clock_real(&n->host->clock, first->deadline);
		if (when != INT64_MAX) {
			when -= SIM_UPTIME;
			if (when <= s->now)
				when = s->now + SIM_HOP;
		}
	}
	if (when == n->armed)
		return;
	if (n->armed != INT64_MAX)
		queue_cancel(&s->queue, n->alarm);
	n->armed = when;
	if (when != INT64_MAX)
		n->alarm = queue_add(&s->queue, when, SIM_TIMER, n->slot);
}

void
node_settle(struct sim_node *n)
{
	struct sim *s = n->sim;
	struct host *h = n->host;
	uint32_t life = n->life;

	if (__fpending(stdout) > 0)
		fflush(stdout);
	if (atomic_load_explicit(&h->foreign, memory_order_relaxed)) {
		atomic_store(&h->foreign, false);
		misuse(h, 0, "called the host from another thread, or "
		       "outside of a callback: only the one that runs may");
	}
	s->running = NULL;
	n->busy = n->time - SIM_UPTIME;
	if (h->out.size > 0 && n->busy == s->now && !n->departed) {
		route_all(n, h->out.data, h->out.size);
		h->out.size = 0;
	} else if (h->out.size > 0) {
		route_later(n, n->busy, h->out.data, h->out.size);
		h->out.size = 0;
	}
	if (n->life == life)
		node_rearm(n);
}

/* Its event's place is free from here on, and its frame is freed afterwards. */
static void
deliver(struct sim_node *n, uint32_t event)
{
	struct sim *s = n->sim;
	struct sim_event e = s->queue.events[event];
	const struct frame *f = (const struct frame *)(void *)e.frames.at;
	bool message = f->kind == FRAME_MESSAGE;

	queue_drop(&s->queue, event);
	n->flying -= e.frames.size;
	sim_step(s, message ? STEP_MESSAGE : STEP_REQUEST, n->id,
		 message ? f->src : calls_client(s, f->id),
		 message ? f->type : 0, message ? f->src_boot : 0, f + 1,
		 f->body);
	node_enter(n);
	if (message)
		host_message(n->host, f, f + 1);
	else
		host_request(n->host, f, f + 1);
	node_settle(n);
	sim_room_free(&s->queue, e.frames.at, e.frames.size);
}

static void
run_timers(struct sim_node *n)
{
	struct sim *s = n->sim;
	int64_t now = clock_node_mono(&n->host->clock, SIM_UPTIME + s->now);
	uint64_t order = n->host->timers.order;
	uint32_t life = n->life;
	struct timer_due due;

	while (n->life == life && is_free(n) &&
	       timers_take(&n->host->timers, now, order, &due)) {
		sim_step(s, STEP_TIMER, n->id, 0, due.timer, due.tag, NULL,
			 0);
		node_enter(n);
		host_timer(n->host, &due);
		node_settle(n);
	}
	if (n->life == life)
		node_rearm(n);
}

void
node_arrive(struct sim_node *n, uint32_t event)
{
	if (n->first == 0 && is_free(n)) {
		deliver(n, event);
		return;
	}
	wait_in_line(n, event);
	wake_later(n);
}

void
node_tick(struct sim_node *n)
{
	n->armed = INT64_MAX;
	if (!sim_takes(n))
		return;
	if (n->first == 0 && is_free(n)) {
		run_timers(n);
		return;
	}
	n->ticking = true;
	wait_in_line(n, queue_hold(&n->sim->queue, SIM_TIMER, n->slot));
	wake_later(n);
}

void
node_wake(struct sim_node *n)
{
	struct sim_queue *q = &n->sim->queue;
	uint32_t life = n->life, event;

	n->waking = false;
	while (n->life == life && n->first > 0 && is_free(n)) {
		event = next_in_line(n);
		if (q->events[event].kind == SIM_TIMER) {
			queue_drop(q, event);
			n->ticking = false;
			run_timers(n);
		} else {
			deliver(n, event);
		}
	}
	if (n->life == life)
		wake_later(n);
}

/* ---- its end ------------------------------------------------------------------------- */

/* Hosts whose memory may be damaged: never touched again. */
static struct sim_grave *lost;

void
sim_bury(struct sim *s)
{
	struct sim_grave *g;

	while ((g = s->graves) != NULL) {
		s->graves = g->next;
		host_release(g->host);
		free(g->host);
		free(g);
	}
}

void
node_down(struct sim_node *n, bool leak)
{
	struct sim *s = n->sim;
	struct sim_grave **graves = leak ? &lost : &s->graves, *g;
	struct sim_event *e;
	uint32_t event;

	n->life++;
	n->state = NODE_DOWN;
	n->started = n->waking = n->ticking = false;
	n->busy = 0;
	if (n->armed != INT64_MAX)
		queue_cancel(&s->queue, n->alarm);
	n->armed = INT64_MAX;
	while (n->first > 0) {
		event = next_in_line(n);
		e = &s->queue.events[event];
		if (e->kind != SIM_TIMER) {
			n->flying -= e->frames.size;
			sim_room_free(&s->queue, e->frames.at,
				      e->frames.size);
		}
		queue_drop(&s->queue, event);
	}
	/* It may be in use on this very stack: it is released later. */
	if (n->host != NULL) {
		if (!leak)
			hurt_lost(n);
		g = mem_new(sizeof *g);
		g->host = n->host;
		g->next = *graves;
		*graves = g;
	}
	n->host = NULL;
}

struct sim_end *
node_end(struct sim_node *n, int64_t t, enum end_cause cause, int status,
	 char *text)
{
	struct sim *s = n->sim;
	struct sim_end *e = mem_new(sizeof *e);
	uint32_t at = queue_add(&s->queue, t > s->now ? t : s->now, SIM_END,
				n->slot);

	e->boot = n->boot;
	e->life = n->life;
	e->cause = cause;
	e->status = status;
	e->text = text;
	s->queue.events[at].end = e;
	return e;
}

void
node_ended(struct sim_node *n, struct sim_end *e)
{
	struct sim *s = n->sim;
	const struct world_config *c = &s->world.config;
	const struct world_end end = {
		.node = n->id, .boot = e->boot, .cause = e->cause,
		.status = e->status, .text = e->text,
	};

	/* It may have been killed before it came to its own end. */
	if (e->down || e->life == n->life) {
		if (!e->down)
			node_down(n, e->leak);
		sim_step(s, STEP_END, n->id, 0, (uint32_t)e->cause, e->boot,
			 e->text, strlen(e->text));
		if (is_twin(n))
			twin_ended(n, e);
		else
			c->events->ended(c->arg, &end);
		calls_broken(s, n->slot, e->boot);
	}
	free(e->text);
	free(e);
}

/* ---- its beginning ------------------------------------------------------------------- */

static void
put_real(struct fr_writer *w, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof bits);
	fr_put_u64(w, bits);
}

static void
put_neighbours(struct fr_writer *w, const struct sim_node *n)
{
	const struct topology *t = n->sim->world.config.net->topology;
	const double *row = t->weight + (size_t)n->id * t->nodes;
	uint32_t i, count = 0;

	for (i = 0; i < t->nodes; i++)
		count += i != n->id && row[i] > 0;
	fr_put_u32(w, count);
	for (i = 0; i < t->nodes; i++) {
		if (i == n->id || row[i] <= 0)
			continue;
		fr_put_u32(w, i);
		put_real(w, row[i]);
	}
}

static size_t
start_size(const struct world_config *c)
{
	size_t size = 256 + sizeof(struct node_faults) +
		      12 * (size_t)c->nodes;
	uint32_t i;

	for (i = 0; i < c->param_count; i++)
		size += 8 + strlen(c->params[i].name) +
			strlen(c->params[i].value);
	return size;
}

/* How much its clock has gained by its rate. */
static double
drift(const struct sim_node *n)
{
	return n->drift + (n->clock.rate - 1) *
			  (double)(n->sim->now - n->clock_set);
}

/* Of the wall clock, as the host is told it. */
static int64_t
told_offset(const struct sim_node *n)
{
	return n->clock.offset + n->boot_drift - n->corrected - SIM_UPTIME;
}

/* The body of FRAME_START, as the live world says it. */
static void
put_start(struct fr_writer *w, struct sim_node *n)
{
	const struct world_config *c = &n->sim->world.config;
	uint32_t i;

	n->boot_drift = (int64_t)drift(n);
	fr_put_u32(w, n->id);
	fr_put_u32(w, c->nodes);
	fr_put_u32(w, n->boot);
	/* No two instances toss the same coins. */
	fr_put_u64(w, is_twin(n) ? hash_mix(c->seed, n->sim->twins) : c->seed);
	fr_put_i64(w, SIM_UPTIME + n->sim->now);
	fr_put_i64(w, told_offset(n));
	put_real(w, n->clock.rate);
	fr_put_i64(w, n->clock.error);
	fr_put_u64(w, c->memory_max);
	put_neighbours(w, n);
	fr_put_u32(w, c->param_count);
	for (i = 0; i < c->param_count; i++) {
		wire_put_text(w, c->params[i].name);
		wire_put_text(w, c->params[i].value);
	}
	world_put_show(w, &n->clock, n->sim->now - n->frozen_since,
		       -SIM_UPTIME);
	fr_put_bytes(w, &n->faults, sizeof n->faults);
	FR_ASSERT(!w->failed);
}

static void
left(struct host *h, int status)
{
	struct sim_node *n = (struct sim_node *)(void *)
		((char *)h->carrier - offsetof(struct sim_node, carrier));

	n->sim->death = DEATH_LEFT;
	n->sim->death_status = status;
	siglongjmp(n->sim->jump, 1);
}

static struct host *
make_host(struct sim_node *n)
{
	struct sim *s = n->sim;
	struct host *h = mem_new(sizeof *h);

	h->page = &s->options.page->page;
	h->id = n->id;
	h->boot = n->boot;
	h->time = &n->time;
	h->sync_time = s->options.sync_time;
	h->leave = left;
	h->die = death_struck;
	h->effects = n->effects;
	h->folder = -1;
	h->backing = n->disk;
	if (s->options.chooser != NULL) {
		h->choose = s->options.chooser->random;
		h->choose_arg = s->options.chooser->arg;
	}
	h->carrier = &n->carrier;
	host_describe(h, n->plugin->protocol);
	return h;
}

/* The time of booting is over: `start` is called. */
void
node_start(struct sim_node *n)
{
	struct sim *s = n->sim;
	size_t max = start_size(&s->world.config);
	unsigned char *body = sim_room(&s->queue, max);
	struct fr_writer w = fr_writer(body, max);
	uint32_t life = n->life;

	put_start(&w, n);
	if (n->shares)
		twin_globals(n);
	if (n->plugin->reset != NULL)
		n->plugin->reset(n->plugin->arg);
	sim_step(s, STEP_BOOT, n->id, 0, 0, n->boot, NULL, 0);
	n->host = make_host(n);
	node_enter(n);
	host_start(n->host, body, w.size);
	n->started = true;
	node_settle(n);
	sim_room_free(&s->queue, body, max);
	if (n->life == life)
		wake_later(n);
}

int
node_boot(struct sim_node *n, struct fr_err *err)
{
	struct sim *s = n->sim;
	int64_t ready;
	uint32_t at;

	if (n->state == NODE_BOOTING)
		return err_set(err, "node %u is booting already", n->id);
	if (n->state == NODE_PAUSED)
		return err_set(err, "node %u is paused, not down: resume it",
			       n->id);
	if (n->state != NODE_DOWN)
		return err_set(err, "node %u is up already", n->id);
	if (is_twin(n))
		n->boot = s->nodes[n->id].boot;
	else
		n->boot = n->booted ? n->boot + 1 : 0;
	n->booted = true;
	hurt_plugin(n);
	n->life++;
	n->state = NODE_BOOTING;
	n->slept = false;
	n->log_left = s->world.config.output_max;
	buf_clear(&n->line[0]);
	buf_clear(&n->line[1]);
	if (s->now == 0 && s->options.chooser != NULL &&
	    s->options.chooser->prompt)
		ready = 0;
	else
		ready = s->now + SIM_BOOT_TIME +
			(int64_t)sim_choice(s, "boot", n->slot, n->boot,
					    SIM_BOOT_TIME);
	at = queue_add(&s->queue, ready, SIM_BOOT, n->slot);
	s->queue.events[at].life = n->life;
	return 0;
}

/* ---- what is done to it -------------------------------------------------------------- */

static const char *
words(const struct sim_node *n)
{
	if (n->state == NODE_BOOTING)
		return "while it was booting";
	if (n->state == NODE_PAUSED)
		return "while it was paused";
	return n->busy > n->sim->now ? "while it was busy" : "while idle";
}

int
node_kill(struct sim_node *n, struct fr_err *err)
{
	struct sim_end *e;

	if (n->state == NODE_DOWN)
		return err_set(err, "node %u is not running", n->id);
	e = node_end(n, n->sim->now, END_KILLED, 9,
		     mem_format("killed %s", words(n)));
	e->down = true;
	node_down(n, false);
	return 0;
}

int
node_pause(struct sim_node *n, struct fr_err *err)
{
	if (n->state != NODE_UP)
		return err_set(err, "node %u is %s", n->id,
			       n->state == NODE_PAUSED ? "paused already" :
			       n->state == NODE_BOOTING ? "not up yet" :
			       "not running");
	n->state = NODE_PAUSED;
	sim_step(n->sim, STEP_PAUSE, n->id, 0, 0, n->boot, NULL, 0);
	return 0;
}

int
node_resume(struct sim_node *n, struct fr_err *err)
{
	if (n->state != NODE_PAUSED)
		return err_set(err, "node %u is not paused", n->id);
	n->state = NODE_UP;
	sim_step(n->sim, STEP_RESUME, n->id, 0, 0, n->boot, NULL, 0);
	node_rearm(n);
	wake_later(n);
	return 0;
}

int
node_set_clock(struct sim_node *n, const struct node_clock *c,
	       struct fr_err *err)
{
	struct sim *s = n->sim;
	unsigned char body[64];
	struct fr_writer w = fr_writer(body, sizeof body);

	if (world_check_clock(c, err) < 0)
		return -1;
	n->drift = drift(n);
	n->clock_set = s->now;
	if (c->corrected)
		n->corrected = (int64_t)n->drift;
	if (!n->clock.frozen)
		n->frozen_since = s->now;
	n->clock = *c;
	atomic_fetch_add(&n->effects[EFFECT_CLOCK_SET], 1);
	atomic_store(&n->effects[EFFECT_CLOCK_OFF], 0);
	sim_step(s, STEP_CLOCK, n->id, 0, 0, (uint64_t)c->offset, &c->rate,
		 sizeof c->rate);
	if (n->host == NULL || !n->host->started)
		return 0;
	fr_put_i64(&w, told_offset(n));
	put_real(&w, c->rate);
	fr_put_i64(&w, c->error);
	world_put_show(&w, c, s->now - n->frozen_since, -SIM_UPTIME);
	FR_ASSERT(!w.failed);
	n->time = SIM_UPTIME + s->now;
	host_clock(n->host, body, w.size);
	node_rearm(n);
	return 0;
}

void
node_stop(struct sim_node *n)
{
	struct sim_end *e;

	if (n->state == NODE_DOWN)
		return;
	e = node_end(n, n->sim->now, END_STOPPED, 0,
		     n->state == NODE_UP ? mem_string("stopped in order") :
		     mem_format("killed at the end, %s", words(n)));
	e->down = true;
	node_down(n, false);
}
