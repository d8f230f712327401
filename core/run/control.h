/* SPDX-License-Identifier: MIT */
/* The commands that come through the door, and their answers. */
#ifndef RUN_CONTROL_H
#define RUN_CONTROL_H

#include <stdint.h>

#include "core/base/mem.h"
#include "core/run/experiment.h"

struct control {
	struct experiment *experiment;	/* NULL: not begun, or over            */
	int64_t id;			/* of the run                          */
	const char *protocol, *workload;
};

/* One line, answered by one JSON object; a door_command_fn. */
void control_command(void *control, const char *line, struct buf *reply);

#endif
