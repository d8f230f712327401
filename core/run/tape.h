/* SPDX-License-Identifier: MIT */
/*
 * The tape: what is kept of a simulated run besides its configuration, so that
 * it can be had again, and changed piece by piece.
 *
 *	operations	who asks what of which node, and when
 *	faults		the plan
 *	choices		what chance did otherwise than in the dullest run
 *
 * Choices have labels that tell whose they are ("the second `update` from node
 * 0 to node 2"), never a place in a sequence: taking one away moves no other.
 * What no choice of the tape speaks of is dull (a message takes its link's
 * plain delay, nothing is lost, nodes start at once), or is drawn from the
 * seed where the tape says so.
 *
 * As a text it has one line for each of these; a scenario file is made of the
 * same lines (tape_text.c).
 */
#ifndef RUN_TAPE_H
#define RUN_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/net/net.h"
#include "nemesis/nemesis.h"

struct setup;

/* One operation.  A client that is late asks as soon as it can. */
struct tape_op {
	int64_t at;		/* since its phase began                       */
	uint32_t phase;		/* FR_PHASE_...                                */
	uint32_t client, node, f;
	int64_t key;
	struct fr_value value;
	uint32_t line;		/* of its text; 0: none                        */
};

enum choice_kind {
	CHOICE_MESSAGE,		/* what becomes of a message                   */
	CHOICE_WORLD,		/* of the world itself: its label              */
	CHOICE_RANDOM		/* what fr_random answers                      */
};

/*
 * What becomes of a message, whatever did it: the link, or faults that delay,
 * lose and double.  What faults change in it, and what they add, stays theirs.
 */
struct net_choice {
	bool lost;
	bool held;		/* others pass it                              */
	bool twice;
	int64_t delay;
	int64_t second;		/* twice: of the copy                          */
};

/* The end of a link that is a client. */
#define TAPE_CLIENT 0x10000u

struct tape_choice {
	enum choice_kind kind;
	uint32_t from, to;	/* of a message: nodes, or TAPE_CLIENT + i;
				   else `from` is the node                     */
	uint32_t type;		/* between nodes                               */
	uint32_t boot;		/* not of messages                             */
	uint64_t n;		/* from 1: the how many-th of its kind         */
	char label[16];		/* CHOICE_WORLD                                */
	struct net_choice message;
	uint64_t value;		/* of the others                               */
	/* As it happened; not part of the tape. */
	int64_t t;
	bool dull;
};

/* One fault, targets drawn. */
struct tape_fault {
	int64_t at, length;
	uint32_t id;		/* its number                                  */
	const struct family *family;
	const char *words;	/* its line in a plan, without times           */
};

struct tape {
	uint64_t seed;
	uint32_t nodes, clients;
	int64_t length;		/* of the main phase; 0: until all is done     */
	bool final;		/* there is a final phase                      */
	bool drawn;		/* what is not told is drawn, not dull         */
	/* Messages are found by the time at which they are sent, and not by
	 * their number: while operations are taken away, which moves numbers.
	 * A tape that is kept is never so. */
	bool anchored;
	struct tape_op *ops;	/* by phase, then time                         */
	size_t op_count;
	struct tape_choice *choices;
	size_t choice_count;
	struct tape_fault *faults;	/* by `at`                             */
	uint32_t fault_count;
};

/* Arrays of its own; texts and values stay where they are. */
void tape_copy(const struct tape *from, struct tape *to);
void tape_drop(struct tape *t);
/* Operations in their order. */
void tape_sort(struct tape *t);
/* When the last of its faults is over. */
int64_t tape_faults_end(const struct tape *t);
/* Whether it says what is to happen of the same thing. */
bool choice_same(const struct tape_choice *a, const struct tape_choice *b);

/* The delay of a message where nothing is left to chance: a distribution's
 * mean, a heavy-tailed one's scale. */
int64_t tape_dull_delay(const struct dist *d);

/* For a cell, and back; all that is read is in the arena. */
void tape_put(struct buf *b, const struct tape *t);
int tape_get(const void *data, size_t size, struct arena *a, struct tape *out,
	     struct fr_err *err);
void choice_put(struct buf *b, const struct tape_choice *c);
int choice_get(const void *data, size_t size, struct tape_choice *out);

/* As a plan's line, with what precedes it in a tape. */
void tape_fault_text(const struct tape_fault *f, struct buf *out);
/* As the nemesis has it.  -1: there is no such fault among so many nodes. */
int tape_fault_make(const struct tape_fault *f, const struct ground *g,
		    struct fault *out, struct fr_err *err);

/* ---- as a text (tape_text.c, tape_line.c) ------------------------------------------------- */

/* A line of a text, while it is read. */
struct tape_line {
	const char *name;	/* of the file                                 */
	const char *text;	/* where the line begins                       */
	const char *at, *end;	/* what is left of it                          */
	uint32_t number;
};

struct tape_word {
	const char *at;
	char text[128];
};

/* The next line of a text, of which *rest is left; false: there is none. */
bool line_next(struct tape_line *l, const char **rest);
/* False: there is no further word. */
bool line_word(struct tape_line *l, struct tape_word *w);
/* Puts "file:3:7: " before the error. */
int line_error(const struct tape_line *l, const char *at, struct fr_err *err);
/* The words that have to stand here. */
int line_expect(struct tape_line *l, const char *words, struct fr_err *err);
int line_time(struct tape_line *l, int64_t *out, struct fr_err *err);
int line_number(struct tape_line *l, int64_t min, int64_t max, int64_t *out,
		struct fr_err *err);
int line_value(struct tape_line *l, struct arena *a, struct fr_value *out,
	       struct fr_err *err);
int line_end(struct tape_line *l, struct fr_err *err);

/*
 * Reads one line into a tape that grows, by the names of the setup; `first` is
 * its first word.  1: it is none of a tape's; else 0 or -1.  What is left of
 * an operation's line behind its operation stays in *l.
 */
struct tape_maker {
	struct arena *arena;
	const struct setup *setup;
	struct tape *tape;
	size_t op_room, choice_room, fault_room;
};

int tape_line(struct tape_maker *m, struct tape_line *l,
	      const struct tape_word *first, struct fr_err *err);
/* Once all lines are read. */
int tape_made(struct tape_maker *m, struct fr_err *err);
/* A whole text; `name` is what errors call it. */
int tape_read(const char *text, const char *name, const struct setup *s,
	      struct arena *a, struct tape *out, struct fr_err *err);
void tape_text(const struct tape *t, const struct setup *s, struct buf *out);
/* The parts of it: one operation without a newline; all else. */
void tape_op_text(const struct tape_op *op, const struct setup *s,
		  struct buf *out);
void choice_text(const struct tape_choice *c, const struct setup *s,
		 struct buf *out);
/* "message `update` from node 0 to node 2" */
void choice_words(const struct tape_choice *c, const struct setup *s,
		  struct buf *out);

#endif
