/* SPDX-License-Identifier: MIT */
/* What an operation is in the columns of a part, for each model. */
#ifndef CHECKER_COLUMNS_H
#define CHECKER_COLUMNS_H

#include "checker/engine.h"

/* As struct model has it. */
#define COLUMN(name)							\
	int name(struct part *p, uint32_t i,				\
		 const struct fr_operation *op, struct fr_err *err)

/* Of a register or a map: the values are what is written and read. */
COLUMN(column_register);
COLUMN(column_mutex);
COLUMN(column_set);
COLUMN(column_queue);
COLUMN(column_log);
COLUMN(column_counter);
COLUMN(column_lock);
COLUMN(column_semaphore);
COLUMN(column_bank);
COLUMN(column_own);

#endif
