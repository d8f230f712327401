/* SPDX-License-Identifier: MIT */
/* Parameters of faults: their values, read by their declaration; and how a
 * fault is made and filled, for those who make plans. */
#ifndef NEMESIS_PARAM_H
#define NEMESIS_PARAM_H

#include <fracas/protocol.h>

#include "nemesis/nemesis.h"

/* Fills number, real and text; bounds are kept. */
int param_value(const struct fr_param *p, const char *text,
		struct fault_value *out, struct fr_err *err);
uint32_t family_params(const struct family *f);

/* One without a target, with every parameter at its default. */
void fault_init(struct fault *f, const struct family *family,
		const struct variant *variant);
bool fault_has(const struct fault *f, const char *name);
int fault_give(struct fault *f, const char *name, const char *text,
	       struct fr_err *err);

#endif
