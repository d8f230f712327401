/* SPDX-License-Identifier: MIT */
/*
 * What the checker's own files say to each other.
 *
 * A history is cut into *parts* that cannot affect each other (one a key, for
 * most models).  A part holds columns, not structs: what an operation needs
 * and makes is said by small numbers, times are ranks 0, 1, 2, ... of the
 * part's own events.  Everything that decides works on parts; only prepare.c,
 * verify.c and draw.c look at the history itself.
 *
 * 1. Operations of a part are in the order of their calls.
 * 2. a is before b exactly when ret[a] < call[b].
 * 3. An operation that failed is in no part; one that is pending has
 *    ret == NEVER, and one that is pending and changes nothing is left out.
 */
#ifndef CHECKER_ENGINE_H
#define CHECKER_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "checker/checker.h"
#include "core/base/err.h"
#include "core/base/mem.h"

#define NEVER	UINT32_MAX	/* a rank after every other                    */
#define NONE	UINT32_MAX	/* no value, no state, no operation            */
#define WILD	(UINT32_MAX - 1) /* a plain state that may be any value        */
#define NIL	0u		/* the value nil has this number in each part  */

/* ---- budgets (budget.c) ------------------------------------------------------ */

enum ran_out { OUT_NOTHING, OUT_TIME, OUT_MEMORY, OUT_STEPS, OUT_STOPPED };

/* Shared by all threads of one check. */
struct budget {
	int64_t deadline;		/* of clock_mono; INT64_MAX: none      */
	uint64_t memory_max;		/* bytes; UINT64_MAX: none             */
	uint64_t before;		/* what the process had, at first      */
	uint64_t step;			/* so much is taken between two looks  */
	_Atomic uint64_t memory, peak;	/* taken from here; with all else      */
	_Atomic uint64_t taken;		/* since the last look                 */
	_Atomic uint64_t slack;		/* resident, and not accounted for     */
	_Atomic int out;		/* enum ran_out, the first             */
};

/* began: of clock_mono, or 0: the time begins now. */
void budget_init(struct budget *b, int64_t began, int64_t time_max,
		 uint64_t memory_max);
/* What may still be taken. */
uint64_t budget_left(const struct budget *b);
/* For what is made elsewhere, and stays; false: over the budget. */
bool budget_claim(struct budget *b, uint64_t bytes);
/* Zeroed, or NULL: over the budget (which then says so). */
void *budget_new(struct budget *b, size_t count, size_t size);
/* Not zeroed beyond `old`; NULL leaves p as it was. */
void *budget_resize(struct budget *b, void *p, size_t old, size_t count,
		    size_t size);
void budget_free(struct budget *b, void *p, size_t count, size_t size);
/* Whether there is time left. */
bool budget_time(struct budget *b);
void budget_set_out(struct budget *b, enum ran_out what);

/* ---- values (dict.c) ---------------------------------------------------------- */

/*
 * The values of a part, numbered.  nil is 0.  Where all are whole numbers in
 * a narrow range the number is computed; other whole numbers are looked up,
 * and so is, as soon as there is another value, the 122-bit hash of the
 * content, which for texts and lists is a polynomial, so that the hash of a
 * concatenation comes from its two halves in O(1).
 */
struct dict_entry;

struct dict {
	struct budget *budget;
	int64_t low;			/* direct: number low is 1             */
	uint32_t direct;		/* how many are direct; 0: looked up   */
	bool fold_empty;		/* "" and [] are nil                   */
	struct dict_entry *at;		/* NULL: all are numbers               */
	int64_t *numbers;		/* these, then                         */
	uint32_t *table;
	uint32_t count, room, mask;
	bool failed;			/* out of budget                       */
};

void dict_init(struct dict *d, struct budget *b);
void dict_direct(struct dict *d, int64_t low, uint32_t count);
void dict_free(struct dict *d);
uint32_t dict_id(struct dict *d, const struct fr_value *v);
uint32_t dict_number(struct dict *d, int64_t n);
/* The value that is `id` with `piece` behind it; NONE: cannot be. */
uint32_t dict_concat(struct dict *d, uint32_t id, uint32_t piece);
int64_t dict_int(const struct dict *d, uint32_t id);	/* of a number */
bool dict_is_int(const struct dict *d, uint32_t id);
const struct fr_value *dict_list(const struct dict *d, uint32_t id);
void dict_text(const struct dict *d, uint32_t id, struct buf *out);
uint32_t dict_size(const struct dict *d);

/* How a part's state looks to the search. */
enum shape {
	SHAPE_PLAIN,		/* a register: needs a, makes b                */
	SHAPE_TEXT,		/* the same, and appending                     */
	SHAPE_WORDS,		/* a vector of numbers, by the model's step    */
	SHAPE_OWN		/* bytes, by a workload's fr_model             */
};

/* ---- parts -------------------------------------------------------------------- */

/* Flags of an operation. */
#define OP_PURE		1u	/* never changes the state                     */
#define OP_UNLESS	2u	/* legal where the state is *not* a            */

struct part {
	uint32_t n;
	uint32_t ranks;			/* all are below this                  */
	uint32_t *op;			/* index in the history                */
	uint32_t *call, *ret;
	/*
	 * For a plain model (a register in the widest sense): a is the value
	 * that must be there (NONE: any), b the one that is there afterwards
	 * (NONE: the same).  For another, what its step makes of it.
	 */
	uint32_t *a, *b;
	uint8_t *kind;			/* the model's own                     */
	uint8_t *flags;
	uint32_t initial;		/* plain: the first value; NONE: any   */
	uint32_t values;		/* plain: a, b < values                */
	enum shape shape;
	const struct model *model;
	const struct bound *bound;
	struct dict *dict;		/* shared by the parts made from this  */
	uint32_t *pool;			/* lists that a or b point into        */
	uint32_t pool_size, pool_room;
	int64_t key;
	/* After text_flatten: of each append, the read that showed what was
	 * there before it; NONE: none did. */
	uint32_t *shown_by;
	uint32_t room;			/* of the columns, as they were made   */
	void *block;			/* where they are                      */
	size_t block_size;
	bool weakened;			/* values and pool are another's; op,
					   call and ret are not a split's      */
	bool made;			/* the columns a .. flags are filled   */
};

/* ---- models (model.c, objects.c) --------------------------------------------- */

enum word {
	W_NONE, W_READ, W_WRITE, W_CAS, W_APPEND, W_DELETE,
	W_ADD, W_REMOVE, W_HAS,
	W_INCREMENT, W_DECREMENT, W_ADD_GET, W_GET_ADD,
	W_PUT, W_TAKE, W_PEEK, W_ACQUIRE, W_RELEASE, W_TRANSFER, W_SIZE, W_OPEN
};

struct words {
	int64_t *at;
	size_t count, room;
};

struct model_word {
	const char *text;
	enum word word;
};

/* A model, its settings, and what the history's operations are to it. */
struct bound {
	const struct model *model;
	const struct check_config *config;
	const struct fr_model *own;
	enum word *words;		/* of f                                */
	bool nil_reads_any;
	bool failed_cas;		/* a cas that failed saw another value */
	bool negative;			/* bank: balances may be               */
	struct fr_value initial;
	int64_t permits, accounts, balance;
	bool by_element;		/* set: no operation sees all of it    */
	struct arena arena;
};

enum model_kind {
	MODEL_REGISTER, MODEL_KV, MODEL_SET, MODEL_QUEUE, MODEL_STACK,
	MODEL_PRIORITY, MODEL_COUNTER, MODEL_MUTEX, MODEL_LOCK,
	MODEL_SEMAPHORE, MODEL_LOG, MODEL_BANK, MODEL_OWN
};

struct model {
	const char *name;
	enum model_kind kind;
	enum shape shape;
	const struct model_word *words;	/* ended by NULL                       */
	/* Fills kind, a, b and flags of operation i from *op; returns 1, 0
	 * (leave it out), or -1. */
	int (*column)(struct part *p, uint32_t i,
		      const struct fr_operation *op, struct fr_err *err);
	/* For SHAPE_WORDS: the first state; one step: 0 not legal, 1 legal. */
	void (*init)(const struct part *p, struct words *state);
	int (*step)(const struct part *p, uint32_t i, const int64_t *state,
		    size_t count, struct words *next);
	void (*describe)(const struct part *p, const int64_t *state,
			 size_t count, struct buf *out);
	/* A legal history restricted to some of the values stays legal:
	 * each operation is about at most one value, a or b. */
	bool projects;
};

const struct model *model_find(const char *name);
/* Binds names of operations and settings. */
int model_bind(const struct check_config *c, const struct fr_history *h,
	       struct bound *out, struct fr_err *err);
void bound_free(struct bound *b);

/* The sequential object of a part, states numbered. */
struct object {
	const struct part *part;
	uint32_t initial;
	bool failed;			/* out of budget                       */
	uint32_t (*step)(struct object *o, uint32_t state, uint32_t i);
	/* private to objects.c */
	struct budget *budget;
	const struct fr_history *history;
	char *bytes;
	size_t bytes_size, bytes_room;
	struct blob *at;
	uint32_t count, room;
	uint32_t *table, mask;
	struct words scratch;
	void *own_scratch;
};

/* What the state is, in words that follow "the state is". */
void object_describe(const struct object *o, uint32_t state, struct buf *out);
int object_init(struct object *o, const struct part *p,
		const struct fr_history *h, struct budget *b);
void object_free(struct object *o);

/* ---- cutting a history into parts (split.c, prepare.c) ------------------------- */

struct split {
	struct budget *budget;
	const struct fr_history *h;
	uint64_t live;			/* operations that did not fail        */
	uint32_t parts;
	uint32_t *start;		/* parts + 1                           */
	uint32_t *op, *call, *ret;	/* by part                             */
	int64_t *key;
};

/* 1: out of budget. */
int split_make(struct split *s, const struct fr_history *h, struct bound *m,
	       struct budget *b, struct fr_err *err);
void split_free(struct split *s);
/* A part with its columns, or before they are filled, and filling them (anew);
 * 1: out of budget. */
int part_make(struct part *p, const struct split *s, uint32_t which,
	      struct bound *m, struct budget *b, struct fr_err *err);
int part_begin(struct part *p, const struct split *s, uint32_t which,
	       struct bound *m, struct budget *b);
int part_columns(struct part *p, const struct fr_history *h,
		 struct fr_err *err);
/*
 * A part of the same operations, or some of them, for experiments: keep[i] is
 * 0 (gone), 1 (as it is) or 2 (pending: it may have happened, at any time after
 * its call and with the result that it had, or not; a pure one is gone).
 * from[] of the result tells where each came from.
 */
int part_weaken(struct part *out, const struct part *p, const uint8_t *keep,
		uint32_t **from, struct budget *b);
void part_free(struct part *p, struct budget *b);

/* ---- deciding ------------------------------------------------------------------- */

enum decision { YES, NO, UNDECIDED, NOT_FOR_ME };

struct answer {
	enum decision decision;
	const char *algorithm;
	/* YES: a linearization, `count` of the part's operations (the pending
	 * that were not needed are left out). */
	uint32_t *order;		/* room for n, the caller's            */
	uint32_t count;
	/* NO from the zones: the operations that contradict each other. */
	uint32_t clash[64];
	uint32_t clash_count;
	const char *violation;
	/* NO from the search: no linearization gets past this rank. */
	uint32_t frontier;
	enum ran_out out;
};

/* NO, and nothing gets past that rank; always false. */
static inline bool
answer_no(struct answer *a, const char *violation, uint32_t rank)
{
	a->decision = NO;
	a->violation = violation;
	if (rank < a->frontier)
		a->frontier = rank;
	return false;
}

/* Near-linear, for registers whose observed values have one producer. */
void zones_decide(const struct part *p, struct answer *out, struct budget *b);
/* A map with appends becomes a register, where it can; else its columns stay
 * what they are, or empty.  true: *out has the answer already, which can only
 * be NO. */
bool text_flatten(struct part *p, const struct fr_history *h,
		  struct answer *out, struct budget *b);
/* What it was; the clash of *a now names the reads that it rests on.  1: out
 * of budget. */
int text_restore(struct part *p, const struct fr_history *h,
		 struct answer *a);
/* For everything.  steps 0: no limit. */
void search_decide(const struct part *p, const struct fr_history *h,
		   uint64_t steps, struct answer *out, struct budget *b);
/* The same, without looking at windows; what search_decide is made of. */
void search_once(const struct part *p, const struct fr_history *h,
		 uint64_t steps, struct answer *out, struct budget *b);
/* What is under way between two ranks, for part_weaken. */
void window_make(const struct part *p, uint32_t begin, uint32_t end,
		 uint8_t *keep);
/* A window that ends with the rank `frontier` and has no linearization. */
bool window_refute(const struct part *p, const struct fr_history *h,
		   uint32_t frontier, uint64_t steps, uint8_t *keep,
		   struct budget *b);
/* The best way for this part; steps limits the search. */
void part_decide(const struct part *p, const struct fr_history *h,
		 uint64_t steps, struct answer *out, struct budget *b);

/* ---- the verifier's objects (reference.c) ------------------------------------------- */

/*
 * Each model once more, written for simplicity and sharing nothing with the
 * columns and steps above: what the verifier and the tests trust.
 */
struct reference;

struct reference *reference_new(const struct bound *m);
/* Does op next; false: it is not legal. */
bool reference_apply(struct reference *r, const struct fr_operation *op);
void reference_free(struct reference *r);

/* check_verify, of names that are bound already (verify.c). */
int verify_bound(const struct fr_history *h, const struct bound *m,
		 const uint64_t *order, uint64_t order_count,
		 struct fr_err *err);

/* ---- the least that has no linearization (minimise.c) ------------------------------ */

struct core {
	struct part part;		/* its operations and no others        */
	bool wild;			/* whatever the state was before       */
	bool minimal;			/* each was shown to be needed         */
};

/* false: no memory.  The caller frees the part with the same budget. */
bool core_find(const struct part *p, const struct fr_history *h,
	       const struct answer *a, struct budget *b, struct core *out);
/* The operation (of the history) whose end no linearization reaches. */
uint64_t core_frontier(const struct part *p, const struct fr_history *h,
		       const struct core *c, struct budget *b);

/* ---- evidence (evidence.c) -------------------------------------------------------- */

/* Fills core, reason, violation and explanation of v. */
void evidence_invalid(const struct part *p, const struct fr_history *h,
		      const struct check_config *c, const struct answer *a,
		      const struct budget *b, struct verdict *v);

#endif
