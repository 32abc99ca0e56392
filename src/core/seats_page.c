/* seats_page: see the header. */
#include "core/seats_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/seats.h"

struct seats_page {
	struct buf changes; /* each a struct change, and its name */
};

struct change {
	uint64_t hash;
	int32_t more;
	uint32_t name_len;
};

static void put(struct seats_page *page, const struct seat *seat)
{
	const struct change c = { seat->node.hash,
		(int32_t)(seat->taken - seat->told), seat->name_len };

	buf_putn(&page->changes, (const char *)&c, sizeof c);
	buf_putn(&page->changes, seat->name, seat->name_len);
}

struct seats_page *seats_page_take(struct seats *seats, unsigned most)
{
	struct seats_page *page = xcalloc(1, sizeof *page);
	struct seat *seat;

	for (unsigned i = 0; i < most && (seat = seats_send(seats)); i++) {
		put(page, seat);
		seats_arrive(seats, seat);
	}
	return page;
}

void seats_page_free(struct seats_page *page)
{
	buf_fini(&page->changes);
	free(page);
}

void seats_page_read(
    const struct seats_page *page, seats_change_fn fn, void *arg)
{
	struct slice left = buf_slice(&page->changes);

	while (left.len > 0) {
		struct change c;

		memcpy(&c, left.ptr, sizeof c);
		left = slice_after(left, sizeof c);
		fn(arg, slice_of(left.ptr, c.name_len), c.hash, c.more);
		left = slice_after(left, c.name_len);
	}
}
