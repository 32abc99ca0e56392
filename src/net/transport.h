/*
 * transport: what core asks of net. The one table, and who looks after a
 * connection in which state.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include <stddef.h>

struct conf;
struct transport_ops;

/* Clients' sockets, plain and TLS (core/transport.h). */
extern const struct transport_ops transport_sockets;

/*
 * How many descriptors the transport may hold at once that are not those of
 * clients up to the limit.
 */
size_t transport_files_max(const struct conf *conf, unsigned worker_count);

#endif
