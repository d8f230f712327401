/* SPDX-License-Identifier: MIT */
/*
 * txn-store - transactions over lists on one node, one after the other.  With
 * --set bug=stale what only reads sees what was there ten transactions ago:
 * serializable, but not in real time.  With --set bug=dirty every tenth
 * transaction fails, and leaves behind what it appended.
 */
#include <string.h>

#include <fracas/easy.h>
#include <fracas/txn.h>

#define KEYS	100
#define LONGEST	4096
#define AGO	10

struct store {
	int64_t list[KEYS][LONGEST];
	uint32_t count[KEYS];
	uint32_t then[AGO][KEYS];	/* the counts of earlier ones         */
	uint64_t done;
	int64_t room[64 * 1024];
};

static int
only_reads(const struct fr_value *v)
{
	struct fr_txn_micro m;
	uint32_t at = 0;

	while (fr_txn_next(v, &at, &m) == 1)
		if (m.kind != FR_TXN_LIST)
			return 0;
	return 1;
}

static int
bug_is(struct fr_node *me, const char *name)
{
	return strcmp(fr_param_text(me, "bug"), name) == 0;
}

static void
on_txn(struct fr_node *me, const struct fr_request *rq)
{
	struct store *s = me->state;
	struct fr_txn_writer t = fr_txn_begin(s->room, 64 * 1024);
	uint32_t *then = s->then[s->done % AGO], *seen = s->count, at = 0;
	struct fr_txn_micro m;

	if (bug_is(me, "stale") && only_reads(&rq->value))
		seen = then;
	while (fr_txn_next(&rq->value, &at, &m) == 1) {
		if (m.key < 0 || m.key >= KEYS ||
		    s->count[m.key] == LONGEST) {
			fr_unsure(me, rq->id, "no room");
			return;
		}
		if (m.kind == FR_TXN_APPEND) {
			s->list[m.key][s->count[m.key]++] = m.value;
			fr_txn_append(&t, m.key, m.value);
		} else {
			fr_txn_list(&t, m.key, s->list[m.key], seen[m.key]);
		}
	}
	memcpy(then, s->count, sizeof s->count);
	if (++s->done % 10 == 0 && bug_is(me, "dirty"))
		fr_fail(me, rq->id, "aborted");
	else if (t.full)
		fr_unsure(me, rq->id, "the answer is too long");
	else
		fr_ok(me, rq->id, fr_txn_value(&t));
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "txn-store",
	.summary    = "transactions over lists on one node",
	.promise    = "Strict serializability.",
	.params     = FR_PARAMS({ .name = "bug", .kind = FR_PARAM_TEXT,
				  .fallback = "none",
				  .help = "none, stale or dirty" }),
	.state_size = sizeof(struct store),
	.requests   = FR_REQUESTS({ "txn", on_txn }),
};
