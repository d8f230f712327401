/* SPDX-License-Identifier: MIT */
/*
 * What the readers of foreign histories share: a text that is walked through,
 * and the place where events go.
 */
#ifndef CHECKER_SCAN_H
#define CHECKER_SCAN_H

#include <stdbool.h>

#include "checker/import.h"

enum event_type { TYPE_NONE, TYPE_INVOKE, TYPE_OK, TYPE_FAIL, TYPE_INFO };

/* A name: some bytes of the text. */
struct span {
	const char *at;
	size_t size;
};

/* One event of the file, as far as it was read. */
struct line {
	const char *start;		/* for messages                        */
	bool has_process, has_key, has_time, has_value, foreign;
	int64_t process, key, time, node, client;
	enum event_type type;
	struct span f;
	struct fr_value value;
};

struct open_process;

struct scan {
	const char *name, *begin, *at, *end;
	const char *dropped;		/* pages before this were given back   */
	bool mapped;
	struct imported *out;
	size_t room;			/* of out->ops                         */
	struct open_process *processes;
	size_t process_count, process_room;
	uint32_t *table, mask;
	uint32_t next_process;
	uint64_t rank;
	int64_t last_time;
	struct span *names;
	size_t name_room;
	int64_t *numbers;		/* a list under way                    */
	size_t number_count, number_room;
	bool lists;			/* a transaction appended to a list    */
	bool in_micro;			/* [f key value] does not nest         */
	struct fr_err *err;
};

static inline bool
span_is(struct span s, const char *text)
{
	size_t i;

	for (i = 0; i < s.size; i++)
		if (text[i] == '\0' || text[i] != s.at[i])
			return false;
	return text[i] == '\0';
}

/* "NAME:LINE:COLUMN: words"; always -1. */
int scan_error(struct scan *s, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What is at `at`, short and printable, for a message. */
const char *scan_near(const struct scan *s, const char *at);
/* A whole number at s->at: 1, 0 (not one), -1 (too large, said so). */
int scan_number(struct scan *s, int64_t *out);
void scan_push(struct scan *s, int64_t n);
/* The numbers from `first` on as a list, which are taken off again. */
struct fr_value scan_list(struct scan *s, size_t first);
/* One micro-operation; element: a list was read, in numbers from `first`. */
int scan_micro(struct scan *s, const char *at, struct span f, bool has_key,
	       int64_t key, const struct fr_value *value);
/* The key that a value is: a whole number, also one that is written as a text;
 * any other text is hashed. */
int scan_key(struct scan *s, const char *at, const struct fr_value *v,
	     struct line *l);
enum event_type scan_type(struct span s);
/* Adds an event to the history. */
int scan_event(struct scan *s, const struct line *l);

/* The formats: from s->at to the end. */
int scan_edn(struct scan *s);
int scan_log(struct scan *s);
int scan_json(struct scan *s);
/* A value in EDN at s->at; also used for the log form. */
int scan_edn_value(struct scan *s, struct fr_value *out);

#endif
