/* SPDX-License-Identifier: MIT */
/*
 * Which models of isolation a history rules out.
 *
 * An anomaly rules out the weakest models that forbid it, and with them all
 * that include those.  "Not ruled out" is no proof: what was not read cannot
 * be known, and the order of a register's versions not be seen.  Where one
 * order of all transactions is found (order.c), that is the proof.
 */
#include "checker/weak/txns.h"

#define ONE(model)	(1u << (model))

const struct isolation_model isolation_models[ISOLATIONS] = {
	[READ_UNCOMMITTED] = { "read-uncommitted",
		"the writes of all keys are in one order", 0 },
	[READ_COMMITTED] = { "read-committed",
		"nothing aborted, intermediate or circular is read",
		ONE(READ_UNCOMMITTED) },
	[READ_ATOMIC] = { "read-atomic",
		"all of a transaction's writes are seen, or none",
		ONE(READ_COMMITTED) },
	[CAUSAL] = { "causal",
		"what is seen brings with it all that came before it",
		ONE(READ_ATOMIC) },
	[PARALLEL_SNAPSHOT] = { "parallel-snapshot-isolation",
		"snapshots, no lost update; they may fork",
		ONE(READ_ATOMIC) },
	[SNAPSHOT] = { "snapshot-isolation",
		"snapshots of one history, no lost update",
		ONE(PARALLEL_SNAPSHOT) },
	[REPEATABLE_READ] = { "repeatable-read",
		"what was read of an item stays so to the end",
		ONE(READ_ATOMIC) },
	[SERIALIZABLE] = { "serializable", "as if one after the other",
		ONE(SNAPSHOT) | ONE(REPEATABLE_READ) },
	[SESSION_SNAPSHOT] = { "strong-session-snapshot-isolation",
		"snapshot isolation in each process's order",
		ONE(SNAPSHOT) | ONE(CAUSAL) },
	[SESSION_SERIALIZABLE] = { "strong-session-serializable",
		"serializable in each process's order",
		ONE(SERIALIZABLE) | ONE(SESSION_SNAPSHOT) },
	[STRONG_SNAPSHOT] = { "strong-snapshot-isolation",
		"snapshot isolation in real time", ONE(SESSION_SNAPSHOT) },
	[STRICT_SERIALIZABLE] = { "strict-serializable",
		"serializable in real time",
		ONE(SESSION_SERIALIZABLE) | ONE(STRONG_SNAPSHOT) },
};

static const struct {
	const char *name;
	uint32_t rules_out;
} anomalies[ANOMALIES] = {
	[A_DUPLICATE] = { "duplicate-elements", ONE(READ_UNCOMMITTED) },
	[A_INCOMPATIBLE] = { "incompatible-order", ONE(READ_UNCOMMITTED) },
	[A_INVENTED] = { "invented", ONE(READ_COMMITTED) },
	[A_INTERNAL] = { "internal", ONE(READ_ATOMIC) },
	[A_G1A] = { "G1a", ONE(READ_COMMITTED) },
	[A_G1B] = { "G1b", ONE(READ_COMMITTED) },
	[A_DIRTY] = { "dirty-update", ONE(READ_COMMITTED) },
	[A_G0] = { "G0", ONE(READ_UNCOMMITTED) },
	[A_G1C] = { "G1c", ONE(READ_COMMITTED) },
	[A_FRACTURED] = { "fractured-read", ONE(READ_ATOMIC) },
	[A_LOST] = { "lost-update",
		     ONE(PARALLEL_SNAPSHOT) | ONE(REPEATABLE_READ) },
	[A_SINGLE] = { "G-single",
		       ONE(PARALLEL_SNAPSHOT) | ONE(REPEATABLE_READ) },
	[A_FORK] = { "long-fork", ONE(SNAPSHOT) | ONE(REPEATABLE_READ) },
	[A_APART] = { "G-nonadjacent", ONE(SNAPSHOT) | ONE(REPEATABLE_READ) },
	[A_G2] = { "G2-item", ONE(REPEATABLE_READ) },
	[A_CAUSAL] = { "causal", ONE(CAUSAL) },
	[A_G0_SESSION] = { "G0-session", ONE(CAUSAL) },
	[A_G1C_SESSION] = { "G1c-session", ONE(CAUSAL) },
	[A_SINGLE_SESSION] = { "G-single-session", ONE(SESSION_SNAPSHOT) },
	[A_APART_SESSION] = { "G-nonadjacent-session", ONE(SESSION_SNAPSHOT) },
	[A_G2_SESSION] = { "G2-item-session", ONE(SESSION_SERIALIZABLE) },
	[A_G0_TIME] = { "G0-realtime", ONE(STRONG_SNAPSHOT) },
	[A_G1C_TIME] = { "G1c-realtime", ONE(STRONG_SNAPSHOT) },
	[A_SINGLE_TIME] = { "G-single-realtime", ONE(STRONG_SNAPSHOT) },
	[A_APART_TIME] = { "G-nonadjacent-realtime", ONE(STRONG_SNAPSHOT) },
	[A_G2_TIME] = { "G2-item-realtime", ONE(STRICT_SERIALIZABLE) },
};

/* What these models rule out with them: the list goes from weak to strong. */
static uint32_t
closure(uint32_t models)
{
	uint32_t m;

	for (m = 0; m < ISOLATIONS; m++)
		if ((isolation_models[m].weaker & models) != 0)
			models |= ONE(m);
	return models;
}

static uint32_t
rules_out(const struct txns *t, uint32_t a)
{
	/* A register's order of writes leans on G1c; see rw_register.c. */
	if (a == A_G0 && !t->lists)
		return ONE(READ_COMMITTED);
	return anomalies[a].rules_out;
}

uint32_t
anomalies_found(const struct txns *t)
{
	uint32_t a, set = 0;

	for (a = 0; a < ANOMALIES; a++)
		if (t->found[a].count > 0)
			set |= 1u << a;
	return set;
}

uint32_t
models_ruled_out(const struct txns *t, uint32_t set)
{
	uint32_t a, out = 0;

	for (a = 0; a < ANOMALIES; a++)
		if ((set & 1u << a) != 0)
			out |= closure(rules_out(t, a));
	return out;
}

static void
names(uint32_t models, struct buf *out)
{
	uint32_t m;
	bool any = false;

	for (m = 0; m < ISOLATIONS; m++) {
		if ((models & ONE(m)) == 0)
			continue;
		buf_printf(out, "%s%s", any ? ", " : "",
			   isolation_models[m].name);
		any = true;
	}
	if (!any)
		buf_text(out, "none");
}

/* What breaks the promise first, then what it allows. */
static void
tell_findings(struct txns *t, enum isolation promised)
{
	struct weak *w = t->w;
	const struct finding *f;
	uint32_t a;
	bool breaks;
	int pass;

	for (pass = 0; pass < 2; pass++)
		for (a = 0; a < ANOMALIES; a++) {
			f = &t->found[a];
			breaks = (closure(rules_out(t, a)) & ONE(promised)) !=
				0;
			if (f->count == 0 || breaks == (pass == 1))
				continue;
			if (breaks)
				weak_violation(w, anomalies[a].name, f->ops,
					       f->op_count, "%s", f->sentence);
			else
				weak_note(w, "%s (which %s allows): %s",
					  anomalies[a].name,
					  isolation_models[promised].name,
					  f->sentence);
			weak_note(w, "%s%s", f->more, f->count == 1 ? "" :
				  arena_format(&w->v.arena, "\n  ... and %llu "
				  "more of this kind",
				  (unsigned long long)f->count - 1));
		}
}

/* ---- the proof ----------------------------------------------------------- */

/* What one order proves, from strong to weak: the edges that it keeps. */
#define PLAIN	(KINDS(E_WW) | KINDS(E_WR) | KINDS(E_RW) | KINDS(E_ATOMIC) | \
		 KINDS(E_THROUGH))

static const struct proof {
	enum isolation model;
	uint32_t kinds;
} proofs[] = {
	{ STRICT_SERIALIZABLE, PLAIN | KINDS(E_CAUSAL) | KINDS(E_SESSION) |
			       KINDS(E_TIME) },
	{ SESSION_SERIALIZABLE, PLAIN | KINDS(E_CAUSAL) | KINDS(E_SESSION) },
	{ SERIALIZABLE, PLAIN },
};

#define PROOFS (sizeof proofs / sizeof *proofs)

/* Steps back in the search for a proof of more than is promised. */
#define TRIES_MAX UINT64_C(100000)

/* What a model includes, itself too. */
static uint32_t
included(enum isolation model)
{
	uint32_t set = ONE(model), m;

	for (m = ISOLATIONS; m-- > 0;)
		if ((set & ONE(m)) != 0)
			set |= isolation_models[m].weaker;
	return set;
}

static void
tell_no_order(struct txns *t, enum isolation promised,
	      const struct no_order *none)
{
	struct weak *w = t->w;
	uint32_t i;

	weak_violation(w, "no-order", none->ops, none->count, "no cycle of a "
		       "few shows it, but every order was tried: the longest "
		       "that is %s has %u of %u transactions, and none of the "
		       "next ones can follow it",
		       isolation_models[promised].name, none->placed,
		       none->must);
	for (i = 0; i < none->count; i++)
		weak_note(w, "  T%u: %s", i + 1, txns_text(t, none->txns[i]));
}

/* Searching without being asked must not take long. */
#define UNASKED_MAX 5000u

/* What is known in the end. */
struct judgement {
	enum isolation promised;
	uint32_t out;			/* models ruled out                   */
	uint32_t holds;			/* those that an order proves         */
	uint32_t unsure;
	uint64_t ordered;		/* transactions in that order         */
	enum isolation by;		/* the strongest that it proves       */
};

/* The strongest that has an order; those that have none are ruled out. */
static void
prove(struct txns *t, struct judgement *j)
{
	struct verdict *v = &t->w->v;
	struct no_order none;
	enum order found;
	bool asked;
	size_t i;

	for (i = 0; i < PROOFS && t->reads > 0; i++) {
		asked = proofs[i].model == j->promised &&
			v->kind != VERDICT_INVALID;
		if ((j->out & ONE(proofs[i].model)) != 0 ||
		    (!asked && (proofs[i].kinds & KINDS(E_SESSION)) == 0 &&
		     t->n > UNASKED_MAX))
			continue;
		found = txns_order(t, proofs[i].kinds, asked ? 0 : TRIES_MAX,
				   &none);
		if (found == ORDER_FOUND) {
			j->holds = included(proofs[i].model);
			j->by = proofs[i].model;
			j->ordered = v->order_count;
			break;
		}
		if (found == ORDER_UNDECIDED)
			continue;
		j->out |= closure(ONE(proofs[i].model));
		if (asked)
			tell_no_order(t, j->promised, &none);
	}
	/* No proof of what was promised is no evidence of an invalid one. */
	if (v->kind == VERDICT_INVALID) {
		v->order = NULL;
		v->order_count = 0;
	}
}

/* Without a proof, registers say nothing of models that speak of the order of
 * versions; what is left out here needs no more than what is known of it. */
static bool
needs_versions(const struct txns *t, enum isolation promised)
{
	return !t->lists && promised != READ_UNCOMMITTED &&
		promised != READ_COMMITTED && promised != READ_ATOMIC &&
		promised != CAUSAL;
}

static void
tell_models(struct weak *w, const struct judgement *j)
{
	uint32_t m, weakest = 0, strongest = 0, above;
	struct buf b;

	above = 0;
	for (m = 0; m < ISOLATIONS; m++) {
		if ((j->out & ONE(m)) != 0) {
			if ((isolation_models[m].weaker & j->out) == 0)
				weakest |= ONE(m);
			continue;
		}
		strongest |= ONE(m);
		above |= isolation_models[m].weaker;
	}
	strongest &= ~above & ~j->unsure;
	for (m = 0; m < ISOLATIONS; m++)
		weak_note(w, "  %-34s %s", isolation_models[m].name,
			  (j->out & ONE(m)) != 0 ? "ruled out" :
			  (j->holds & ONE(m)) != 0 ? "holds" :
			  (j->unsure & ONE(m)) != 0 ? "not decided" :
			  "not ruled out");
	buf_init(&b, 4096);
	buf_text(&b, "Weakest ruled out: ");
	names(weakest, &b);
	buf_printf(&b, ".  Strongest %s: ", (strongest & ~j->holds) == 0 &&
		   strongest != 0 ? "that holds" : "not ruled out");
	names(strongest, &b);
	weak_note(w, "%s.", b.data);
	buf_free(&b);
}

static void
conclude(struct txns *t, const struct judgement *j)
{
	struct weak *w = t->w;
	const char *name = isolation_models[j->promised].name;

	if (w->v.kind == VERDICT_INVALID)
		return;
	if (t->reads == 0)
		weak_unknown(w, "no transaction read anything");
	else if ((j->holds & ONE(j->promised)) != 0)
		w->v.reason = arena_format(&w->v.arena, "%s%s%s: %llu "
			"transactions fit into one order", name,
			j->by == j->promised ? "" : " and even ",
			j->by == j->promised ? "" :
			isolation_models[j->by].name,
			(unsigned long long)j->ordered);
	else if (t->many)
		weak_unknown(w, "some values were written more than once to a "
			     "key, so that their writers are not known; "
			     "nothing else contradicts %s", name);
	else if ((j->unsure & ONE(j->promised)) != 0)
		weak_unknown(w, "the search for some cycles was given up; "
			     "nothing found contradicts %s", name);
	else if (needs_versions(t, j->promised))
		weak_unknown(w, "%s is not ruled out, but the order in which "
			     "the registers' values were written is not "
			     "known, and none was found that proves it",
			     name);
	else
		w->v.reason = arena_format(&w->v.arena, "nothing that %s "
			"forbids in %u transactions", name, t->n);
}

void
weak_isolation(struct weak *w, enum isolation promised, int lists)
{
	struct txns *t = weak_new(w, 1, sizeof *t);
	struct judgement j = { .promised = promised };

	w->v.algorithm = ISOLATION;
	txns_load(t, w, lists);
	if (t->n > 0 && t->lists)
		txns_lists(t);
	else if (t->n > 0)
		txns_registers(t);
	if (t->n > 0) {
		txns_atomic(t);
		txns_cycles(t);
	}
	j.out = models_ruled_out(t, anomalies_found(t));
	tell_findings(t, promised);
	prove(t, &j);
	j.unsure = t->many ? ONE(ISOLATIONS) - 1 :
		models_ruled_out(t, t->gave_up);
	j.unsure &= ~(j.out | j.holds);
	if (w->text.size > 0)
		weak_note(w, "%s", "");
	weak_note(w, "%u transactions over %s, %llu reads, %u values, %u keys.",
		  t->n, t->lists ? "lists" : "registers",
		  (unsigned long long)t->reads, t->values.count,
		  t->keys.count);
	tell_models(w, &j);
	conclude(t, &j);
}
