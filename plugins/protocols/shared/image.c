/* SPDX-License-Identifier: MIT */
#include "image.h"

void
image_keep(struct fr_node *me, struct image *i, unsigned char *data,
	   uint64_t size, uint64_t last)
{
	fr_free(me, i->data);
	*i = (struct image){ data, size, last, size };
}

void
image_drop(struct fr_node *me, struct image *i)
{
	image_keep(me, i, NULL, 0, 0);
}

void
image_piece(const struct image *i, uint64_t offset, uint64_t most,
	    struct fr_writer *w)
{
	struct piece piece = { i->last, i->size, offset };
	uint64_t size;

	if (piece.offset > i->size)
		piece.offset = 0;
	size = i->size - piece.offset < most ? i->size - piece.offset : most;
	fr_put_bytes(w, &piece, sizeof piece);
	fr_put_bytes(w, i->data + piece.offset, size);
}

bool
image_collect(struct fr_node *me, struct image *i, const struct piece *piece,
	      const void *data, size_t size)
{
	if (piece->total == 0 || piece->total > IMAGE_MAX ||
	    piece->offset > piece->total ||
	    size > piece->total - piece->offset)
		return false;
	if (i->data == NULL || i->last != piece->last ||
	    i->size != piece->total) {
		image_keep(me, i, fr_alloc(me, piece->total), piece->total,
			   piece->last);
		i->got = 0;
	}
	if (i->data == NULL)
		return false;
	if (piece->offset == i->got) {
		memcpy(i->data + i->got, data, size);
		i->got += size;
	}
	return true;
}
