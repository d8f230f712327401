/* SPDX-License-Identifier: MIT */
/*
 * chain - chain replication: updates enter at the head and are done at the
 * tail; reads ask the tail alone.
 *
 *	van Renesse, Schneider: Chain Replication for Supporting High
 *	Throughput and Availability.  OSDI 2004.		("CR")
 *
 *	update	client -> head -> ... -> tail -> client		(CR, 3.1)
 *	read	client -> tail -> client
 *
 * The way of an update down the chain, of its acknowledgement back up, and how
 * a chain is mended when the head, the tail or one in the middle is gone, and
 * made longer again by a node that has a copy of all (CR, 3.2 to 3.4) is in
 * ../shared/stream.c; who decides on the chain, the paper's master, is in
 * ../shared/config.c.  What is left for here is the paper's figure 1: a tail
 * that answers from its own state.
 *
 * The paper takes it for granted that a node that is taken for dead is dead
 * (fail-stop).  Here it may only be slow, or cut off: then it still believes
 * that it is the tail, while another one answers reads, and updates have been
 * done of which it knows nothing.  So a tail first makes sure that the chain
 * it knows was still the present one after the read had come: a majority of
 * the nodes that decide have accepted no other.  Reads that come in the
 * meantime share the next question.  (A lease would save it, and would need
 * clocks that run alike.)
 *
 * What holds, besides what the two files say:
 *
 *  1. An update is answered when every member of the chain has it on its disk.
 *  2. A tail's state has every update that was answered before it made sure
 *     of the chain: those of this chain it answered itself, and those of
 *     earlier ones were all there before the chain was acknowledged.
 */
#include "../shared/stream.h"

static void
chain_on_request(struct fr_node *me, const struct fr_request *rq)
{
	if (!machine_reads(rq))
		stream_update(me, rq);
	else if (!stream_serves(me) || !stream_is_last(me))
		stream_redirect(me, rq, CONFIG_MAX);
	else
		stream_wait(me, rq, config_confirm(me));
}

static void
chain_moved(struct fr_node *me)
{
	uint64_t confirmed = configs(me)->confirmed;

#ifdef BUG_local_reads
	confirmed = UINT64_MAX;
#endif
	stream_answer(me, confirmed, NULL);
}

static const struct stream_kind chain = {
	.line = true,
	.first = "head", .middle = "middle", .last = "tail", .spare = "spare",
	.moved = chain_moved,
};

static void
chain_start(struct fr_node *me)
{
	stream_start(me, &chain);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "chain",
	.summary  = "chain replication: updates at the head, reads at the tail",
	.paper    = "van Renesse, Schneider 2004",
	STREAM_PROTOCOL,
	.start    = chain_start,
	.messages = FR_MESSAGES(STREAM_TABLE),
	.requests = FR_REQUESTS(MACHINE_REQUESTS(chain_on_request)),
	.describe = stream_describe,
};
