/* SPDX-License-Identifier: MIT */
/*
 * One experiment, from configuration to verdict.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "checker/checker.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/history/history.h"
#include "core/node/wire.h"

/* ---- finding plugins (find.c) -------------------------------------------------- */

enum plugin_kind { PLUGIN_PROTOCOL, PLUGIN_WORKLOAD, PLUGIN_NEMESIS };

/*
 * A name or a path (it has a '/' or ends in ".so") to an absolute path.
 * Names are looked for in FRACAS_PLUGIN_PATH (colons between; in DIR,
 * DIR/protocols, DIR/workloads or DIR/nemeses), in the build tree when run from it, in the
 * installed place.  The error offers the nearest name.
 */
int plugin_find(enum plugin_kind kind, const char *name, char **path,
		struct fr_err *err);
/* Every one there is: names and paths, sorted, first found first. */
int plugin_each(enum plugin_kind kind, int (*each)(void *arg,
		const char *name, const char *path), void *arg);

/* A workload is trusted and loaded here; never unloaded. */
int workload_load(const char *path, const struct fr_workload **out,
		  struct fr_err *err);

/* So is a family of faults (nemeses.c). */
struct family;

int nemesis_load(const char *path, const struct family **out,
		 struct fr_err *err);
/*
 * Loads every one that is installed, and those that the list of --nemesis
 * (or NULL) names by path; *names is then the list with their names, the
 * caller's to free.
 */
int nemeses_load(const char *list, char **names, struct fr_err *err);

/* ---- parameters (params.c) ------------------------------------------------------- */

struct setting {
	const char *name, *value;
};

/*
 * Checks NAME=VALUE settings against the declared parameters of protocol and
 * workload together, fills the rest with defaults.  A name that nobody
 * declares is an error with the nearest.
 */
struct params {
	struct param_value {
		char *name, *text;
		uint32_t kind;
		struct fr_value value;	/* as fr_host.param gives it           */
	} *at;
	uint32_t count;
};

int params_make(const struct wire_param *declared, uint32_t count,
		struct params *out, struct fr_err *err);	/* defaults */
int params_set(struct params *p, const struct wire_param *declared,
	       uint32_t count, const char *name, const char *value,
	       struct fr_err *err);
const struct param_value *params_get(const struct params *p,
				     const char *name);
/* Several declarations side by side, as protocol and workload of a run. */
struct param_set {
	struct params *values;
	const struct wire_param *declared;
	uint32_t count;
	const char *whose;	/* "protocol abd"                              */
};

/* Each setting goes to every set that declares it. */
int params_apply(const struct setting *settings, uint32_t setting_count,
		 const struct param_set *sets, uint32_t set_count,
		 struct fr_err *err);
void params_free(struct params *p);

/* ---- a run ------------------------------------------------------------------------ */

/* The rate that is taken when none is asked for. */
#define RATE_CLIENT	100
#define RATE_ALL	500
#define CLIENTS_MAX	1024u

struct run_progress;

enum trace_level { TRACE_NONE, TRACE_COUNTS, TRACE_ALL };

struct run_config {
	const char *protocol;		/* name or path                        */
	const char *workload;		/* NULL: the protocol's own            */
	const char *model;		/* NULL: the workload's                */
	uint32_t nodes;			/* -n                                  */
	uint32_t clients;		/* -c; 0: one a node, 100 at most      */
	double rate;			/* operations a second in all; 0: free;
					   below 0: RATE_CLIENT for each, but
					   RATE_ALL at most                    */
	int64_t time;			/* of the main phase                   */
	uint64_t ops;			/* 0: no limit                         */
	const char *nemesis;		/* list, or NULL                       */
	const char *nemeses;		/* plugins that it needs, by path; or
					   NULL: as it says itself             */
	int64_t interval;		/* 0: 2s, or a third of a short run    */
	const char *plan;		/* file, or NULL                       */
	const char *plan_text;		/* what it says; NULL: not read yet    */
	uint32_t byzantine;		/* so many chosen nodes lie; 0: each
					   fault aims as it is drawn           */
	bool beyond;			/* faults may go beyond what the
					   protocol says that it bears         */
	int64_t progress_time;		/* within so long after the faults; 0:
					   none is demanded                    */
	bool core;			/* of a core quorum alone              */
	const char *tape;		/* text, or NULL; its faults are the
					   plan (tape.h)                       */
	int64_t shrunk_from;		/* for the record; 0: it was not       */
	const char *topology;
	struct dist latency;
	const char *world;
	uint64_t seed;
	const struct setting *settings;	/* --set                               */
	uint32_t setting_count;
	const struct setting *others;	/* --node I=FILE: name "I", value FILE */
	uint32_t other_count;
	const char *upgrade;		/* what the fault `upgrade` makes of
					   nodes; NULL: what the plan says     */
	/* Where the files are that it names; others are where they say. */
	const struct setting *upgrades;
	uint32_t upgrade_count;
	enum trace_level trace;
	const char *db;
	const char *carrier;
	bool keep;			/* the run's directory                 */
	bool door;
	int64_t sync_time;		/* of one fr_sync, in the sim world    */
	int64_t timeout;		/* of one operation                    */
	int64_t boot_limit, hang_limit;
	int64_t check_time;		/* the checker's budget                */
	uint64_t check_memory;
	bool swarm;			/* draw what is left open: swarm.h     */
	bool latency_given;		/* it is not left open                 */
	const char *command;		/* for the record                      */
	const char *command_seed;	/* the same of one of many seeds, but
					   for its --seed N; or NULL           */
	/* Told when it begins, with one line that says what runs; and while it
	 * runs, for a progress line; each may be NULL. */
	void (*began)(void *arg, int64_t id, const char *head);
	void (*progress)(void *arg, const struct run_progress *p);
	void *arg;
};

/* Everything but the protocol, as the commands have it by default. */
#define RUN_CONFIG_DEFAULT {						\
	.nodes = 5,							\
	.rate = -1,							\
	.time = INT64_C(10000000000),					\
	.progress_time = INT64_C(10000000000),				\
	.topology = "complete",						\
	.world = "live",						\
	.trace = TRACE_COUNTS,						\
	.db = "fracas.db",						\
	.carrier = "stream",						\
	.door = true,							\
	.sync_time = INT64_C(500000),					\
	.timeout = INT64_C(1000000000),					\
	.boot_limit = INT64_C(10000000000),				\
	.hang_limit = INT64_C(5000000000),				\
	.check_time = INT64_C(60000000000),				\
	.check_memory = UINT64_C(1) << 30,				\
}

struct run_progress {
	const char *phase;
	int64_t t, length;
	uint64_t ok, fail, info;
	uint32_t up, nodes, faults_on;
};

/* Counts by operation kind, for people. */
struct op_counts {
	const char *name;
	uint64_t ok, fail, info;
	int64_t median, p99, max;	/* of those that were ok; ns; -1: none */
};

struct metric {
	const char *name;
	double value;
	const char *unit;
};

struct run_result {
	struct arena arena;		/* of everything below                 */
	int64_t id;			/* in the store                        */
	enum verdict_kind verdict;
	const char *violation;		/* fixed word, or NULL                 */
	const char *reason;		/* one sentence                        */
	const char *evidence;		/* some lines for people, or NULL      */
	const char *story;		/* what happened, in words: faults, ends,
					   misuse, counts                      */
	const char *report;		/* the JSON verdict line               */
	const char *dir;		/* kept, or NULL                       */
	struct op_counts *ops;
	uint32_t op_count;
	uint64_t ok, fail, info;
	uint32_t faults_started, faults_effective;
	int64_t median, p99;		/* of all that were ok; ns; -1         */
	double availability;		/* share of windows of 100 ms of the
					   main phase in which an operation
					   ended ok; -1: not known             */
	/* A fault that ended, and the time from there to the end of the first
	 * operation that began after it and ended ok. */
	struct recovery {
		uint32_t fault;
		const char *family;
		int64_t ns;		/* -1: there was none                  */
	} *recoveries;
	uint32_t recovery_count;
	int64_t held_up;		/* the longest that the machine kept a
					   live supervisor from its work; ns   */
	struct metric *metrics;
	uint32_t metric_count;
	uint64_t messages, message_bytes;
	int64_t first_ok;		/* from the command to the first ok;
					   ns; -1: none                        */
	int64_t duration;		/* of the main phase; ns               */
	double check_seconds;
	const char *algorithm;		/* of the checker, or NULL             */
	uint64_t seed, hash;
	bool interrupted;
	const char *failure;		/* the testbed's own, or NULL          */
};

/*
 * Does it all.  -1: it could not even begin (err->status says whether by
 * wrong usage or our own failure).  SIGINT and SIGTERM once end the run in
 * order, twice at once.
 */
int run_experiment(const struct run_config *c, struct run_result *out,
		   struct fr_err *err);
void run_result_free(struct run_result *r);
int run_exit_status(const struct run_result *r);

/* Judges a stored run again. */
int run_judge_again(struct history *h, int64_t id, struct run_result *out,
		    struct fr_err *err);

#endif
