/* SPDX-License-Identifier: MIT */
/*
 * What a cell of a campaign may say: each the name of an option of `fracas run`,
 * and how its value gets into a configuration, a key and a command.
 */
#ifndef CAMPAIGN_AXES_H
#define CAMPAIGN_AXES_H

#include "core/base/yaml.h"
#include "core/run/run.h"

enum axis_kind {
	AXIS_PROTOCOL,		/* name, or {name:, path:, label:}             */
	AXIS_WORKLOAD,		/* name or path                                */
	AXIS_NEMESIS,		/* none, a list with commas, or a list         */
	AXIS_TEXT,
	AXIS_PLACE,		/* a text; a path where it has a '/'           */
	AXIS_FILE,		/* a path                                      */
	AXIS_WORLD, AXIS_EPILOGUE,
	AXIS_U32, AXIS_U64, AXIS_REAL, AXIS_TIME, AXIS_SIZE, AXIS_DIST,
	AXIS_FLAG
};

struct axis {
	const char *name;	/* nodes                                       */
	const char *plural;	/* of it, or NULL: the same                    */
	const char *option;	/* of the command: "-n", "--nemesis"           */
	enum axis_kind kind;
	size_t offset;		/* in struct run_config                        */
	int64_t min, max;
};

#define AXES 25
#define AXIS_OF_PROTOCOL 0
#define AXIS_OF_WORKLOAD 1
#define AXIS_OF_NEMESIS  2
#define AXIS_OF_WORLD    5

extern const struct axis axes[AXES];

/* One value.  All NULL: not said, or as it is by default. */
struct axis_value {
	const struct yaml *at;		/* where it is said                    */
	const char *text;		/* as the key has it                   */
	const char *path;		/* as the command has it, where that
					   is something else                   */
};

/* The axis of that name, or -1. */
int axis_find(const char *name);
/*
 * Reads one value; what it says goes into `config` (texts are in the arena).
 * `dir` is the file's folder, which paths begin at.
 */
int axis_read(const char *file, const char *dir, uint32_t axis,
	      const struct yaml *y, struct arena *a, struct axis_value *out,
	      struct fr_err *err);
/* Puts a value that was read into a configuration. */
int axis_apply(uint32_t axis, const struct axis_value *v,
	       struct run_config *config, struct fr_err *err);
/* Whether two texts of an axis say the same; NULL is the default. */
bool axis_same(const char *a, const char *b);
/* Adds " --option VALUE"; `key`: as keys have it. */
void axis_words(uint32_t axis, const struct axis_value *v, bool key,
		struct buf *out);

#endif
