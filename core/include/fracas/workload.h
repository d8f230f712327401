/* SPDX-License-Identifier: MIT */
/*
 * fracas/workload.h - what clients do against a protocol, and how the result
 * is judged: the contract between a workload and its host, version 1.
 *
 * A workload is a shared object that exports `fracas_workload_v1`, written
 * with the FR_WORKLOAD macro.  Unlike a protocol it is trusted: the supervisor
 * loads it.  It says what operations there are, generates them, and says how
 * the history is judged: by a model for linearizability, by other conditions
 * of the checker, by a check of its own, or by several of these.
 *
 * A run goes through phases.  In FR_PHASE_MAIN the nemesis is at work and
 * `next` is asked for one operation after another for each client.  Then the
 * nemesis heals everything, the run waits until the operations under way have
 * ended, and in FR_PHASE_FINAL `next` is asked again, now in a world without
 * faults, until it says FR_DONE for every client: the place for final reads.
 *
 * The same rules as in fracas/protocol.h hold for sizes, growth and ownership.
 */
#ifndef FRACAS_WORKLOAD_H
#define FRACAS_WORKLOAD_H

#include <fracas/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what operations there are --------------------------------------------- */

/*
 * `name` is what the protocol must answer.  A pure operation changes nothing,
 * so that one whose answer never came is as good as one that never was: it
 * ends as fail instead of info, and its client goes on.
 */
#define FR_PURE		1u
#define FR_OPTIONAL	2u	/* left out where the protocol has no such
				   request; `supported` tells                  */

struct fr_op_kind {
	const char *name;
	uint32_t flags;
	uint32_t reserved;
	const char *help;
};

struct fr_ops {
	const struct fr_op_kind *at;
	uint32_t count;
	uint32_t stride;
};

#define FR_OPS(...) FR_TABLE_(struct fr_op_kind, __VA_ARGS__)

/* ---- generating them --------------------------------------------------------- */

#define FR_PHASE_MAIN	0u
#define FR_PHASE_FINAL	1u

/* What `next` answers. */
#define FR_OP		0	/* *op is to be done now                       */
#define FR_WAIT		1	/* nothing now: ask again after op->wait       */
#define FR_DONE		2	/* nothing more from this client in this phase */

#define FR_ANY_NODE	UINT32_MAX

/* The next operation of a client; `next` finds it zeroed but for node. */
struct fr_op {
	uint32_t size;
	uint32_t f;			/* index in the table of operations    */
	int64_t key;			/* FR_NO_KEY: none                     */
	struct fr_value value;		/* good until the next call of `next`  */
	uint32_t node;			/* FR_ANY_NODE: the client's own choice*/
	uint32_t reserved;
	int64_t wait;			/* with FR_WAIT: nanoseconds           */
};

/* How an operation ended. */
#define FR_OK		1u	/* it happened; result                         */
#define FR_FAIL		2u	/* it did not happen and never will            */
#define FR_INFO		3u	/* it may have happened, or may yet            */

/*
 * One operation of a history.  Order is by rank: events are numbered 0, 1, 2,
 * ... as they were recorded, and one operation is before another when its end
 * has a lower rank than the other's call.  An operation that ended as info has
 * no end: its `ended` is INT64_MAX, its rank UINT64_MAX.
 */
struct fr_operation {
	uint32_t process;		/* sequential; a new one after an info */
	uint32_t client;
	uint32_t node;			/* the node it was last asked of       */
	uint32_t f;
	uint32_t outcome;		/* FR_OK, FR_FAIL, FR_INFO             */
	uint32_t phase;
	int64_t key;
	struct fr_value value;		/* the arguments                       */
	struct fr_value result;		/* of an FR_OK                         */
	int64_t called;			/* nanoseconds since the run began     */
	int64_t ended;
	uint64_t call_rank;
	uint64_t end_rank;
	uint64_t id;			/* what people and reports call it     */
};

/* A history, in the order of calls, and what the run around it counted. */
struct fr_history {
	uint32_t size;
	uint32_t nodes;
	uint32_t clients;
	uint32_t op_stride;		/* sizeof(struct fr_operation)         */
	const struct fr_operation *ops;
	uint64_t op_count;
	uint64_t messages;		/* sent from node to node              */
	uint64_t message_bytes;
	int64_t duration;		/* of the main phase                   */
};

struct fr_work;

/* The host's side for a generator. */
struct fr_work_host {
	uint32_t size;
	uint32_t minor;
	uint64_t (*random)(struct fr_work *w);
	int64_t (*now)(struct fr_work *w);	/* since the run began         */
	int (*param)(struct fr_work *w, const char *name,
		     struct fr_value *out);	/* as in struct fr_host        */
	/* Zeroed; freed by the host when the run is over. */
	void *(*alloc)(struct fr_work *w, size_t size);
	/* Whether the protocol answers operation f. */
	int (*supported)(struct fr_work *w, uint32_t f);
};

struct fr_work {
	uint32_t size;
	uint32_t nodes;
	uint32_t clients;
	uint32_t phase;
	void *state;			/* state_size bytes                    */
	const struct fr_work_host *host;
};

/* ---- judging them -------------------------------------------------------------- */

/*
 * A model for linearizability: a sequential object.  A state is state_size
 * plain bytes without padding that varies (two states are the same when their
 * bytes are, unless `equal` and `hash` say otherwise).
 */
struct fr_model {
	uint32_t size;
	uint32_t state_size;
	const char *name;
	void (*init)(void *state);
	/*
	 * May `op` happen in `state`?  If so fills `next` and returns 1, else
	 * 0.  The result of an FR_INFO is not known: any will do.  The host
	 * leaves out operations that ended as FR_FAIL.
	 */
	int (*step)(const void *state, const struct fr_operation *op,
		    void *next);
	int (*equal)(const void *a, const void *b);	/* or NULL             */
	uint64_t (*hash)(const void *state);		/* or NULL             */
	/* Operations on different parts never affect each other; or NULL. */
	int64_t (*partition)(const struct fr_operation *op);
	/* An operation or a state in words; or NULL. */
	void (*describe_op)(const struct fr_operation *op, char *text,
			    size_t max);
	void (*describe_state)(const void *state, char *text, size_t max);
};

/*
 * What else a history is held against: a condition of the checker, by its name
 * in `fracas list conditions` ("sequential", "monotonic-reads", "set-full",
 * "list-append"), or a model, by its name in `fracas list models`.  `settings`
 * are those of `fracas describe NAME`, with commas between them, or NULL:
 * "initial=0,nil-reads=any".  A setting `name=$param` has the value of this
 * run's parameter `param`, so that people can choose it with --set.
 */
struct fr_condition {
	const char *name;
	const char *settings;
};

struct fr_conditions {
	const struct fr_condition *at;
	uint32_t count;
	uint32_t stride;
};

#define FR_CONDITIONS(...) FR_TABLE_(struct fr_condition, __VA_ARGS__)

/*
 * Where a check puts what it found.  Nothing said is "valid".  A violation
 * names its kind in a short fixed word ("lost", "duplicate": runs are grouped
 * by it), a sentence, and the operations that show it (indices into ops).
 */
struct fr_judge {
	uint32_t size;
	uint32_t reserved;
	void (*violation)(struct fr_judge *j, const char *kind,
			  const uint64_t *ops, uint32_t op_count,
			  const char *sentence);
	/* The history does not allow a verdict, and why. */
	void (*unknown)(struct fr_judge *j, const char *sentence);
	/* A measurement for people: "stable latency p99", 12.5, "ms". */
	void (*metric)(struct fr_judge *j, const char *name, double value,
		       const char *unit);
	/* Memory that lasts until the check returns; never NULL. */
	void *(*alloc)(struct fr_judge *j, size_t size);
	/* Since minor 1: a parameter of the run, as in struct fr_work_host. */
	int (*param)(struct fr_judge *j, const char *name,
		     struct fr_value *out);
};

typedef int (*fr_work_start_fn)(struct fr_work *w);
typedef int (*fr_work_next_fn)(struct fr_work *w, uint32_t client,
			       struct fr_op *op);
typedef void (*fr_work_ended_fn)(struct fr_work *w,
				 const struct fr_operation *op);
typedef void (*fr_work_check_fn)(const struct fr_history *h,
				 struct fr_judge *j);

struct fr_workload {
	uint32_t size;			/* FR_WORKLOAD_HEAD fills these two    */
	uint32_t minor;
	const char *name;
	const char *summary;		/* one line                            */
	const char *promise;		/* what a protocol must keep           */
	struct fr_params params;
	struct fr_ops ops;
	size_t state_size;
	fr_work_start_fn start;		/* or NULL; non-zero: cannot, give up  */
	fr_work_next_fn next;
	fr_work_ended_fn ended;		/* or NULL                             */
	const char *model;		/* a model of the checker, or NULL     */
	const struct fr_model *own_model;	/* or one of its own, or NULL  */
	fr_work_check_fn check;		/* over the whole history, or NULL     */
	/* Since minor 1: all of them must hold, besides model and check. */
	struct fr_conditions conditions;
};

#define FR_WORKLOAD_HEAD .size = sizeof(struct fr_workload), .minor = FR_MINOR

/* FR_WORKLOAD = { FR_WORKLOAD_HEAD, .name = "...", ... }; */
#define FR_WORKLOAD							\
	extern __attribute__((visibility("default")))			\
	const struct fr_workload fracas_workload_v1;			\
	const struct fr_workload fracas_workload_v1

#ifdef __cplusplus
}
#endif
#endif
