/* SPDX-License-Identifier: MIT */
/*
 * total-order - numbers are broadcast, and every node delivers all of them in
 * one order, the same for all (atomic broadcast).  What is generated, and what
 * is asked of each node's deliveries by themselves: deliveries.h.  Besides:
 *
 *	order      two nodes show different numbers in one place, or one was
 *	           broadcast after another had been acknowledged, and is
 *	           delivered before it
 *
 * All of it is uniform: a delivery that one node showed counts, whatever has
 * become of that node.
 */
#include "deliveries.h"

/* What each node shows in this place is what the first one shows there. */
static void
look_at_nodes(struct hearing *f)
{
	const struct sequence *longest = &f->nodes[0];
	char sentence[200];
	uint32_t i, k;

	for (i = 1; i < f->h->nodes; i++)
		if (f->nodes[i].length > longest->length)
			longest = &f->nodes[i];
	for (i = 0; i < f->h->nodes; i++) {
		const struct sequence *n = &f->nodes[i];

		for (k = 0; k < n->length && n->at[k] == longest->at[k]; k++)
			;
		if (k == n->length)
			continue;
		snprintf(sentence, sizeof sentence, "delivery %u is %lld at "
			 "node %u, and %lld at node %u", k,
			 (long long)f->messages[longest->at[k]].value,
			 (unsigned)(longest - f->nodes),
			 (long long)f->messages[n->at[k]].value, i);
		tell(f, "order", (uint64_t[]){ longest->read[k], n->read[k] },
		     2, sentence);
	}
}

/* Who is told that its number is delivered knows that none that is broadcast
 * from now on comes before it. */
static void
look_at_time(struct hearing *f, const struct sequence *n)
{
	const struct fr_operation *op, *last = NULL;
	char sentence[200];
	uint32_t k, latest = 0;

	for (k = 0; k < n->length; k++) {
		op = op_at(f->h, f->messages[n->at[k]].op);
		if (last != NULL && op->end_rank < last->call_rank) {
			snprintf(sentence, sizeof sentence, "%lld was "
				 "acknowledged before %lld was broadcast, and "
				 "is delivered after it",
				 (long long)f->messages[n->at[k]].value,
				 (long long)f->messages[n->at[latest]].value);
			tell(f, "order", (uint64_t[]){
				f->messages[n->at[k]].op,
				f->messages[n->at[latest]].op, n->read[latest],
				n->read[k] }, 4, sentence);
			return;
		}
		if (last == NULL || op->call_rank > last->call_rank) {
			last = op;
			latest = k;
		}
	}
}

static void
total_check(const struct fr_history *h, struct fr_judge *j)
{
	struct hearing f;
	uint32_t i;

	deliveries_hear(&f, h, j, true);
	if (h->nodes == 0)
		return;
	look_at_nodes(&f);
	for (i = 0; i < h->nodes; i++)
		look_at_time(&f, &f.nodes[i]);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "total-order",
	.summary    = "broadcasts numbers that all deliver in one order",
	.promise    = "Every node delivers the same numbers in the same order, "
		      "each once, and in the end all that were acknowledged "
		      "or delivered anywhere.",
	DELIVERIES_WORKLOAD,
	.check      = total_check,
};
