/* SPDX-License-Identifier: MIT */
/*
 * fracas-cell: runs in virtual time, one after another, each in a process of
 * its own.
 *
 *	main.c		the worker: loads everything once, forks, watches
 *	once.c		one run, from a seed to a verdict, in the forked cell
 *	plugins.c	protocols, with private copies where they have globals
 *	store.c		the run's log, in memory that outlives the cell
 *	libc.c		what plugins call of libc that must not be libc's
 *
 *  1. The worker has one thread, and nothing of nng's or SQLite's.
 *  2. A cell leaves nothing but what it wrote into the log and the page.
 */
#ifndef CELL_CELL_H
#define CELL_CELL_H

#include "core/run/cell_wire.h"
#include "core/run/experiment.h"
#include "core/run/setup.h"
#include "core/world/sim.h"

/* Shared by the worker and its cells: this, and the log behind it. */
struct cell_shared {
	struct sim_page page;
	_Atomic uint64_t used;		/* bytes of the log                    */
	_Atomic uint32_t full;		/* it was too small for the run        */
	_Alignas(64) unsigned char log[];
};

struct cell {
	struct run_config config;
	struct setup setup;
	const struct sim_plugin **plugins;	/* by node                     */
	const struct sim_plugin **others;	/* by upgrade, and node        */
	struct cell_shared *shared;
	size_t room;				/* of the log                  */
	struct buf tape;			/* of the next run; or empty   */
	/* Alone, for a debugger: where copies of plugins are files, which it
	 * can read; else NULL. */
	const char *folder;
	uint32_t node;				/* whose handler it stops at   */
};

/* ---- plugins.c */
/* After setup_make, which has loaded each of them once. */
int plugins_make(struct cell *c, struct fr_err *err);

/* ---- store.c */
/* What takes the place of the store in a cell. */
struct history *store_log(struct cell_shared *shared, size_t room);
void store_record(struct history *h, uint32_t kind, const struct buf *body);
void store_step(void *history, const struct sim_step *s, uint64_t hash,
		const struct sim_plugin *plugin);
uint64_t store_dropped(const struct history *h);

/* ---- taped.c */
/* Chooses as the tape has it, or, without one, lets chance go on and looks;
 * `log`: where choices are put on record, or NULL. */
const struct sim_chooser *taped(const struct tape *t, struct history *log,
				uint32_t nodes, uint32_t clients);

/* ---- state.c */
/* What the world is like now, in lines of the log. */
void state_tell(struct history *log, struct world *w,
		const struct experiment *x);
/* A debugger stops here: the handler that is called next is at `cell_handler`.
 * They keep their names in a program without symbols, too. */
extern void (*cell_handler)(void);
void cell_here(void);
/* Which handler this step calls, or NULL. */
void (*state_handler(const struct sim_plugin *p, const struct sim_step *s))(void);

/* ---- once.c */
_Noreturn void once(struct cell *c, const struct cell_job *job);

/* ---- libc.c */
int libc_start(struct fr_err *err);
/* The end of this process, whatever plugins may call. */
_Noreturn void libc_leave(int status);

#endif
