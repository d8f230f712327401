/* SPDX-License-Identifier: MIT */
/*
 * What is done to a node on purpose, and what came of it.
 *
 * The world keeps one struct node_faults a node and tells all of it whenever
 * something has changed, and at each boot.  The node counts what it did: an
 * effect is a number that only grows, so that whoever began a fault can tell
 * what happened since.
 */
#ifndef NODE_FAULTS_H
#define NODE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fracas/protocol.h>

/* ---- dying at a point -------------------------------------------------------- */

/* What of a node's calls counts. */
enum crash_point {
	CRASH_NEVER,
	CRASH_CALL,		/* any call of the host                        */
	CRASH_WRITE,		/* fr_write, fr_truncate, fr_remove            */
	CRASH_SYNC,
	CRASH_SEND,		/* each message, of a broadcast, too           */
	CRASH_REPLY,
	CRASH_POINTS
};

/* "call", "write", "sync", "send", "reply"; [0] is "never". */
extern const char *const crash_point_names[CRASH_POINTS];

/*
 * Before or after the count-th of them from now on the node is dead, as by
 * SIGKILL: what it had sent is on its way, what it had not synced is lost.  It
 * goes on over boots until it has struck, or is taken back (CRASH_NEVER).
 */
struct node_crash {
	uint32_t point;		/* enum crash_point                            */
	uint32_t count;		/* from 1                                      */
	uint32_t after;		/* not before: when it has had its effect      */
	char in[FR_NAME_MAX + 1];	/* only in this handler; "": in any    */
	uint64_t serial;	/* the world's: another is counted anew        */
};

/* The host's calls, for people: "sync", "send". */
enum host_call {
	HOST_SEND, HOST_BROADCAST, HOST_NEIGHBOURS, HOST_AFTER, HOST_CANCEL,
	HOST_MONO, HOST_WALL, HOST_WALL_BOUNDS, HOST_RANDOM, HOST_WRITE,
	HOST_READ, HOST_SYNC, HOST_TRUNCATE, HOST_REMOVE, HOST_FILE_SIZE,
	HOST_LIST, HOST_REPLY, HOST_ALLOC, HOST_FREE, HOST_LOG, HOST_PARAM,
	HOST_CLAIM, HOST_NOTE,
	HOST_CALLS
};

extern const char *const host_call_names[HOST_CALLS];

/* "crashed on purpose before `sync`, the 3rd call since ..., in start". */
void crash_text(const struct node_crash *c, uint32_t call, const char *doing,
		char *text, size_t max);

/* ---- its disk, while it runs --------------------------------------------------- */

/* What a crash does to writes that were not synced.  A sector (512 bytes) is
 * written or not, never in part. */
enum disk_lose {
	LOSE_ALL,		/* none of them lasts                          */
	LOSE_SUFFIX,		/* the first ones last, the others do not      */
	LOSE_REORDER,		/* of each, these sectors do and those do not  */
	LOSE_TORN		/* all last, but for the end of the last one   */
};

#define DISK_SECTOR 512u

struct node_disk {
	uint32_t lose;		/* enum disk_lose                              */
	uint32_t sync_fails;	/* so many syncs fail once: the data is dropped
				   and taken for clean                         */
	uint32_t read_fails;	/* one in so many reads; 0: none               */
	uint32_t write_fails;
	uint32_t misdirects;	/* one in so many sectors goes elsewhere       */
	uint32_t full;		/* no file can grow                            */
	int64_t sync_delay;	/* ns that each sync takes longer              */
	uint64_t draw;		/* what is drawn follows from it; another one
				   counts sync_fails anew                      */
};

/* Nothing is wrong with it. */
bool node_disk_sound(const struct node_disk *d);

/* ---- its disk, at rest --------------------------------------------------------- */

enum disk_harm {
	HARM_WIPE,		/* every file is gone; the node is down        */
	HARM_ROT,		/* `count` bits flip                           */
	HARM_SECTORS,		/* `count` sectors hold something else         */
	HARM_KEEP,		/* what is there now is kept for HARM_BACK     */
	HARM_BACK,		/* and comes back; the node is down            */
	HARM_FORGET		/* what was kept is not wanted any more        */
};

struct node_harm {
	uint32_t what;		/* enum disk_harm                              */
	uint32_t count;
	uint64_t draw;
};

/* ---- all of it -------------------------------------------------------------------- */

/* How long one handler can be made to take longer; ns. */
#define SLOW_MAX INT64_C(1000000000)

struct node_faults {
	struct node_crash crash;
	struct node_disk disk;
	int64_t slow;		/* ns that each handler takes longer           */
};

enum node_effect {
	EFFECT_STRUCK,		/* times that it died at a point               */
	EFFECT_SLOWED,		/* handlers that took longer                   */
	EFFECT_CLOCK_READ,	/* times that it saw its clock, or set a timer
				   by it, while that was wrong                 */
	EFFECT_CLOCK_OFF,	/* the furthest off that it saw it, since it
				   was set; ns                                 */
	EFFECT_SYNC_SLOW,	/* syncs that took longer                      */
	EFFECT_SYNC_FAILED,
	EFFECT_DROPPED,		/* bytes that such a sync dropped              */
	EFFECT_READ_FAILED,
	EFFECT_WRITE_FAILED,
	EFFECT_FULL,		/* writes that found no room                   */
	EFFECT_MISDIRECTED,	/* bytes written elsewhere                     */
	EFFECT_LOST,		/* bytes not synced that a crash has lost      */
	EFFECT_SURVIVED,	/* bytes not synced that it has not            */
	EFFECT_WIPED,		/* files                                       */
	EFFECT_ROTTED,		/* bits flipped                                */
	EFFECT_SECTORS,		/* that hold something else                    */
	EFFECT_ROLLED,		/* bytes that differ after HARM_BACK           */
	EFFECT_REPLACED,	/* boots from another file than the last       */
	/* No effects, but whose word holds: the last to set it. */
	EFFECT_CLOCK_SET, EFFECT_DISK_SET, EFFECT_SLOW_SET, EFFECT_CRASH_SET,
	NODE_EFFECTS
};

#endif
