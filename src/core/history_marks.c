#include "core/history_marks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/list.h"
#include "base/mem.h"

static struct mark *at(const struct marks *m, uint64_t number)
{
	return &m->ring[number & (MARKS_MAX - 1)];
}

void marks_init(struct marks *m)
{
	*m = (struct marks){ .ring = xcalloc(MARKS_MAX, sizeof *m->ring) };
	map_init(&m->by_text);
	crypto_random(&m->key, sizeof m->key);
}

void marks_fini(struct marks *m)
{
	map_fini(&m->by_text);
	free(m->ring);
}

void marks_clear(struct marks *m)
{
	while (m->first < m->end)
		marks_drop_first(m);
}

bool marks_is_full(const struct marks *m)
{
	return m->end - m->first == MARKS_MAX;
}

uint64_t marks_add(struct marks *m, struct slice text, uint64_t position)
{
	struct mark *mark = at(m, m->end);

	assert(!marks_is_full(m) && text.len <= PLACE_MARK_MAX);
	mark->number = m->end++;
	mark->position = position;
	mark->len = (uint8_t)text.len;
	memcpy(mark->text, text.ptr, text.len);
	map_add(
	    &m->by_text, &mark->node, hash_bytes(&m->key, text.ptr, text.len));
	return mark->number;
}

void marks_drop_first(struct marks *m)
{
	assert(m->first < m->end);
	map_del(&m->by_text, &at(m, m->first++)->node);
}

const struct mark *marks_find(const struct marks *m, struct slice text)
{
	struct map_node *node =
	    map_find(&m->by_text, hash_bytes(&m->key, text.ptr, text.len));

	for (; node; node = map_find_next(node)) {
		const struct mark *mark = container_of(node, struct mark, node);

		if (slice_eq(mark_text(mark), text))
			return mark;
	}
	return NULL;
}

const struct mark *marks_at(const struct marks *m, uint64_t number)
{
	assert(number >= m->first && number < m->end);
	return at(m, number);
}
