/* SPDX-License-Identifier: MIT */
/*
 * The live world: making and ending it, its loop, its clock, and what its
 * users call.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/node/backing.h"
#include "core/world/live.h"

/* Descriptors of ours for a node, and for everything else. */
#define FDS_NODE  8u
#define FDS_OTHER 128u

/* Past this, `stop` does not wait for a process that SIGKILL does not end. */
#define STOP_PATIENCE_NS 10000000000ll

static struct live *
live_of(struct world *w)
{
	return (struct live *)w;
}

static struct live_node *
node_of(struct world *w, uint32_t node)
{
	FR_ASSERT(node < w->config.nodes);
	return &live_of(w)->nodes[node];
}

/* ---- time ------------------------------------------------------------------------- */

int64_t
live_now(struct live *l)
{
	return clock_mono() - l->began;
}

static void
set_alarm(struct live *l)
{
	int64_t first = agenda_first(&l->agenda), us;
	struct timeval tv;

	if (first == l->alarm_at)
		return;
	l->alarm_at = first;
	if (first == INT64_MAX) {
		event_del(l->alarm);
		return;
	}
	us = (first - live_now(l) + 999) / 1000;
	if (us < 0)
		us = 0;
	tv.tv_sec = us / 1000000;
	tv.tv_usec = us % 1000000;
	event_add(l->alarm, &tv);
}

static void
on_alarm(evutil_socket_t fd, short what, void *arg)
{
	struct live *l = arg;

	(void)fd;
	(void)what;
	l->alarm_at = INT64_MAX;
	watch_lateness(l, live_now(l) - agenda_first(&l->agenda));
	agenda_run(&l->agenda, live_now(l));
	set_alarm(l);
}

uint64_t
live_at(struct live *l, int64_t t, agenda_fn fn, void *arg, bool owned)
{
	uint64_t id = agenda_add(&l->agenda, t < 0 ? 0 : t, fn, arg, owned);

	set_alarm(l);
	return id;
}

void
live_cancel(struct live *l, uint64_t *id)
{
	if (*id != 0)
		(void)agenda_cancel(&l->agenda, *id);
	*id = 0;
}

/* ---- the loop ---------------------------------------------------------------------- */

void
live_break(struct live *l, const char *text)
{
	const struct world_config *c = &l->world.config;

	if (l->broken)
		return;
	l->broken = true;
	l->broke = mem_string(text);
	event_del(l->nursery_ready);
	event_base_loopbreak(l->base);
	c->events->broke(c->arg, text);
}

static void
on_nursery(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	nursery_heard(arg);
}

static int
live_loop(struct world *w, struct fr_err *err)
{
	struct live *l = live_of(w);

	FR_ASSERT(!l->looping);
	l->looping = true;
	while (!l->left && !l->broken)
		if (event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			live_break(l, "libevent's loop failed");
	l->looping = false;
	l->left = false;
	return l->broken ? err_set(err, "%s", l->broke) : 0;
}

static void
live_leave(struct world *w)
{
	live_of(w)->left = true;
	event_base_loopbreak(live_of(w)->base);
}

static bool
all_ended(const struct live *l)
{
	uint32_t i;

	for (i = 0; i < live_slots(l); i++)
		if (l->nodes[i].life != LIFE_NONE)
			return false;
	return true;
}

static void
live_stop(struct world *w)
{
	struct live *l = live_of(w);
	int64_t limit = live_now(l) + STOP_PATIENCE_NS;
	uint32_t i;

	FR_ASSERT(!l->looping);
	l->looping = true;
	for (i = 0; i < live_slots(l) && !l->broken; i++)
		(void)life_step(&l->nodes[i], ON_STOP, NULL);
	while (!l->broken && !all_ended(l) && live_now(l) < limit)
		if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
			live_break(l, "libevent's loop failed");
	if (!l->broken && !all_ended(l))
		log_warn("a node's process does not end, even by SIGKILL");
	l->looping = false;
	l->left = false;
}

/* ---- what users call ------------------------------------------------------------------- */

static int
live_boot(struct world *w, uint32_t node, struct fr_err *err)
{
	if (live_of(w)->broken)
		return err_set(err, "%s", live_of(w)->broke);
	return life_step(node_of(w, node), ON_BOOT, err);
}

static int
live_kill(struct world *w, uint32_t node, struct fr_err *err)
{
	return life_step(node_of(w, node), ON_KILL, err);
}

static int
live_pause(struct world *w, uint32_t node, struct fr_err *err)
{
	return life_step(node_of(w, node), ON_PAUSE, err);
}

static int
live_resume(struct world *w, uint32_t node, struct fr_err *err)
{
	return life_step(node_of(w, node), ON_RESUME, err);
}

static enum node_state
live_state(struct world *w, uint32_t node, uint32_t *boot)
{
	const struct live_node *n = node_of(w, node);

	if (boot != NULL)
		*boot = n->boot;
	return life_state(n);
}

static int
live_set_clock(struct world *w, uint32_t node, const struct node_clock *c,
	       struct fr_err *err)
{
	struct live_node *n = node_of(w, node);
	int64_t now = live_now(n->live);

	if (world_check_clock(c, err) < 0)
		return -1;
	n->drift = spawn_drift(n, now);
	n->clock_set = now;
	if (c->corrected)
		n->corrected = (int64_t)n->drift;
	if (!n->clock.frozen)
		n->frozen_since = now;
	n->clock = *c;
	n->effects[EFFECT_CLOCK_SET]++;
	n->effects[EFFECT_CLOCK_OFF] = 0;
	if (n->open)
		spawn_clock(n);
	return 0;
}

static int
live_set_crash(struct world *w, uint32_t node, const struct node_crash *c,
	       struct fr_err *err)
{
	return hurt_set_crash(node_of(w, node), c, err);
}

static int
live_set_disk(struct world *w, uint32_t node, const struct node_disk *d,
	      struct fr_err *err)
{
	return hurt_set_disk(node_of(w, node), d, err);
}

static int
live_set_slow(struct world *w, uint32_t node, int64_t ns, struct fr_err *err)
{
	return hurt_set_slow(node_of(w, node), ns, err);
}

static int
live_harm(struct world *w, uint32_t node, const struct node_harm *h,
	  struct fr_err *err)
{
	return hurt_harm(node_of(w, node), h, err);
}

static int
live_replace(struct world *w, uint32_t node, uint32_t other,
	     struct fr_err *err)
{
	return hurt_replace(node_of(w, node), other, err);
}

static uint32_t
live_running(struct world *w, uint32_t node)
{
	return node_of(w, node)->running;
}

static void
live_effects(struct world *w, uint32_t node, uint64_t *out)
{
	hurt_effects(node_of(w, node), out);
}

static int
live_request(struct world *w, uint32_t node, const struct world_request *r)
{
	FR_ASSERT(node < w->config.nodes && r->client < w->config.clients);
	return calls_request(live_of(w), node, r);
}

static void
live_forget(struct world *w, uint32_t client, uint64_t token)
{
	FR_ASSERT(client < w->config.clients);
	call_forget(&live_of(w)->calls, client, token);
}

static int64_t
live_time(struct world *w)
{
	return live_now(live_of(w));
}

static uint64_t
live_add(struct world *w, int64_t t, world_timer_fn fn, void *arg)
{
	return live_at(live_of(w), t, fn, arg, false);
}

static void
live_take_back(struct world *w, uint64_t id)
{
	live_cancel(live_of(w), &id);
}

static int
live_twin(struct world *w, uint32_t node, struct fr_err *err)
{
	if (live_of(w)->broken)
		return err_set(err, "%s", live_of(w)->broke);
	return twin_begin(node_of(w, node), err);
}

static void
live_untwin(struct world *w, uint32_t node)
{
	twin_end(node_of(w, node));
}

static enum node_state
live_twin_state(struct world *w, uint32_t node)
{
	return life_state(node_of(w, node) + w->config.nodes);
}

static const struct world_counts *
live_counts(struct world *w)
{
	return &live_of(w)->counts;
}

/* ---- making and ending it --------------------------------------------------------------- */

static void
live_free(struct world *w)
{
	struct live *l = live_of(w);
	uint32_t i;

	FR_ASSERT(!l->looping);
	/* First the processes, then what led to them. */
	if (l->nursery_ready != NULL)
		event_free(l->nursery_ready);
	nursery_free(l->nursery);
	for (i = 0; l->nodes != NULL && i < live_slots(l); i++) {
		spawn_release(&l->nodes[i]);
		switch_forget(&l->nodes[i]);
		free(l->nodes[i].twin_dir);
		free(l->nodes[i].end.text);
		backing_memory_free(l->nodes[i].kept);
	}
	switch_free(l);
	call_table_free(&l->calls);
	free(l->list);
	if (l->alarm != NULL)
		event_free(l->alarm);
	agenda_free(&l->agenda);
	free(l->nodes);
	free(l->broke);
	free(l);
}

/* As many descriptors as it takes, where that is allowed. */
static int
raise_limit(uint32_t nodes, struct fr_err *err)
{
	rlim_t want = (rlim_t)nodes * FDS_NODE + FDS_OTHER;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return 0;
	if (limit.rlim_max < want)
		return err_set(err, "%u nodes need %llu file descriptors, and "
			       "%llu are allowed: ulimit -Hn", nodes,
			       (unsigned long long)want,
			       (unsigned long long)limit.rlim_max);
	limit.rlim_cur = want;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(err, "raise the limit of file descriptors");
	return 0;
}

static int
find_carrier(struct live *l, struct fr_err *err)
{
	static const char *const names[] = { "stream", "nng" };
	const char *name = l->world.config.carrier, *near;

	l->carrier = name == NULL || strcmp(name, "stream") == 0 ?
		     &live_carrier_stream :
		     strcmp(name, "nng") == 0 ? &live_carrier_nng : NULL;
	if (l->carrier != NULL)
		return 0;
	near = nearest_word(name, names, 2, sizeof *names);
	if (near != NULL)
		return err_usage(err, "there is no carrier '%s'; did you mean "
				 "'%s'?", name, near);
	return err_usage(err, "there is no carrier '%s', only stream and nng",
			 name);
}

static int
make_nodes(struct live *l, struct fr_err *err)
{
	const struct world_config *c = &l->world.config;
	uint32_t i;

	l->nodes = mem_array(live_slots(l), sizeof *l->nodes);
	for (i = 0; i < live_slots(l); i++) {
		l->nodes[i].live = l;
		l->nodes[i].slot = i;
		l->nodes[i].id = i % c->nodes;
		l->nodes[i].clock.rate = 1;
		l->nodes[i].other = l->nodes[i].running = WORLD_OWN;
		l->nodes[i].output[0].fd = l->nodes[i].output[1].fd = -1;
	}
	for (i = 0; i < c->nodes; i++) {
		char *dir = mem_format("%s/node-%u", c->dir, i);
		int made = mkdir(dir, 0700);

		if (made < 0 && errno != EEXIST) {
			err_sys(err, "make %s", dir);
			free(dir);
			return -1;
		}
		free(dir);
	}
	return 0;
}

static int
begin(struct live *l, struct fr_err *err)
{
	const struct world_config *c = &l->world.config;

	if (find_carrier(l, err) < 0 || raise_limit(c->nodes, err) < 0 ||
	    make_nodes(l, err) < 0)
		return -1;
	l->nursery = nursery_new(c->dir, err);
	if (l->nursery == NULL)
		return -1;
	l->nursery_ready = event_new(l->base, nursery_fd(l->nursery),
				     EV_READ | EV_PERSIST, on_nursery, l);
	l->alarm = evtimer_new(l->base, on_alarm, l);
	if (l->nursery_ready == NULL || l->alarm == NULL ||
	    event_add(l->nursery_ready, NULL) < 0)
		return err_set(err, "libevent has no event for the nursery");
	if (switch_new(l, err) < 0)
		return -1;
	call_table_init(&l->calls, c->clients);
	watch_start(l);
	return 0;
}

struct world *
live_new(const struct world_config *c, struct event_base *base,
	 struct fr_err *err)
{
	static const struct world_ops ops = {
		.name = "live",
		.free = live_free,
		.boot = live_boot,
		.kill = live_kill,
		.pause = live_pause,
		.resume = live_resume,
		.state = live_state,
		.set_clock = live_set_clock,
		.set_crash = live_set_crash,
		.set_disk = live_set_disk,
		.set_slow = live_set_slow,
		.harm = live_harm,
		.replace = live_replace,
		.running = live_running,
		.effects = live_effects,
		.request = live_request,
		.forget = live_forget,
		.now = live_time,
		.at = live_add,
		.cancel = live_take_back,
		.loop = live_loop,
		.leave = live_leave,
		.stop = live_stop,
		.counts = live_counts,
		.twin = live_twin,
		.untwin = live_untwin,
		.twin_state = live_twin_state,
	};
	struct live *l = mem_new(sizeof *l);

	FR_ASSERT(c->nodes > 0 && c->nodes <= FR_NODES_MAX);
	l->world.ops = &ops;
	l->world.config = *c;
	l->base = base;
	l->began = clock_mono();
	l->alarm_at = INT64_MAX;
	if (begin(l, err) < 0) {
		live_free(&l->world);
		return NULL;
	}
	return &l->world;
}
