/* SPDX-License-Identifier: MIT */
/*
 * Gathering what is installed.  A plugin that cannot be loaded is listed with
 * the reason: one bad file must not hide the others.
 */
#include "core/cli/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "checker/conditions.h"
#include "core/base/elf.h"
#include "core/cli/fault_words.h"
#include "core/net/net.h"
#include "core/node/nursery.h"
#include "core/run/run.h"
#include "nemesis/nemesis.h"

const char *const item_names[ITEM_KINDS] = {
	"protocol", "workload", "fault", "model", "condition", "topology",
};

const char *const item_plurals[ITEM_KINDS] = {
	"protocols", "workloads", "faults", "models", "conditions",
	"topologies",
};

struct gathering {
	struct catalogue *catalogue;
	enum item_kind kind;
	bool look;
};

static struct item *
add(struct catalogue *c, enum item_kind kind, const char *name,
    const char *summary)
{
	struct item *item;

	mem_grow(&c->at, &c->room, c->count + 1, sizeof *c->at);
	item = &c->at[c->count++];
	*item = (struct item){
		.kind = kind,
		.name = arena_string(&c->arena, name),
		.summary = summary == NULL ? NULL :
			   arena_string(&c->arena, summary),
	};
	return item;
}

static const char *
said(struct catalogue *c, const char *text)
{
	return text == NULL ? NULL : arena_string(&c->arena, text);
}

static void
look_at_protocol(struct catalogue *c, struct item *item)
{
	struct descriptor d;
	char *bears;
	struct fr_err err = { 0 };

	if (probe_protocol(item->path, &d, &err) < 0) {
		item->problem = arena_string(&c->arena, err.text);
		return;
	}
	item->summary = arena_string(&c->arena, d.summary);
	item->promise = said(c, d.promise);
	item->paper = said(c, d.paper);
	item->workload = said(c, d.workload);
	bears = fault_tolerance(&d);
	item->bears = arena_string(&c->arena, bears);
	free(bears);
	descriptor_free(&d);
}

static void
look_at_workload(struct catalogue *c, struct item *item)
{
	const struct fr_workload *w;
	struct fr_err err = { 0 };
	struct elf elf;

	/* Loaded into this very process: so look before. */
	if (elf_read(item->path, &elf, &err) < 0) {
		item->problem = arena_string(&c->arena, err.text);
		return;
	}
	elf_free(&elf);
	if (workload_load(item->path, &w, &err) < 0) {
		item->problem = arena_string(&c->arena, err.text);
		return;
	}
	item->summary = arena_string(&c->arena, w->summary != NULL ?
				     w->summary : "");
	item->promise = said(c, w->promise);
}

static void
look_at_nemesis(struct catalogue *c, struct item *item)
{
	const struct family *f;
	struct fr_err err = { 0 };

	if (nemesis_load(item->path, &f, &err) < 0)
		item->problem = arena_string(&c->arena, err.text);
	else
		item->summary = arena_string(&c->arena, f->summary);
}

static int
add_plugin(void *arg, const char *name, const char *path)
{
	struct gathering *g = arg;
	struct item *item = add(g->catalogue, g->kind, name, NULL);

	item->path = arena_string(&g->catalogue->arena, path);
	if (g->look && g->kind == ITEM_PROTOCOL)
		look_at_protocol(g->catalogue, item);
	else if (g->look && g->kind == ITEM_FAULT)
		look_at_nemesis(g->catalogue, item);
	else if (g->look)
		look_at_workload(g->catalogue, item);
	return 0;
}

static void
add_pairs(struct catalogue *c, enum item_kind kind, const char *const *pairs)
{
	for (; *pairs != NULL; pairs += 2)
		add(c, kind, pairs[0], pairs[1]);
}

void
catalogue_add(struct catalogue *c, enum item_kind kind, bool look)
{
	struct gathering g = { .catalogue = c, .kind = kind, .look = look };
	const struct family *f;
	size_t i;

	switch (kind) {
	case ITEM_PROTOCOL:
		plugin_each(PLUGIN_PROTOCOL, add_plugin, &g);
		break;
	case ITEM_WORKLOAD:
		plugin_each(PLUGIN_WORKLOAD, add_plugin, &g);
		break;
	case ITEM_FAULT:
		for (i = 0; (f = family_at(i)) != NULL; i++) {
			if (f->guest == NULL)
				add(c, kind, f->name, f->summary);
		}
		plugin_each(PLUGIN_NEMESIS, add_plugin, &g);
		break;
	case ITEM_MODEL:
		add_pairs(c, kind, model_names);
		break;
	case ITEM_CONDITION:
		add_pairs(c, kind, condition_names);
		break;
	case ITEM_TOPOLOGY:
		add_pairs(c, kind, topology_names);
		break;
	case ITEM_KINDS:
		break;
	}
}

void
catalogue_free(struct catalogue *c)
{
	free(c->at);
	arena_free(&c->arena);
	memset(c, 0, sizeof *c);
}
