/*
 * cookie: the pairs of a Cookie header (RFC 6265, section 4.2).
 */
#ifndef PROTO_COOKIE_H
#define PROTO_COOKIE_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * Take the next pair off the front of a header's value; both are slices of
 * it, trimmed, the value without a pair of quotes around it. Nothing is
 * decoded: cookies have no escapes. What has no '=' or no name is passed
 * over. False when the header is used up. Any thread.
 */
bool cookie_next(struct slice *rest, struct slice *name, struct slice *value);

#endif
