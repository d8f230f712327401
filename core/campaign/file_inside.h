/* SPDX-License-Identifier: MIT */
/* What file.c (reading) and cells.c share. */
#ifndef CAMPAIGN_FILE_INSIDE_H
#define CAMPAIGN_FILE_INSIDE_H

#include "core/campaign/file.h"

#define PARAMS_MAX 64u

/* Values of one key, to choose from. */
struct choice {
	struct axis_value *at;
	uint32_t count;
};

/* What a matrix is made of. */
struct matrix {
	struct choice axes[AXES];
	struct param {
		const char *name;
		struct choice values;
	} params[PARAMS_MAX];
	uint32_t param_count;
	uint64_t first, last;		/* seeds; last 0: not said             */
};

struct reading {
	struct campaign_file *out;
	struct arena *a;
	const char *dir;
	struct matrix matrix;
	size_t cell_room;
	struct fr_err *err;
};

/* ---- cells.c: adds those of a matrix; names all, once the last is there. */
int file_cells(struct reading *r, const struct matrix *m);
void file_names(struct reading *r);

#endif
