/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON, one object a line, into a buffer.  Text that is not UTF-8 is
 * escaped byte by byte as \u00XX, so that the result is always valid.
 *
 *	struct json j = json_begin(&b);
 *	json_text(&j, "type", "verdict");
 *	json_object(&j, "ops");
 *	json_int(&j, "ok", 12);
 *	json_end(&j);
 *	json_done(&j);			ends all that is open, and the line
 *
 * A name of NULL adds to an array.  json_begin starts with {"v":1.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/protocol.h>

#include "core/base/mem.h"

struct json {
	struct buf *b;
	uint32_t depth;
	bool first;
	char closer[32];
};

/* The length of the UTF-8 sequence at p, or 0 when it is not one. */
size_t utf8_length(const unsigned char *p, size_t size);

struct json json_begin(struct buf *b);
void json_object(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
void json_end(struct json *j);
void json_done(struct json *j);
void json_text(struct json *j, const char *name, const char *text);
void json_bytes(struct json *j, const char *name, const void *data,
		size_t size);
void json_int(struct json *j, const char *name, int64_t n);
void json_real(struct json *j, const char *name, double n);
void json_bool(struct json *j, const char *name, bool b);
void json_null(struct json *j, const char *name);
/* nil as null, a number, a list as an array, bytes as text. */
void json_value(struct json *j, const char *name, const struct fr_value *v);

/* The same for people: "nil", "5", "[1 2]", "\"text\"". */
void value_text(struct buf *b, const struct fr_value *v);

#endif
