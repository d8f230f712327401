/* SPDX-License-Identifier: MIT */
/* What the plugin of test_hurt does for a client. */
#ifndef TEST_HURT_TOOL_H
#define TEST_HURT_TOOL_H

enum {
	DO_APPEND,	/* a sectors to the log, each full of its number + 1;
			   b: syncs. The last answer of a call          */
	DO_SURVEY,	/* list: size of the log; sectors as appended; of
			   nothing but zeros; others                           */
	DO_SAVE,	/* a into `kept`, synced                               */
	DO_LOAD,	/* what is in `kept`, or the error                     */
	DO_WORK,	/* claims 1, writes, claims 2, syncs, claims 3, tells
			   all, claims 4, replies, claims 5                    */
	DO_TIME,	/* list: mono, wall, earliest, latest                  */
	DO_LATER,	/* answers in a ns of its clock                        */
	DO_ECHO,	/* a                                                   */
	DO_VERSION,	/* -DVERSION                                           */
	DO_CUT,		/* the log to a sectors; not synced                    */
	DO_REMOVE,	/* the log; not synced                                 */
	DO_SYNC,	/* the log                                             */
	DO_KINDS
};

/* Of DO_WORK. */
#define WORK_CLAIM "work"

#endif
