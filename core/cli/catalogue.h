/* SPDX-License-Identifier: MIT */
/*
 * What is installed: protocols, workloads, fault families, models, conditions,
 * topologies, with one line about each.
 */
#ifndef CLI_CATALOGUE_H
#define CLI_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/mem.h"

enum item_kind {
	ITEM_PROTOCOL,
	ITEM_WORKLOAD,
	ITEM_FAULT,
	ITEM_MODEL,
	ITEM_CONDITION,
	ITEM_TOPOLOGY,
	ITEM_KINDS
};

/* "protocol", and what `list` calls all of them: "protocols". */
extern const char *const item_names[ITEM_KINDS];
extern const char *const item_plurals[ITEM_KINDS];

struct item {
	enum item_kind kind;
	const char *name;
	const char *summary;	/* NULL: was not asked, or `problem`           */
	const char *promise;	/* of a protocol or a workload, or NULL        */
	/* Of a protocol, or NULL: under which faults, whose, tried by what. */
	const char *bears, *paper, *workload;
	const char *path;	/* of a plugin, else NULL                      */
	const char *problem;	/* why it cannot be loaded, or NULL            */
};

struct catalogue {
	struct arena arena;
	struct item *at;
	size_t count, room;
};

/* Adds all of a kind.  `look`: each plugin is loaded and asked for its line. */
void catalogue_add(struct catalogue *c, enum item_kind kind, bool look);
void catalogue_free(struct catalogue *c);

#endif
