/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of fracas-cell.
 *
 *  1. What a worker says is read as a stranger's: plugins run in its process.
 *  2. A run whose process died has a verdict, too: it crashed, in the handler
 *     that it was in.
 */
#include "core/run/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/place.h"
#include "core/run/judge.h"

/* No record of a run is larger. */
#define RECORD_MAX (64u << 20)

struct cell_worker {
	const struct setup *setup;
	int fd;
	pid_t pid;
	struct buf in;
	size_t at;			/* of `in` that has been looked at     */
	bool has_head;
	struct cell_head head;
	uint64_t left;			/* of the log                          */
	bool has_result;
	bool spoilt;			/* the log makes no sense              */
	bool gone;			/* the process                         */
	uint64_t stop;			/* see struct cell_job                 */
	struct cell_done done;
	char *trouble;			/* the cell's own words, or NULL       */
	int64_t *list;
	size_t list_room;
};

/* ---- starting and ending it ---------------------------------------------------------- */

char *
cell_program(struct fr_err *err)
{
	char *folder = place_built(), *path;

	if (folder == NULL)
		folder = place_installed("libexec/fracas", FRACAS_LIBEXECDIR);
	path = mem_format("%s/fracas-cell", folder);
	if (access(path, X_OK) < 0) {
		err_sys(err, "%s, which runs simulations", path);
		free(path);
		path = NULL;
	}
	free(folder);
	return path;
}

static int
start(const char *program, int fd, pid_t *pid)
{
	char *argv[] = {
		(char *)(uintptr_t)"fracas-cell",
		(char *)(uintptr_t)CELL_STAMP, NULL,
	};
	extern char **environ;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawn_file_actions_init(&files);
	error = posix_spawn_file_actions_adddup2(&files, fd, CELL_FD);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			&files, 0, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			&files, 1, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(&files,
								 CELL_FD + 1);
	if (error == 0)
		error = posix_spawn(pid, program, &files, &how, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return error;
}

static int
say(struct cell_worker *w, const void *data, size_t size, struct fr_err *err)
{
	const char *at = data;
	ssize_t n;

	while (size > 0) {
		n = send(w->fd, at, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			w->gone = true;
			return err_sys(err, "ask fracas-cell");
		}
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The configuration as a cell is to have it: with the copies' paths. */
static void
put_config(const struct setup *s, struct buf *b)
{
	struct run_config c = *s->config;
	struct setting *others = mem_array(c.nodes, sizeof *others);
	struct setting *upgrades = mem_array(s->upgrade_count,
					     sizeof *upgrades);
	struct arena texts = { 0 };
	uint32_t i, count = 0;

	for (i = 0; i < c.nodes; i++) {
		if (s->plugin_of[i] == 0)
			continue;
		others[count].name = arena_format(&texts, "%u", i);
		others[count++].value = s->plugins[s->plugin_of[i]].copy;
	}
	for (i = 0; i < s->upgrade_count; i++) {
		upgrades[i].name = s->upgrade_names[i];
		upgrades[i].value = s->plugins[s->upgrades[i]].copy;
	}
	c.upgrades = upgrades;
	c.upgrade_count = s->upgrade_count;
	c.protocol = s->plugins[0].copy;
	c.workload = s->workload_path;
	c.plan_text = s->plan_text;
	c.others = others;
	c.other_count = count;
	cell_put_config(b, &c);
	arena_free(&texts);
	free(others);
	free(upgrades);
}

static int
send_config(struct cell_worker *w, uint32_t perturb, struct fr_err *err)
{
	uint64_t head[2];
	struct buf b;
	int status;

	buf_init(&b, 64u << 20);
	put_config(w->setup, &b);
	head[0] = b.size;
	head[1] = perturb;
	status = say(w, head, sizeof head, err);
	if (status == 0)
		status = say(w, b.data, b.size, err);
	buf_free(&b);
	return status;
}

int
cell_alone(const struct setup *s, uint64_t step, uint32_t node,
	   const char *path, struct fr_err *err)
{
	struct cell_alone head = {
		.seed = s->config->seed, .stop = step, .node = node,
	};
	FILE *file = fopen(path, "we");
	struct buf b;
	bool good;

	if (file == NULL)
		return err_sys(err, "%s", path);
	buf_init(&b, 64u << 20);
	put_config(s, &b);
	head.config = b.size;
	if (s->tape != NULL)
		tape_put(&b, s->tape);
	head.tape = b.size - head.config;
	good = fwrite(&head, sizeof head, 1, file) == 1 &&
	       fwrite(b.data, 1, b.size, file) == b.size;
	buf_free(&b);
	if (fclose(file) != 0 || !good)
		return err_sys(err, "write %s", path);
	return 0;
}

/* Until so many bytes are there.  0: not now; -1: there will be no more. */
static int
fill(struct cell_worker *w, size_t size, bool wait, struct fr_err *err)
{
	ssize_t got;
	char *at;

	if (w->at > 0 && w->at == w->in.size) {
		w->in.size = 0;
		w->at = 0;
	} else if (w->at > 1 << 20) {
		buf_drop(&w->in, w->at);
		w->at = 0;
	}
	while (w->in.size - w->at < size) {
		at = buf_space(&w->in, 1 << 18);
		FR_ASSERT(at != NULL);
		got = recv(w->fd, at, 1 << 18, wait ? 0 : MSG_DONTWAIT);
		w->in.size -= (size_t)(1 << 18) - (got > 0 ? (size_t)got : 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (got <= 0) {
			w->gone = true;
			return err_set(err, "fracas-cell was killed, or ended "
				       "by itself");
		}
	}
	return 1;
}

static int
await_ready(struct cell_worker *w, struct fr_err *err)
{
	struct cell_record r;

	if (fill(w, sizeof r, true, err) < 0)
		return err_wrap(err, "while it loaded the plugins");
	memcpy(&r, w->in.data + w->at, sizeof r);
	w->at += sizeof r;
	if (r.kind == RECORD_RESULT)
		return 0;
	if (r.size > 65536 || fill(w, r.size, true, err) < 0)
		return err_set(err, "fracas-cell could not begin");
	return err_set(err, "%.*s", (int)r.size, w->in.data + w->at);
}

struct cell_worker *
cell_new(const struct setup *s, uint32_t perturb, struct fr_err *err)
{
	char *program = cell_program(err);
	struct cell_worker *w;
	int pair[2], error;

	if (program == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(err, "a socket for fracas-cell");
		free(program);
		return NULL;
	}
	w = mem_new(sizeof *w);
	w->setup = s;
	w->fd = pair[0];
	buf_init(&w->in, SIZE_MAX / 2);
	error = start(program, pair[1], &w->pid);
	close(pair[1]);
	if (error != 0) {
		errno = error;
		err_sys(err, "start %s", program);
		w->pid = 0;
	}
	free(program);
	if (error == 0 && send_config(w, perturb, err) == 0 &&
	    await_ready(w, err) == 0)
		return w;
	cell_free(w);
	return NULL;
}

void
cell_free(struct cell_worker *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	while (w->pid > 0 && waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (w->has_result)
		run_result_free(&w->done.result);
	buf_free(&w->in);
	free(w->trouble);
	free(w->list);
	free(w);
}

int
cell_ask(struct cell_worker *w, uint64_t seed, uint32_t flags,
	 struct fr_err *err)
{
	const struct cell_job job = { .seed = seed, .flags = flags,
				      .stop = w->stop };

	if (w->setup->tape != NULL)
		return cell_ask_tape(w, w->setup->tape, flags, err);
	return say(w, &job, sizeof job, err);
}

void
cell_stop_at(struct cell_worker *w, uint64_t step)
{
	w->stop = step;
}

bool
cell_gone(const struct cell_worker *w)
{
	return w->gone;
}

int
cell_ask_tape(struct cell_worker *w, const struct tape *t, uint32_t flags,
	      struct fr_err *err)
{
	struct cell_job job = { .seed = t->seed, .flags = flags,
				.stop = w->stop };
	struct buf b;
	int status;

	buf_init(&b, 1u << 30);
	tape_put(&b, t);
	job.tape = (uint32_t)b.size;
	if (b.full)
		status = err_set(err, "a tape of more than 1G");
	else
		status = say(w, &job, sizeof job, err);
	if (status == 0)
		status = say(w, b.data, b.size, err);
	buf_free(&b);
	return status;
}

int
cell_fd(const struct cell_worker *w)
{
	return w->fd;
}

/* ---- a run that died ----------------------------------------------------------------- */

static void
describe_death(const struct cell_worker *w, struct buf *out)
{
	const struct cell_head *h = &w->head;
	const struct setup *s = w->setup;
	const struct descriptor *d = NULL;
	const char *name = NULL;
	char doing[160];

	if (h->node < s->config->nodes)
		d = &s->plugins[s->plugin_of[h->node]].descriptor;
	doing_text(d, h->doing, h->index, doing, sizeof doing);
	if (WIFSIGNALED(h->status))
		name = sigabbrev_np(WTERMSIG(h->status));
	if (h->hung)
		buf_text(out, "did not return, and was ended");
	else if (WIFSIGNALED(h->status))
		buf_printf(out, "killed by SIG%s", name == NULL ? "?" : name);
	else
		buf_printf(out, "exited with status %d",
			   WEXITSTATUS(h->status));
	buf_printf(out, " %s", doing);
}

/* The whole process went: nothing but this is known of the run. */
static void
judge_death(struct cell_worker *w, struct run_result *r)
{
	const struct cell_head *h = &w->head;
	struct buf words;

	memset(r, 0, sizeof *r);
	buf_init(&words, 4096);
	describe_death(w, &words);
	r->first_ok = -1;
	r->seed = h->seed;
	r->verdict = VERDICT_INVALID;
	r->violation = "crash";
	r->reason = arena_format(&r->arena, "node %u ended, and all nodes "
				 "with it: %s, at %.6fs", h->node, words.data,
				 (double)h->t / 1e9);
	r->story = arena_format(&r->arena, "%9.3fs  node %u %s\n",
				(double)h->t / 1e9, h->node, words.data);
	buf_free(&words);
}

static void
give_up(struct cell_worker *w, struct run_result *r, const char *why)
{
	memset(r, 0, sizeof *r);
	r->first_ok = -1;
	r->seed = w->head.seed;
	r->verdict = VERDICT_UNKNOWN;
	r->failure = arena_string(&r->arena, why);
	r->reason = r->failure;
	r->story = "";
}

static void
finish(struct cell_worker *w, struct cell_done *done)
{
	w->has_head = false;
	w->done.died = false;
	w->done.seed = w->head.seed;
	w->done.cpu_ns = w->head.cpu_ns;
	if (!w->has_result) {
		memset(&w->done.extra, 0, sizeof w->done.extra);
		w->done.died = w->trouble == NULL && w->head.ended != 0;
		if (w->done.died)
			judge_death(w, &w->done.result);
		else
			give_up(w, &w->done.result, w->trouble != NULL ?
				w->trouble : w->spoilt ? "the log of the run "
				"makes no sense: a plugin wrote over memory "
				"that is not its own" : "the log of the run "
				"was longer than the memory that was there "
				"for it: make the run shorter");
	}
	w->has_result = w->spoilt = false;
	*done = w->done;
	memset(&w->done, 0, sizeof w->done);
	free(w->trouble);
	w->trouble = NULL;
}

/* ---- reading ------------------------------------------------------------------------- */

static int
take_step(const struct cell_sink *sink, const char *data, size_t size)
{
	struct cell_step step;
	char *text;

	if (size < sizeof step)
		return -1;
	memcpy(&step, data, sizeof step);
	if (step.text > size - sizeof step)
		return -1;
	if (sink->step == NULL)
		return 0;
	text = mem_new((size_t)step.text + 1);
	memcpy(text, data + sizeof step, step.text);
	sink->step(sink->arg, &step, text);
	free(text);
	return 0;
}

static void
take_state(const struct cell_sink *sink, const char *data, size_t size)
{
	char *line = mem_new(size + 1);

	memcpy(line, data, size);
	if (sink->state != NULL)
		sink->state(sink->arg, line);
	free(line);
}

static int
take(struct cell_worker *w, const struct cell_record *r, const char *data,
     const struct cell_sink *sink)
{
	struct tape_choice c;
	struct event e;
	struct trace t;

	switch (r->kind) {
	case RECORD_EVENT:
		if (cell_get_event(data, r->size, &e, &w->list,
				   &w->list_room) < 0)
			return -1;
		if (sink->event != NULL)
			sink->event(sink->arg, &e);
		return 0;
	case RECORD_TRACE:
		if (cell_get_trace(data, r->size, &t) < 0)
			return -1;
		if (sink->trace != NULL)
			sink->trace(sink->arg, &t);
		return 0;
	case RECORD_CHOICE:
		if (choice_get(data, r->size, &c) < 0)
			return -1;
		if (sink->choice != NULL)
			sink->choice(sink->arg, &c);
		return 0;
	case RECORD_STEP:
		return take_step(sink, data, r->size);
	case RECORD_STATE:
		take_state(sink, data, r->size);
		return 0;
	case RECORD_TEXT:
		free(w->trouble);
		w->trouble = mem_new((size_t)r->size + 1);
		memcpy(w->trouble, data, r->size);
		return 0;
	case RECORD_RESULT:
		if (w->has_result ||
		    cell_get_result(data, r->size, &w->done.result,
				    &w->done.extra) < 0)
			return -1;
		w->has_result = true;
		return 0;
	}
	return -1;
}

/* What is left of a log that nobody can read. */
static int
skip(struct cell_worker *w, bool wait, struct fr_err *err)
{
	size_t size = w->left > 65536 ? 65536 : (size_t)w->left;
	int got = fill(w, size, wait, err);

	if (got > 0) {
		w->at += size;
		w->left -= size;
	}
	return got;
}

int
cell_read(struct cell_worker *w, bool wait, const struct cell_sink *sink,
	  struct cell_done *done, struct fr_err *err)
{
	struct cell_record r;
	uint64_t whole;
	int got;

	for (;;) {
		if (!w->has_head) {
			got = fill(w, sizeof w->head, wait, err);
			if (got <= 0)
				return got;
			memcpy(&w->head, w->in.data + w->at, sizeof w->head);
			w->at += sizeof w->head;
			w->has_head = true;
			w->left = w->head.size;
		}
		if (w->left == 0) {
			finish(w, done);
			return 1;
		}
		if (w->spoilt) {
			got = skip(w, wait, err);
			if (got <= 0)
				return got;
			continue;
		}
		if (w->left < sizeof r) {
			w->spoilt = true;
			continue;
		}
		got = fill(w, sizeof r, wait, err);
		if (got <= 0)
			return got;
		memcpy(&r, w->in.data + w->at, sizeof r);
		whole = sizeof r + (((uint64_t)r.size + 7) & ~(uint64_t)7);
		if (r.size > RECORD_MAX || whole > w->left) {
			w->spoilt = true;
			continue;
		}
		got = fill(w, (size_t)whole, wait, err);
		if (got <= 0)
			return got;
		/* A run that has said all there is keeps its result. */
		if (take(w, &r, w->in.data + w->at + sizeof r, sink) < 0)
			w->spoilt = true;
		w->at += (size_t)whole;
		w->left -= whole;
	}
}
