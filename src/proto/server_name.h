/*
 * server_name: the host that a TLS client wants, as its first message says it.
 */
#ifndef PROTO_SERVER_NAME_H
#define PROTO_SERVER_NAME_H

#include "base/slice.h"

/*
 * The host name in the body of a server_name extension (RFC 6066, section 3),
 * borrowed from it; empty where there is none, or anything beside one.
 */
struct slice server_name_of(struct slice extension);

#endif
