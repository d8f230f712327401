/* SPDX-License-Identifier: MIT */
/* What a node is doing, and what became of a message, in words. */
#include <stdio.h>

#include "core/world/world.h"

const char *const end_names[END_CAUSES] = {
	[END_KILLED] = "killed",
	[END_STOPPED] = "stopped",
	[END_EXITED] = "exited",
	[END_SIGNALLED] = "signalled",
	[END_HUNG] = "hung",
	[END_REFUSED] = "refused",
};

const char *
trace_name(uint8_t fate)
{
	if (fate < FATE_KINDS)
		return fate_names[fate];
	switch (fate) {
	case TRACE_DOWN:
		return "down";
	case TRACE_FULL:
		return "queue full";
	case TRACE_BOUNCED:
		return "bounced";
	}
	return "unknown";
}

static void
handler_text(const char *of, char *const *names, uint32_t count,
	     uint32_t index, char *text, size_t max)
{
	if (index < count)
		snprintf(text, max, "in the handler of %s `%s`", of,
			 names[index]);
	else
		snprintf(text, max, "in the handler of %s %u", of, index);
}

void
doing_text(const struct descriptor *d, uint32_t doing, uint32_t index,
	   char *text, size_t max)
{
	static const struct descriptor none;

	if (d == NULL)
		d = &none;
	switch (doing) {
	case DOING_LOADING:
		snprintf(text, max, "in a constructor while loading");
		break;
	case DOING_IDLE:
		snprintf(text, max, "while idle");
		break;
	case DOING_START:
		snprintf(text, max, "in start");
		break;
	case DOING_MESSAGE:
		handler_text("message", d->messages, d->message_count, index,
			     text, max);
		break;
	case DOING_REQUEST:
		handler_text("request", d->requests, d->request_count, index,
			     text, max);
		break;
	case DOING_TIMER:
		handler_text("timer", d->timers, d->timer_count, index, text,
			     max);
		break;
	case DOING_EXIT:
		snprintf(text, max, "while ending");
		break;
	default:
		snprintf(text, max, "while doing nobody knows what");
	}
}
