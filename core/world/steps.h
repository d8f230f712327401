/* SPDX-License-Identifier: MIT */
/* What happens in the simulated world, step by step. */
#ifndef WORLD_STEPS_H
#define WORLD_STEPS_H

enum sim_step_kind {
	STEP_BOOT = 1,		/* start() is called                           */
	STEP_END,		/* text: how                                   */
	STEP_PAUSE, STEP_RESUME, STEP_CLOCK,
	STEP_MESSAGE,		/* its handler is called; peer: from           */
	STEP_DROP,		/* one that is lost; peer: from; id: its fate  */
	STEP_REQUEST,		/* its handler is called; peer: client         */
	STEP_REPLY,		/* an answer is with its client; peer: client  */
	STEP_TIMER,		/* index: timer; id: tag                       */
	STEP_WORD,		/* it claims, notes, logs ...; index: frame    */
	STEP_KINDS
};

#endif
