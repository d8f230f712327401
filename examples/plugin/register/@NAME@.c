/*
 * @NAME@ - registers that clients read and write.
 *
 * It begins as this: one copy, on node 0, in memory; the other nodes send
 * clients there.  That is linearizable, and it is gone when node 0 crashes
 * (`make test` shows it).  Your part is to replicate it.
 */
#include <fracas/easy.h>

#define HOME	0u			/* the node that has the registers */
#define BUCKETS	64

struct cell {
	struct cell *next;
	int64_t key, value;
};

/* What a node knows.  A crash is forgetting it. */
struct @IDENT@ {
	struct cell *cells[BUCKETS];
};

static struct cell *
find(struct fr_node *me, int64_t key)
{
	struct @IDENT@ *s = me->state;
	struct cell *cell = s->cells[(uint64_t)key % BUCKETS];

	while (cell != NULL && cell->key != key)
		cell = cell->next;
	return cell;
}

static struct cell *
find_or_make(struct fr_node *me, int64_t key)
{
	struct @IDENT@ *s = me->state;
	struct cell *cell = find(me, key);

	if (cell != NULL || (cell = fr_alloc(me, sizeof *cell)) == NULL)
		return cell;
	cell->key = key;
	cell->next = s->cells[(uint64_t)key % BUCKETS];
	s->cells[(uint64_t)key % BUCKETS] = cell;
	return cell;
}

static void
@IDENT@_on_read(struct fr_node *me, const struct fr_request *rq)
{
	struct cell *cell;

	if (me->id != HOME) {
		fr_redirect(me, rq->id, HOME);
		return;
	}
	cell = find(me, rq->key);
	fr_ok(me, rq->id, cell != NULL ? fr_int(cell->value) : fr_nil());
}

static void
@IDENT@_on_write(struct fr_node *me, const struct fr_request *rq)
{
	struct cell *cell;

	if (me->id != HOME) {
		fr_redirect(me, rq->id, HOME);
		return;
	}
	cell = find_or_make(me, rq->key);
	if (cell == NULL || rq->value.kind != FR_INT) {
		fr_fail(me, rq->id, "no memory, or not a number");
		return;
	}
	cell->value = rq->value.u.number;
	fr_ok(me, rq->id, fr_nil());
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "@NAME@",
	.summary    = "registers that live on one node",
	.paper      = "own design",
	.promise    = "Linearizable, while node 0 does not crash.",
	.workload   = "register",
	.state_size = sizeof(struct @IDENT@),
	.requests   = FR_REQUESTS(
		{ "read",  @IDENT@_on_read },
		{ "write", @IDENT@_on_write }),
};
