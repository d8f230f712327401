/* SPDX-License-Identifier: MIT */
/*
 * Every public macro, expanded, and what it must come to.  headers.sh sees to
 * it that none is missing here.  Prints TAP.
 */
#include <stdio.h>
#include <string.h>

#include <fracas/easy.h>
#include <fracas/nemesis.h>
#include <fracas/txn.h>
#include <fracas/workload.h>

enum { PING, PONG };

struct ping {
	uint64_t n;
};

static void
on_message(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)me;
	(void)from;
	(void)body;
	(void)size;
}

static void
on_request(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

static void
on_timer(struct fr_node *me, uint64_t tag)
{
	(void)me;
	(void)tag;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "macros",
	.params   = FR_PARAMS(
		{ "a", FR_PARAM_INT, FR_KNOB, "1", "0", "9", "an integer" },
		{ .name = "b", .kind = FR_PARAM_BOOL, .fallback = "true" },
		{ .name = "c", .kind = FR_PARAM_TIME, .fallback = "1s" },
		{ .name = "d", .kind = FR_PARAM_SIZE, .fallback = "4K" },
		{ .name = "e", .kind = FR_PARAM_REAL, .fallback = "0.5" },
		{ .name = "f", .kind = FR_PARAM_TEXT, .fallback = "text" },
		FR_KNOB_PARAM("g", FR_PARAM_TIME, "5ms", "1ms", "1s",
			      "a knob")),
	.messages = FR_MESSAGES(
		[PONG] = { "pong", on_message, 0 },
		[PING] = { "ping", on_message, sizeof(struct ping) }),
	.requests = FR_REQUESTS({ "ask", on_request }),
	.timers   = FR_TIMERS({ "tick", on_timer }, { "tock", on_timer }),
	.tolerates = FR_TOLERATES(.crashes = FR_MINORITY,
				  .bears = FR_BEARS_ASYNCHRONY),
};

static int
next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	op->node = FR_ANY_NODE;
	op->key = FR_NO_KEY;
	return w->phase == FR_PHASE_FINAL ? FR_DONE :
	       client > 0 ? FR_WAIT : FR_OP;
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name = "macros",
	.ops  = FR_OPS({ .name = "ask", .flags = FR_PURE },
		       { .name = "tell", .flags = FR_PURE | FR_OPTIONAL }),
	.next = next,
	.conditions = FR_CONDITIONS({ "monotonic-reads" },
				    { .name = "list-append",
				      .settings = "isolation=$level" }),
};

static int
on_fault(struct fr_fault *f)
{
	return f->nodes == 0;
}

FR_NEMESIS = {
	FR_NEMESIS_HEAD,
	.name = "m",
	.variants = FR_VARIANTS(
		{ "a", "one", FR_BEARS_LOSS, FR_COST_NONE, 1, 0 },
		{ .name = "b", .cost = FR_COST_CRASH }),
	.aims = FR_AIM_NODES,
	.start = on_fault,
};

static const struct fr_timers by_hand = FR_TABLE_(struct fr_timer,
						  { "one", on_timer });

FR_UNUSED static int
not_used(void)
{
	return 0;
}

FR_PRINTF(1, 2) static void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

static int failed, count;

static void
ok(bool holds, const char *what)
{
	failed += !holds;
	say("%sok %d - %s\n", holds ? "" : "not ", ++count, what);
}

/* A transaction is written and read back; what does not fit leaves a mark. */
static void
transactions(void)
{
	static const int64_t two[] = { 5, 6 };
	int64_t room[13];
	struct fr_txn_writer t = fr_txn_begin(room, 13);
	struct fr_txn_micro m;
	struct fr_value v;
	uint32_t at = 0;

	fr_txn_append(&t, 1, 2);
	fr_txn_list(&t, 3, two, 2);
	fr_txn_read(&t, 4, FR_TXN_NIL);
	fr_txn_write(&t, 5, 6);
	ok(t.full && t.count == 11, "a transaction is as long as its room");
	v = fr_txn_value(&t);
	ok(fr_txn_next(&v, &at, &m) == 1 && m.kind == FR_TXN_APPEND &&
	   m.key == 1 && m.value == 2, "FR_TXN_APPEND");
	ok(fr_txn_next(&v, &at, &m) == 1 && m.kind == FR_TXN_LIST &&
	   m.key == 3 && m.count == 2 && m.elements[1] == 6, "FR_TXN_LIST");
	ok(fr_txn_next(&v, &at, &m) == 1 && m.kind == FR_TXN_READ &&
	   m.key == 4 && m.value == INT64_MIN, "FR_TXN_READ, FR_TXN_NIL");
	ok(fr_txn_next(&v, &at, &m) == 0, "and that is all");
	v.count--;
	at = 8;
	ok(fr_txn_next(&v, &at, &m) == -1 && at == 8,
	   "half of a micro-operation is none");
	ok(FR_TXN_WRITE == FR_TXN_APPEND, "FR_TXN_WRITE");
}

int
main(void)
{
	const struct fr_protocol *p = &fracas_protocol_v1;
	const struct fr_workload *w = &fracas_workload_v1;
	const struct fr_nemesis *n = &fracas_nemesis_v1;
	struct fr_work work = { .phase = FR_PHASE_FINAL };
	struct fr_op op;

	ok(p->size == sizeof *p && p->minor == FR_MINOR && FR_MAJOR == 1,
	   "FR_HEAD gives size and minor version");
	ok(p->params.count == 7 && p->params.stride == sizeof(struct fr_param),
	   "FR_PARAMS counts and measures");
	ok(p->messages.count == 2 &&
	   strcmp(p->messages.at[PING].name, "ping") == 0 &&
	   strcmp(p->messages.at[PONG].name, "pong") == 0,
	   "FR_MESSAGES takes designators in any order");
	ok(p->messages.at[PING].min_size == 8, "and sizes");
	ok(p->requests.count == 1 &&
	   p->requests.stride == sizeof(struct fr_request_kind),
	   "FR_REQUESTS");
	ok(p->timers.count == 2 && p->timers.at[1].handler == on_timer,
	   "FR_TIMERS");
	ok(p->tolerates->size == sizeof *p->tolerates &&
	   p->tolerates->crashes == FR_MINORITY &&
	   (p->tolerates->bears & FR_BEARS_DELAY) != 0 &&
	   (p->tolerates->bears & FR_BEARS_RECOVERY) == 0,
	   "FR_TOLERATES");
	ok(n->size == sizeof *n && n->minor == FR_MINOR &&
	   n->start == on_fault, "FR_NEMESIS, FR_NEMESIS_HEAD");
	ok(n->variants.count == 2 &&
	   n->variants.stride == sizeof(struct fr_variant) &&
	   n->variants.at[1].cost == 1, "FR_VARIANTS");
	ok(by_hand.count == 1 && by_hand.stride == sizeof(struct fr_timer),
	   "FR_TABLE_");
	ok(w->size == sizeof *w && w->minor == FR_MINOR,
	   "FR_WORKLOAD_HEAD gives size and minor version");
	ok(w->ops.count == 2 && w->ops.at[1].flags == 3, "FR_OPS");
	ok(w->conditions.count == 2 && w->conditions.stride ==
	   sizeof(struct fr_condition) &&
	   strcmp(w->conditions.at[1].settings, "isolation=$level") == 0,
	   "FR_CONDITIONS");
	transactions();
	ok(next(&work, 0, &op) == FR_DONE && op.node == UINT32_MAX &&
	   op.key == INT64_MIN, "FR_ANY_NODE, FR_NO_KEY, FR_DONE");
	work.phase = FR_PHASE_MAIN;
	ok(next(&work, 0, &op) == FR_OP && next(&work, 1, &op) == FR_WAIT,
	   "FR_OP, FR_WAIT");
	ok(FR_US(3) == 3000 && FR_MS(3) == 3000000 &&
	   FR_S(5000000000) == INT64_C(5000000000000000000),
	   "FR_US, FR_MS, FR_S are 64 bits wide");
	ok(FR_WAL_MARK == 0x6c617721 && FR_WAL_MARK2 == 0x6c617722,
	   "the log's marks stay: disks hold them");
	ok(sizeof(struct fr_wal_head2) + FR_WAL_FIRST == 512,
	   "a head and what is written with it fill a sector");
	ok(sizeof(struct fr_wal_head) == 16 &&
	   sizeof(struct fr_wal_head2) == 32 &&
	   sizeof(struct fr_slot_head) == 24, "so do its heads");
	ok(not_used() == 0, "FR_UNUSED");
	printf("1..%d\n", count);
	return failed == 0 ? 0 : 1;
}
