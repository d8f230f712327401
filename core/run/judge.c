/* SPDX-License-Identifier: MIT */
/*
 * The judge.
 *
 * 1. Any violation makes the verdict invalid; else any doubt makes it unknown;
 *    else it is valid.  A run is valid only where there is no doubt left.
 * 2. The violation that is reported is the most telling: two claims that
 *    contradict each other, then what the models and conditions find, then
 *    what the workload's own check finds, then a node that died by its own doing.
 * 3. No vacuous success: what was never tried, or never answered, or not hurt
 *    although that had been asked for, is a doubt.
 */
#include "core/run/court.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"

#define CRASHES_MAX	12u	/* that are listed */
/* Of one kind the first is shown with its operations, some more in words, and
 * the rest is counted. */
#define TOLD_MAX	4u

/* One more of this kind: how many there were before. */
static uint64_t
count_kind(struct court *c, const char *word)
{
	uint32_t i;

	for (i = 0; i < c->kind_count; i++) {
		if (strcmp(c->kinds[i].word, word) == 0)
			return c->kinds[i].count++;
	}
	if (i == COURT_KINDS_MAX)
		return UINT64_MAX;
	c->kinds[i].word = arena_string(&c->out->arena, word);
	c->kinds[i].count = 1;
	c->kind_count++;
	return 0;
}

bool
court_violation(struct court *c, const char *word, const char *format, ...)
{
	uint64_t before = count_kind(c, word);
	va_list args;
	struct buf b;

	if (before >= TOLD_MAX)
		return false;
	buf_init(&b, 4096);
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	if (c->violation == NULL) {
		c->violation = arena_string(&c->out->arena, word);
		c->violated = arena_string(&c->out->arena,
					   b.size > 0 ? b.data : "");
	} else {
		if (before == 0 && c->evidence.size > 0)
			buf_char(&c->evidence, '\n');
		buf_printf(&c->evidence, "%s%s: %s\n",
			   before > 0 ? "also " : "", word,
			   b.size > 0 ? b.data : "");
	}
	buf_free(&b);
	return before == 0;
}

static void
count_the_rest(struct court *c)
{
	uint32_t i;

	for (i = 0; i < c->kind_count; i++) {
		if (c->kinds[i].count > TOLD_MAX)
			buf_printf(&c->evidence, "and %" PRIu64 " more of the "
				   "kind '%s'\n", c->kinds[i].count -
				   TOLD_MAX, c->kinds[i].word);
	}
}

void
court_doubt(struct court *c, const char *format, ...)
{
	va_list args;
	struct buf b;

	if (c->doubt != NULL)
		return;
	buf_init(&b, 4096);
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	c->doubt = arena_string(&c->out->arena, b.data == NULL ? "" : b.data);
	buf_free(&b);
}

void
court_metric(struct court *c, const char *name, double value, const char *unit)
{
	struct metric *m;

	if (c->metric_count == COURT_METRICS_MAX)
		return;
	m = &c->metrics[c->metric_count++];
	m->name = arena_string(&c->out->arena, name == NULL ? "" : name);
	m->value = value;
	m->unit = arena_string(&c->out->arena, unit == NULL ? "" : unit);
}

/* ---- claims and crashes ---------------------------------------------------------- */

static void
judge_claims(struct court *c)
{
	const struct tally *t = c->j->tally;
	const struct claim *a = &t->contradiction.first;
	const struct claim *b = &t->contradiction.second;
	char key[32] = "";

	if (t->claims_unkept > 0)
		court_doubt(c, "the nodes made too many claims to compare them all");
	if (t->contradictions == 0)
		return;
	if (a->key != FR_NO_KEY)
		snprintf(key, sizeof key, " %" PRId64, a->key);
	court_violation(c, "claim", "node %d claims that %s%s is %" PRId64
		  ", node %d that it is %" PRId64, a->node, a->what, key,
		  a->value, b->node, b->value);
	buf_printf(&c->evidence, "  %9.3fs  node %d (boot %d): %s%s is %"
		   PRId64 "\n", (double)a->t / 1e9, a->node, a->boot, a->what,
		   key, a->value);
	buf_printf(&c->evidence, "  %9.3fs  node %d (boot %d): %s%s is %"
		   PRId64 "\n", (double)b->t / 1e9, b->node, b->boot, b->what,
		   key, b->value);
	if (t->contradictions > 1)
		buf_printf(&c->evidence, "  and %" PRIu64 " more claims "
			   "that contradict an earlier one\n",
			   t->contradictions - 1);
}

static void
judge_ends(struct court *c)
{
	const struct tally *t = c->j->tally;
	const struct tally_end *e;
	size_t i, crashes = 0;

	for (i = 0; i < t->end_count; i++) {
		e = &t->ends[i];
		if (!end_is_crash(e)) {
			court_doubt(c, "node %d could not be started%s: %s", e->node,
			      e->boot > 0 ? " again" : "", e->text);
			continue;
		}
		if (crashes++ == 0)
			court_violation(c, "crash", "node %d ended by itself: "
					"%s, at %.6fs", e->node, e->text,
					(double)e->t / 1e9);
		if (crashes <= CRASHES_MAX)
			buf_printf(&c->evidence, "  %9.3fs  node %d (boot "
				   "%d)%s: %s\n", (double)e->t / 1e9, e->node,
				   e->boot, e->booting ? " while it started" :
				   "", e->text);
	}
	if (crashes > CRASHES_MAX)
		buf_printf(&c->evidence, "  and %zu more\n",
			   crashes - CRASHES_MAX);
}

/* ---- no vacuous success ---------------------------------------------------------------- */

static bool
began_main(const struct tally *t)
{
	size_t i;

	for (i = 0; i < t->phase_count; i++) {
		if (strcmp(t->phases[i].name, "main") == 0)
			return true;
	}
	return false;
}

static void
doubt_operations(struct court *c)
{
	const struct tally *t = c->j->tally;
	size_t i;

	if (t->invoked == 0) {
		court_doubt(c, "no operation was tried");
		return;
	}
	if (t->ok == 0) {
		court_doubt(c, "none of %" PRIu64 " operations succeeded",
		      t->invoked);
		return;
	}
	for (i = 0; i < t->op_count; i++) {
		if (t->ops[i].invoked > 0 && t->ops[i].ok == 0)
			court_doubt(c, "no '%s' succeeded, of %" PRIu64,
			      i < c->j->workload->ops.count ?
			      c->j->op_names[i] : "?", t->ops[i].invoked);
	}
	for (i = 0; i < t->client_count; i++) {
		if (t->clients[i].invoked > 0 && t->clients[i].answered == 0)
			court_doubt(c, "client %zu never got an answer, to %" PRIu64
			      " operations", i, t->clients[i].invoked);
	}
}

/* "disk:torn" is of the family "disk". */
static bool
of_family(const struct tally_fault *f, const char *name)
{
	const size_t size = strlen(name);

	return strncmp(f->family, name, size) == 0 &&
	       (f->family[size] == '\0' || f->family[size] == ':');
}

/* Families of the plan of which not one fault did anything. */
/* Of the faults of one family. */
struct family_effect {
	size_t began;
	bool effective;
	const char *why;		/* what the last of them did           */
};

static struct family_effect
effect_of(const struct tally *t, const char *family)
{
	struct family_effect e = { .why = "" };
	size_t i;

	for (i = 0; i < t->fault_count; i++) {
		if (!of_family(&t->faults[i], family))
			continue;
		e.began++;
		e.why = t->faults[i].effect;
		e.effective |= t->faults[i].effective;
	}
	return e;
}

static uint32_t
planned(const struct plan *p, const struct family *family)
{
	uint32_t i, count = 0;

	for (i = 0; i < p->count; i++)
		count += p->faults[i].family == family;
	return count;
}

/*
 * Each family that was asked for has to have done something.  Where what is
 * possible was asked for ("all", a swarm), something has to have been done: a
 * protocol without a disk has no use for a disk's faults.
 */
static void
doubt_faults(struct court *c)
{
	const struct plan *plan = c->j->plan;
	const struct family *family;
	struct family_effect e;
	bool any = false;
	uint32_t i, k;

	for (i = 0; i < plan->count; i++) {
		family = plan->faults[i].family;
		for (k = 0; plan->faults[k].family != family; k++)
			;
		if (k < i)
			continue;
		e = effect_of(c->j->tally, family->name);
		any |= e.effective;
		if (!e.effective && !c->j->any_family)
			court_doubt(c, "no fault of the family '%s' took "
				    "effect: %zu of %u began%s%s",
				    family->name, e.began,
				    planned(plan, family),
				    *e.why == '\0' ? "" : "; ", e.why);
	}
	if (c->j->any_family && plan->count > 0 && !any)
		court_doubt(c, "none of %u faults took effect", plan->count);
}

static void
doubt_phases(struct court *c)
{
	const struct tally *t = c->j->tally;
	size_t i;

	for (i = 0; i < t->phase_count; i++) {
		if (t->phases[i].before == PHASE_INCOMPLETE &&
		    t->phases[i].text != NULL)
			court_doubt(c, "%s", t->phases[i].text);
	}
	if (c->j->interrupted && !began_main(t))
		court_doubt(c, "interrupted before the nodes were ready");
}

static void
judge_progress(struct court *c)
{
	const struct tally *t = c->j->tally;
	size_t i;

	for (i = 0; i < t->phase_count; i++) {
		if (t->phases[i].before == PHASE_STUCK)
			court_violation(c, "no-progress", "%s",
				  t->phases[i].text == NULL ? "nothing moved "
				  "any more" : t->phases[i].text);
	}
}

/* A supervisor that was killed left a history without an end: a prefix, which
 * is judged like any other; that it is one is said. */
static bool
cut_off(const struct tally *t)
{
	return t->phase_count == 0 ||
	       strcmp(t->phases[t->phase_count - 1].name, "end") != 0;
}

/* ---- figures ------------------------------------------------------------------------------ */

/*
 * The time that would be at place `k` if they were sorted (Hoare 1961): what is
 * before it is not greater afterwards, and what is behind it not less.
 */
static int64_t
time_at(int64_t *times, uint64_t count, uint64_t k)
{
	uint64_t low = 0, high = count - 1, i, j;
	int64_t pivot, swap;

	while (low < high) {
		pivot = times[low + (high - low) / 2];
		i = low;
		j = high;
		for (;; i++, j--) {
			while (times[i] < pivot)
				i++;
			while (times[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap = times[i];
			times[i] = times[j];
			times[j] = swap;
		}
		/* low .. j is not greater than the pivot, the rest not less,
		 * and neither is empty. */
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
	return times[k];
}

static const struct fr_operation *
operation(const struct fr_history *h, uint64_t i)
{
	return (const struct fr_operation *)(const void *)
		((const char *)h->ops + i * h->op_stride);
}

void
count_operations(const struct fr_history *h, const char *const *names,
		 uint32_t count, bool brief, struct arena *a,
		 struct op_counts *out)
{
	int64_t *times = mem_array(h->op_count, sizeof *times);
	const struct fr_operation *op;
	struct op_counts *o;
	uint64_t i, ok;
	uint32_t f;

	for (f = 0; f < count; f++) {
		o = &out[f];
		memset(o, 0, sizeof *o);
		o->name = arena_string(a, names[f]);
		for (i = 0, ok = 0; i < h->op_count; i++) {
			op = operation(h, i);
			if (op->f != f)
				continue;
			o->fail += op->outcome == FR_FAIL;
			o->info += op->outcome == FR_INFO;
			if (op->outcome == FR_OK)
				times[ok++] = op->ended - op->called;
		}
		o->ok = ok;
		o->median = o->p99 = o->max = -1;
		if (ok == 0 || brief)
			continue;
		o->median = time_at(times, ok, ok / 2);
		o->p99 = time_at(times, ok, ok - 1 - ok / 100);
		o->max = time_at(times, ok, ok - 1);
	}
	free(times);
}

/* Of all kinds together: what their clients saw. */
static void
measure_times(struct court *c)
{
	const struct fr_history *h = c->j->history;
	int64_t *times = mem_array(h->op_count, sizeof *times);
	const struct fr_operation *op;
	uint64_t i, ok = 0;

	for (i = 0; i < h->op_count; i++) {
		op = operation(h, i);
		if (op->outcome == FR_OK)
			times[ok++] = op->ended - op->called;
	}
	if (ok > 0) {
		c->out->median = time_at(times, ok, ok / 2);
		c->out->p99 = time_at(times, ok, ok - 1 - ok / 100);
	}
	free(times);
}

static void
measure_operations(struct court *c)
{
	struct run_result *out = c->out;
	uint32_t f;

	out->op_count = c->j->workload->ops.count;
	out->ops = arena_new(&out->arena, out->op_count * sizeof *out->ops);
	count_operations(c->j->history, c->j->op_names, out->op_count,
			 c->j->brief, &out->arena, out->ops);
	for (f = 0; f < out->op_count; f++) {
		out->ok += out->ops[f].ok;
		out->fail += out->ops[f].fail;
		out->info += out->ops[f].info;
	}
	if (!c->j->brief)
		measure_times(c);
}

uint32_t
progress_figures(const struct tally *t, struct metric out[PROGRESS_FIGURES])
{
	int64_t *times = mem_array(t->fault_count, sizeof *times);
	double availability = tally_availability(t);
	uint32_t figures = 0;
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < t->fault_count; i++)
		if (t->faults[i].recovered >= 0)
			times[count++] = t->faults[i].recovered -
					 t->faults[i].ended;
	if (availability >= 0)
		out[figures++] = (struct metric){
			"availability", availability * 100,
			"% of the main phase" };
	if (count > 0) {
		out[figures++] = (struct metric){
			"recovery after a fault, median",
			(double)time_at(times, count, count / 2) / 1e6, "ms" };
		out[figures++] = (struct metric){
			"recovery after a fault, longest",
			(double)time_at(times, count, count - 1) / 1e6, "ms" };
	}
	free(times);
	return figures;
}

/* Availability, and how long faults were felt. */
static void
measure_progress(struct court *c)
{
	const struct tally *t = c->j->tally;
	struct metric figures[PROGRESS_FIGURES];
	struct run_result *out = c->out;
	const struct tally_fault *f;
	struct recovery *r;
	uint32_t i, count;

	out->availability = tally_availability(t);
	out->recoveries = arena_new(&out->arena, t->fault_count *
				    sizeof *out->recoveries);
	for (i = 0; i < t->fault_count; i++) {
		f = &t->faults[i];
		if (f->ended < 0)
			continue;
		r = &out->recoveries[out->recovery_count++];
		r->fault = f->id;
		r->family = arena_string(&out->arena, f->family);
		r->ns = f->recovered < 0 ? -1 : f->recovered - f->ended;
	}
	count = progress_figures(t, figures);
	for (i = 0; i < count; i++)
		court_metric(c, figures[i].name, figures[i].value,
			     figures[i].unit);
}

static void
measure(struct court *c)
{
	const struct fr_history *h = c->j->history;
	const struct tally *t = c->j->tally;
	struct run_result *out = c->out;
	int64_t late = 0;
	uint32_t i;

	out->availability = -1;
	out->median = out->p99 = -1;
	measure_operations(c);
	for (i = 0; i < t->fault_count; i++)
		out->faults_effective += t->faults[i].effective;
	for (i = 0; i < t->fault_count; i++) {
		if (t->faults[i].planned >= 0 &&
		    t->faults[i].began - t->faults[i].planned > late)
			late = t->faults[i].began - t->faults[i].planned;
	}
	if (late > 0)
		court_metric(c, "faults began late by at most",
			     (double)late / 1e6, "ms");
	out->faults_started = (uint32_t)t->fault_count;
	out->messages = h->messages;
	out->message_bytes = h->message_bytes;
	out->duration = h->duration;
	out->hash = t->hash;
	if (h->duration > 0)
		court_metric(c, "throughput", (double)t->ok * 1e9 /
			   (double)h->duration, "ok operations/s");
	if (!c->j->brief)
		measure_progress(c);
	if (h->messages > 0 && t->ok > 0)
		court_metric(c, "messages per ok operation",
			   (double)h->messages / (double)t->ok, "");
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const char *
valid_reason(struct court *c)
{
	const char *far = cut_off(c->j->tally) ?
			  "as far as the run went before it was cut off: " : "";
	const struct run_result *out = c->out;
	uint64_t all = out->ok + out->fail + out->info;

	if (c->proof != NULL)
		return arena_format(&c->out->arena, "%s%s", far, c->proof);
	return arena_format(&c->out->arena, "%s%" PRIu64 " operation%s, and "
			    "nothing that '%s' forbids", far, all,
			    all == 1 ? "" : "s", c->j->workload->name);
}

void
judge(const struct judging *j, struct run_result *out)
{
	struct court c = { .j = j, .out = out };

	buf_init(&c.evidence, COURT_EVIDENCE_MAX);
	/* Invariant 2: in this order. */
	judge_claims(&c);
	if (j->failure == NULL) {
		court_hear_promises(&c);
		court_hear_check(&c);
	}
	judge_ends(&c);
	judge_progress(&c);
	count_the_rest(&c);
	doubt_phases(&c);
	if (began_main(j->tally)) {
		doubt_operations(&c);
		doubt_faults(&c);
	}
	measure(&c);

	out->interrupted = j->interrupted;
	if (j->failure != NULL) {
		out->verdict = VERDICT_UNKNOWN;
		out->failure = arena_string(&out->arena, j->failure);
		out->reason = out->failure;
	} else if (c.violation != NULL) {
		out->verdict = VERDICT_INVALID;
		out->violation = c.violation;
		out->reason = j->beyond == NULL ? c.violated :
			arena_format(&out->arena, "%s" JUDGE_BEYOND " what "
				     "the protocol says that it bears: %s",
				     c.violated, j->beyond);
	} else if (c.doubt != NULL) {
		out->verdict = VERDICT_UNKNOWN;
		out->reason = c.doubt;
	} else {
		out->verdict = VERDICT_VALID;
		out->reason = valid_reason(&c);
	}
	if (c.evidence.size > 0)
		out->evidence = arena_string(&out->arena, c.evidence.data);
	out->metrics = arena_copy(&out->arena, c.metrics,
				  c.metric_count * sizeof *c.metrics);
	out->metric_count = c.metric_count;
	buf_free(&c.evidence);
}
