/* SPDX-License-Identifier: MIT */
/*
 * The requests that clients wait for, in both worlds: a table with a name for
 * each call, which nobody else's answer can use.  A place is used again, its
 * name never is.
 */
#ifndef WORLD_CALL_TABLE_H
#define WORLD_CALL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call {
	uint32_t generation;	/* even: unused                                */
	uint32_t next, previous;	/* of the client's, +1; or unused ones */
	uint32_t client, node, boot;
	uint32_t slot;		/* the instance of the node                    */
	uint64_t token;		/* of the client's operation                   */
	enum { CALL_SENT, CALL_OPEN, CALL_REPLIED } state;
	bool forgotten;		/* the client does not wait for it             */
};

struct call_table {
	struct call *at;
	size_t count, room;
	uint32_t unused;	/* +1; 0: none                                 */
	uint32_t *clients;	/* a client's first, +1                        */
};

void call_table_init(struct call_table *t, uint32_t clients);
void call_table_free(struct call_table *t);
/* Its name.  Client, node, boot, slot and token are those of `as`. */
uint64_t call_add(struct call_table *t, const struct call *as);
uint64_t call_name(const struct call_table *t, const struct call *c);
/* The call of that name, or NULL. */
struct call *call_find(struct call_table *t, uint64_t name);
void call_end(struct call_table *t, struct call *c);
/* The client waits for no call of that operation any more. */
void call_forget(struct call_table *t, uint32_t client, uint64_t token);
/*
 * The next that is open with that boot of an instance, from *from on, which
 * goes behind it; NULL: there is none.
 */
struct call *call_open(struct call_table *t, uint32_t slot, uint32_t boot,
			size_t *from);

#endif
