/*
 * ws_url: ws://host[:port]/path?query, and wss:// (RFC 6455, section 3).
 */
#ifndef CTL_WS_URL_H
#define CTL_WS_URL_H

#include <stdbool.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct ws_url {
	bool is_tls;
	struct address address; /* where to connect to; its port is never 0 */
	struct slice
	    authority;       /* host and port as they are written; borrowed */
	struct slice target; /* from the '/' on, as it is; may be empty */
};

/* Read a URL. 0, or -EINVAL with e. */
int ws_url_parse(struct ws_url *u, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Append the target of a request: with since, encoded, behind what the query
 * has; NULL: without.
 */
void ws_url_put_target(
    const struct ws_url *u, const char *since, struct buf *out);

#endif
