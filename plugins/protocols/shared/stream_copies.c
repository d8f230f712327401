/* SPDX-License-Identifier: MIT */
/*
 * The state as a whole, for a node that has none that fits: in pieces, one
 * after the other, so that nobody needs to know how long it takes.
 */
#include "stream.h"

#define COPY_MAX (64u << 20)

/* The one at hand, unless nobody needs it any more and there is a newer. */
static bool
have_image(struct fr_node *me)
{
	struct stream *s = stream(me);

	if (s->image != NULL && s->image_base >= s->history.base &&
	    fr_mono(me) - s->image_used < s->configs.patience)
		return true;
	fr_free(me, s->image);
	s->image = history_image(me, &s->history, &s->image_size);
	s->image_base = s->history.clean;
	return s->image != NULL;
}

void
stream_send_copy(struct fr_node *me, uint32_t to, const struct stored *a)
{
	struct stream *s = stream(me);
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct copy piece = { .number = s->configs.now.number };
	uint64_t size;

	if (!have_image(me))
		return;
	piece.base = s->image_base;
	piece.total = s->image_size;
	if (a->copy == s->image_base && a->offset < s->image_size)
		piece.offset = a->offset;
	s->image_used = fr_mono(me);
	size = s->image_size - piece.offset;
	if (size > s->chunk)
		size = s->chunk;
	fr_put_bytes(&w, &piece, sizeof piece);
	fr_put_bytes(&w, s->image + piece.offset, size);
	fr_send(me, to, STREAM_COPY, s->body, w.size);
}

void
stream_drop_coming(struct fr_node *me)
{
	struct stream *s = stream(me);

	fr_free(me, s->coming);
	s->coming = NULL;
	s->coming_size = s->coming_got = 0;
	s->coming_base = 0;
}

/* One more piece; true when it was the last one. */
static bool
collect(struct fr_node *me, const struct copy *piece, const void *data,
	size_t size)
{
	struct stream *s = stream(me);

	if (piece->total == 0 || piece->total > COPY_MAX ||
	    piece->offset > piece->total || size > piece->total - piece->offset)
		return false;
	if (s->coming == NULL || s->coming_base != piece->base ||
	    s->coming_size != piece->total) {
		stream_drop_coming(me);
		s->coming = fr_alloc(me, piece->total);
		if (s->coming == NULL)
			return false;
		s->coming_size = piece->total;
		s->coming_base = piece->base;
	}
	if (piece->offset == s->coming_got) {
		memcpy(s->coming + piece->offset, data, size);
		s->coming_got += size;
	}
	return s->coming_got == s->coming_size;
}

void
stream_on_copy(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	struct stream *s = stream(me);
	const struct copy *piece = body;
	size_t had = s->coming_got;
	int result;

	if (s->configs.silent || piece->number != s->configs.now.number ||
	    from != stream_source(me, me->id) || stream_is_whole(me))
		return;
	if (collect(me, piece, piece + 1, size - sizeof *piece)) {
		result = history_install(me, &s->history, s->coming,
					 s->coming_size, s->configs.now.view);
		stream_drop_coming(me);
		fr_free(me, s->image);
		s->image = NULL;
		if (result < 0) {
			stream_silence(me, "the disk would not keep a copy");
			return;
		}
		s->lacks = s->fits = false;
	} else if (s->coming_got == had) {
		return;			/* it had come before */
	}
	stream_report(me, false);
}
