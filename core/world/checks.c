/* SPDX-License-Identifier: MIT */
/* What neither world lets be done to a node, and what both say alike. */
#include "core/world/world.h"

int
world_check_clock(const struct node_clock *c, struct fr_err *err)
{
	if (!(c->rate > 0 && c->rate < 1e6) || c->error < 0 || c->tick < 0)
		return err_usage(err, "a clock of rate %g, error %lld ns and "
				 "tick %lld ns makes no sense", c->rate,
				 (long long)c->error, (long long)c->tick);
	return 0;
}

int
world_check_crash(const struct node_crash *c, struct fr_err *err)
{
	if (c->point >= CRASH_POINTS)
		return err_usage(err, "there is no point %u to crash at",
				 c->point);
	if (c->point != CRASH_NEVER && c->count == 0)
		return err_usage(err, "calls are counted from 1");
	return 0;
}

int
world_check_disk(const struct node_disk *d, struct fr_err *err)
{
	if (d->lose > LOSE_TORN)
		return err_usage(err, "a disk cannot lose writes in way %u",
				 d->lose);
	if (d->sync_delay < 0 || d->sync_delay > SLOW_MAX)
		return err_usage(err, "a sync can take 0 .. 1 s longer");
	return 0;
}

int
world_check_slow(int64_t ns, struct fr_err *err)
{
	if (ns < 0 || ns > SLOW_MAX)
		return err_usage(err, "a handler can take 0 .. 1 s longer");
	return 0;
}

int
world_check_replace(const struct world_config *c, uint32_t other,
		    struct fr_err *err)
{
	if (other != WORLD_OWN && other >= c->other_count)
		return err_usage(err, "there is no other file %u: the run has "
				 "%u", other, c->other_count);
	return 0;
}

int
world_check_harm(const struct node_harm *h, uint32_t node, bool down,
		 struct fr_err *err)
{
	if ((h->what == HARM_WIPE || h->what == HARM_BACK) && !down)
		return err_set(err, "node %u has its disk in use: that can be "
			       "done to it while it is down", node);
	return 0;
}

void
world_put_show(struct fr_writer *w, const struct node_clock *c,
	       int64_t frozen_for, int64_t right)
{
	bool wrong = c->offset != 0 || c->rate < 1 || c->rate > 1 ||
		     c->tick > 1 || c->frozen;

	fr_put_i64(w, c->tick);
	fr_put_i64(w, c->frozen ? frozen_for : -1);
	fr_put_i64(w, right);
	fr_put_u32(w, wrong | (c->corrected ? 2u : 0));
	fr_put_i64(w, c->offset);
}
