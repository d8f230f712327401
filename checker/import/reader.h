/* SPDX-License-Identifier: MIT */
/*
 * What the readers of foreign histories share: a text that is walked through
 * once, the values that are found in it, and the place where events go.
 */
#ifndef IMPORT_READER_H
#define IMPORT_READER_H

#include <stdbool.h>
#include <string.h>

#include "checker/import.h"

#define DEPTH_MAX	64u		/* of what nests                      */
#define TEXT_MAX	(16u << 20)	/* bytes of one text                  */
#define LIST_MAX	(16u << 20)	/* numbers of one list                */
#define WHILE_READ	"while the file was read"

enum event_type { TYPE_NONE, TYPE_INVOKE, TYPE_OK, TYPE_FAIL, TYPE_INFO };

/* Some bytes of the text. */
struct span {
	const char *at;
	size_t size;
};

/* A value as it was read: a pair [key value], or one that may be one. */
struct raw {
	struct fr_value value;
	bool pair, maybe;
	int64_t key;
};

/* One event of the file, as far as it was read. */
struct line {
	const char *start;		/* for messages                       */
	const char *value_at;		/* the value, or NULL: there is none  */
	uint32_t seen;			/* a set of 1u << enum field          */
	bool foreign;			/* of the nemesis, say                */
	bool final;
	bool has_key, read;
	enum event_type type;
	int64_t process, key, time, node, client;
	struct span f;
	struct raw raw;
};

enum field {
	FIELD_PROCESS, FIELD_TYPE, FIELD_F, FIELD_VALUE, FIELD_KEY, FIELD_TIME,
	FIELD_NODE, FIELD_CLIENT, FIELD_FINAL, FIELD_NONE
};

/* Numbers or texts that were met, each at its place in an array. */
struct index {
	uint32_t *slots, mask, count;
};

struct reader {
	const char *name, *begin, *at, *end;
	const char *dropped;		/* pages before this were given back  */
	bool mapped;
	char *text;			/* room for texts that are kept       */
	size_t text_room;
	struct imported *out;
	size_t room;			/* of out->ops                        */
	struct process *processes;
	size_t process_room;
	struct index process_index;
	uint32_t *small;		/* of a small number: process, plus 1 */
	size_t small_room;
	uint32_t again;			/* processes that went on after info  */
	uint64_t *again_ops;		/* their first operations             */
	size_t again_room;
	uint32_t process_most;		/* the greatest number in use         */
	uint32_t clients;		/* met: one more than the greatest    */
	uint64_t rank;
	int64_t last_time;
	struct span *names;		/* of operations                      */
	size_t name_room;
	struct span *keys;		/* that are texts                     */
	size_t key_room;
	struct index key_index;
	bool numeric;			/* some key is a number               */
	bool txn_texts;			/* ... a text, within a transaction   */
	int64_t key_most;
	int64_t *numbers;		/* a list under way                   */
	size_t number_count, number_room;
	bool lists;			/* a transaction is about lists       */
	/* One value can only be [key value], so each is: start again, knowing
	 * that and where it stood. */
	bool pairs, restart;
	const char *pair_at;
	struct limit *limit;	/* or NULL                            */
	uint64_t looked_at;		/* bytes that there were at last look */
	struct fr_err *err;
};

static inline bool
span_is(struct span s, const char *text)
{
	size_t size = strlen(text);

	return s.size == size && memcmp(s.at, text, size) == 0;
}

static inline struct fr_value
span_value(struct span s)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_BYTES;
	v.count = (uint32_t)s.size;
	v.u.bytes = s.at;
	return v;
}

static inline bool
next_is(const struct reader *r, char c)
{
	return r->at < r->end && *r->at == c;
}

/* ---- text.c -------------------------------------------------------------- */

/* "NAME:LINE:COLUMN: words"; always -1, as the compiler shall see. */
void reader_say(struct reader *r, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));
#define reader_error(...) (reader_say(__VA_ARGS__), -1)
/* What is at `at`, short and printable, for a message. */
const char *reader_near(const struct reader *r, const char *at);
uint64_t reader_line(const struct reader *r, const char *at);
/* A whole number at r->at: 1, 0 (not one), -1 (no good one, said so). */
int reader_number(struct reader *r, int64_t *out);
/* The same where there must be one, within a range. */
int reader_whole(struct reader *r, const char *what, int64_t min, int64_t max,
		 int64_t *out);
/* Four hexadecimal digits at `at`, and what follows of a surrogate pair; adds
 * it as UTF-8 to *to, moves *at behind. */
int reader_unicode(struct reader *r, const char **at, const char *end,
		   char **to);
/* What stands between quotes; `also` are characters that may be escaped in this
 * format besides those that may be in all. */
int reader_unescape(struct reader *r, struct span text, const char *also,
		    struct span *out);
/* The text that was found between quotes which began at `at`: within limits,
 * and as it is meant.  plain: nothing in it is escaped. */
int reader_text(struct reader *r, const char *at, bool plain, const char *also,
		struct span *text);
/* Two hexadecimal digits a byte, as bytes; the text was read at `at`. */
int reader_hex(struct reader *r, const char *at, struct span text,
	       struct fr_value *out);
/* The word nearest to what was written among the types of an event. */
int reader_type(struct reader *r, const char *at, struct span word,
		enum event_type *out);
/* Two brackets that belong together?  NUL: it is none that closes. */
char reader_opener(char closer);

/* ---- values.c ------------------------------------------------------------ */

int reader_push(struct reader *r, const char *at, int64_t n);
/* The numbers from `first` on as a list, which are taken off again. */
struct fr_value reader_take_list(struct reader *r, size_t first);
/* One micro-operation into the numbers. */
int reader_push_micro(struct reader *r, const char *at, struct span f,
		      int64_t key, const struct fr_value *value);
/* A map of whole numbers, which lies as key value key value ... in numbers
 * from `first` on. */
int reader_take_map(struct reader *r, const char *at, size_t first,
	     struct fr_value *out);
/* {from, to, amount}; each is given as its name and number. */
struct transfer {
	unsigned int seen;
	int64_t at[3];
};
int reader_transfer_part(struct reader *r, const char *at, struct span name,
			 int64_t n, struct transfer *t);
int reader_take_transfer(struct reader *r, const char *at, size_t first,
			 const struct transfer *t, struct fr_value *out);
/* Texts that are keys have provisional numbers from here on. */
#define KEY_TEXTS	(INT64_MIN + 1)
#define KEY_TEXTS_MAX	(1u << 30)

/* Whether a text is a number, as one would print it; of up to 18 digits. */
bool reader_is_number(struct span t, int64_t *out);
int reader_text_key(struct reader *r, const char *at, struct span text,
		int64_t *out);
int reader_number_key(struct reader *r, const char *at, int64_t n);
/* A top value was read, which begins at `at`: is it a pair, must it be? */
int reader_settle(struct reader *r, const char *at, struct raw *raw);

/* ---- events.c ------------------------------------------------------------ */

/* A field of an event is about to be read: which one, and once only. */
int reader_field(struct reader *r, const char *at, struct line *l,
		struct span name, enum field *out);
/* Whether this event's value counts at all. */
static inline bool
reader_says(const struct line *l)
{
	return !l->foreign && (l->type == TYPE_INVOKE || l->type == TYPE_OK);
}
/* Adds an event to the history. */
int reader_event(struct reader *r, struct line *l);
/* All was read: numbers that are given last. */
int reader_finish(struct reader *r);
void reader_reset(struct reader *r);

/* ---- the formats: from r->at to the end ---------------------------------- */

int reader_edn(struct reader *r);
int reader_log(struct reader *r);
int reader_jsonl(struct reader *r);
/* The lines of JSON Lines that are usual; `event` reads all the others, up to
 * `to`, where an event begins or the text ends. */
int reader_quick(struct reader *r,
		 int (*event)(struct reader *r, const char *to));
/* A value in EDN at r->at; also used for the log form. */
int reader_edn_value(struct reader *r, struct raw *out);
/* Whether what begins here can be a line of the log form. */
bool reader_is_log_line(struct span line);

#endif
