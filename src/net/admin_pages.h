/*
 * admin_pages: what the admin listener shows. A page is a row of the table in
 * admin_pages.c; how it is asked for is admin_answer's matter.
 */
#ifndef NET_ADMIN_PAGES_H
#define NET_ADMIN_PAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct hub;
struct metrics;

/* What the pages are about; all borrowed, outlives the admin. */
struct admin_view {
	const struct hub *hub;
	const char *backend; /* its name */
	const _Atomic bool *is_stopping;
	struct metrics **metrics; /* one block a thread, the main one first */
	size_t metrics_count;
};

struct admin_page {
	int status;
	const char *type; /* a literal: Content-Type */
	struct buf body;  /* owned by whoever asked */
};

/*
 * Fill *page, which may be uninitialised, with what is at path: 404 where
 * nothing is. Main thread.
 */
void admin_pages_show(
    const struct admin_view *view, struct slice path, struct admin_page *page);

#endif
