/* SPDX-License-Identifier: MIT */
/* The weaker conditions with a planted bug: see checker.h. */
#define check_condition real_condition
#include "checker/weak/conditions.c"
#undef check_condition

#include "tests/mutants/checker.h"

int check_condition(const char *condition, const struct fr_history *h,
		    const struct check_config *config, struct verdict *out,
		    struct fr_err *err);

int
check_condition(const char *condition, const struct fr_history *h,
		const struct check_config *config, struct verdict *out,
		struct fr_err *err)
{
	struct mutant m;
	int status;

	mutant_take(&m, h);
	status = real_condition(condition, &m.h, config, out, err);
	mutant_give(&m, status == 0 ? out : NULL);
	return status;
}
