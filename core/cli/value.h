/* SPDX-License-Identifier: MIT */
/*
 * JSON that comes through the door, read into a tree.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_TEXT,
	VALUE_ARRAY,
	VALUE_OBJECT
};

/* One value; the members of an object or array are a list. */
struct value {
	enum value_kind kind;
	const char *name;		/* in an object, else NULL             */
	const char *text;		/* of a text; of a number as written   */
	bool truth;
	struct value *members, *next;
};

/* One whole JSON value; what it holds is in the arena.  The error names the
 * byte at which it stops being JSON. */
int value_read(struct arena *a, const char *text, size_t size,
	       struct value **out, struct fr_err *err);
/* A member of an object, or NULL. */
const struct value *value_member(const struct value *v, const char *name);
/* The text or number of a member as text, or NULL. */
const char *value_string(const struct value *v, const char *name);
int64_t value_number(const struct value *v, const char *name,
		     int64_t fallback);

#endif
