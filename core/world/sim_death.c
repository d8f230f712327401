/* SPDX-License-Identifier: MIT */
/*
 * Handlers that do not return as they should: they crash, exit, or never come
 * to an end.  Where a node would be gone in the live world, its handler is
 * left here by a jump back into the loop, and the node is down from then on.
 * What it had in memory is not touched any more: it may be damaged.
 *
 *  1. Only what happens below a handler is a node's doing.  A signal at any
 *     other time ends the process, as it should.
 *  2. SIGXCPU is how the watch over this process says that a handler takes
 *     too long.  It is obeyed where the plugin's own code runs, and otherwise
 *     a moment later: the host's memory stays whole.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/world/sim.h"

/* There is one in a process: plugins and signals have to find it. */
static struct sim *the_sim;

bool
sim_running(void)
{
	return the_sim != NULL && the_sim->running != NULL &&
	       interpose_plugin;
}

struct sim_node *
sim_runs(void)
{
	return the_sim == NULL ? NULL : the_sim->running;
}

int64_t
sim_node_time(void)
{
	return the_sim->running->time;
}

_Noreturn static void
die(enum sim_death death, int status)
{
	the_sim->death = death;
	the_sim->death_status = status;
	siglongjmp(the_sim->jump, 1);
}

_Noreturn void
sim_exited(int status)
{
	die(DEATH_EXIT, status);
}

_Noreturn void
sim_flooded(struct sim_node *n)
{
	(void)n;
	die(DEATH_HUNG, 0);
}

void
death_struck(struct host *h)
{
	(void)h;
	die(DEATH_STRUCK, SIGKILL);
}

static void
on_deadly(int sig)
{
	if (the_sim == NULL || the_sim->running == NULL) {
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
		return;
	}
	die(DEATH_SIGNAL, sig);
}

static void
on_late(int sig)
{
	const struct itimerval moment = { .it_value = { 0, 1000 } };
	int saved = errno;

	(void)sig;
	if (the_sim == NULL || the_sim->running == NULL)
		return;
	if (interpose_plugin)
		die(DEATH_HUNG, 0);
	(void)setitimer(ITIMER_REAL, &moment, NULL);
	errno = saved;
}

/* Time passes for the node that runs. */
static void
slept(const char *function, int64_t ns)
{
	struct sim_node *n = the_sim->running;
	int64_t most = n->sim->world.config.hang_limit;
	const struct node_page *page = &n->sim->options.page->page;
	char time[32], doing[160];

	if (n->time - SIM_UPTIME - n->sim->now > most - ns)
		die(DEATH_HUNG, 0);
	n->time += ns;
	if (n->slept)
		return;
	n->slept = true;
	interpose_plugin = false;
	time_text(ns, time, sizeof time);
	doing_text(n->plugin->descriptor, atomic_load(&page->doing),
		   atomic_load(&page->index), doing, sizeof doing);
	misuse(n->host, 0, "slept for %s %s (%s): it takes nothing "
	       "meanwhile; set a timer with fr_after", time, doing, function);
	interpose_plugin = true;
}

void
death_watch(struct sim *s)
{
	static const int deadly[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP,
	};
	static char room[32768];
	stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
	struct sigaction action = {
		.sa_handler = on_deadly,
		.sa_flags = (int)(SA_NODEFER | SA_ONSTACK),
	};
	size_t i;

	the_sim = s;
	interpose_slept = slept;
	/* A stack of its own, as the plugin may have used up the other. */
	(void)sigaltstack(&stack, NULL);
	for (i = 0; i < sizeof deadly / sizeof *deadly; i++)
		(void)sigaction(deadly[i], &action, NULL);
	action.sa_handler = on_late;
	(void)sigaction(SIGXCPU, &action, NULL);
	(void)sigaction(SIGALRM, &action, NULL);
}

/* ---- afterwards ---------------------------------------------------------------------- */

static void
end_by_signal(struct sim_node *n, int sig, int64_t t, const char *doing)
{
	const char *name = sigabbrev_np(sig);

	node_end(n, t, END_SIGNALLED, sig, name != NULL ?
		 mem_format("killed by SIG%s %s", name, doing) :
		 mem_format("killed by signal %d %s", sig, doing))->leak =
		true;
}

static void
end_by_exit(struct sim_node *n, int status, int64_t t, const char *doing)
{
	node_end(n, t, END_EXITED, status,
		 mem_format("exited with status %d%s %s", status,
			    status == 0 ? " by itself" : "", doing))->leak =
		true;
}

/* Where it was told to.  What is still in a buffer of libc's dies with it. */
static void
end_struck(struct sim_node *n, int64_t t, const char *doing)
{
	char text[400];

	__fpurge(stdout);
	crash_text(&n->faults.crash, n->host->struck, doing, text,
		   sizeof text);
	n->faults.crash.point = CRASH_NEVER;
	node_end(n, t, END_KILLED, SIGKILL, mem_string(text));
}

/* What it sent without end is nobody's: how far it came depends on the
 * machine. */
static void
end_hung(struct sim_node *n, const char *doing)
{
	struct sim *s = n->sim;
	char limit[32];
	struct sim_end *e;

	time_exact(s->world.config.hang_limit, limit, sizeof limit);
	e = node_end(n, s->now, END_HUNG, SIGKILL,
		     mem_format("did not return from %s within %s",
				strncmp(doing, "in ", 3) == 0 ? doing + 3 :
				doing, limit));
	e->down = true;
	node_down(n, true);
}

void
death_after(struct sim *s)
{
	struct sim_node *n = s->running;
	struct node_page *page = &s->options.page->page;
	enum sim_death death = s->death;
	char doing[160];
	int64_t t;

	interpose_plugin = false;
	FR_ASSERT(n != NULL && death != DEATH_NONE);
	doing_text(n->plugin->descriptor, atomic_load(&page->doing),
		   atomic_load(&page->index), doing, sizeof doing);
	s->running = NULL;
	s->death = DEATH_NONE;
	PAGE_SET(page, doing, DOING_IDLE);
	t = n->time - SIM_UPTIME;
	n->busy = t;
	n->started = false;
	/* Its last words. */
	if (death != DEATH_HUNG && n->host->out.size > 0)
		route_later(n, t, n->host->out.data, n->host->out.size);
	if (death == DEATH_SIGNAL)
		end_by_signal(n, s->death_status, t, doing);
	else if (death == DEATH_EXIT)
		end_by_exit(n, s->death_status, t, doing);
	else if (death == DEATH_HUNG)
		end_hung(n, doing);
	else if (death == DEATH_STRUCK)
		end_struck(n, t, doing);
	/* DEATH_LEFT: it has said why (FRAME_FATAL), and ends by that. */
}
