/* SPDX-License-Identifier: MIT */
/* The simulated world: its order, its nodes, and that a seed says it all. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/net/layer.h"
#include "core/world/sim.h"

#define MS INT64_C(1000000)
#define NODES 3u

/* ---- a protocol that does what it is asked ------------------------------------------- */

enum { NUMBER };				/* messages */
enum { LATER, AGAIN };				/* timers */
enum { ECHO, KEEP, KEPT, SYNCED, CRASH, SPIN, WAIT, SELF, TELL, TIME };

static void
on_number(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	int64_t number;

	(void)size;
	memcpy(&number, body, sizeof number);
	if (number < 0)				/* a message to itself */
		fr_send(me, me->id, NUMBER, &number, sizeof number);
	else
		fr_claim(me, "number", number, from);
}

static void
on_later(struct fr_node *me, uint64_t tag)
{
	fr_ok(me, tag, fr_int(fr_mono(me)));
}

static void
on_again(struct fr_node *me, uint64_t tag)
{
	fr_after(me, AGAIN, 0, tag);
}

static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

static void
on_keep(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = fr_number(rq->value, 0);

	fr_write(me, "kept", 0, &number, sizeof number);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_kept(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = -1;

	(void)fr_read(me, "kept", 0, &number, sizeof number);
	fr_ok(me, rq->id, fr_int(number));
}

/* Tells all before and after a sync. */
static void
on_synced(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = fr_number(rq->value, 0);

	fr_broadcast(me, NUMBER, &number, sizeof number);
	fr_write(me, "kept", 0, &number, sizeof number);
	fr_sync(me, "kept");
	number++;
	fr_broadcast(me, NUMBER, &number, sizeof number);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_crash(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = 77;

	fr_broadcast(me, NUMBER, &number, sizeof number);
	raise((int)fr_number(rq->value, SIGSEGV));
}

static volatile int spun;

static void
on_spin(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	(void)rq;
	/* As the watch over the process does it. */
	raise(SIGXCPU);
	for (;;)
		spun++;
}

static void
on_wait(struct fr_node *me, const struct fr_request *rq)
{
	fr_after(me, LATER, fr_number(rq->value, 0), rq->id);
}

static void
on_self(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = -1;

	fr_send(me, me->id, NUMBER, &number, sizeof number);
	fr_after(me, AGAIN, 0, 0);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_tell(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number;

	for (number = 0; number < fr_number(rq->value, 0); number++)
		fr_broadcast(me, NUMBER, &number, sizeof number);
	fr_ok(me, rq->id, fr_int((int64_t)(fr_random(me) >> 1)));
}

static void
on_time(struct fr_node *me, const struct fr_request *rq)
{
	const int64_t times[] = { fr_mono(me), fr_wall(me) };

	fr_ok(me, rq->id, fr_list(times, 2));
}

static const struct fr_protocol protocol = {
	FR_HEAD,
	.name = "tool",
	.summary = "does what it is asked",
	.state_size = 8,
	.messages = FR_MESSAGES([NUMBER] = { "number", on_number, 8 }),
	.requests = FR_REQUESTS(
		[ECHO] = { "echo", on_echo }, [KEEP] = { "keep", on_keep },
		[KEPT] = { "kept", on_kept },
		[SYNCED] = { "synced", on_synced },
		[CRASH] = { "crash", on_crash }, [SPIN] = { "spin", on_spin },
		[WAIT] = { "wait", on_wait }, [SELF] = { "self", on_self },
		[TELL] = { "tell", on_tell }, [TIME] = { "time", on_time }),
	.timers = FR_TIMERS([LATER] = { "later", on_later },
			    [AGAIN] = { "again", on_again }),
};

/* ---- a world, and what it said ------------------------------------------------------- */

static struct world *w;
static struct net *net;
static struct topology topology;
static struct descriptor descriptor;
static struct sim_plugin plugin;
static struct sim_page page;
static char said[65536];
static uint64_t token;

__attribute__((format(printf, 1, 2)))
static void
say(const char *format, ...)
{
	size_t size = strlen(said);
	va_list args;

	va_start(args, format);
	vsnprintf(said + size, sizeof said - size, format, args);
	va_end(args);
}

static double
ms(void)
{
	return (double)w->ops->now(w) / 1e6;
}

static void
ready(void *arg, uint32_t node, uint32_t boot)
{
	(void)arg;
	say("ready %u.%u\n", node, boot);
}

static void
ended(void *arg, const struct world_end *e)
{
	(void)arg;
	say("end %u.%u %s: %s\n", e->node, e->boot, end_names[e->cause],
	    e->text);
}

static int64_t answer;

static void
replied(void *arg, const struct world_reply *r)
{
	(void)arg;
	answer = fr_number(r->value, -2);
	if (r->value.kind == FR_LIST)
		answer = r->value.u.list[1] - r->value.u.list[0];
	say("reply %u\n", r->client);
}

static void
broken(void *arg, uint32_t client, uint64_t t, uint32_t node)
{
	(void)arg;
	(void)t;
	say("broken %u %u\n", client, node);
}

static void
claimed(void *arg, uint32_t node, uint32_t boot, const char *what, int64_t key,
	int64_t value)
{
	(void)arg;
	(void)boot;
	say("%s %lld at %u from %lld\n", what, (long long)key, node,
	    (long long)value);
}

static void
spoke(void *arg, uint32_t node, uint32_t boot, enum output_from from,
      uint32_t level, const char *text)
{
	(void)arg;
	(void)from;
	(void)level;
	say("said %u.%u: %s\n", node, boot, text);
}

static void
misused(void *arg, uint32_t node, uint32_t boot, const char *text)
{
	(void)arg;
	say("misuse %u.%u: %s\n", node, boot, text);
}

static uint64_t messages;

static void
message(void *arg, const struct world_message *m)
{
	(void)arg;
	(void)m;
	messages++;
}

static void
leave(void *arg)
{
	(void)arg;
	w->ops->leave(w);
}

static void
run_until(int64_t t)
{
	struct fr_err err = { 0 };

	w->ops->at(w, t, leave, NULL);
	ck_assert_msg(w->ops->loop(w, &err) == 0, "%s", err.text);
}

static void
run_for(int64_t ns)
{
	run_until(w->ops->now(w) + ns);
}

/* By node; a test may put another one there before a boot. */
static const struct sim_plugin *plugins[NODES];

static void
make(uint64_t seed, const struct dist *delay, bool traced)
{
	static struct world_events events;
	const struct sim_options options = {
		.plugins = plugins, .sync_time = SIM_SYNC_TIME, .page = &page,
	};
	struct world_config c = {
		.nodes = NODES, .clients = 2, .seed = seed,
		.boot_limit = 1000 * MS, .hang_limit = 1000 * MS,
		.output_max = 65536, .events = &events,
	};
	static char body[65536];
	struct fr_writer writer = fr_writer(body, sizeof body);
	struct fr_err err = { 0 };
	uint32_t i;

	events = (struct world_events){
		.ready = ready, .ended = ended, .replied = replied,
		.broken = broken, .claimed = claimed, .misused = misused,
		.said = spoke, .message = traced ? message : NULL,
	};
	if (descriptor.name == NULL) {
		wire_put_descriptor(&writer, &protocol);
		ck_assert_msg(wire_get_descriptor(body, writer.size,
			&descriptor, &err) == 0, "%s", err.text);
	}
	plugin.protocol = &protocol;
	plugin.descriptor = &descriptor;
	for (i = 0; i < NODES; i++)
		plugins[i] = &plugin;
	ck_assert_int_eq(topology_make("complete", NODES, 1, &topology, &err),
			 0);
	net = c.net = net_new(&topology, c.clients, delay, seed);
	w = sim_new(&c, &options);
	token = 0;
	said[0] = '\0';
	for (i = 0; i < NODES; i++)
		ck_assert_int_eq(w->ops->boot(w, i, &err), 0);
	run_until(5 * MS);
	ck_assert_int_eq(w->ops->state(w, 2, NULL), NODE_UP);
	said[0] = '\0';
}

static void
unmake(void)
{
	w->ops->stop(w);
	w->ops->free(w);
	net_free(net);
	topology_free(&topology);
}

static const struct dist fixed = { .kind = DIST_CONST, .a = MS };

static void
set_up(void)
{
	make(1, &fixed, false);
}

static int
ask(uint32_t node, uint32_t f, int64_t value)
{
	const struct world_request r = {
		.client = 0, .token = ++token, .f = f, .key = FR_NO_KEY,
		.value = fr_int(value), .seq = token,
	};

	return w->ops->request(w, node, &r);
}

static int64_t
asked(uint32_t node, uint32_t f, int64_t value)
{
	answer = -3;
	ck_assert_int_eq(ask(node, f, value), 0);
	run_for(3 * MS);
	return answer;
}

#define HEARD(text) \
	ck_assert_msg(strstr(said, text) != NULL, "no \"%s\" in:\n%s", text, \
		      said)
#define NOT_HEARD(text) \
	ck_assert_msg(strstr(said, text) == NULL, "\"%s\" in:\n%s", text, said)

/* ---- the order of things ------------------------------------------------------------- */

START_TEST(the_queue_is_a_sorted_list)
{
	struct sim_queue q = { 0 };
	struct rng r = rng_make((uint64_t)_i, 1, 0, 0, "queue");
	uint64_t taken = 0, cancelled = 0, added = 0;
	int64_t t, last_t = -1;
	uint32_t event, last[5000], i;

	for (i = 0; i < 5000; i++) {
		last[i] = queue_add(&q, rng_between(&r, 0, 300),
				    rng_between(&r, SIM_DEPART, SIM_TIMER),
				    (uint32_t)rng_below(&r, 5));
		added++;
		if (rng_below(&r, 2) == 0) {
			queue_cancel(&q, last[i]);
			cancelled++;
		}
	}
	while (queue_take(&q, &t, &event)) {
		struct sim_event e = q.events[event];

		ck_assert_int_ge(t, last_t);
		last_t = t;
		ck_assert_int_ne(e.kind, SIM_NONE);
		queue_drop(&q, event);
		taken++;
	}
	ck_assert_uint_eq(taken + cancelled, added);
	queue_free(&q);
}
END_TEST

START_TEST(equal_times_go_by_class_node_and_turn)
{
	static const struct {
		enum sim_kind kind;
		uint32_t node;
	} wanted[] = {
		{ SIM_DEPART, 9 }, { SIM_CALL, 0 }, { SIM_ARRIVE, 1 },
		{ SIM_ARRIVE, 2 }, { SIM_ARRIVE, 2 }, { SIM_TIMER, 0 },
	};
	static const int order[] = { 5, 3, 2, 0, 4, 1 };
	struct sim_queue q = { 0 };
	uint32_t places[6], event;
	int64_t t;
	size_t i;

	for (i = 0; i < 6; i++)
		places[order[i]] = queue_add(&q, 7, wanted[order[i]].kind,
					     wanted[order[i]].node);
	for (i = 0; i < 6; i++) {
		ck_assert(queue_take(&q, &t, &event));
		ck_assert_uint_eq(event, places[i]);
	}
	ck_assert(!queue_take(&q, &t, &event));
	queue_free(&q);
}
END_TEST

/* ---- one seed, one result ------------------------------------------------------------ */

static uint64_t
play(uint64_t seed, bool traced)
{
	const struct dist delay = { .kind = DIST_EXP, .a = MS };
	uint64_t hash, steps;
	int i;

	make(seed, &delay, traced);
	for (i = 0; i < 5; i++) {
		ask((uint32_t)i % NODES, TELL, 20);
		ask(1, SYNCED, i * 100);
		run_for(2 * MS);
		if (i == 2)
			(void)w->ops->kill(w, 0, NULL);
		if (i == 3)
			(void)w->ops->boot(w, 0, NULL);
	}
	run_for(50 * MS);
	hash = sim_hash(w, &steps);
	ck_assert_uint_gt(steps, 300);
	unmake();
	return hash;
}

START_TEST(the_same_seed_gives_the_same_hash_a_thousand_times)
{
	uint64_t hash = play(42, false);
	int i;

	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(play(42, i % 2 == 0), hash);
	ck_assert_uint_gt(messages, 0);
	ck_assert_uint_ne(play(43, false), hash);
}
END_TEST

/* ---- time ---------------------------------------------------------------------------- */

START_TEST(a_message_takes_what_its_link_says)
{
	run_until(10 * MS);
	ck_assert_int_eq(ask(0, TELL, 1), 0);
	run_until(12 * MS - 1);
	NOT_HEARD("number");
	run_until(12 * MS + 1);
	HEARD("number 0 at 1 from 0");
	HEARD("number 0 at 2 from 0");
}
END_TEST

START_TEST(a_sync_takes_time_and_what_is_sent_after_it_leaves_after_it)
{
	run_until(10 * MS);
	ask(0, SYNCED, 5);
	ask(0, ECHO, 1);
	run_until(12 * MS + 1);
	HEARD("number 5 at 1 from 0");
	NOT_HEARD("number 6");
	run_until(12 * MS + SIM_SYNC_TIME);
	NOT_HEARD("reply");
	run_until(12 * MS + SIM_SYNC_TIME + 1);
	HEARD("number 6 at 1 from 0");
	HEARD("reply 0\nreply 0");
}
END_TEST

START_TEST(who_dies_in_a_sync_says_nothing_afterwards)
{
	run_until(10 * MS);
	ask(0, SYNCED, 5);
	run_until(11 * MS + SIM_SYNC_TIME / 2);
	ck_assert_int_eq(w->ops->kill(w, 0, NULL), 0);
	run_for(10 * MS);
	HEARD("number 5 at 1 from 0");
	NOT_HEARD("number 6");
	HEARD("end 0.0 killed: killed while it was busy");
	HEARD("broken 0 0");
}
END_TEST

START_TEST(timers_and_clocks_go_at_the_rate_of_the_node)
{
	const struct node_clock fast = { .rate = 2, .offset = 1000 * MS };
	int64_t wall = asked(1, TIME, 0);

	ck_assert_int_eq(wall, HOST_EPOCH - SIM_UPTIME);
	run_until(100 * MS);
	ck_assert_int_eq(w->ops->set_clock(w, 1, &fast, NULL), 0);
	ask(1, WAIT, 100 * MS);
	run_until(152 * MS);
	NOT_HEARD("reply 0\nreply");
	run_until(152 * MS + 1);
	HEARD("reply 0\nreply");
	ck_assert_int_eq(asked(1, TIME, 0),
			 HOST_EPOCH - SIM_UPTIME + 1000 * MS);
}
END_TEST

START_TEST(time_moves_in_every_circle)
{
	uint64_t steps, more;

	ask(2, SELF, 0);
	run_until(20 * MS);
	(void)sim_hash(w, &steps);
	run_until(21 * MS);
	(void)sim_hash(w, &more);
	/* One message and one timer a hop, at most. */
	ck_assert_uint_gt(more - steps, 0);
	ck_assert_uint_le(more - steps, 2 * MS / SIM_HOP + 2);
}
END_TEST

/* ---- nodes --------------------------------------------------------------------------- */

START_TEST(a_crash_forgets_what_was_not_synced)
{
	asked(0, SYNCED, 10);
	run_for(5 * MS);
	ck_assert_int_eq(asked(0, KEPT, 0), 10);
	asked(0, KEEP, 99);
	ck_assert_int_eq(asked(0, KEPT, 0), 99);
	ck_assert_int_eq(w->ops->kill(w, 0, NULL), 0);
	ck_assert_int_eq(ask(0, ECHO, 1), 1);
	ck_assert_int_eq(w->ops->boot(w, 0, NULL), 0);
	ck_assert_int_eq(ask(0, ECHO, 1), 1);
	run_for(5 * MS);
	HEARD("end 0.0 killed: killed while idle\nready 0.1");
	ck_assert_int_eq(asked(0, KEPT, 0), 10);
}
END_TEST

START_TEST(what_is_for_another_boot_does_not_come)
{
	ask(1, TELL, 3);
	run_for(MS + MS / 2);
	ck_assert_int_eq(w->ops->kill(w, 0, NULL), 0);
	ck_assert_int_eq(w->ops->boot(w, 0, NULL), 0);
	run_for(5 * MS);
	HEARD("number 2 at 2 from 1");
	NOT_HEARD("at 0");
	ck_assert_uint_eq(w->ops->counts(w)->dropped[TRACE_DOWN], 3);
}
END_TEST

START_TEST(who_is_paused_takes_everything_later_and_in_order)
{
	ck_assert_int_eq(w->ops->pause(w, 2, NULL), 0);
	ck_assert_int_eq(w->ops->pause(w, 2, NULL), -1);
	ask(0, TELL, 3);
	ask(2, ECHO, 7);
	run_for(20 * MS);
	HEARD("number 2 at 1 from 0");
	NOT_HEARD("at 2");
	ck_assert_int_eq(w->ops->resume(w, 2, NULL), 0);
	run_for(3 * MS);
	HEARD("number 0 at 2 from 0\nnumber 1 at 2 from 0\n"
	      "number 2 at 2 from 0");
	ck_assert_int_eq(answer, 7);
}
END_TEST

START_TEST(a_crash_in_a_handler_is_the_end_of_one_node)
{
	static const struct {
		int sig;
		const char *text;
	} deaths[] = {
		{ SIGSEGV, "end 1.0 signalled: killed by SIGSEGV in the "
			   "handler of request `crash`" },
		{ SIGABRT, "killed by SIGABRT in the handler" },
		{ SIGFPE, "killed by SIGFPE in the handler" },
	};

	ask(1, CRASH, deaths[_i].sig);
	run_for(5 * MS);
	HEARD(deaths[_i].text);
	HEARD("broken 0 1");
	/* Its last words were said. */
	HEARD("number 77 at 0 from 1");
	ck_assert_int_eq(w->ops->state(w, 1, NULL), NODE_DOWN);
	ck_assert_int_eq(asked(0, ECHO, 4), 4);
	ck_assert_int_eq(w->ops->boot(w, 1, NULL), 0);
	run_for(5 * MS);
	ck_assert_int_eq(asked(1, ECHO, 5), 5);
}
END_TEST

START_TEST(a_handler_that_never_returns_is_left)
{
	ask(1, SPIN, 0);
	run_for(5 * MS);
	HEARD("end 1.0 hung: did not return from the handler of request "
	      "`spin` within 1s");
	ck_assert_int_eq(asked(0, ECHO, 4), 4);
	/* Too late for anything: nobody runs. */
	raise(SIGXCPU);
	ck_assert_int_eq(asked(0, ECHO, 5), 5);
}
END_TEST

START_TEST(a_cut_link_lets_nothing_through)
{
	net_cut(net, 0, 1);
	ask(0, TELL, 1);
	run_for(5 * MS);
	NOT_HEARD("number 0 at 1");
	HEARD("number 0 at 2 from 0");
	ck_assert_uint_eq(w->ops->counts(w)->dropped[FATE_CUT], 1);
	net_join(net, 0, 1);
	ask(0, TELL, 1);
	run_for(5 * MS);
	HEARD("number 0 at 1 from 0");
}
END_TEST

START_TEST(who_gives_up_waiting_hears_nothing)
{
	ask(0, ECHO, 1);
	w->ops->forget(w, 0, token);
	run_for(5 * MS);
	NOT_HEARD("reply");
	ck_assert_uint_eq(w->ops->counts(w)->late, 1);
	ask(0, ECHO, 1);
	w->ops->forget(w, 0, token);
	ck_assert_int_eq(w->ops->kill(w, 0, NULL), 0);
	run_for(5 * MS);
	NOT_HEARD("broken");
}
END_TEST

static void
count(void *arg)
{
	++*(int *)arg;
}

START_TEST(a_call_taken_back_does_not_come)
{
	int first = 0, second = 0;
	uint64_t id = w->ops->at(w, 10 * MS, count, &first);

	w->ops->at(w, 10 * MS, count, &second);
	w->ops->cancel(w, id);
	w->ops->cancel(w, id);
	run_until(11 * MS);
	ck_assert_int_eq(first, 0);
	ck_assert_int_eq(second, 1);
	ck_assert(ms() >= 11);
}
END_TEST

/* ---- what faults do ------------------------------------------------------------------ */

static struct layer layer;

static void
lay(uint32_t from, uint32_t to)
{
	layer.key = 5;
	net_lay(net, &layer, from, to);
}

static void
unlay(void)
{
	net_lift_all(net, &layer);
	memset(&layer, 0, sizeof layer);
}

START_TEST(old_packets_come_again)
{
	net_keep_on(net);
	ask(0, TELL, 3);
	run_for(5 * MS);
	said[0] = '\0';
	layer.replay = 1;
	lay(0, 1);
	ask(0, TELL, 1);
	run_for(5 * MS);
	ck_assert_uint_eq(layer.replayed, 1);
	ck_assert_uint_eq(w->ops->counts(w)->sent, 8);
	ck_assert_uint_eq(w->ops->counts(w)->delivered, 9);
	unlay();
}
END_TEST

START_TEST(a_liar_forges_changes_and_withholds)
{
	net_keep_on(net);
	ask(2, TELL, 5);
	run_for(5 * MS);
	said[0] = '\0';
	layer.forge = 1;
	lay(0, 1);
	ask(0, TELL, 1);
	run_for(5 * MS);
	ck_assert_uint_eq(layer.forged, 1);
	HEARD("at 1 from 0\n");
	ck_assert_uint_eq(w->ops->counts(w)->delivered, 13);
	unlay();
	said[0] = '\0';
	layer.field = 1;
	lay(0, 1);
	ask(0, TELL, 1);
	run_for(5 * MS);
	NOT_HEARD("number 0 at 1 from 0");
	HEARD("number 0 at 2 from 0");
	unlay();
	layer.withhold = 1;
	lay(0, 1);
	ask(0, TELL, 1);
	run_for(5 * MS);
	ck_assert_uint_eq(w->ops->counts(w)->dropped[FATE_WITHHELD], 1);
	unlay();
	/* Client 0 is endpoint 3. */
	layer.field = 1;
	lay(0, 3);
	ck_assert_int_ne(asked(0, ECHO, 5), 5);
	ck_assert_int_eq(asked(1, ECHO, 5), 5);
	unlay();
}
END_TEST

START_TEST(two_instances_answer_to_one_name)
{
	struct fr_err err = { 0 };
	int64_t i;

	asked(1, SYNCED, 7);
	said[0] = '\0';
	ck_assert_int_eq(w->ops->twin(w, 1, NULL), 0);
	ck_assert_int_eq(w->ops->twin(w, 1, &err), -1);
	ck_assert_str_eq(err.text, "node 1 has a twin already");
	run_for(5 * MS);
	ck_assert_int_eq(w->ops->twin_state(w, 1), NODE_UP);
	ck_assert_int_eq(w->ops->twin_state(w, 0), NODE_DOWN);
	NOT_HEARD("ready");
	/* Client 0 speaks to the second: it has the disk, and its own state. */
	layer.second = 1;
	lay(3, 1);
	ck_assert_int_eq(asked(1, KEPT, 0), 7);
	asked(1, SYNCED, 8);
	HEARD("number 8 at 0 from 1");
	unlay();
	ck_assert_int_eq(asked(1, KEPT, 0), 7);
	/* What it is told, it claims in vain. */
	said[0] = '\0';
	layer.second = 1;
	lay(0, 1);
	ask(0, TELL, 3);
	run_for(5 * MS);
	NOT_HEARD("number 0 at 1");
	HEARD("number 0 at 2 from 0");
	ck_assert_uint_eq(layer.to_second, 3);
	unlay();
	/* Both hear it. */
	layer.both = 1;
	lay(0, 1);
	i = (int64_t)w->ops->counts(w)->delivered;
	ask(0, TELL, 1);
	run_for(5 * MS);
	HEARD("number 0 at 1 from 0");
	ck_assert_int_eq((int64_t)w->ops->counts(w)->delivered, i + 3);
	unlay();
	/* It dies, and the node does not. */
	layer.second = 1;
	lay(3, 1);
	said[0] = '\0';
	ask(1, CRASH, SIGSEGV);
	run_for(5 * MS);
	HEARD("broken 0 1");
	HEARD("said 1.0: fracas: the second instance of this node ended: "
	      "killed by SIGSEGV in the handler of request `crash`");
	NOT_HEARD("end 1");
	ck_assert_int_eq(asked(1, KEPT, 0), 7);
	unlay();
	/* Once more, and from outside. */
	ck_assert_int_eq(w->ops->twin(w, 1, NULL), 0);
	run_for(5 * MS);
	w->ops->untwin(w, 1);
	ck_assert_int_eq(w->ops->twin_state(w, 1), NODE_DOWN);
	run_for(5 * MS);
	NOT_HEARD("end 1");
	ck_assert_int_eq(w->ops->kill(w, 1, NULL), 0);
	ck_assert_int_eq(w->ops->twin(w, 1, &err), -1);
	ck_assert_str_eq(err.text, "node 1 is not up");
}
END_TEST

/* Globals, as a plugin's: what two instances of a node share in this process
 * and must not. */
static int64_t global;

static void
save_global(void *arg, void *image)
{
	(void)arg;
	memcpy(image, &global, sizeof global);
}

static void
load_global(void *arg, const void *image)
{
	(void)arg;
	memcpy(&global, image, sizeof global);
}

static void
reset_global(void *arg)
{
	(void)arg;
	global = 100;
}

static void
on_count(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(++global));
}

static const struct fr_protocol counting_protocol = {
	FR_HEAD,
	.name = "tool",
	.summary = "counts",
	.messages = FR_MESSAGES([NUMBER] = { "number", on_number, 8 }),
	.requests = FR_REQUESTS([ECHO] = { "echo", on_count }),
};

START_TEST(twins_have_globals_of_their_own)
{
	static struct sim_plugin counting;
	struct fr_err err = { 0 };

	/* All nodes of this test share the rest; node 1 alone counts. */
	counting.protocol = &counting_protocol;
	counting.descriptor = &descriptor;
	counting.save = save_global;
	counting.load = load_global;
	counting.reset = reset_global;
	counting.image_size = sizeof global;
	ck_assert_int_eq(w->ops->kill(w, 1, NULL), 0);
	plugins[1] = &counting;
	ck_assert_int_eq(w->ops->boot(w, 1, NULL), 0);
	run_for(5 * MS);
	ck_assert_int_eq(asked(1, ECHO, 0), 101);
	ck_assert_int_eq(asked(1, ECHO, 0), 102);
	ck_assert_msg(w->ops->twin(w, 1, &err) == 0, "%s", err.text);
	run_for(5 * MS);
	ck_assert_int_eq(asked(1, ECHO, 0), 103);
	layer.second = 1;
	lay(3, 1);
	ck_assert_int_eq(asked(1, ECHO, 0), 101);
	ck_assert_int_eq(asked(1, ECHO, 0), 102);
	unlay();
	ck_assert_int_eq(asked(1, ECHO, 0), 104);
	w->ops->untwin(w, 1);
	ck_assert_int_eq(asked(1, ECHO, 0), 105);
	ck_assert_int_eq(w->ops->twin(w, 1, NULL), 0);
	run_for(5 * MS);
	lay(3, 1);
	layer.second = 1;
	ck_assert_int_eq(asked(1, ECHO, 0), 101);
	/* A restart of the first begins anew; the second goes on. */
	ck_assert_int_eq(w->ops->kill(w, 1, NULL), 0);
	ck_assert_int_eq(w->ops->boot(w, 1, NULL), 0);
	run_for(5 * MS);
	ck_assert_int_eq(asked(1, ECHO, 0), 102);
	unlay();
	ck_assert_int_eq(asked(1, ECHO, 0), 101);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim");
	TCase *t = tcase_create("order");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, the_queue_is_a_sorted_list, 0, 4);
	tcase_add_test(t, equal_times_go_by_class_node_and_turn);
	tcase_add_test(t,
		       the_same_seed_gives_the_same_hash_a_thousand_times);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);

	t = tcase_create("nodes");
	tcase_add_checked_fixture(t, set_up, unmake);
	tcase_add_test(t, a_message_takes_what_its_link_says);
	tcase_add_test(t, a_sync_takes_time_and_what_is_sent_after_it_leaves_after_it);
	tcase_add_test(t, who_dies_in_a_sync_says_nothing_afterwards);
	tcase_add_test(t, timers_and_clocks_go_at_the_rate_of_the_node);
	tcase_add_test(t, time_moves_in_every_circle);
	tcase_add_test(t, a_crash_forgets_what_was_not_synced);
	tcase_add_test(t, what_is_for_another_boot_does_not_come);
	tcase_add_test(t, who_is_paused_takes_everything_later_and_in_order);
	tcase_add_loop_test(t, a_crash_in_a_handler_is_the_end_of_one_node, 0,
			    3);
	tcase_add_test(t, a_handler_that_never_returns_is_left);
	tcase_add_test(t, a_cut_link_lets_nothing_through);
	tcase_add_test(t, who_gives_up_waiting_hears_nothing);
	tcase_add_test(t, a_call_taken_back_does_not_come);
	tcase_add_test(t, old_packets_come_again);
	tcase_add_test(t, a_liar_forges_changes_and_withholds);
	tcase_add_test(t, two_instances_answer_to_one_name);
	tcase_add_test(t, twins_have_globals_of_their_own);
	suite_add_tcase(s, t);

	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
