/* SPDX-License-Identifier: MIT */
/*
 * A simulated run under gdb.  It is done by fracas-cell in one process, which
 * forks nothing and is watched by nobody; its plugins are files that gdb can
 * read, and it comes to the same handler each time.
 */
#include "core/cli/debugger.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Faults are the run's own until the handler is there. */
static int
write_commands(const char *path, struct fr_err *err)
{
	static const char text[] =
		"set confirm off\n"
		"set breakpoint pending on\n"
		"handle SIGSEGV SIGBUS SIGFPE SIGILL SIGABRT SIGSYS "
		"SIGXCPU SIGALRM nostop noprint pass\n"
		"tbreak cell_here\n"
		"run\n"
		"handle SIGSEGV SIGBUS SIGFPE SIGILL SIGABRT SIGSYS "
		"stop print\n"
		"if cell_handler != 0\n"
		"tbreak *cell_handler\n"
		"continue\n"
		/* Its arguments are there a few instructions later, in a
		 * plugin that is compiled without optimization. */
		"python\n"
		"import re\n"
		"try:\n"
		"    f = gdb.selected_frame()\n"
		"    pc = f.pc()\n"
		"    gdb.execute('tbreak ' + f.name(), to_string=True)\n"
		"    all = gdb.execute('info breakpoints', to_string=True)\n"
		"    gdb.execute('delete', to_string=True)\n"
		"    at = [int(n, 16) for n in re.findall('0x[0-9a-f]+', all)]\n"
		"    at = [n for n in at if pc < n < pc + 64]\n"
		"    if at:\n"
		"        gdb.execute('tbreak *%d' % min(at), to_string=True)\n"
		"        gdb.execute('continue')\n"
		"except (gdb.error, TypeError):\n"
		"    pass\n"
		"end\n"
		"end\n";
	FILE *file = fopen(path, "we");
	bool good;

	if (file == NULL)
		return err_sys(err, "%s", path);
	good = fputs(text, file) >= 0;
	return fclose(file) == 0 && good ? 0 : err_sys(err, "write %s", path);
}

static int
run_gdb(char *const *argv, struct fr_err *err)
{
	extern char **environ;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before[2];
	posix_spawnattr_t how;
	sigset_t back;
	int status = 0, error;
	pid_t pid;

	/* Ctrl-C is for gdb; it gets what was there before. */
	sigaction(SIGINT, &ignore, &before[0]);
	sigaction(SIGQUIT, &ignore, &before[1]);
	sigemptyset(&back);
	sigaddset(&back, SIGINT);
	sigaddset(&back, SIGQUIT);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&how, &back);
	error = posix_spawnp(&pid, argv[0], NULL, &how, argv, environ);
	posix_spawnattr_destroy(&how);
	while (error == 0 && waitpid(pid, &status, 0) < 0)
		;
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGQUIT, &before[1], NULL);
	if (error == ENOENT)
		return err_usage(err, "--gdb: gdb is not installed, or not in "
				 "the PATH (apt install gdb)");
	errno = error;
	return error == 0 ? 0 : err_sys(err, "start gdb");
}

int
debug_run(const struct setup *s, const char *folder, uint64_t step,
	  uint32_t node, struct fr_err *err)
{
	char *program = cell_program(err);
	char *run = mem_format("%s/alone", folder);
	char *script = mem_format("%s/gdb", folder);
	char *argv[] = {
		mem_string("gdb"), mem_string("-q"), mem_string("-x"), script,
		mem_string("--args"), program, mem_string(CELL_STAMP),
		mem_string("alone"), run, NULL,
	};
	int status = -1;
	size_t i;

	if (program != NULL && cell_alone(s, step, node, run, err) == 0 &&
	    write_commands(script, err) == 0)
		status = run_gdb(argv, err);
	for (i = 0; i < sizeof argv / sizeof *argv; i++)
		free(argv[i]);
	return status;
}
