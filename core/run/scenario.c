/* SPDX-License-Identifier: MIT */
/*
 * Scenario files: read twice.  What runs has to be known before its operations
 * and messages have names, wherever in the file it stands.
 */
#include "core/run/scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/run/simulate.h"

#define BYTES_MAX	(16u << 20)
/* What a message takes where nothing else is said. */
#define LATENCY		INT64_C(1000000)

struct scenario {
	const struct scenario_config *config;
	const char *name;		/* of the file, without its folder     */
	char *text;
	struct arena arena;
	struct run_config run;
	struct setting *settings;
	size_t setting_room;
	uint32_t mentioned;		/* clients, by the highest number      */
	struct simulation simulation;
	struct tape tape;
	struct expectations expectations;
};

/* ---- what runs ------------------------------------------------------------------------ */

/* A path is from the scenario's own folder. */
static const char *
place_of(struct scenario *s, const char *path)
{
	const char *slash = strrchr(s->config->path, '/');

	if (strchr(path, '/') == NULL || *path == '/' || slash == NULL)
		return arena_string(&s->arena, path);
	return arena_format(&s->arena, "%.*s/%s",
			    (int)(slash - s->config->path), s->config->path,
			    path);
}

static int
take_setting(struct scenario *s, struct tape_line *l,
	     const struct tape_word *w, struct fr_err *err)
{
	const char *equals = strchr(w->text, '=');
	size_t room = s->setting_room;

	if (equals == NULL || equals == w->text) {
		err_usage(err, "a parameter is set with NAME=VALUE");
		return line_error(l, w->at, err);
	}
	mem_grow(&s->settings, &room, (size_t)s->run.setting_count + 1,
		 sizeof *s->settings);
	s->setting_room = room;
	s->settings[s->run.setting_count++] = (struct setting){
		arena_format(&s->arena, "%.*s", (int)(equals - w->text),
			     w->text),
		arena_string(&s->arena, equals + 1),
	};
	s->run.settings = s->settings;
	return 0;
}

enum { PROTOCOL, WORKLOAD, MODEL, NODES, CLIENTS, SEED, SET, TOPOLOGY,
       LATENCIES, TIMEOUT, SYNC_TIME, HEADS };

static const char *const heads[] = {
	[PROTOCOL] = "protocol", [WORKLOAD] = "workload", [MODEL] = "model",
	[NODES] = "nodes", [CLIENTS] = "clients", [SEED] = "seed",
	[SET] = "set", [TOPOLOGY] = "topology", [LATENCIES] = "latency",
	[TIMEOUT] = "timeout", [SYNC_TIME] = "sync-time",
};

static int
take_head(struct scenario *s, int head, struct tape_line *l,
	  const struct tape_word *w, struct fr_err *err)
{
	struct run_config *c = &s->run;
	int64_t n = 0;

	switch (head) {
	case PROTOCOL:
		c->protocol = place_of(s, w->text);
		return 0;
	case WORKLOAD:
		c->workload = place_of(s, w->text);
		return 0;
	case MODEL:
		c->model = arena_string(&s->arena, w->text);
		return 0;
	case TOPOLOGY:
		c->topology = place_of(s, w->text);
		return 0;
	case SET:
		return take_setting(s, l, w, err);
	case LATENCIES:
		return read_dist(w->text, &c->latency, err);
	case TIMEOUT:
		return read_time(w->text, 1, INT64_MAX, &c->timeout, err);
	case SYNC_TIME:
		return read_time(w->text, 0, INT64_MAX, &c->sync_time, err);
	case SEED:
		if (read_int(w->text, 0, INT64_MAX, &n, err) < 0)
			return -1;
		c->seed = (uint64_t)n;
		return 0;
	default:
		if (read_int(w->text, 1, head == NODES ? FR_NODES_MAX :
			     CLIENTS_MAX, &n, err) < 0)
			return -1;
		*(head == NODES ? &c->nodes : &c->clients) = (uint32_t)n;
		return 0;
	}
}

static int
head_of(const char *word)
{
	int head;

	for (head = 0; head < HEADS && strcmp(word, heads[head]) != 0; head++)
		;
	return head;
}

/* Where the file says nothing of how many there are, those it speaks of. */
static void
look_for_clients(struct scenario *s, struct tape_line l)
{
	struct tape_word w;
	unsigned long n;
	char *end;

	while (line_word(&l, &w)) {
		if (strcmp(w.text, "client") != 0 || !line_word(&l, &w))
			continue;
		n = strtoul(w.text, &end, 10);
		if (end > w.text && n < CLIENTS_MAX && n >= s->mentioned)
			s->mentioned = (uint32_t)n + 1;
	}
}

static int
read_heads(struct scenario *s, struct fr_err *err)
{
	struct tape_line l = { .name = s->name };
	const char *rest = s->text;
	struct tape_word w, value;
	bool seen[HEADS] = { false };
	int head;

	while (line_next(&l, &rest)) {
		look_for_clients(s, l);
		if (!line_word(&l, &w))
			continue;
		head = head_of(w.text);
		if (head == HEADS)
			continue;
		if (seen[head] && head != SET) {
			err_usage(err, "'%s' was told already", w.text);
			return line_error(&l, w.at, err);
		}
		seen[head] = true;
		if (!line_word(&l, &value)) {
			err_usage(err, "'%s' of what?", w.text);
			return line_error(&l, value.at, err);
		}
		if (take_head(s, head, &l, &value, err) < 0)
			return head == SET ? -1 : line_error(&l, value.at, err);
		if (line_end(&l, err) < 0)
			return -1;
	}
	if (s->config->protocol != NULL)
		s->run.protocol = s->config->protocol;
	if (s->run.protocol == NULL)
		return err_usage(err, "%s: it names no protocol: begin with "
				 "'protocol NAME', or give --protocol",
				 s->name);
	if (s->run.clients == 0)
		s->run.clients = s->mentioned > 0 ? s->mentioned : 1;
	return 0;
}

/* ---- the run, and what is expected ---------------------------------------------------- */

static int
not_understood(const struct tape_line *l, const struct tape_word *w,
	       struct fr_err *err)
{
	static const char *const words[] = {
		"at", "finally", "fault", "message", "start", "random",
		"choice", "length", "choices", "expect", "protocol", "workload", "model",
		"nodes", "clients", "seed", "set", "topology", "latency",
		"timeout", "sync-time",
	};
	const char *near = nearest_word(w->text, words,
					sizeof words / sizeof *words,
					sizeof *words);

	if (near != NULL)
		err_usage(err, "no line begins with '%s'; did you mean '%s'?",
			  w->text, near);
	else
		err_usage(err, "no line begins with '%s': an operation or a "
			  "fault begins with 'at TIME', what is expected with "
			  "'expect'", w->text);
	return line_error(l, w->at, err);
}

static int
read_line(struct scenario *s, struct tape_maker *m, struct tape_line *l,
	  const struct tape_word *w, struct fr_err *err)
{
	size_t ops = s->tape.op_count;
	int got;

	if (head_of(w->text) != HEADS)
		return 0;
	if (strcmp(w->text, "expect") == 0)
		return expect_line(&s->expectations, l, s->run.nodes,
				   &s->arena, err);
	got = tape_line(m, l, w, err);
	if (got < 0)
		return -1;
	if (got > 0)
		return not_understood(l, w, err);
	if (s->tape.op_count > ops)
		return expect_answer(&s->expectations, l,
				     s->tape.op_count - 1, &s->arena, err);
	return line_end(l, err);
}

/* Operations are sorted afterwards: what is expected of one goes along. */
static void
follow(struct scenario *s)
{
	struct expectation *e;
	size_t i, k;

	for (i = 0; i < s->expectations.count; i++) {
		e = &s->expectations.at[i];
		if (e->what > EXPECT_UNSURE)
			continue;
		for (k = 0; k < s->tape.op_count; k++)
			if (s->tape.ops[k].line == e->line)
				e->op = k;
	}
}

static int
read_rest(struct scenario *s, struct fr_err *err)
{
	struct tape_maker m = { .arena = &s->arena, .tape = &s->tape,
				.setup = &s->simulation.setup };
	struct tape_line l = { .name = s->name };
	const char *rest = s->text;
	struct tape_word w;

	s->tape = (struct tape){ .seed = s->run.seed, .nodes = s->run.nodes,
				 .clients = s->run.clients };
	while (line_next(&l, &rest))
		if (line_word(&l, &w) && read_line(s, &m, &l, &w, err) < 0)
			return -1;
	if (tape_made(&m, err) < 0)
		return err_wrap(err, "%s", s->name);
	if (s->tape.op_count == 0 && s->tape.length == 0)
		return err_usage(err, "%s: nothing happens: give operations "
				 "('at TIME client 0 node 0: ...') or a 'length "
				 "TIME'", s->name);
	follow(s);
	return 0;
}

static int
read_file(struct scenario *s, struct fr_err *err)
{
	const char *path = s->config->path, *slash = strrchr(path, '/');
	FILE *file = fopen(path, "re");
	struct buf text;
	char part[4096];
	size_t got;
	bool bad;

	if (file == NULL) {
		err_sys(err, "scenario '%s'", path);
		if (err != NULL)
			err->status = EXIT_USAGE;
		return -1;
	}
	buf_init(&text, BYTES_MAX);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		buf_add(&text, part, got);
	bad = ferror(file) != 0;
	fclose(file);
	s->name = slash == NULL ? path : slash + 1;
	s->text = mem_string(text.size > 0 ? text.data : "");
	bad |= text.full || strlen(s->text) != text.size;
	buf_free(&text);
	return bad ? err_usage(err, "scenario '%s' is not a text of at most "
			       "16M", path) : 0;
}

static int
make_run(struct scenario *s, struct scenario_result *out, struct fr_err *err)
{
	struct simulation *sim = &s->simulation;
	struct tape *tape = mem_new(sizeof *tape);
	struct cell_worker *w;
	struct cell_done done;
	struct buf text;
	int status = -1;

	buf_init(&text, 256u << 20);
	tape_text(&s->tape, &sim->setup, &text);
	s->run.tape = arena_string(&s->arena, text.size > 0 ? text.data : "");
	buf_free(&text);
	tape_copy(&s->tape, tape);
	sim->setup.tape = tape;
	w = setup_plan(&sim->setup, tape, err) == 0 ?
	    cell_new(&sim->setup, 0, err) : NULL;
	if (w != NULL)
		status = simulation_record(sim, w, s->run.seed, &done,
					   &out->run, err);
	cell_free(w);
	if (status == 0)
		out->result = done.result;
	return status;
}

int
scenario_run(const struct scenario_config *c, struct scenario_result *out,
	     struct fr_err *err)
{
	struct scenario s = { .config = c, .run = RUN_CONFIG_DEFAULT };
	int status = -1;

	memset(out, 0, sizeof *out);
	s.run.world = "sim";
	s.run.db = c->db;
	s.run.latency = (struct dist){ .kind = DIST_CONST, .a = LATENCY };
	s.run.command = arena_format(&s.arena, "fracas scenario %s", c->path);
	if (read_file(&s, err) < 0 || read_heads(&s, err) < 0)
		goto done;
	if (simulation_open(&s.simulation, &s.run, err) < 0)
		goto done;
	if (read_rest(&s, err) == 0 && make_run(&s, out, err) == 0)
		status = expect_compare(&s.expectations, &s.tape, s.name,
					s.simulation.history, out->run,
					&out->result, out, err);
	simulation_close(&s.simulation);
done:
	tape_drop(&s.tape);
	free(s.settings);
	free(s.expectations.at);
	free(s.text);
	arena_free(&s.arena);
	if (status < 0)
		scenario_result_free(out);
	return status;
}

void
scenario_result_free(struct scenario_result *r)
{
	run_result_free(&r->result);
	arena_free(&r->arena);
	memset(r, 0, sizeof *r);
}

/* ---- writing -------------------------------------------------------------------------- */

static void
put_comment(const char *text, struct buf *out)
{
	size_t size;

	for (; *text != '\0'; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		buf_printf(out, "#%s%.*s\n", size > 0 ? " " : "", (int)size,
			   text);
	}
}

static void
put_time(const char *name, int64_t ns, struct buf *out)
{
	char text[32];

	time_exact(ns, text, sizeof text);
	buf_printf(out, "%s %s\n", name, text);
}

void
scenario_text(const struct run_config *c, const struct setup *s,
	      const struct tape *t, const struct run_result *r,
	      const char *words, struct buf *out)
{
	const struct run_config usual = RUN_CONFIG_DEFAULT;
	struct dist latency = c->latency;
	char text[128];
	uint32_t i;

	put_comment(words, out);
	put_comment(r->reason, out);
	buf_printf(out, "protocol %s\nworkload %s\n", s->plugins[0].path,
		   s->workload->name);
	if (c->model != NULL)
		buf_printf(out, "model %s\n", c->model);
	buf_printf(out, "nodes %u\nclients %u\nseed %" PRIu64 "\n", t->nodes,
		   t->clients, t->seed);
	for (i = 0; i < c->setting_count; i++)
		buf_printf(out, "set %s=%s\n", c->settings[i].name,
			   c->settings[i].value);
	if (strcmp(c->topology, usual.topology) != 0)
		buf_printf(out, "topology %s\n", c->topology);
	if (!t->drawn)
		latency = (struct dist){ .kind = DIST_CONST,
					 .a = tape_dull_delay(&latency) };
	dist_text(&latency, text, sizeof text);
	buf_printf(out, "latency %s\n", text);
	if (c->timeout != usual.timeout)
		put_time("timeout", c->timeout, out);
	if (c->sync_time != usual.sync_time)
		put_time("sync-time", c->sync_time, out);
	buf_char(out, '\n');
	tape_text(t, s, out);
	buf_printf(out, "\nexpect %s", verdict_names[r->verdict]);
	if (r->verdict == VERDICT_INVALID && r->violation != NULL)
		buf_printf(out, " %s", r->violation);
	buf_char(out, '\n');
}
