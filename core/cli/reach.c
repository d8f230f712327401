/* SPDX-License-Identifier: MIT */
/* From a run's number to its door. */
#include "core/cli/reach.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/history/history.h"

static int
door_of(struct history *h, const char *which, char **url, int64_t *run,
	struct fr_err *err)
{
	struct run_row row;
	int64_t id;
	int result = -1;

	if (history_find(h, which, &id, err) < 0 ||
	    history_run(h, id, &row, err) < 0)
		return -1;
	if (row.status != NULL && strcmp(row.status, "running") != 0) {
		err_usage(err, "run %" PRId64 " (%s) is not running: it is "
			  "%s; 'fracas show %" PRId64 "' tells how it ended",
			  id, row.protocol != NULL ? row.protocol : "?",
			  row.status, id);
	} else if (row.door == NULL || *row.door == '\0') {
		err_usage(err, "run %" PRId64 " has no door", id);
	} else {
		*url = mem_string(row.door);
		*run = id;
		result = 0;
	}
	run_row_free(&row);
	return result;
}

int
reach_door(const char *db, const char *which, char **url, int64_t *run,
	   struct fr_err *err)
{
	struct history *h;
	size_t size = strlen(which);
	int result;

	if (strstr(which, "://") != NULL) {
		/* Whoever copied a socket's name meant its door. */
		if (size > 4 && (strcmp(which + size - 4, ".ctl") == 0 ||
				 strcmp(which + size - 4, ".pub") == 0))
			size -= 4;
		*url = mem_format("%.*s", (int)size, which);
		*run = 0;
		return 0;
	}
	h = history_open(db, false, err);
	if (h == NULL)
		return -1;
	result = door_of(h, which, url, run, err);
	history_close(h, NULL);
	return result;
}
