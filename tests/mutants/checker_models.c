/* SPDX-License-Identifier: MIT */
/* Linearizability with a planted bug: see checker.h. */
#define check_linearizable real_linearizable
#include "checker/linearizable.c"
#undef check_linearizable

#include "tests/mutants/checker.h"

int check_linearizable(const struct fr_history *h,
		       const struct check_config *c, struct verdict *out,
		       struct fr_err *err);

int
check_linearizable(const struct fr_history *h, const struct check_config *c,
		   struct verdict *out, struct fr_err *err)
{
	struct mutant m;
	int status;

	mutant_take(&m, h);
	status = real_linearizable(&m.h, c, out, err);
	mutant_give(&m, status == 0 ? out : NULL);
	return status;
}
