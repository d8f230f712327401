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
	STEP_FAULT,		/* something is done to it on purpose; index:
				   enum step_fault                             */
	/* What follows from the others, and is told without being one. */
	STEP_SENT,		/* it sends a message; peer: to                */
	STEP_ANSWER,		/* it answers a request; peer: client          */
	STEP_KINDS
};

/* What STEP_FAULT does. */
enum step_fault {
	STEP_SET_CRASH, STEP_SET_DISK, STEP_SET_SLOW, STEP_HARM, STEP_REPLACE
};

#endif
