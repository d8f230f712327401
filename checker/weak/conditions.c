/* SPDX-License-Identifier: MIT */
/*
 * Which conditions there are, and one check from a name to a verdict.
 */
#include "checker/conditions.h"

#include <stdlib.h>
#include <string.h>

#include "checker/weak/weak.h"
#include "core/base/units.h"

struct condition {
	const char *name;
	void (*check)(struct weak *w);
	enum isolation isolation;	/* where check is NULL                */
};

#define DRAWN_MAX 24u			/* operations that are drawn          */

#define MODEL(name, which) { name, NULL, which }

/* In the order of condition_names. */
static const struct condition conditions[] = {
	{ "sequential", weak_sequential, 0 },
	{ "sequential-per-key", weak_sequential_per_key, 0 },
	{ "causal", weak_causal, CAUSAL },
	{ "causal-convergence", weak_causal_convergence, 0 },
	{ "read-your-writes", weak_read_your_writes, 0 },
	{ "monotonic-reads", weak_monotonic_reads, 0 },
	{ "monotonic-writes", weak_monotonic_writes, 0 },
	{ "writes-follow-reads", weak_writes_follow_reads, 0 },
	{ "convergence", weak_convergence, 0 },
	{ "set-full", weak_set_full, 0 },
	{ "total-queue", weak_queue, 0 },
	{ "unique-ids", weak_ids, 0 },
	{ "counter-bounds", weak_counter, 0 },
	{ "log-offsets", weak_log, 0 },
	MODEL("list-append", SERIALIZABLE),
	MODEL("rw-register", SERIALIZABLE),
	MODEL("read-uncommitted", READ_UNCOMMITTED),
	MODEL("read-committed", READ_COMMITTED),
	MODEL("read-atomic", READ_ATOMIC),
	MODEL("parallel-snapshot-isolation", PARALLEL_SNAPSHOT),
	MODEL("snapshot-isolation", SNAPSHOT),
	MODEL("repeatable-read", REPEATABLE_READ),
	MODEL("serializable", SERIALIZABLE),
	MODEL("strong-session-snapshot-isolation", SESSION_SNAPSHOT),
	MODEL("strong-session-serializable", SESSION_SERIALIZABLE),
	MODEL("strong-snapshot-isolation", STRONG_SNAPSHOT),
	MODEL("strict-serializable", STRICT_SERIALIZABLE),
};

#define CONDITIONS (sizeof conditions / sizeof *conditions)

const char *const condition_names[] = {
	"sequential", "one order of all that keeps each process's",
	"sequential-per-key", "the same, each key by itself (coherence)",
	"causal", "what is seen brings all that came before it",
	"causal-convergence", "causal, with one order of a key's writes",
	"read-your-writes", "a process sees what it wrote, or newer",
	"monotonic-reads", "no process reads backwards",
	"monotonic-writes", "a process's writes are seen in its order",
	"writes-follow-reads", "a write is seen after what its writer read",
	"convergence", "the final reads of a key agree",
	"set-full", "what was added to a set stays, once",
	"total-queue", "what goes into a queue comes out, once",
	"unique-ids", "no identifier is given twice",
	"counter-bounds", "each read is one that the adds allow",
	"log-offsets", "records and offsets keep their places",
	"list-append", "transactions over lists (serializable)",
	"rw-register", "transactions over registers (serializable)",
	"read-uncommitted", "transactions: writes are in one order",
	"read-committed", "transactions: nothing aborted is read",
	"read-atomic", "transactions: all of one's writes, or none",
	"parallel-snapshot-isolation",
		"transactions: snapshots, no lost update",
	"snapshot-isolation", "transactions: snapshots of one history",
	"repeatable-read", "transactions: no cycle over single items",
	"serializable", "transactions: as if one after the other",
	"strong-session-snapshot-isolation",
		"snapshots in each process's order",
	"strong-session-serializable",
		"serializable in each process's order",
	"strong-snapshot-isolation", "snapshots in real time",
	"strict-serializable", "serializable in real time",
	NULL
};

_Static_assert(sizeof condition_names / sizeof *condition_names ==
	       2 * CONDITIONS + 1, "each condition has a line of help");

#define INITIAL	"initial=N\twhat is there at first (default: nothing)\n"
#define NIL_READS "nil-reads=any\ta read of nil tells nothing (default: it " \
		"says that nothing was there)\n"
#define LEVEL	"isolation=MODEL\twhat is promised (default serializable)\n"

#define REGISTERS "read or get; write, put or set; cas with [old new]"
#define TXNS	  "txn, a list as in fracas/txn.h; or, for registers, read, " \
		  "write and cas, each a transaction of its own"
#define ABOUT_REGISTERS(name)	{ name, REGISTERS, INITIAL NIL_READS }
#define ABOUT_TXNS(name)	{ name, TXNS, INITIAL NIL_READS }

const struct condition_about conditions_about[] = {
	ABOUT_REGISTERS("sequential"),
	ABOUT_REGISTERS("sequential-per-key"),
	{ "causal", REGISTERS "; or txn, as in fracas/txn.h",
	  INITIAL NIL_READS },
	ABOUT_REGISTERS("causal-convergence"),
	ABOUT_REGISTERS("read-your-writes"),
	ABOUT_REGISTERS("monotonic-reads"),
	ABOUT_REGISTERS("monotonic-writes"),
	ABOUT_REGISTERS("writes-follow-reads"),
	{ "convergence", REGISTERS "; or add, broadcast or insert, and read "
	  "with a list as its answer; delete", INITIAL NIL_READS
	  "final=last\tof the final reads of a key only the last one at each "
	  "node counts (default all): nodes may take their time\n" },
	{ "set-full", "add, broadcast or insert; read or get with a list as "
	  "its answer",
	  "stale=forbidden\tan element that was known must be in each later "
	  "read (default allowed: it is only counted)\n" },
	{ "total-queue", "enqueue, put or send; dequeue, take or poll with a "
	  "value, or nil where it is empty; drain with a list", "" },
	{ "unique-ids", "any; what is answered is the identifier", "" },
	{ "counter-bounds", "add, increment or inc; subtract, decrement or "
	  "dec (without an argument: by one); read or get", INITIAL
	  "stale=allowed\ta read may lack changes that were acknowledged, but "
	  "for the last one at each node in the final phase (default "
	  "forbidden)\n" },
	{ "log-offsets", "send or append (a value, answered by its offset); "
	  "poll (from an offset, or on) with [offset value offset value ...]; "
	  "commit (an offset); list-committed with an offset or nil", "" },
	{ "list-append", "txn, a list as in fracas/txn.h", LEVEL },
	{ "rw-register", TXNS, LEVEL INITIAL NIL_READS },
	ABOUT_TXNS("read-uncommitted"),
	ABOUT_TXNS("read-committed"),
	ABOUT_TXNS("read-atomic"),
	ABOUT_TXNS("parallel-snapshot-isolation"),
	ABOUT_TXNS("snapshot-isolation"),
	ABOUT_TXNS("repeatable-read"),
	ABOUT_TXNS("serializable"),
	ABOUT_TXNS("strong-session-snapshot-isolation"),
	ABOUT_TXNS("strong-session-serializable"),
	ABOUT_TXNS("strong-snapshot-isolation"),
	ABOUT_TXNS("strict-serializable"),
	{ NULL, NULL, NULL }
};

_Static_assert(sizeof conditions_about / sizeof *conditions_about ==
	       CONDITIONS + 1, "each condition says what it is about");

static const struct condition *
condition_find(const char *name, struct fr_err *err)
{
	const char *near;
	size_t i;

	for (i = 0; i < CONDITIONS; i++)
		if (strcmp(conditions[i].name, name) == 0)
			return &conditions[i];
	near = nearest_word(name, condition_names, CONDITIONS,
			    2 * sizeof *condition_names);
	if (near != NULL)
		err_usage(err, "there is no condition \"%s\"; did you mean %s?",
			  name, near);
	else
		err_usage(err, "there is no condition \"%s\"", name);
	return NULL;
}

static const char *
after(const char *text, const char *name)
{
	size_t size = strlen(name);

	return strncmp(text, name, size) == 0 && text[size] == '=' ?
		text + size + 1 : NULL;
}

static int
read_setting(struct weak *w, const char *text, struct fr_err *err)
{
	const char *value;
	int64_t number;

	if ((value = after(text, "initial")) != NULL) {
		if (read_int(value, INT64_MIN, INT64_MAX, &number, err) != 0)
			return err_wrap(err, "setting initial");
		w->initial.kind = FR_INT;
		w->initial.u.number = number;
		return 0;
	}
	if ((value = after(text, "isolation")) != NULL) {
		w->isolation = value;
		return 0;
	}
	if (strcmp(text, "nil-reads=any") == 0)
		w->nil_reads_any = true;
	else if (strcmp(text, "stale=forbidden") == 0)
		w->stale_forbidden = true;
	else if (strcmp(text, "stale=allowed") == 0)
		w->stale_allowed = true;
	else if (strcmp(text, "final=last") == 0)
		w->final_last = true;
	else if (strcmp(text, "nil-reads=exact") != 0 &&
		 strcmp(text, "final=all") != 0)
		return err_usage(err, "there is no setting \"%s\"; there are "
				 "initial=N, nil-reads=any or exact, "
				 "stale=forbidden or allowed, final=last or "
				 "all, isolation=MODEL", text);
	return 0;
}

/* The isolation that list-append and rw-register were told to promise. */
static int
promised(const struct weak *w, const struct condition *c,
	 enum isolation *out, struct fr_err *err)
{
	int i;

	*out = c->isolation;
	if (w->isolation == NULL)
		return 0;
	for (i = 0; i < ISOLATIONS; i++)
		if (strcmp(w->isolation, isolation_models[i].name) == 0) {
			*out = (enum isolation)i;
			return 0;
		}
	return err_usage(err, "setting isolation: there is no model \"%s\"",
			 w->isolation);
}

static int
check_form(const struct fr_history *h, const struct check_config *c,
	   struct fr_err *err)
{
	const struct fr_operation *o;
	uint64_t i, last = 0;

	if (h->op_count >= WHY_DETAIL_MAX)
		return err_usage(err, "a history of %llu operations is more "
				 "than can be looked at",
				 (unsigned long long)h->op_count);
	for (i = 0; i < h->op_count; i++) {
		o = (const struct fr_operation *)(const void *)
			((const char *)h->ops + i * h->op_stride);
		if (o->f >= c->op_count)
			return err_usage(err, "operation %llu: there is no "
					 "name for its kind %u",
					 (unsigned long long)o->id, o->f);
		if (o->call_rank < last)
			return err_usage(err, "operation %llu was called "
					 "before the one that precedes it",
					 (unsigned long long)o->id);
		if (o->outcome != FR_INFO && o->end_rank < o->call_rank)
			return err_usage(err, "operation %llu ended before it "
					 "was called",
					 (unsigned long long)o->id);
		last = o->call_rank;
	}
	return 0;
}

static void
run(struct weak *w, const struct condition *c, enum isolation isolation)
{
	int lists = -1;

	if (strcmp(c->name, "list-append") == 0)
		lists = 1;
	else if (strcmp(c->name, "rw-register") == 0)
		lists = 0;
	if (c->check == NULL || (c->isolation == CAUSAL && weak_is_txn(w)))
		weak_isolation(w, isolation, lists);
	else
		c->check(w);
}

/* 0, or why the check was left. */
static int
run_guarded(struct weak *w, const struct condition *c,
	    enum isolation isolation)
{
	int why = setjmp(w->leave);

	if (why == 0)
		run(w, c, isolation);
	return why;
}

static void
out_of_budget(struct weak *w)
{
	bool time = atomic_load(&w->budget.out) == OUT_TIME;

	if (w->v.kind == VERDICT_VALID)
		w->v.budget = time ? "time" : "memory";
	if (time)
		weak_unknown(w, "the time budget of %.3g s ran out",
			     (double)w->c->time_max * 1e-9);
	else
		weak_unknown(w, "the memory budget of %.3g MB ran out",
			     (double)w->budget.memory_max * 1e-6);
	weak_note(w, "The check was not finished: the %s budget ran out.",
		  time ? "time" : "memory");
}

/* The picture, then what was found to say. */
static void
explain(struct weak *w)
{
	struct verdict *v = &w->v;
	struct buf out;

	buf_init(&out, 1u << 21);
	if (strcmp(v->algorithm, ISOLATION) == 0)
		v->core_prefix = "T";
	if (v->kind == VERDICT_INVALID && v->core_count <= DRAWN_MAX &&
	    v->core_prefix != NULL)
		check_bars(w->h, v->core, v->core_count, v->core_prefix, &out);
	else if (v->kind == VERDICT_INVALID && v->core_count <= DRAWN_MAX)
		check_draw(w->h, w->c, v->core, v->core_count, &out);
	if (out.size > 0 && w->text.size > 0)
		buf_char(&out, '\n');
	if (w->text.size > 0)
		buf_add(&out, w->text.data, w->text.size);
	if (out.size > 0)
		v->explanation = arena_string(&v->arena, out.data);
	buf_free(&out);
}

static void
finish(struct weak *w, int64_t began)
{
	struct verdict *v = &w->v;

	if (w->violations > w->told)
		weak_note(w, "... and %llu more of these.",
			  (unsigned long long)(w->violations - w->told));
	if (v->kind == VERDICT_VALID && v->reason == NULL)
		v->reason = arena_format(&v->arena, "%s holds", v->condition);
	explain(w);
	v->seconds = (double)(clock_mono() - began) * 1e-9;
	v->memory_bytes = atomic_load(&w->budget.peak);
}

int
check_condition(const char *condition, const struct fr_history *h,
		const struct check_config *config, struct verdict *out,
		struct fr_err *err)
{
	const struct condition *c = condition_find(condition, err);
	enum isolation isolation = READ_UNCOMMITTED;
	int64_t began = clock_mono();
	struct weak *w;
	const char *const *s;
	int failed = -1, why;

	if (c == NULL || check_form(h, config, err) != 0)
		return -1;
	w = mem_new(sizeof *w);
	w->h = h;
	w->c = config;
	w->err = err;
	w->v.condition = c->name;
	w->v.algorithm = "scan";
	w->v.frontier = UINT64_MAX;
	buf_init(&w->text, 1u << 20);
	budget_init(&w->budget, config->began, config->time_max,
		    config->memory_max);
	for (s = config->settings; s != NULL && *s != NULL; s++)
		if (read_setting(w, *s, err) != 0)
			goto give_up;
	if (promised(w, c, &isolation, err) != 0)
		goto give_up;
	why = run_guarded(w, c, isolation);
	if (why == LEAVE_ERROR)
		goto give_up;
	if (why == LEAVE_BUDGET)
		out_of_budget(w);
	finish(w, began);
	*out = w->v;
	failed = 0;
give_up:
	if (failed)
		arena_free(&w->v.arena);
	weak_release(w);
	free(w);
	return failed;
}
