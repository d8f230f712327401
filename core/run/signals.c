/* SPDX-License-Identifier: MIT */
/* Being interrupted. */
#include "core/run/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int watched[] = { SIGINT, SIGTERM, SIGHUP };

#define WATCHED (sizeof watched / sizeof *watched)

static struct sigaction before[WATCHED], before_pipe;
static volatile sig_atomic_t came;
static const char *volatile last_words;
static volatile int wake_fd = -1;

void
signals_wake(void)
{
	const uint64_t one = 1;
	int saved = errno;
	ssize_t put;

	/* A counter that is full is readable already. */
	put = write(wake_fd, &one, sizeof one);
	(void)put;
	errno = saved;
}

static void
on_signal(int number)
{
	const char *words = last_words;
	ssize_t put;

	(void)number;
	came = came + 1;
	if (words != NULL && came >= 2) {
		put = write(STDERR_FILENO, words, strlen(words));
		(void)put;
		_exit(EXIT_INTERRUPTED);
	}
	signals_wake();
}

int
signals_take(struct fr_err *err)
{
	struct sigaction act;
	size_t i;

	FR_ASSERT(wake_fd < 0);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0)
		return err_sys(err, "eventfd");
	came = 0;
	last_words = NULL;
	memset(&act, 0, sizeof act);
	sigemptyset(&act.sa_mask);
	act.sa_handler = on_signal;
	act.sa_flags = SA_RESTART;
	for (i = 0; i < WATCHED; i++) {
		sigaction(watched[i], NULL, &before[i]);
		/* What nohup has ignored stays so.  SIGINT is ignored for
		 * whatever a script starts with '&': who sends it means it. */
		if (watched[i] != SIGHUP || before[i].sa_handler != SIG_IGN)
			sigaction(watched[i], &act, NULL);
	}
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, &before_pipe);
	return wake_fd;
}

int
signals_count(void)
{
	uint64_t count;
	ssize_t got;

	got = read(wake_fd, &count, sizeof count);
	(void)got;
	return came;
}

void
signals_end_at_once(const char *words)
{
	last_words = words;
}

void
signals_give_back(void)
{
	size_t i;

	if (wake_fd < 0)
		return;
	for (i = 0; i < WATCHED; i++)
		sigaction(watched[i], &before[i], NULL);
	sigaction(SIGPIPE, &before_pipe, NULL);
	close(wake_fd);
	wake_fd = -1;
}
