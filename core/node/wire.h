/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor and a node say to each other: frames, the same over
 * every carrier, and the page that tells what a node is doing.
 *
 * A frame is a head and a body.  Its size is a multiple of 8, so that frames
 * that follow each other in a buffer keep their bodies aligned.  Both sides
 * are on one machine and of one build: numbers are in its own order.
 *
 * Who a frame is from is told by the descriptor it came through and never by
 * what it says: the switch fills in source and boots itself.  A message
 * carries the boots of both ends as of when it was accepted, and is dropped
 * where the destination has been restarted since.  Every frame to a node, of
 * whatever kind, carries that node's boot in dst_boot: the node takes no frame
 * that was meant for another, which a carrier that reconnects could bring it.
 * A node puts its own number and boot in src and src_boot.
 *
 * Bodies of FRAME_MESSAGE are the protocol's own; every other body is written
 * with fr_writer and read with fr_reader of fracas/easy.h, in the order that
 * is listed here.  "text" is a u32 count and the bytes; "value" is a u32
 * kind, a u32 count and the contents (i64, count x i64, or bytes).
 */
#ifndef NODE_WIRE_H
#define NODE_WIRE_H

#include <stdatomic.h>
#include <stdint.h>

#include <fracas/easy.h>

#include "core/base/err.h"
#include "core/node/faults.h"

struct frame {
	uint32_t size;		/* head, body and padding                      */
	uint32_t body;		/* bytes of body                               */
	uint16_t kind;		/* FRAME_...                                   */
	uint16_t type;		/* FRAME_MESSAGE: of the message               */
	uint16_t src, dst;
	uint32_t src_boot, dst_boot;
	uint64_t id;		/* FRAME_REQUEST, FRAME_REPLY: the request's   */
};

_Static_assert(sizeof(struct frame) == 32, "frames keep bodies aligned");

/* A list, value or text in a control frame may be this long. */
#define FRAME_BODY_MAX	(FR_MESSAGE_MAX + 65536u)

/* To a node. */
#define FRAME_START	1u	/* u32 node, u32 nodes, u32 boot, u64 seed,
				   i64 clock_base, i64 wall_offset,
				   u64 rate_bits (a double), i64 wall_error,
				   u64 memory_max,
				   u32 neighbours, each u32 node u64 weight_bits,
				   u32 params, each text name, text value;
				   and, where anything is wrong on purpose, as
				   in FRAME_CLOCK from i64 tick on, and struct
				   node_faults                                 */
#define FRAME_MESSAGE	2u	/* both ways; the body is the protocol's       */
#define FRAME_REQUEST	3u	/* id in the head; u32 f, i64 key, u64 client,
				   u64 seq, value                              */
#define FRAME_CLOCK	4u	/* i64 wall_offset, u64 rate_bits, i64 error,
				   i64 tick, i64 frozen (for so long; -1: not),
				   i64 right (wall_offset of a clock that is),
				   u32 wrong (1) and corrected (2: the node
				   itself knows best what its rate has gained),
				   i64 offset, then: of a clock that is right  */
#define FRAME_STOP	5u	/* end in order: sync nothing, exit 0          */
#define FRAME_FAULTS	6u	/* struct node_faults                          */

/* From a node. */
#define FRAME_HELLO	16u	/* the descriptor: see wire_put_descriptor     */
#define FRAME_READY	17u	/* start() has returned                        */
#define FRAME_REPLY	18u	/* id in the head; u32 kind, u32 node, value,
				   text                                        */
#define FRAME_CLAIM	19u	/* text what, i64 key, i64 value               */
#define FRAME_NOTE	20u	/* text name, text text                        */
#define FRAME_LOG	21u	/* u32 level, text                             */
#define FRAME_MISUSE	22u	/* text: what the protocol did wrong           */
#define FRAME_FATAL	23u	/* text: why this node cannot go on; it exits  */

/* ---- the descriptor, as it travels and as the supervisor keeps it ---------- */

struct wire_param {
	char *name, *fallback, *min, *max, *help;	/* min, max may be NULL */
	uint32_t kind, flags;
	char *low, *high;		/* of a knob, narrower; may be NULL    */
};

/* Everything a protocol says of itself, copied out of its process. */
struct descriptor {
	char *name, *summary, *paper, *promise, *workload;	/* never NULL */
	uint32_t minor;
	uint64_t state_size;
	struct wire_param *params;
	uint32_t param_count;
	char **messages, **requests, **timers;
	uint32_t message_count, request_count, timer_count;
	bool has_describe, has_digest;
	bool has_tolerance;		/* it says what it bears               */
	struct fr_tolerance tolerates;
};

/* What is wrong with it (names, sizes, bounds, defaults), as an error. */
int descriptor_check(const struct fr_protocol *p, struct fr_err *err);
void wire_put_descriptor(struct fr_writer *w, const struct fr_protocol *p);
int wire_get_descriptor(const void *body, size_t size, struct descriptor *out,
			struct fr_err *err);
void descriptor_free(struct descriptor *d);

void wire_put_text(struct fr_writer *w, const char *text);
/* A zero-terminated copy of at most max-1 bytes in `text`. */
void wire_get_text(struct fr_reader *r, char *text, size_t max);
void wire_put_value(struct fr_writer *w, const struct fr_value *v);
/* Points into the body; a list is 8-aligned only after wire_fix_list. */
void wire_get_value(struct fr_reader *r, struct fr_value *out);
/* Copies a list to `room`, where v->count numbers have room, and points v
 * there; other values stay as they are. */
void wire_fix_list(struct fr_value *v, int64_t *room);

/* ---- what a node is doing: a page shared with the supervisor ---------------- */

#define DOING_LOADING	0u	/* dlopen: constructors run here               */
#define DOING_IDLE	1u	/* in the host's loop                          */
#define DOING_START	2u
#define DOING_MESSAGE	3u	/* index: type                                 */
#define DOING_REQUEST	4u	/* index: f                                    */
#define DOING_TIMER	5u	/* index: timer                                */
#define DOING_EXIT	6u	/* ending in order                             */

/*
 * Written by the node alone, but for `slow`.  A hostile plugin can write
 * nonsense here: it misleads about itself, and nothing else.
 */
struct node_page {
	_Atomic uint32_t doing;
	_Atomic uint32_t index;
	_Atomic uint64_t turns;		/* +1 at entering and at leaving       */
	/* clock_mono at entering, or up to 32 handlers earlier: a clock is
	 * not read for each.  So a hang is told by `turns` that stood still,
	 * and `since` only says since when at the earliest. */
	_Atomic int64_t since;

	/* What came of the faults that it was told of. */
	_Atomic uint64_t effects[NODE_EFFECTS];
	_Atomic uint64_t unsynced;	/* bytes that a crash would lose now   */
	_Atomic uint64_t survives;	/* and those of them that it would not */
	_Atomic uint32_t struck;	/* it died before or after this call,
					   +1, as it was told to               */
	_Atomic int64_t slow;		/* the world: as in struct node_faults,
					   and sooner                          */
};

#endif
