/* SPDX-License-Identifier: MIT */
/* Workloads: loaded, checked, and hosted. */
#include "core/run/work.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"

#define STATE_BYTES_MAX	(1u << 30)
#define WAIT_LEAST	1000		/* ns: a wait of nothing is a spin     */

/* A shorter table of an older version, completed with zeroes.  They are kept
 * for good, as the shared objects are. */
struct loaded {
	struct fr_workload table;
	struct loaded *next;
};

static struct loaded *all_loaded;

static bool
good_name(const char *name)
{
	size_t size;

	if (name == NULL)
		return false;
	size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	return size > 0 && size <= FR_NAME_MAX && name[size] == '\0';
}

struct fr_op_kind
workload_op(const struct fr_workload *w, uint32_t f)
{
	struct fr_op_kind op;
	size_t size = w->ops.stride;

	FR_ASSERT(f < w->ops.count);
	memset(&op, 0, sizeof op);
	memcpy(&op, (const char *)w->ops.at + (size_t)f * size,
	       size < sizeof op ? size : sizeof op);
	return op;
}

struct fr_condition
workload_condition(const struct fr_workload *w, uint32_t i)
{
	struct fr_condition c;
	size_t size = w->conditions.stride;

	FR_ASSERT(i < w->conditions.count);
	memset(&c, 0, sizeof c);
	memcpy(&c, (const char *)w->conditions.at + (size_t)i * size,
	       size < sizeof c ? size : sizeof c);
	return c;
}

const char **
workload_op_names(const struct fr_workload *w)
{
	const char **names = mem_array(w->ops.count, sizeof *names);
	uint32_t f;

	for (f = 0; f < w->ops.count; f++)
		names[f] = workload_op(w, f).name;
	return names;
}

struct wire_param *
workload_params(const struct fr_workload *w)
{
	struct wire_param *made = mem_array(w->params.count, sizeof *made);
	size_t size = w->params.stride;
	struct fr_param p;
	uint32_t i;

	for (i = 0; i < w->params.count; i++) {
		memset(&p, 0, sizeof p);
		memcpy(&p, (const char *)w->params.at + i * size,
		       size < sizeof p ? size : sizeof p);
		made[i].name = (char *)(uintptr_t)p.name;
		made[i].fallback = (char *)(uintptr_t)p.fallback;
		made[i].min = (char *)(uintptr_t)p.min;
		made[i].max = (char *)(uintptr_t)p.max;
		made[i].help = (char *)(uintptr_t)p.help;
		made[i].low = (char *)(uintptr_t)p.low;
		made[i].high = (char *)(uintptr_t)p.high;
		made[i].kind = p.kind;
		made[i].flags = p.flags;
	}
	return made;
}

static int
check_table(const struct fr_workload *w, struct fr_err *err)
{
	struct wire_param *params;
	struct params values;
	uint32_t i;

	if (!good_name(w->name))
		return err_usage(err, "its name is missing, or not made of "
				 "a-z, 0-9, '-' and '_'");
	if (w->next == NULL)
		return err_usage(err, "it has no `next`: it generates nothing");
	if (w->ops.count == 0 || w->ops.count > FR_TABLE_MAX ||
	    w->ops.at == NULL || w->ops.stride < sizeof(const char *))
		return err_usage(err, "its table of operations has %u entries; "
				 "1 .. %u are possible", w->ops.count,
				 FR_TABLE_MAX);
	if (w->params.count > FR_TABLE_MAX ||
	    (w->params.count > 0 && (w->params.at == NULL ||
				     w->params.stride < sizeof(char *))))
		return err_usage(err, "its table of parameters makes no sense");
	if (w->conditions.count > FR_TABLE_MAX ||
	    (w->conditions.count > 0 && (w->conditions.at == NULL ||
	     w->conditions.stride < sizeof(char *))))
		return err_usage(err, "its table of conditions makes no "
				 "sense");
	if (w->state_size > STATE_BYTES_MAX)
		return err_usage(err, "its state_size of %zu bytes is more "
				 "than 1G", w->state_size);
	for (i = 0; i < w->ops.count; i++) {
		if (!good_name(workload_op(w, i).name))
			return err_usage(err, "operation %u has no good name",
					 i);
	}
	params = workload_params(w);
	for (i = 0; i < w->params.count; i++) {
		if (!good_name(params[i].name))
			break;
	}
	if (i < w->params.count) {
		free(params);
		return err_usage(err, "parameter %u has no good name", i);
	}
	if (params_make(params, w->params.count, &values, err) < 0) {
		free(params);
		return -1;
	}
	params_free(&values);
	free(params);
	return 0;
}

int
workload_load(const char *path, const struct fr_workload **out,
	      struct fr_err *err)
{
	const struct fr_workload *found;
	struct loaded *l;
	void *handle;

	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return err_usage(err, "load workload: %s", dlerror());
	found = dlsym(handle, "fracas_workload_v1");
	if (found == NULL) {
		if (dlsym(handle, "fracas_protocol_v1") != NULL)
			return err_usage(err, "load workload '%s': it is a "
					 "protocol, not a workload", path);
		return err_usage(err, "load workload '%s': it does not export "
				 "fracas_workload_v1, which this version of "
				 "fracas wants", path);
	}
	if (found->size < offsetof(struct fr_workload, ended))
		return err_usage(err, "load workload '%s': its table says that "
				 "it has %u bytes; write FR_WORKLOAD_HEAD first",
				 path, found->size);
	l = mem_new(sizeof *l);
	memcpy(&l->table, found, found->size < sizeof l->table ?
	       found->size : sizeof l->table);
	if (check_table(&l->table, err) < 0) {
		free(l);
		return err_wrap(err, "load workload '%s'", path);
	}
	l->next = all_loaded;
	all_loaded = l;
	*out = &l->table;
	return 0;
}

/* ---- the host's side ------------------------------------------------------------ */

static struct work *
work_of(struct fr_work *w)
{
	return (struct work *)(void *)w;
}

static uint64_t
host_random(struct fr_work *w)
{
	return rng_next(&work_of(w)->rng);
}

static int64_t
host_now(struct fr_work *w)
{
	struct world *world = work_of(w)->world;

	return world == NULL ? 0 : world->ops->now(world);
}

static int
host_param(struct fr_work *w, const char *name, struct fr_value *out)
{
	const struct param_value *v = params_get(work_of(w)->params, name);

	if (v == NULL)
		return FR_ENOENT;
	*out = v->value;
	return 0;
}

static void *
host_alloc(struct fr_work *w, size_t size)
{
	return arena_new(&work_of(w)->arena, size);
}

static int
host_supported(struct fr_work *w, uint32_t f)
{
	struct work *work = work_of(w);

	if (f >= work->workload->ops.count)
		return 0;
	return work->supported == NULL || work->supported[f];
}

static const struct fr_work_host host = {
	.size = sizeof host,
	.minor = FR_MINOR,
	.random = host_random,
	.now = host_now,
	.param = host_param,
	.alloc = host_alloc,
	.supported = host_supported,
};

int
work_init(struct work *work, const struct fr_workload *w,
	  const struct params *params, const bool *supported, uint32_t nodes,
	  uint32_t clients, uint64_t seed, struct fr_err *err)
{
	memset(work, 0, sizeof *work);
	work->workload = w;
	work->params = params;
	work->supported = supported;
	work->rng = rng_make(seed, STREAM_WORKLOAD, UINT32_MAX, 0, w->name);
	work->base.size = sizeof work->base;
	work->base.nodes = nodes;
	work->base.clients = clients;
	work->base.phase = FR_PHASE_MAIN;
	work->base.host = &host;
	if (w->state_size > 0)
		work->base.state = arena_new(&work->arena, w->state_size);
	if (w->start != NULL && w->start(&work->base) != 0) {
		arena_free(&work->arena);
		return err_usage(err, "workload '%s' cannot work with %u "
				 "node%s, %u client%s and these parameters",
				 w->name, nodes, nodes == 1 ? "" : "s",
				 clients, clients == 1 ? "" : "s");
	}
	return 0;
}

void
work_free(struct work *work)
{
	arena_free(&work->arena);
}

int
work_next(struct work *work, uint32_t client, struct fr_op *op,
	  struct fr_err *err)
{
	const struct fr_workload *w = work->workload;
	int what;

	memset(op, 0, sizeof *op);
	op->size = sizeof *op;
	op->node = FR_ANY_NODE;
	what = w->next(&work->base, client, op);
	switch (what) {
	case FR_DONE:
		return what;
	case FR_WAIT:
		if (op->wait < WAIT_LEAST)
			op->wait = WAIT_LEAST;
		return what;
	case FR_OP:
		break;
	default:
		return err_set(err, "workload '%s': its `next` answered %d",
			       w->name, what);
	}
	if (op->f >= w->ops.count)
		return err_set(err, "workload '%s': it wants operation %u of "
			       "%u", w->name, op->f, w->ops.count);
	if (!host_supported(&work->base, op->f))
		return err_set(err, "workload '%s': it wants '%s', which the "
			       "protocol does not answer", w->name,
			       workload_op(w, op->f).name);
	if (op->node != FR_ANY_NODE && op->node >= work->base.nodes)
		return err_set(err, "workload '%s': it asks node %u of %u",
			       w->name, op->node, work->base.nodes);
	if (op->value.kind > FR_BYTES || op->value.count > FR_MESSAGE_MAX ||
	    (op->value.kind == FR_LIST &&
	     op->value.count > FR_MESSAGE_MAX / sizeof(int64_t)))
		return err_set(err, "workload '%s': its '%s' has a value that "
			       "is none, or too large", w->name,
			       workload_op(w, op->f).name);
	return FR_OP;
}
