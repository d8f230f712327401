/* SPDX-License-Identifier: MIT */
/* The nemesis: plans drawn, read and written; faults carried out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nemesis/nemesis.h"
#include "nemesis/target.h"
#include "tests/unit/small_world.h"

static struct ground
on(uint32_t nodes, uint64_t seed)
{
	return (struct ground){ .nodes = nodes, .clients = 2, .seed = seed,
				.world = "sim" };
}

static int
read_on(const char *text, const char *name, uint32_t nodes, struct plan *p,
	struct fr_err *err)
{
	const struct ground g = on(nodes, 3);

	return plan_read(text, name, &g, p, err);
}

static int
draw_on(const char *list, int64_t interval, int64_t length, uint32_t nodes,
	uint64_t seed, struct plan *p, struct fr_err *err)
{
	const struct ground g = on(nodes, seed);

	return plan_draw(list, interval, length, &g, p, err);
}

/* ---- drawing ----------------------------------------------------------------- */

static char *
drawn(const char *list, int64_t interval, int64_t length, uint32_t nodes,
      uint64_t seed)
{
	struct fr_err err = { 0 };
	struct plan p;
	struct buf b;
	char *text;

	ck_assert_msg(draw_on(list, interval, length, nodes, seed, &p,
				&err) == 0, "%s", err.text);
	buf_init(&b, 1 << 20);
	plan_text(&p, &b);
	text = mem_string(b.data);
	buf_free(&b);
	plan_free(&p);
	return text;
}

START_TEST(a_plan_is_a_function_of_its_seed)
{
	char *a = drawn("partition,kill", 2 * SECOND, 10 * SECOND, 5, 7);
	char *b = drawn("partition,kill", 2 * SECOND, 10 * SECOND, 5, 7);
	char *c = drawn("partition,kill", 2 * SECOND, 10 * SECOND, 5, 8);

	ck_assert_str_eq(a, b);
	ck_assert_str_ne(a, c);
	free(a);
	free(b);
	free(c);
}
END_TEST

START_TEST(taking_a_family_away_leaves_the_others_as_they_were)
{
	char *both = drawn("partition,kill", 2 * SECOND, 10 * SECOND, 5, 7);
	char *one = drawn("kill", 2 * SECOND, 10 * SECOND, 5, 7);
	char *line, *rest = one;

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		ck_assert_msg(strstr(both, line) != NULL, "%s", line);
	free(both);
	free(one);
}
END_TEST

/* Every fault lies in the main phase; those of a family do not overlap; every
 * family has one at least. */
START_TEST(drawn_faults_keep_their_bounds)
{
	static const int64_t lengths[] = { SECOND / 100, 2 * SECOND,
					   10 * SECOND, 60 * SECOND };
	static const char *const names[] = { "partition", "kill", "pause" };
	const struct fault *f, *g;
	struct plan p;
	uint64_t seed;
	uint32_t i, k, nodes;
	size_t l;

	for (seed = 0; seed < 200; seed++) {
		l = seed % 4;
		nodes = 2 + (uint32_t)seed % 9;
		ck_assert(draw_on("partition,kill,pause", 2 * SECOND,
				    lengths[l], nodes, seed, &p, NULL) == 0);
		for (k = 0; k < 3; k++) {
			for (i = 0; i < p.count && strcmp(names[k],
			     p.faults[i].family->name) != 0; i++)
				;
			ck_assert_uint_lt(i, p.count);
		}
		for (i = 0; i < p.count; i++) {
			f = &p.faults[i];
			ck_assert_int_ge(f->at, 0);
			ck_assert_int_gt(f->length, 0);
			ck_assert_int_le(f->at + f->length, lengths[l]);
			if (i > 0)
				ck_assert_int_ge(f->at, p.faults[i - 1].at);
			for (k = 0; k < i; k++) {
				g = &p.faults[k];
				ck_assert(g->family != f->family ||
					  g->at + g->length <= f->at);
			}
		}
		plan_free(&p);
	}
}
END_TEST

START_TEST(ten_seconds_have_several_of_each)
{
	uint32_t i, kills = 0, partitions = 0;
	struct plan p;

	ck_assert(draw_on("partition,kill", 2 * SECOND, 10 * SECOND, 5, 1,
			    &p, NULL) == 0);
	for (i = 0; i < p.count; i++) {
		kills += strcmp(p.faults[i].family->name, "kill") == 0;
		partitions += strcmp(p.faults[i].family->name,
				     "partition") == 0;
	}
	ck_assert_uint_ge(kills, 3);
	ck_assert_uint_ge(partitions, 3);
	plan_free(&p);
}
END_TEST

START_TEST(a_drawn_plan_reads_back_as_it_is)
{
	struct plan p;
	uint64_t seed;
	struct buf b;
	char *text;

	buf_init(&b, 1 << 20);
	for (seed = 0; seed < 50; seed++) {
		text = drawn("kill,partition", 2 * SECOND, 20 * SECOND, 7,
			     seed);
		ck_assert(read_on(text, "it", 7, &p, NULL) == 0);
		buf_clear(&b);
		plan_text(&p, &b);
		ck_assert_str_eq(b.data, text);
		plan_free(&p);
		free(text);
	}
	buf_free(&b);
}
END_TEST

static const struct {
	const char *list;
	uint32_t nodes;
	const char *error;
} bad_lists[] = {
	{ "partitoin", 5, "did you mean 'partition'" },
	{ "", 5, "there is no fault ''" },
	{ "kill,", 5, "there is no fault ''" },
	{ "kill,partition,kill", 5, "twice" },
	{ "kill:no", 5, "kill has no variant 'no'" },
	{ "partition:halfs", 5, "did you mean 'halves'" },
	{ "partition:bridge", 2, "takes at least 3 nodes" },
	{ "partition:halves", 1, "a single node cannot be cut off" },
};

START_TEST(bad_lists_are_refused)
{
	struct fr_err err = { 0 };
	struct plan p = { 0 };

	ck_assert_int_eq(draw_on(bad_lists[_i].list, SECOND, SECOND,
				   bad_lists[_i].nodes, 1, &p, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad_lists[_i].error) != NULL, "%s",
		      err.text);
	ck_assert_ptr_null(p.faults);
}
END_TEST

/* ---- reading ----------------------------------------------------------------- */

START_TEST(a_plan_is_read)
{
	static const char text[] =
		"# first cut, then kill\n"
		"\n"
		"at 4s   for 1s kill 2   # the leader\n"
		"  at 1.5s for 250ms partition 0,1|2-4\r\n"
		"at 1s until 1.25s partition halves\n"
		"at 4s until heal kill one\n"
		"at 0 for 1us pause all";
	struct plan p;
	struct buf b;

	ck_assert(read_on(text, "it", 5, &p, NULL) == 0);
	buf_init(&b, 4096);
	plan_text(&p, &b);
	ck_assert_str_eq(b.data,
			 "at 0s for 1us pause all\n"
			 "at 1s for 250ms partition:halves 0,2|1,3,4\n"
			 "at 1500ms for 250ms partition 0,1|2-4\n"
			 "at 4s for 1s kill 2\n"
			 "at 4s until heal kill 3\n");
	buf_free(&b);
	plan_free(&p);
}
END_TEST

START_TEST(an_empty_plan_is_a_plan)
{
	struct plan p;

	ck_assert(read_on("# nothing\n", "it", 5, &p, NULL) == 0);
	ck_assert_uint_eq(p.count, 0);
	plan_free(&p);
}
END_TEST

static const struct {
	const char *text, *error;
} bad_plans[] = {
	{ "1s for 1s kill 2", "p:1:1: '1s' stands where 'at' should" },
	{ "\nat", "p:2:3: a time is missing behind 'at'" },
	{ "at 1s", "p:1:6: 'for TIME' is missing" },
	{ "at soon for 1s kill 2", "p:1:4: 'soon' is not a time" },
	{ "at 1 for 1s kill 2", "p:1:4: '1' is not a time" },
	{ "at -1s for 1s kill 2", "p:1:4: 'at -1s' lies before" },
	{ "at 1s for 0 kill 2", "p:1:11: 'for 0': a fault has to end after" },
	{ "at 1s for -2s kill 2", "p:1:11: 'for -2s': a fault has to end" },
	{ "at 1s to 2s kill 2", "p:1:7: 'to' stands where 'for' should" },
	{ "at 1s for 1s", "p:1:13: the fault is missing" },
	{ "at 1s for 1s kil 2", "p:1:14: there is no fault 'kil'; did you "
	  "mean 'kill'?" },
	{ "at 1s for 1s meteor 2", "p:1:14: there is no fault 'meteor'" },
	{ "at 2s until 1s kill 1", "p:1:13: 'until 1s': a fault has to end "
	  "after it begins" },
	{ "at 1s for heal kill 1", "'heal' is not a time" },
	{ "at 1s for 1s kill:of 1", "p:1:14: kill has no variant 'of'" },
	{ "at 1s for 1s kill 1 hard=yes", "p:1:21: kill: kill has no "
	  "parameter 'hard'" },
	{ "at 1s for 1s kill 0|1", "'0|1' is no target here" },
	{ "at 1s for 1s kill 5", "p:1:19: kill: there is no node 5: the nodes "
	  "are 0 .. 4" },
	{ "at 1s for 1s kill 99999999999999999999", "p:1:19: kill: there is "
	  "no node 99999999999999999999" },
	{ "at 1s for 1s kill 1,1", "p:1:19: kill: node 1 is named twice" },
	{ "at 1s for 1s kill 3-1", "3-1 ends before it begins" },
	{ "at 1s for 1s kill 1,,2", "is not a list of nodes" },
	{ "at 1s for 1s kill 1 2", "p:1:21: kill: '2' is no parameter" },
	{ "at 1s for 1s kill minorty", "did you mean 'minority'" },
	{ "at 1s for 1s partition 0-4", "cut off from nobody" },
	{ "at 1s for 1s partition 0,1|1,2", "p:1:24: partition: node 1 is "
	  "named twice" },
	{ "at 1s for 1s partition 0,1|", "is not a list of nodes" },
	{ "at 1s for 1s partition halfs", "did you mean 'halves'" },
	{ "at 1s for 1s kill 2 # x\nat 1.5s for 1s kill 1,2",
	  "p:2:1: kill of node 2 overlaps with the kill of line 1, which has "
	  "it from 1s to 2s" },
	{ "at 1s for 1s kill 2\nat 1.5s for 1s pause 0-3",
	  "p:2:1: pause of node 2 overlaps with the kill of line 1" },
};

START_TEST(bad_plans_name_line_and_column)
{
	struct fr_err err = { 0 };
	struct plan p = { 0 };

	ck_assert_int_eq(read_on(bad_plans[_i].text, "p", 5, &p, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad_plans[_i].error) != NULL,
		      "'%s' instead of '%s'", err.text, bad_plans[_i].error);
	ck_assert_ptr_null(p.faults);
}
END_TEST

START_TEST(a_plan_file_that_is_none)
{
	const char *tmp = getenv("TMPDIR");
	struct fr_err err = { 0 };
	char name[256];
	int fd;

	ck_assert_ptr_null(plan_load("/nowhere/plan.txt", &err));
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert(strstr(err.text, "No such file") != NULL);
	ck_assert_ptr_null(plan_load("/", &err));
	ck_assert_int_eq(err.status, EXIT_USAGE);
	snprintf(name, sizeof name, "%s/fracas-test-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "at 1s\0 for", 10), 10);
	close(fd);
	ck_assert_ptr_null(plan_load(name, &err));
	ck_assert(strstr(err.text, "is not a text") != NULL);
	unlink(name);
}
END_TEST

/* ---- targets ----------------------------------------------------------------- */

static uint32_t
size_of_set(const bool *in, uint32_t nodes)
{
	uint32_t i, count = 0;

	for (i = 0; i < nodes; i++)
		count += in[i];
	return count;
}

/* The nodes of the one fault of "at 0 for 1s FAULT". */
static void
nodes_of(const char *fault, uint32_t nodes, uint64_t seed, bool *in)
{
	const struct ground g = on(nodes, seed);
	struct fr_err err = { 0 };
	struct plan p;
	char text[128];

	snprintf(text, sizeof text, "at 0 for 1s %s", fault);
	ck_assert_msg(plan_read(text, "p", &g, &p, &err) == 0, "%s",
		      err.text);
	memset(in, 0, nodes);
	ck_assert(target_static(&p.faults[0], &g, in));
	plan_free(&p);
}

START_TEST(descriptions_draw_sets_of_their_size)
{
	bool in[9], seen[9] = { false };
	uint32_t nodes, i, size;
	struct plan p;
	uint64_t seed;

	for (seed = 0; seed < 300; seed++) {
		nodes = 3 + (uint32_t)seed % 7;
		nodes_of("kill one", nodes, seed, in);
		ck_assert_uint_eq(size_of_set(in, nodes), 1);
		for (i = 0; i < nodes; i++)
			seen[i] |= in[i];
		nodes_of("kill minority", nodes, seed, in);
		size = size_of_set(in, nodes);
		ck_assert(size >= 1 && 2 * size < nodes);
		nodes_of("kill majority", nodes, seed, in);
		ck_assert_uint_gt(2 * size_of_set(in, nodes), nodes);
		nodes_of("kill all", nodes, seed, in);
		ck_assert_uint_eq(size_of_set(in, nodes), nodes);
	}
	/* Everyone has a turn. */
	ck_assert_uint_eq(size_of_set(seen, 9), 9);
	ck_assert_int_eq(read_on("at 0 for 1s kill minority", "p", 2, &p,
				 NULL), -1);
}
END_TEST

START_TEST(lists_are_written_as_they_are_read)
{
	static const char *const texts[] = { "0", "1,2", "0-3", "0,1,3-5,8" };
	char fault[64];
	bool in[9];
	struct buf b;
	size_t i;

	buf_init(&b, 4096);
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		buf_clear(&b);
		snprintf(fault, sizeof fault, "kill %s", texts[i]);
		nodes_of(fault, 9, 1, in);
		target_text(in, 9, &b);
		ck_assert_str_eq(b.data, texts[i]);
	}
	buf_free(&b);
}
END_TEST

/* ---- carried out --------------------------------------------------------------- */

struct watch {
	struct small_world *world;
	struct nemesis *nemesis;
	uint32_t started, ended, effective;
	int64_t last;
	char words[256], begun[256];
	int64_t stop;
};

static void
on_ready(void *arg, uint32_t node, uint32_t boot)
{
	(void)arg;
	(void)node;
	(void)boot;
}

static void
on_ended(void *arg, const struct world_end *end)
{
	(void)arg;
	(void)end;
}

static const struct world_events quiet_events = {
	.ready = on_ready,
	.ended = on_ended,
};

static void
fault_started(void *arg, const struct fault *f, const char *words)
{
	struct watch *w = arg;

	(void)f;
	w->started++;
	snprintf(w->begun, sizeof w->begun, "%s", words);
}

static void
fault_ended(void *arg, const struct fault *f, bool effective,
	    const char *words)
{
	struct watch *w = arg;

	(void)f;
	w->ended++;
	w->effective += effective;
	w->last = w->world->now;
	snprintf(w->words, sizeof w->words, "%s", words);
}

static const struct nemesis_events watch_events = {
	.started = fault_started,
	.ended = fault_ended,
};

static void
on_stop(void *arg)
{
	struct small_world *s = arg;

	s->base.ops->leave(&s->base);
}

static void
go_on(struct watch *w, int64_t until)
{
	struct world *world = &w->world->base;
	struct fr_err err = { 0 };

	world->ops->at(world, until, on_stop, w->world);
	ck_assert_msg(world->ops->loop(world, &err) == 0, "%s", err.text);
}

static void
watch_begin(struct watch *w, struct plan *p, const char *text, uint32_t nodes,
	    int64_t kill_delay, int64_t chatter)
{
	struct small_config config = {
		.nodes = nodes,
		.clients = 1,
		.seed = 3,
		.boot_delay = MS,
		.kill_delay = kill_delay,
		.chatter = chatter,
		.events = &quiet_events,
	};
	struct scene scene = { .ground = on(nodes, 3) };
	struct fr_err err = { 0 };
	struct world *world;
	uint32_t i;

	memset(w, 0, sizeof *w);
	w->world = small_new(&config);
	world = &w->world->base;
	for (i = 0; i < nodes; i++)
		ck_assert(world->ops->boot(world, i, NULL) == 0);
	ck_assert_msg(read_on(text, "p", nodes, p, &err) == 0, "%s",
		      err.text);
	scene.world = world;
	w->nemesis = nemesis_new(&scene, p, &watch_events, w);
}

static void
watch_end(struct watch *w, struct plan *p)
{
	nemesis_free(w->nemesis);
	w->world->base.ops->free(&w->world->base);
	plan_free(p);
}

START_TEST(a_partition_cuts_and_heals_exactly)
{
	struct watch w;
	struct plan p;
	struct net *net;
	uint32_t i, j;

	watch_begin(&w, &p, "at 10ms for 20ms partition 0,1|2", 4, 0, MS);
	net = w.world->base.config.net;
	go_on(&w, 15 * MS);
	ck_assert_uint_eq(w.started, 1);
	ck_assert_uint_eq(nemesis_on(w.nemesis), 1);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++)
			ck_assert_uint_eq(net_link(net, i, j)->cuts,
					  (i < 2 && j == 2) ||
					  (i == 2 && j < 2));
	}
	go_on(&w, 100 * MS);
	ck_assert_uint_eq(w.ended, 1);
	ck_assert_uint_eq(w.effective, 1);
	/* Of the chatter 0-1-2-3-0 it cuts 1-2: one message a millisecond. */
	ck_assert_str_eq(w.words, "20 messages dropped");
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++)
			ck_assert_uint_eq(net_link(net, i, j)->cuts, 0);
	}
	watch_end(&w, &p);
}
END_TEST

START_TEST(partitions_that_overlap_heal_each_by_itself)
{
	struct watch w;
	struct plan p;
	struct net *net;

	watch_begin(&w, &p, "at 10ms for 20ms partition 0|1,2\n"
		    "at 20ms for 20ms partition 0,2|1", 3, 0, 0);
	net = w.world->base.config.net;
	go_on(&w, 25 * MS);
	ck_assert_uint_eq(net_link(net, 0, 1)->cuts, 2);
	ck_assert_uint_eq(net_link(net, 0, 2)->cuts, 1);
	go_on(&w, 35 * MS);
	ck_assert_uint_eq(net_link(net, 0, 1)->cuts, 1);
	ck_assert_uint_eq(net_link(net, 0, 2)->cuts, 0);
	go_on(&w, 50 * MS);
	ck_assert_uint_eq(net_link(net, 0, 1)->cuts, 0);
	/* Nobody spoke: it was cut, and nothing came of it. */
	ck_assert_uint_eq(w.ended, 2);
	ck_assert_uint_eq(w.effective, 0);
	watch_end(&w, &p);
}
END_TEST

START_TEST(a_described_partition_splits_as_it_says)
{
	static const char *const names[] = { "one", "halves", "majority" };
	uint32_t nodes, i, cut, name;
	struct watch w;
	struct plan p;
	char text[64];

	for (nodes = 2; nodes < 8; nodes++) {
		for (name = 0; name < 3; name++) {
			snprintf(text, sizeof text, "at 1ms for 9ms partition "
				 "%s", names[name]);
			watch_begin(&w, &p, text, nodes, 0, 0);
			go_on(&w, 5 * MS);
			/* So many nodes are cut off from node 0. */
			for (i = 1, cut = 0; i < nodes; i++)
				cut += net_link(w.world->base.config.net, 0,
						i)->cuts;
			ck_assert_uint_gt(cut, 0);
			if (name == 0)
				ck_assert(cut == 1 || cut == nodes - 1);
			if (name == 1)
				ck_assert(cut == nodes / 2 ||
					  cut == nodes - nodes / 2);
			ck_assert_uint_eq(w.started, 1);
			watch_end(&w, &p);
		}
	}
}
END_TEST

START_TEST(a_bridge_reaches_both_sides)
{
	uint32_t nodes, i, j, cut, bridges;
	struct watch w;
	struct plan p;

	for (nodes = 3; nodes < 9; nodes++) {
		watch_begin(&w, &p, "at 1ms for 9ms partition bridge", nodes,
			    0, 0);
		go_on(&w, 5 * MS);
		for (i = 0, bridges = 0; i < nodes; i++) {
			for (j = 0, cut = 0; j < nodes; j++)
				cut += net_link(w.world->base.config.net, i,
						j)->cuts;
			bridges += cut == 0;
		}
		ck_assert_uint_eq(bridges, 1);
		watch_end(&w, &p);
	}
	ck_assert_int_eq(read_on("at 1ms for 9ms partition bridge", "p", 2,
				   &p, NULL), -1);
}
END_TEST

START_TEST(a_killed_node_comes_back)
{
	struct watch w;
	struct plan p;

	watch_begin(&w, &p, "at 10ms for 20ms kill 1", 3, 2 * MS, 0);
	go_on(&w, 15 * MS);
	ck_assert_int_eq(w.world->node[1].state, NODE_DOWN);
	ck_assert_int_eq(w.world->node[0].state, NODE_UP);
	ck_assert_str_eq(w.begun, "node 1");
	go_on(&w, 40 * MS);
	ck_assert_int_eq(w.world->node[1].state, NODE_UP);
	ck_assert_uint_eq(w.world->node[1].boot, 1);
	ck_assert_uint_eq(w.effective, 1);
	ck_assert_str_eq(w.words, "node 1 dead for 20.0ms");
	watch_end(&w, &p);
}
END_TEST

/* A process that takes longer to die than the fault lasts. */
START_TEST(a_kill_waits_until_its_node_is_reaped)
{
	struct watch w;
	struct plan p;

	watch_begin(&w, &p, "at 10ms for 1ms kill all", 3, 50 * MS, 0);
	go_on(&w, 30 * MS);
	ck_assert_uint_eq(w.ended, 0);
	ck_assert_uint_eq(nemesis_on(w.nemesis), 1);
	go_on(&w, 100 * MS);
	ck_assert_uint_eq(w.effective, 1);
	ck_assert_int_ge(w.last, 60 * MS);
	ck_assert_int_eq(w.world->node[2].state, NODE_UP);
	ck_assert_uint_eq(w.world->node[2].boot, 1);
	watch_end(&w, &p);
}
END_TEST

START_TEST(killing_the_dead_has_no_effect)
{
	struct fr_err err = { 0 };
	struct watch w;
	struct plan p;

	watch_begin(&w, &p, "at 10ms for 50ms kill 1", 3, MS, 0);
	go_on(&w, 20 * MS);
	ck_assert_int_eq(nemesis_do(w.nemesis, "kill 1", 5 * MS, &err), 0);
	go_on(&w, 30 * MS);
	ck_assert_uint_eq(w.ended, 1);
	ck_assert_uint_eq(w.effective, 0);
	ck_assert_str_eq(w.words, "nobody was there to be killed");
	/* Nor does its end start the node that the first fault holds. */
	ck_assert_int_eq(w.world->node[1].state, NODE_DOWN);
	go_on(&w, 100 * MS);
	ck_assert_uint_eq(w.effective, 1);
	ck_assert_uint_eq(w.world->node[1].boot, 1);
	watch_end(&w, &p);
}
END_TEST

START_TEST(a_node_started_by_hand_is_left_alone)
{
	struct world *world;
	struct watch w;
	struct plan p;

	watch_begin(&w, &p, "at 10ms for 50ms kill 1", 3, MS, 0);
	world = &w.world->base;
	go_on(&w, 20 * MS);
	ck_assert_int_eq(world->ops->boot(world, 1, NULL), 0);
	go_on(&w, 100 * MS);
	ck_assert_uint_eq(w.effective, 1);
	ck_assert_uint_eq(w.world->node[1].boot, 1);
	ck_assert_int_eq(w.world->node[1].state, NODE_UP);
	watch_end(&w, &p);
}
END_TEST

START_TEST(a_paused_node_goes_on)
{
	struct watch w;
	struct plan p;

	watch_begin(&w, &p, "at 10ms for 20ms pause 0,2", 3, MS, 0);
	go_on(&w, 15 * MS);
	ck_assert_int_eq(w.world->node[0].state, NODE_PAUSED);
	ck_assert_int_eq(w.world->node[1].state, NODE_UP);
	go_on(&w, 40 * MS);
	ck_assert_int_eq(w.world->node[0].state, NODE_UP);
	ck_assert_uint_eq(w.world->node[0].boot, 0);
	ck_assert_str_eq(w.words, "nodes 0,2 stopped for 20.0ms");
	watch_end(&w, &p);
}
END_TEST

START_TEST(healing_ends_everything_and_starts_nothing)
{
	struct fr_err err = { 0 };
	uint32_t i, started, effective;
	struct watch w;
	struct plan p;

	watch_begin(&w, &p, "at 10ms for 10s kill 1\nat 10ms for 10s "
		    "partition 0|1,2\nat 30ms for 1s kill 0", 3, MS, MS);
	go_on(&w, 20 * MS);
	ck_assert_int_eq(nemesis_do(w.nemesis, "pause 2", 0, &err), 0);
	ck_assert_uint_eq(nemesis_on(w.nemesis), 3);
	ck_assert_str_eq(nemesis_active(w.nemesis, 2)->family->name, "pause");
	ck_assert_ptr_null(nemesis_active(w.nemesis, 3));
	nemesis_heal(w.nemesis);
	go_on(&w, 10 * SECOND);
	ck_assert_uint_eq(nemesis_on(w.nemesis), 0);
	ck_assert_uint_eq(w.ended, 3);
	nemesis_counts(w.nemesis, &started, &effective);
	ck_assert_uint_eq(started, 3);
	ck_assert_uint_eq(effective, 3);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(w.world->node[i].state, NODE_UP);
	ck_assert_int_eq(nemesis_do(w.nemesis, "kill 0", 0, &err), -1);
	ck_assert_uint_eq(w.world->node[0].boot, 0);
	watch_end(&w, &p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nemesis");
	TCase *draw = tcase_create("drawn"), *read = tcase_create("read");
	TCase *done = tcase_create("carried out");
	SRunner *runner;
	int failed;

	tcase_add_test(draw, a_plan_is_a_function_of_its_seed);
	tcase_add_test(draw,
		       taking_a_family_away_leaves_the_others_as_they_were);
	tcase_add_test(draw, drawn_faults_keep_their_bounds);
	tcase_add_test(draw, ten_seconds_have_several_of_each);
	tcase_add_test(draw, a_drawn_plan_reads_back_as_it_is);
	tcase_add_loop_test(draw, bad_lists_are_refused, 0,
			    sizeof bad_lists / sizeof *bad_lists);
	suite_add_tcase(s, draw);
	tcase_add_test(read, a_plan_is_read);
	tcase_add_test(read, an_empty_plan_is_a_plan);
	tcase_add_loop_test(read, bad_plans_name_line_and_column, 0,
			    sizeof bad_plans / sizeof *bad_plans);
	tcase_add_test(read, a_plan_file_that_is_none);
	tcase_add_test(read, descriptions_draw_sets_of_their_size);
	tcase_add_test(read, lists_are_written_as_they_are_read);
	suite_add_tcase(s, read);
	tcase_add_test(done, a_partition_cuts_and_heals_exactly);
	tcase_add_test(done, partitions_that_overlap_heal_each_by_itself);
	tcase_add_test(done, a_described_partition_splits_as_it_says);
	tcase_add_test(done, a_bridge_reaches_both_sides);
	tcase_add_test(done, a_killed_node_comes_back);
	tcase_add_test(done, a_kill_waits_until_its_node_is_reaped);
	tcase_add_test(done, killing_the_dead_has_no_effect);
	tcase_add_test(done, a_node_started_by_hand_is_left_alone);
	tcase_add_test(done, a_paused_node_goes_on);
	tcase_add_test(done, healing_ends_everything_and_starts_nothing);
	suite_add_tcase(s, done);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
