/* SPDX-License-Identifier: MIT */
/*
 * The clients.
 *
 * 1. A client has at most one operation under way.  Its invoke is recorded
 *    before its request leaves, and it has exactly one end.
 * 2. An operation ends as fail only where it is certain that it did not happen
 *    and never will (it was refused, or its node says so), or where it changes
 *    nothing anyway (FR_PURE).  Everything else that is not an ok is an info.
 * 3. After an info the process is retired: its number is never used again, and
 *    the client goes on as a new one.
 * 4. A request has a token of its own.  An answer to any other token than the
 *    one that is waited for is not this client's business any more.
 * 5. Nothing here spins: whoever is refused waits before it asks again.
 * 6. Where a tape gives the operations, the workload is not asked: each begins
 *    at its time, or as soon as its client is through with the one before.
 * 7. Where an operation was asked for more than once (a fault made its client
 *    do so), no answer says that it did not happen: another copy may yet.
 */
#include "core/run/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/net/layer.h"

/* A refused client waits this long, evenly drawn. */
#define REFUSED_LOW	1000000
#define REFUSED_HIGH	10000000
/* Behind the nodes + 3 first redirects, each further one waits. */
#define HOP_PAUSE	5000000
/* A client whose node is down asks others this many times, then comes home. */
#define AWAY_MOST	10u

enum stage {
	IDLE,			/* between operations; a timer may run         */
	ASKED,			/* a request is on its way                     */
	HOPPING,		/* redirected; asks again when the timer fires */
	DONE			/* nothing more in this phase                  */
};

struct client {
	struct clients *all;
	uint32_t number;
	enum stage stage;
	uint32_t home;
	uint32_t away, away_left;	/* another node, for so many asks      */
	uint32_t process;
	uint64_t seq;			/* of the process's last operation     */
	int64_t next;			/* not before then, by the rate        */
	uint64_t pause;			/* timer: of IDLE and HOPPING; 0: none */
	struct rng rng;
	/* The operation under way. */
	struct fr_operation op;
	void *value;			/* what op.value points to, if it does */
	size_t value_room;
	uint64_t token;
	uint32_t hops;
	uint64_t limit;			/* timer: the timeout                  */
	size_t at;			/* on the tape: where to look further  */
	bool asked, answered;		/* since this phase began              */
	char *why;			/* it last ended otherwise; or NULL    */
	struct whim whim;		/* what else a fault makes it do       */
	uint64_t whim_timer;
	bool copied;			/* it was asked for more than once     */
};

struct clients {
	struct clients_config config;
	struct client *at;
	uint32_t next_process;
	uint32_t outstanding, done;
	uint64_t next_token;
	uint64_t invoked;		/* in the main phase                   */
	int64_t *owed;			/* by node: asked first since its last
					   answer; -1: nothing                 */
	uint32_t phase;
	int64_t gap;			/* of one client, on average; 0: none  */
	int64_t began;			/* the phase                           */
	bool stopped;
	bool succeeded;			/* since this phase began              */
	bool *in;			/* the nodes to ask; NULL: all         */
};

static void client_next(struct client *c);

static int64_t
now(const struct clients *all)
{
	return all->config.world->ops->now(all->config.world);
}

static void
clear(struct client *c, uint64_t *timer)
{
	struct world *w = c->all->config.world;

	if (*timer != 0)
		w->ops->cancel(w, *timer);
	*timer = 0;
}

static void
on_pause_over(void *arg)
{
	struct client *c = arg;

	c->pause = 0;
	client_next(c);
}

/* Asks the workload again at t. */
static void
sleep_until(struct client *c, int64_t t)
{
	struct world *w = c->all->config.world;

	FR_ASSERT(c->stage == IDLE && c->pause == 0);
	c->pause = w->ops->at(w, t, on_pause_over, c);
}

static void
client_done(struct client *c)
{
	c->stage = DONE;
	c->all->done++;
}

/* ---- the end of an operation ---------------------------------------------------- */

/* The next operation of this client on the tape, or NULL. */
static const struct tape_op *
on_tape(struct client *c)
{
	const struct tape *t = c->all->config.tape;

	while (c->at < t->op_count && (t->ops[c->at].client != c->number ||
				       t->ops[c->at].phase != c->all->phase))
		c->at++;
	return c->at < t->op_count ? &t->ops[c->at] : NULL;
}

/* A tape has its own times; only what it wants at once waits (invariant 5). */
static int64_t
refused_pause(struct client *c, int64_t t)
{
	const struct tape_op *op = on_tape(c);

	return op == NULL || c->all->began + op->at > t ? 0 : REFUSED_LOW;
}

/*
 * `by_node`: the node itself said so, in an answer.  `pause`: wait at least so
 * long before the next one.
 */
static void
operation_ends(struct client *c, uint32_t outcome, const struct fr_value *result,
	       const char *why, bool by_node, int64_t pause)
{
	struct clients *all = c->all;
	struct work *work = all->config.work;
	struct event e;
	int64_t t = now(all), next;

	FR_ASSERT(c->stage == ASKED || c->stage == HOPPING);
	clear(c, &c->pause);
	clear(c, &c->limit);
	clear(c, &c->whim_timer);
	/* Invariant 6. */
	if (outcome == FR_FAIL && c->copied)
		outcome = FR_INFO;
	/* Invariant 2. */
	if (outcome == FR_INFO &&
	    (workload_op(work->workload, c->op.f).flags & FR_PURE))
		outcome = FR_FAIL;
	e = event_make(t, outcome == FR_OK ? EVENT_OK :
			  outcome == FR_FAIL ? EVENT_FAIL : EVENT_INFO);
	e.node = (int32_t)c->op.node;
	e.client = (int32_t)c->number;
	e.process = c->process;
	e.f = (int32_t)c->op.f;
	e.key = c->op.key;
	e.text = why;
	if (outcome == FR_OK)
		e.value = *result;
	else
		e.number = by_node;
	c->op.end_rank = recorder_event(all->config.recorder, &e);
	c->op.ended = t;
	c->op.outcome = outcome;
	c->answered |= by_node;
	all->succeeded |= outcome == FR_OK;
	free(c->why);
	c->why = outcome == FR_OK || why == NULL ? NULL : mem_string(why);
	if (outcome == FR_OK)
		c->op.result = *result;
	if (outcome == FR_INFO) {
		c->op.ended = INT64_MAX;
		c->op.end_rank = UINT64_MAX;
		/* Invariant 3. */
		c->process = all->next_process++;
		c->seq = 0;
	}
	c->stage = IDLE;
	all->outstanding--;
	if (work->workload->ended != NULL && all->config.tape == NULL)
		work->workload->ended(&work->base, &c->op);
	if (all->config.tape != NULL)
		pause = pause > 0 ? refused_pause(c, t) : 0;
	next = t + pause;
	if (c->next > next)
		next = c->next;
	if (next > t && !all->stopped)
		sleep_until(c, next);
	else
		client_next(c);
}

static void
on_limit(void *arg)
{
	struct client *c = arg;
	struct world *w = c->all->config.world;
	char why[64], time[32];

	c->limit = 0;
	if (c->stage == ASKED)
		w->ops->forget(w, c->number, c->token);
	time_text(c->all->config.timeout, time, sizeof time);
	snprintf(why, sizeof why, "no answer within %s", time);
	/* One that was last told to ask elsewhere has not happened. */
	operation_ends(c, c->stage == ASKED ? FR_INFO : FR_FAIL, NULL, why,
		       false, 0);
}

/* ---- asking --------------------------------------------------------------------- */

/* Another node than this one, where there is one. */
static uint32_t
other_node(struct client *c, uint32_t node)
{
	uint32_t nodes = c->all->config.nodes, drawn;

	if (nodes < 2)
		return node;
	drawn = (uint32_t)rng_below(&c->rng, nodes - 1);
	return drawn >= node ? drawn + 1 : drawn;
}

/* Sends what is asked for, under its present token.  1: the node is down. */
static int
send(struct client *c, uint32_t node)
{
	struct clients *all = c->all;
	struct world *w = all->config.world;
	struct world_request r;
	const uint32_t of = w->ops->running(w, node);

	memset(&r, 0, sizeof r);
	r.client = c->number;
	r.token = c->token;
	r.f = (of == WORLD_OWN ? all->config.requests[node] :
	       all->config.other_requests[of])[c->op.f];
	r.key = c->op.key;
	r.value = c->op.value;
	r.process = c->process;
	r.seq = c->seq;
	return w->ops->request(w, node, &r);
}

/* It is gone, or asks once more, where no answer has come yet. */
static void
on_whim(void *arg)
{
	struct client *c = arg;
	struct world *w = c->all->config.world;
	uint32_t node = c->op.node;

	c->whim_timer = 0;
	if (c->stage != ASKED ||
	    !net_whim_holds(w->config.net, &c->whim, c->number, node))
		return;
	if (c->whim.vanish) {
		c->whim.layer->vanished++;
		w->ops->forget(w, c->number, c->token);
		operation_ends(c, FR_INFO, NULL, "the client is gone", false,
			       0);
		return;
	}
	if (c->whim.elsewhere)
		node = other_node(c, node);
	if (send(c, node) != 0)
		return;
	c->whim.layer->retried++;
	c->copied = true;
}

/* What a fault makes of one that has just asked. */
static void
indulge(struct client *c)
{
	struct world *w = c->all->config.world;

	c->whim = net_whim(w->config.net, c->number, c->op.node);
	if (c->whim.layer == NULL)
		return;
	if (c->whim.again && send(c, c->op.node) == 0) {
		c->whim.layer->asked_again++;
		c->copied = true;
	}
	if (c->whim.vanish || c->whim.retry)
		c->whim_timer = w->ops->at(w, now(c->all) +
					   (c->whim.vanish ? c->whim.gone :
							     c->whim.patience),
					   on_whim, c);
}

static void
ask(struct client *c)
{
	struct clients *all = c->all;
	int64_t pause;

	c->token = all->next_token++;
	c->stage = ASKED;
	if (send(c, c->op.node) == 0) {
		if (all->owed[c->op.node] < 0)
			all->owed[c->op.node] = now(all);
		if (c->hops == 0)
			indulge(c);
		return;
	}
	all->owed[c->op.node] = -1;
	/* Its node is down: try others for a while (invariant 5). */
	c->away = other_node(c, c->op.node);
	if (c->away_left == 0)
		c->away_left = 1 + (uint32_t)rng_below(&c->rng, AWAY_MOST);
	pause = rng_between(&c->rng, REFUSED_LOW, REFUSED_HIGH);
	operation_ends(c, FR_FAIL, NULL, "refused: the node is down", false,
		       pause);
}

/* A value of its own: the workload's lasts only until its next answer. */
static void
keep_value(struct client *c, const struct fr_value *v)
{
	size_t size = 0;

	c->op.value = *v;
	if (v->kind == FR_LIST)
		size = v->count * sizeof *v->u.list;
	else if (v->kind == FR_BYTES)
		size = v->count;
	if (size == 0)
		return;
	mem_grow(&c->value, &c->value_room, size, 1);
	if (v->kind == FR_LIST) {
		memcpy(c->value, v->u.list, size);
		c->op.value.u.list = c->value;
	} else {
		memcpy(c->value, v->u.bytes, size);
		c->op.value.u.bytes = c->value;
	}
}

static uint32_t
choose_node(struct client *c, const struct fr_op *op)
{
	const bool *in = c->all->in;
	uint32_t node;

	if (op->node != FR_ANY_NODE)
		return op->node;
	if (in != NULL) {
		for (node = c->away_left > 0 ? c->away : c->home; !in[node];)
			node = (node + 1) % c->all->config.nodes;
		c->away_left -= c->away_left > 0;
		return node;
	}
	if (c->away_left == 0)
		return c->home;
	c->away_left--;
	return c->away;
}

static void
operation_begins(struct client *c, const struct fr_op *op)
{
	struct clients *all = c->all;
	struct world *w = all->config.world;
	struct dist gap = { .kind = DIST_EXP };
	int64_t t = now(all);
	struct event e;

	memset(&c->op, 0, sizeof c->op);
	c->op.process = c->process;
	c->op.client = c->number;
	c->op.node = choose_node(c, op);
	c->op.f = op->f;
	c->op.phase = all->phase;
	c->op.key = op->key;
	c->op.called = t;
	keep_value(c, &op->value);
	c->seq++;
	c->hops = 0;
	c->asked = true;
	c->copied = false;
	if (all->gap > 0) {
		gap.a = all->gap;
		c->next = (c->next > 0 ? c->next : t) +
			  dist_draw(&gap, &c->rng);
		/* Time that was lost while an operation hung is not made up
		 * for by a burst. */
		if (c->next < t)
			c->next = t;
	}
	if (all->phase == FR_PHASE_MAIN)
		all->invoked++;

	e = event_make(t, EVENT_INVOKE);
	e.node = (int32_t)c->op.node;
	e.client = (int32_t)c->number;
	e.process = c->process;
	e.f = (int32_t)c->op.f;
	e.key = c->op.key;
	e.value = c->op.value;
	c->op.call_rank = recorder_event(all->config.recorder, &e);
	c->op.id = c->op.call_rank;
	all->outstanding++;
	c->limit = w->ops->at(w, t + all->config.timeout, on_limit, c);
	ask(c);
}

/* What a client does whose operations are on the tape. */
static void
next_on_tape(struct client *c)
{
	const struct tape_op *next = on_tape(c);
	struct fr_op op = { .size = sizeof op };

	if (next == NULL) {
		client_done(c);
	} else if (c->all->began + next->at > now(c->all)) {
		sleep_until(c, c->all->began + next->at);
	} else {
		c->at++;
		op.f = next->f;
		op.key = next->key;
		op.value = next->value;
		op.node = next->node;
		operation_begins(c, &op);
	}
}

/* What the client does when it has nothing to wait for. */
static void
client_next(struct client *c)
{
	struct clients *all = c->all;
	struct fr_err err = { 0 };
	struct fr_op op;

	if (c->stage == HOPPING) {
		ask(c);
		return;
	}
	FR_ASSERT(c->stage == IDLE);
	if (all->stopped || (all->phase == FR_PHASE_MAIN &&
			     all->config.ops > 0 &&
			     all->invoked >= all->config.ops)) {
		client_done(c);
		return;
	}
	if (all->config.tape != NULL) {
		next_on_tape(c);
		return;
	}
	switch (work_next(all->config.work, c->number, &op, &err)) {
	case FR_OP:
		operation_begins(c, &op);
		return;
	case FR_WAIT:
		sleep_until(c, now(all) + op.wait);
		return;
	case FR_DONE:
		client_done(c);
		return;
	default:
		client_done(c);
		clients_stop(all);
		all->config.failed(all->config.arg, &err);
		return;
	}
}

/* ---- answers -------------------------------------------------------------------- */

/* Nothing was done there: ask `node`. */
static void
redirected(struct client *c, uint32_t node)
{
	struct clients *all = c->all;
	struct world *w = all->config.world;
	char why[96];

	if (node >= all->config.nodes) {
		snprintf(why, sizeof why,
			 "sent on to node %u, which is not there", node);
		operation_ends(c, FR_FAIL, NULL, why, true, REFUSED_LOW);
		return;
	}
	c->op.node = node;
	c->stage = HOPPING;
	if (c->hops++ < all->config.nodes + 3)
		ask(c);
	else
		c->pause = w->ops->at(w, now(all) + HOP_PAUSE, on_pause_over,
				      c);
}

static struct client *
waiting(struct clients *all, uint32_t number, uint64_t token)
{
	struct client *c;

	if (number >= all->config.clients)
		return NULL;
	c = &all->at[number];
	/* Invariant 4. */
	return c->stage == ASKED && c->token == token ? c : NULL;
}

void
clients_replied(struct clients *all, const struct world_reply *r)
{
	struct client *c = waiting(all, r->client, r->token);
	const char *why = r->text[0] == '\0' ? NULL : r->text;

	if (r->node < all->config.nodes)
		all->owed[r->node] = -1;
	if (c == NULL)
		return;
	switch (r->kind) {
	case FR_REPLY_OK:
		operation_ends(c, FR_OK, &r->value, why, true, 0);
		break;
	case FR_REPLY_FAIL:
		operation_ends(c, FR_FAIL, NULL, why, true, 0);
		break;
	case FR_REPLY_UNSURE:
		operation_ends(c, FR_INFO, NULL, why, true, 0);
		break;
	case FR_REPLY_REDIRECT:
		redirected(c, r->redirect);
		break;
	default:
		operation_ends(c, FR_INFO, NULL,
			       "the answer was of no known kind", true, 0);
		break;
	}
}

void
clients_broken(struct clients *all, uint32_t number, uint64_t token,
	       uint32_t node)
{
	struct client *c = waiting(all, number, token);
	char why[64];

	if (node < all->config.nodes)
		all->owed[node] = -1;
	if (c == NULL)
		return;
	snprintf(why, sizeof why, "node %u ended meanwhile", node);
	operation_ends(c, FR_INFO, NULL, why, false,
		       rng_between(&c->rng, REFUSED_LOW, REFUSED_HIGH));
}

/* ---- all of them ---------------------------------------------------------------- */

struct clients *
clients_new(const struct clients_config *config)
{
	struct clients *all = mem_new(sizeof *all);
	struct client *c;
	uint32_t i;

	all->config = *config;
	all->at = mem_array(config->clients, sizeof *all->at);
	all->next_process = config->clients;
	all->next_token = 1;
	all->stopped = true;
	all->owed = mem_array(config->nodes, sizeof *all->owed);
	for (i = 0; i < config->nodes; i++)
		all->owed[i] = -1;
	for (i = 0; i < config->clients; i++) {
		c = &all->at[i];
		c->all = all;
		c->number = i;
		c->process = i;
		c->home = i % config->nodes;
		c->stage = DONE;
		c->rng = rng_make(config->seed, STREAM_WORKLOAD, i, 0,
				  "client");
	}
	all->done = config->clients;
	return all;
}

void
clients_begin(struct clients *all, uint32_t phase)
{
	const struct clients_config *config = &all->config;
	int64_t t = now(all);
	struct client *c;
	uint32_t i;

	FR_ASSERT(all->outstanding == 0 && clients_done(all));
	all->phase = phase;
	all->config.work->base.phase = phase;
	all->stopped = false;
	all->succeeded = false;
	all->done = 0;
	/* The rate is for the main phase; final reads are few. */
	all->gap = 0;
	all->began = t;
	if (config->rate > 0 && phase == FR_PHASE_MAIN && config->tape == NULL)
		all->gap = (int64_t)(1e9 * config->clients / config->rate);
	for (i = 0; i < config->clients; i++) {
		c = &all->at[i];
		c->stage = IDLE;
		c->next = 0;
		c->at = 0;
		c->asked = c->answered = false;
		/* Spread over the first gap, so that they do not march in
		 * step; the first of all begins at once. */
		sleep_until(c, t + (i == 0 ? 0 :
				    rng_between(&c->rng, 0, all->gap)));
	}
}

void
clients_stop(struct clients *all)
{
	struct client *c;
	uint32_t i;

	all->stopped = true;
	for (i = 0; i < all->config.clients; i++) {
		c = &all->at[i];
		if (c->stage != IDLE)
			continue;
		clear(c, &c->pause);
		client_done(c);
	}
}

uint32_t
clients_outstanding(const struct clients *all)
{
	return all->outstanding;
}

bool
clients_done(const struct clients *all)
{
	return all->done == all->config.clients;
}

void
clients_confine(struct clients *all, const bool *in)
{
	uint32_t i;

	free(all->in);
	all->in = NULL;
	/* Nobody at all is no restriction that could be kept. */
	if (in != NULL && memchr(in, true, all->config.nodes) != NULL)
		all->in = mem_copy(in, all->config.nodes * sizeof *in);
	/* Everybody comes home: a node that answers nobody is to be seen. */
	for (i = 0; i < all->config.clients; i++)
		all->at[i].away_left = 0;
}

bool
clients_answered(const struct clients *all, uint32_t client)
{
	return all->at[client].answered || all->at[client].stage == DONE;
}

bool
clients_silent(const struct clients *all, uint32_t client)
{
	return all->at[client].asked && !clients_answered(all, client);
}

bool
clients_succeeded(const struct clients *all)
{
	return all->succeeded;
}

void
clients_words(const struct clients *all, uint32_t client, struct buf *out)
{
	const struct client *c = &all->at[client];
	char since[32];

	buf_printf(out, "client %u ", client);
	if (c->stage == IDLE || c->stage == DONE) {
		buf_printf(out, "got nowhere%s%s", c->why == NULL ? "" : ": ",
			   c->why == NULL ? "" : c->why);
		return;
	}
	time_text(now(all) - c->op.called, since, sizeof since);
	buf_printf(out, "waits for node %u (%s) since %s", c->op.node,
		   workload_op(all->config.work->workload, c->op.f).name,
		   since);
	if (c->why != NULL)
		buf_printf(out, ", and before that: %s", c->why);
}

int64_t
clients_owed(const struct clients *all, uint32_t node)
{
	return all->owed[node];
}

void
clients_free(struct clients *all)
{
	uint32_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->config.clients; i++) {
		clear(&all->at[i], &all->at[i].pause);
		clear(&all->at[i], &all->at[i].limit);
		clear(&all->at[i], &all->at[i].whim_timer);
		free(all->at[i].value);
		free(all->at[i].why);
	}
	free(all->in);
	free(all->owed);
	free(all->at);
	free(all);
}
