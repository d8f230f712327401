/* SPDX-License-Identifier: MIT */
/*
 * A protocol's table, read as the contract says: a structure of another minor
 * version may be shorter, and what is missing at its end is zero; an entry of
 * a table is found by the plugin's own stride.
 */
#ifndef NODE_DESCRIPTOR_H
#define NODE_DESCRIPTOR_H

#include <fracas/protocol.h>

#include "core/base/err.h"
#include "core/node/wire.h"

struct fr_protocol protocol_view(const struct fr_protocol *p);

/* `p` is a view, and i below the table's count. */
struct fr_message protocol_message(const struct fr_protocol *p, uint32_t i);
struct fr_request_kind protocol_request(const struct fr_protocol *p,
					uint32_t i);
struct fr_timer protocol_timer(const struct fr_protocol *p, uint32_t i);
struct fr_param protocol_param(const struct fr_protocol *p, uint32_t i);
/* All zero where it does not say. */
struct fr_tolerance protocol_tolerance(const struct fr_protocol *p);

/* What is wrong with the contents: names, lengths, bounds, defaults. */
int descriptor_sane(const struct descriptor *d, struct fr_err *err);

/* A parameter's value as fr_host.param gives it; `text` belongs to it. */
struct param_held {
	uint32_t kind;		/* FR_INT, or FR_BYTES                         */
	uint32_t count;
	int64_t number;
	double real;
	char *text;
};

/* Reads what somebody set it to, within its bounds. */
int param_read(const struct wire_param *p, const char *text,
	       struct param_held *out, struct fr_err *err);

#endif
