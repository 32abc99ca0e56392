/*
 * cors: which site's pages may ask for a route, and what lets a browser read
 * the answer (WHATWG Fetch, section 3.2). A WebSocket needs the first alone, an
 * event stream the headers as well.
 */
#ifndef NET_CORS_H
#define NET_CORS_H

#include <stddef.h>

#include "core/refused.h"
#include "net/request.h"
#include "proto/origin.h"

struct conf_route;

enum { CORS_MAX = ORIGIN_MAX + 128 };

/* REFUSED_NOT, or REFUSED_ORIGIN: a page of a site that origins do not name. */
enum refused cors_check(
    const struct conf_route *route, const struct request *r);

/*
 * The headers, as whole lines, that let the page that asks read the answer, to
 * out (CORS_MAX bytes): none unless origins name its site. Returns the length.
 */
size_t cors_print(
    const struct conf_route *route, const struct request *r, char *out);

#endif
