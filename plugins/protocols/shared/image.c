/* SPDX-License-Identifier: MIT */
#include "image.h"

int
image_make(struct fr_node *me, struct image *i, const struct machine *m,
	   uint64_t last, const void *head, size_t size)
{
	const size_t max = size + machine_size(m);
	unsigned char *data = fr_alloc(me, max);
	struct fr_writer w = fr_writer(data, max);

	if (data == NULL)
		return -1;
	fr_put_bytes(&w, head, size);
	machine_write(m, &w);
	if (w.failed) {
		fr_free(me, data);
		return -1;
	}
	*i = (struct image){ data, w.size, last, w.size };
	return 0;
}

int
image_use(struct fr_node *me, const struct image *i, struct machine *m,
	  void *head, size_t size)
{
	struct fr_reader r = fr_reader(i->data, i->size);
	const void *at = fr_get_bytes(&r, size);

	if (at == NULL)
		return -1;
	memcpy(head, at, size);
	return machine_read(me, m, &r);
}

int
image_save(struct fr_node *me, const struct image *i)
{
	return fr_save(me, "snapshot", i->data, i->size);
}

int
image_load(struct fr_node *me, struct image *i)
{
	int64_t size = fr_load(me, "snapshot", NULL, 0);
	unsigned char *data;

	if (size <= 0)
		return size == FR_ENOENT ? FR_ENOENT : FR_EIO;
	data = fr_alloc(me, (size_t)size);
	if (data == NULL ||
	    fr_load(me, "snapshot", data, (size_t)size) != size) {
		fr_free(me, data);
		return FR_EIO;
	}
	*i = (struct image){ data, (uint64_t)size, 0, (uint64_t)size };
	return 0;
}

void
image_keep(struct fr_node *me, struct image *i, const struct image *new)
{
	fr_free(me, i->data);
	*i = *new;
}

void
image_drop(struct fr_node *me, struct image *i)
{
	const struct image none = { 0 };

	image_keep(me, i, &none);
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
		const struct image new = { fr_alloc(me, piece->total),
					   piece->total, piece->last, 0 };

		image_keep(me, i, &new);
	}
	if (i->data == NULL)
		return false;
	if (piece->offset == i->got) {
		memcpy(i->data + i->got, data, size);
		i->got += size;
	}
	return true;
}
