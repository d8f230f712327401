/* SPDX-License-Identifier: MIT */
/* What the nursery says of processes: that one has begun, and how it ended. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/mem.h"
#include "core/world/live.h"

static void
decide_status(struct live_node *n, int status)
{
	bool decided = n->end.decided;
	const char *name;
	char doing[160], *struck;

	life_doing(n, doing, sizeof doing);
	struck = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ?
		 hurt_struck(n) : NULL;
	if (struck != NULL) {
		life_decide(n, END_KILLED, SIGKILL, struck);
	} else if (WIFSIGNALED(status)) {
		name = sigabbrev_np(WTERMSIG(status));
		life_decide(n, END_SIGNALLED, WTERMSIG(status),
			    name != NULL ?
			    mem_format("killed by SIG%s %s", name, doing) :
			    mem_format("killed by signal %d %s",
				       WTERMSIG(status), doing));
	} else if (n->life == LIFE_STOPPING && WEXITSTATUS(status) == 0) {
		life_decide(n, END_STOPPED, 0, mem_string("stopped in order"));
	} else {
		status = WEXITSTATUS(status);
		life_decide(n, END_EXITED, status,
			    mem_format("exited with status %d%s %s", status,
				       status == 0 ? " by itself" : "",
				       doing));
	}
	n->end.presumed = !decided;
}

static void
heard(struct live *l, const struct nursery_said *said)
{
	struct live_node *n;

	if (said->kind == NURSERY_GONE) {
		live_break(l, said->text);
		return;
	}
	if (said->node >= live_slots(l))
		return;
	n = &l->nodes[said->node];
	if (said->boot != n->process_boot)
		return;
	switch (said->kind) {
	case NURSERY_SPAWNED:
		n->pid = said->pid;
		(void)life_step(n, ON_SPAWNED, NULL);
		break;
	case NURSERY_FAILED:
		life_decide(n, END_REFUSED, 0,
			    mem_format("no process: %s", said->text));
		(void)life_step(n, ON_FAILED, NULL);
		break;
	case NURSERY_ENDED:
		decide_status(n, said->status);
		n->end.cpu_ns = said->cpu_ns;
		n->end.rss_bytes = said->rss_bytes;
		if (life_step(n, ON_REAPED, NULL) == 0)
			life_drained(n);
		break;
	case NURSERY_GONE:
		break;
	}
}

void
nursery_heard(struct live *l)
{
	struct nursery_said said;

	while (!l->broken && nursery_next(l->nursery, &said) > 0)
		heard(l, &said);
}
