/*
 * admin_pages: what the admin listener answers to. A page is a row of the table
 * in admin_pages.c; how it is asked for is admin_answer's matter.
 */
#ifndef NET_ADMIN_PAGES_H
#define NET_ADMIN_PAGES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "net/admin_call.h"

/* What is at a path, by one method. */
struct admin_page {
	const char *path;
	enum admin_method method; /* GET: HEAD as well */
	bool is_open;             /* to who has no token */
	const char *type;         /* Content-Type of its answer */
	/* What its query may have; NULL ends it. NULL: it is not looked at. */
	const char *const *params;
	/*
	 * Append the answer to c->answer, and set a status but 200; or refuse,
	 * or wait (net/admin_call).
	 */
	void (*run)(struct admin_call *c);
};

/* The page, or NULL; *allowed: the methods that there are at this path. */
const struct admin_page *admin_pages_find(
    struct slice path, unsigned method, unsigned *allowed);

/* Append all paths, for whoever looks for another one. */
void admin_pages_list(struct buf *out);

#endif
