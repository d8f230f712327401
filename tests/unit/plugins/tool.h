/* SPDX-License-Identifier: MIT */
/*
 * A plugin that does what it is told, and the words for it: a request "do"
 * carries a list whose first number is one of these and whose others are its
 * arguments.  The reply is a list of what came of it, or bytes.
 */
#ifndef TEST_TOOL_H
#define TEST_TOOL_H

enum tool {
	TOOL_SEND,		/* to, type, size                              */
	TOOL_SEND_NULL,		/* to, type, size: from no address             */
	TOOL_SEND_MANY,		/* to, type, how many: numbered from 0         */
	TOOL_BROADCAST,		/* type, size                                  */
	TOOL_NEIGHBOURS,
	TOOL_AFTER,		/* timer, delay, tag                           */
	TOOL_CANCEL,		/* timer, tag                                  */
	TOOL_CLOCKS,		/* mono, wall, earliest, latest                */
	TOOL_LIBC_CLOCKS,	/* what libc says, and CLOCK_MONOTONIC last    */
	TOOL_RANDOM,		/* 4 of fr_random                              */
	TOOL_LIBC_RANDOM,
	TOOL_WRITE,		/* offset, size, byte                          */
	TOOL_READ,		/* offset, size: bytes                         */
	TOOL_SYNC,
	TOOL_TRUNCATE,		/* size                                        */
	TOOL_REMOVE,
	TOOL_FILES,		/* names and sizes: bytes                      */
	TOOL_BAD_FILES,		/* what strange names are answered             */
	TOOL_ALLOC,		/* size; freed again: 1 or 0                   */
	TOOL_FREE_TWICE,
	TOOL_FREE_STRANGE,
	TOOL_REPLY_TWICE,
	TOOL_REPLY_NOBODY,
	TOOL_REPLY_STRANGE,	/* a value of no kind, then in order           */
	TOOL_REDIRECT,		/* node                                        */
	TOOL_NEVER,		/* no reply                                    */
	TOOL_LOG_STRANGE,	/* not UTF-8; too long; NULL; level 9          */
	TOOL_CLAIM_STRANGE,
	TOOL_FACTS,		/* a claim, a note, a log line                 */
	TOOL_FDS,		/* what is open: bytes                         */
	TOOL_ENVIRONMENT,	/* bytes                                       */
	TOOL_SELF,		/* pgid - pid, threads, ppid, state sum, kB    */
	TOOL_PARAMS,		/* int, bool, time, size, real * 1000, text    */
	TOOL_SEGV,		/* after a log line                            */
	TOOL_ABORT,
	TOOL_OVERFLOW,
	TOOL_EXIT,		/* status                                      */
	TOOL_HANG,
	TOOL_FORK,		/* a child that leaves the group; its pid      */
	TOOL_FORK_EXIT,		/* a child that calls exit()                   */
	TOOL_THREAD,		/* a thread that calls the host                */
	TOOL_SLEEP_UNTIL,	/* ns from now on the wall; slept, really      */
	TOOL_MISUSE,		/* how often                                   */
	TOOL_PRINT,		/* on stdout and stderr                        */
	TOOL_CHDIR		/* to /                                        */
};

/* Messages and timers. */
enum { TOOL_COUNTED, TOOL_STRICT };
enum { TOOL_ONCE, TOOL_AGAIN };

#endif
