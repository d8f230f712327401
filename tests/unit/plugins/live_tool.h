/* SPDX-License-Identifier: MIT */
/* What the plugin of the live world's tests can be asked. */
#ifndef LIVE_TOOL_H
#define LIVE_TOOL_H

/* Requests, in the order of its table; arguments are a list of numbers. */
enum {
	TOOL_ECHO,	/* says back what it is told                           */
	TOOL_SEND,	/* to, type, count, size: messages numbered from 0     */
	TOOL_SIGNAL,	/* raises a signal                                     */
	TOOL_LEAVE,	/* exits with a status                                 */
	TOOL_SPIN,	/* never returns, and works                            */
	TOOL_SLEEP,	/* never returns, and sleeps                           */
	TOOL_SILENT,	/* never answers                                       */
	TOOL_LATER,	/* answers after nanoseconds                           */
	TOOL_PRINT,	/* bytes: writes them to standard output, and error    */
	TOOL_FLOOD,	/* writes lines without end, 1000 at every turn        */
	TOOL_WALL,	/* the wall clock                                      */
	TOOL_RAW,	/* bytes: writes them to the switch                    */
	TOOL_CLOSE,	/* closes what leads to the switch                     */
	TOOL_ALARM,	/* exits by itself, with 0, when idle                  */
	TOOL_NEIGHBOURS,
	TOOL_LOG,	/* count: log lines                                    */
	TOOL_PARENT,	/* kills the nursery                                   */
	TOOL_REDIRECT,	/* to a node                                           */
	TOOL_TIMER	/* never returns from a timer, after nanoseconds       */
};

/* The descriptor that leads to the switch. */
#define TOOL_SWITCH 3

#endif
