/* SPDX-License-Identifier: MIT */
/*
 * A map from keys to numbers and texts, as a state machine: what replicated
 * logs are of.  Everything follows from the commands and their order.
 *
 * For each client its last command is remembered, so that one that comes twice
 * happens once (Ongaro's thesis, 6.3; Viewstamped Replication's client table).
 */
#ifndef SHARED_MAP_H
#define SHARED_MAP_H

#include <fracas/easy.h>

enum { MAP_GET, MAP_PUT, MAP_APPEND, MAP_CAS, MAP_DELETE };

#define MAP_BUCKETS	1024u
/* Clients that are remembered; then the one that was silent longest goes. */
#define MAP_SESSIONS	1024u
/* Bytes of one command. */
#define COMMAND_MAX	16384u

struct map_item {
	struct map_item *next;
	int64_t key, number;
	uint32_t kind, size;		/* FR_INT, or FR_BYTES of that size   */
	unsigned char text[];
};

struct map_session {
	uint64_t client, seq;		/* its last command                   */
	uint64_t order;			/* and when that was                  */
	uint64_t refused;		/* the answer was no                  */
};

struct map {
	struct map_item *items[MAP_BUCKETS];
	uint64_t item_count, applied;
	struct map_session sessions[MAP_SESSIONS];
	uint32_t session_count;
};

/* As it travels and is stored; the bytes of a text follow. */
struct command {
	uint64_t client, seq;
	int64_t key, number, expected;
	uint32_t f, kind, size, reserved;
};

/*
 * From a client's request, into at least COMMAND_MAX bytes.  Its size, or 0:
 * it makes no sense, and the client was told.
 */
uint32_t map_command(struct fr_node *me, const struct fr_request *rq,
		     uint32_t f, void *out);
/* Does it, and answers `request` where that is not 0.  -1: no memory. */
int map_apply(struct fr_node *me, struct map *m, const void *command,
	      uint64_t request);
struct fr_value map_get(const struct map *m, int64_t key);
/* The number of bytes that map_write needs. */
size_t map_size(const struct map *m);
void map_write(const struct map *m, struct fr_writer *w);
/* In the place of what is there.  -1: it makes no sense, or no memory. */
int map_read(struct fr_node *me, struct map *m, struct fr_reader *r);
void map_clear(struct fr_node *me, struct map *m);
uint64_t map_digest(const struct map *m);

#endif
