/* SPDX-License-Identifier: MIT */
/*
 * Events, summed up.
 *
 * Everything here is bounded by what it keeps of a stranger's doing: so many
 * different claims and kinds of misuse; what is beyond is counted only.
 */
#include "core/run/tally.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"

#define CLAIMS_MAX	(1u << 21)
#define MISUSES_MAX	64u
#define ENDS_MAX	100000u

void
tally_init(struct tally *t)
{
	memset(t, 0, sizeof *t);
	t->first_ok = -1;
	t->window = -1;
}

void
tally_free(struct tally *t)
{
	arena_free(&t->arena);
	free(t->ops);
	free(t->clients);
	free(t->nodes);
	free(t->ends);
	free(t->faults);
	free(t->misuses);
	free(t->phases);
	free(t->claim_table);
	memset(t, 0, sizeof *t);
}

bool
end_is_crash(const struct tally_end *e)
{
	return e->cause == END_EXITED || e->cause == END_SIGNALLED ||
	       e->cause == END_HUNG ||
	       (e->cause == END_REFUSED && !e->booting);
}

/* Makes *array (zeroed where it grows) hold item i. */
static void
reach(void *array_of, size_t *count, size_t *room, size_t i, size_t size)
{
	char *array;

	if (i < *count)
		return;
	mem_grow(array_of, room, i + 1, size);
	memcpy(&array, array_of, sizeof array);
	memset(array + *count * size, 0, (i + 1 - *count) * size);
	*count = i + 1;
}

static const char *
keep(struct tally *t, const char *text)
{
	return text == NULL ? "" : arena_string(&t->arena, text);
}

/* ---- claims ------------------------------------------------------------------ */

static uint64_t
claim_hash(const char *what, int64_t key)
{
	return hash_mix(hash_text(0, what), (uint64_t)key);
}

/* Where (what, key) is, or would be put. */
static struct claim *
claim_find(struct tally *t, const char *what, int64_t key)
{
	size_t i = (size_t)claim_hash(what, key) & (t->claim_room - 1);
	struct claim *c;

	for (;; i = (i + 1) & (t->claim_room - 1)) {
		c = &t->claim_table[i];
		if (c->what == NULL ||
		    (c->key == key && strcmp(c->what, what) == 0))
			return c;
	}
}

static void
claim_make_room(struct tally *t)
{
	struct claim *old = t->claim_table;
	size_t room = t->claim_room, i;

	if (t->claim_count * 2 < room)
		return;
	t->claim_room = room == 0 ? 64 : room * 2;
	t->claim_table = mem_array(t->claim_room, sizeof *t->claim_table);
	for (i = 0; i < room; i++) {
		if (old[i].what != NULL)
			*claim_find(t, old[i].what, old[i].key) = old[i];
	}
	free(old);
}

static void
add_claim(struct tally *t, const struct event *e)
{
	const char *what = e->name == NULL ? "" : e->name;
	struct claim said, *c;

	t->claims++;
	claim_make_room(t);
	c = claim_find(t, what, e->key);
	said.what = c->what;
	said.key = e->key;
	said.value = e->number;
	said.node = e->node;
	said.boot = e->boot;
	said.t = e->t;
	if (c->what == NULL) {
		if (t->claim_count == CLAIMS_MAX) {
			t->claims_unkept++;
			return;
		}
		said.what = arena_string(&t->arena, what);
		*c = said;
		t->claim_count++;
	} else if (c->value != said.value) {
		if (t->contradictions++ == 0) {
			t->contradiction.first = *c;
			t->contradiction.second = said;
		}
	}
}

/* ---- everything else ----------------------------------------------------------- */

static struct tally_client *
client_of(struct tally *t, const struct event *e)
{
	static struct tally_client nobody;

	if (e->client < 0 || e->client > 1 << 20)
		return &nobody;
	reach(&t->clients, &t->client_count, &t->client_room,
	      (size_t)e->client, sizeof *t->clients);
	return &t->clients[e->client];
}

/* An operation of that client ended ok: what was felt before it began is over. */
static void
add_recovery(struct tally *t, const struct tally_client *c, int64_t now)
{
	struct tally_fault *f;
	size_t i, left = t->unrecovered;

	for (i = t->fault_count; i-- > 0 && left > 0;) {
		f = &t->faults[i];
		if (f->ended < 0 || f->recovered >= 0)
			continue;
		left--;
		if (f->ended_at > c->invoked_at)
			continue;
		f->recovered = now;
		t->unrecovered--;
	}
}

static void
add_progress(struct tally *t, const struct tally_client *c,
	     const struct event *e)
{
	int64_t window = (e->t - t->main_began) / TALLY_WINDOW;

	if (t->first_ok < 0)
		t->first_ok = e->t;
	if (t->unrecovered > 0 && c->invoked > 0)
		add_recovery(t, c, e->t);
	if (t->in_main && window > t->window) {
		t->window = window;
		t->moving++;
	}
}

/* The main phase is over: only its whole windows count. */
static void
end_main(struct tally *t, int64_t now)
{
	int64_t windows = (now - t->main_began) / TALLY_WINDOW;

	t->in_main = false;
	t->windows = windows < 0 ? 0 : (uint64_t)windows;
	if (t->window >= windows)
		t->moving--;
}

double
tally_availability(const struct tally *t)
{
	return t->windows == 0 ? -1 :
	       (double)t->moving / (double)t->windows;
}

static void
add_operation(struct tally *t, const struct event *e)
{
	struct tally_client *client = client_of(t, e);
	struct tally_op *op;

	if (e->f < 0 || e->f >= (int32_t)FR_TABLE_MAX)
		return;
	reach(&t->ops, &t->op_count, &t->op_room, (size_t)e->f,
	      sizeof *t->ops);
	op = &t->ops[e->f];
	if (e->kind == EVENT_INVOKE) {
		op->invoked++;
		t->invoked++;
		client->invoked++;
		client->invoked_at = t->events;
		return;
	}
	if (e->kind == EVENT_OK || e->number == 1)
		client->answered++;
	if (e->kind == EVENT_OK) {
		add_progress(t, client, e);
		op->ok++;
		t->ok++;
	} else if (e->kind == EVENT_FAIL) {
		op->fail++;
		t->fail++;
	} else {
		op->info++;
		t->info++;
	}
}

static struct tally_node *
node_of(struct tally *t, int32_t node)
{
	static struct tally_node nobody;
	size_t i, before = t->node_count;

	if (node < 0 || node >= (int32_t)FR_NODES_MAX)
		return &nobody;
	reach(&t->nodes, &t->node_count, &t->node_room, (size_t)node,
	      sizeof *t->nodes);
	for (i = before; i < t->node_count; i++)
		t->nodes[i].ready = -1;
	return &t->nodes[node];
}

static void
add_end(struct tally *t, const struct event *e)
{
	struct tally_end *end;
	enum end_cause cause;

	for (cause = 0; cause < END_CAUSES; cause++) {
		if (e->name != NULL && strcmp(end_names[cause], e->name) == 0)
			break;
	}
	if (cause == END_KILLED || cause == END_STOPPED ||
	    cause == END_CAUSES || t->end_count == ENDS_MAX)
		return;
	mem_grow(&t->ends, &t->end_room, t->end_count + 1, sizeof *t->ends);
	end = &t->ends[t->end_count++];
	end->t = e->t;
	end->node = e->node;
	end->boot = e->boot;
	end->cause = cause;
	end->booting = node_of(t, e->node)->ready != e->boot;
	end->text = keep(t, e->text);
}

static void
add_fault(struct tally *t, const struct event *e)
{
	struct tally_fault *f;
	size_t i;

	if (e->kind == EVENT_FAULT) {
		mem_grow(&t->faults, &t->fault_room, t->fault_count + 1,
			 sizeof *t->faults);
		f = &t->faults[t->fault_count++];
		memset(f, 0, sizeof *f);
		f->id = (uint32_t)e->number;
		f->family = keep(t, e->name);
		f->what = keep(t, e->text);
		f->effect = "";
		f->planned = e->key == FR_NO_KEY ? -1 : e->key;
		f->began = e->t;
		f->ended = f->recovered = -1;
		return;
	}
	for (i = t->fault_count; i-- > 0;) {
		f = &t->faults[i];
		if (f->id != (uint32_t)e->number || f->ended >= 0)
			continue;
		f->ended = e->t;
		f->ended_at = t->events;
		t->unrecovered++;
		f->effective = e->key == 1;
		f->effect = keep(t, e->text);
		return;
	}
}

static void
add_misuse(struct tally *t, const struct event *e)
{
	const char *text = e->text == NULL ? "" : e->text;
	struct tally_misuse *m;
	size_t i;

	t->misused++;
	for (i = 0; i < t->misuse_count; i++) {
		if (strcmp(t->misuses[i].text, text) == 0) {
			t->misuses[i].count++;
			return;
		}
	}
	if (t->misuse_count == MISUSES_MAX)
		return;
	mem_grow(&t->misuses, &t->misuse_room, t->misuse_count + 1,
		 sizeof *t->misuses);
	m = &t->misuses[t->misuse_count++];
	m->text = keep(t, text);
	m->count = 1;
	m->node = e->node;
	m->t = e->t;
}

static void
add_phase(struct tally *t, const struct event *e)
{
	struct tally_phase *p;

	mem_grow(&t->phases, &t->phase_room, t->phase_count + 1,
		 sizeof *t->phases);
	p = &t->phases[t->phase_count++];
	p->name = keep(t, e->name);
	p->text = e->text == NULL ? NULL : keep(t, e->text);
	p->t = e->t;
	if (t->in_main)
		end_main(t, e->t);
	if (strcmp(p->name, "main") == 0) {
		t->in_main = true;
		t->main_began = e->t;
		t->window = -1;
		t->moving = 0;
	}
	p->before = e->number == PHASE_STUCK ? PHASE_STUCK :
		    e->number == PHASE_INCOMPLETE ? PHASE_INCOMPLETE :
		    PHASE_WENT_WELL;
}

static uint64_t
stir_text(uint64_t h, const char *text)
{
	return text == NULL ? hash_stir(h, 0) :
	       hash_stir_bytes(h, text, strlen(text) + 1);
}

/* What an event is, without where it lies in memory. */
static uint64_t
event_hash(uint64_t h, const struct event *e)
{
	h = hash_stir(h, (uint64_t)e->t);
	h = hash_stir(h, (uint64_t)(uint32_t)e->kind << 32 | e->value.kind);
	h = hash_stir(h, (uint64_t)(uint32_t)e->node << 32 |
			 (uint32_t)e->boot);
	h = hash_stir(h, (uint64_t)e->process);
	h = hash_stir(h, (uint64_t)(uint32_t)e->client << 32 |
			 (uint32_t)e->f);
	h = hash_stir(h, (uint64_t)e->key);
	h = hash_stir(h, (uint64_t)e->number);
	if (e->value.kind == FR_INT)
		h = hash_stir(h, (uint64_t)e->value.u.number);
	else if (e->value.kind == FR_LIST)
		h = hash_stir_bytes(h, e->value.u.list, e->value.count *
				    sizeof *e->value.u.list);
	else if (e->value.kind == FR_BYTES)
		h = hash_stir_bytes(h, e->value.u.bytes, e->value.count);
	return stir_text(stir_text(h, e->name), e->text);
}

void
tally_event(struct tally *t, const struct event *e)
{
	t->events++;
	t->hash = event_hash(t->hash, e);
	t->last = e->t;
	switch (e->kind) {
	case EVENT_INVOKE:
	case EVENT_OK:
	case EVENT_FAIL:
	case EVENT_INFO:
		add_operation(t, e);
		break;
	case EVENT_BOOT:
		node_of(t, e->node)->boots++;
		break;
	case EVENT_READY:
		node_of(t, e->node)->ready = e->boot;
		break;
	case EVENT_END:
		add_end(t, e);
		break;
	case EVENT_FAULT:
	case EVENT_HEAL:
		add_fault(t, e);
		break;
	case EVENT_CLAIM:
		add_claim(t, e);
		break;
	case EVENT_NOTE:
		t->notes++;
		break;
	case EVENT_LOG:
		t->logs++;
		break;
	case EVENT_MISUSE:
		add_misuse(t, e);
		break;
	case EVENT_PHASE:
		add_phase(t, e);
		break;
	}
}
