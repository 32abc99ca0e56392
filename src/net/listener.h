/*
 * listener: from the addresses of the configuration to listening sockets.
 *
 * TCP addresses have one SO_REUSEPORT socket a worker, so that the kernel
 * spreads the clients. A unix socket, and one that a service manager passes,
 * is one that all workers accept from.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct conf;
struct conf_listen;
struct listeners;
struct mistakes;
struct tls_server;

/*
 * Bind every listen address for worker_count workers, read its certificate,
 * and log where. Returns 0 and *out, owned by the caller; or a negative errno
 * with e filled. Boot.
 */
int listeners_open(const struct conf *conf, unsigned worker_count,
    struct listeners **out, struct err *e) __attribute__((warn_unused_result));

/* Close what is still open, remove unix sockets' files. NULL is fine. */
void listeners_free(struct listeners *l);

/*
 * Read the certificates and keys of conf, which has the same addresses, to be
 * used or dropped; what cannot be used goes to problems, at its place there.
 * Main thread, as the next two.
 */
void listeners_read_tls(
    struct listeners *l, const struct conf *conf, struct mistakes *problems);
/* Go by conf, borrowed as the first was, and use what was read for it. */
void listeners_use_conf(struct listeners *l, const struct conf *conf);
void listeners_drop_tls(struct listeners *l);

/* How many addresses there are. */
size_t listeners_count(const struct listeners *l);

/* Whether all workers accept from one socket there. */
bool listeners_is_shared(const struct listeners *l, size_t index);

/* Whether that socket outlives this process: never to be shut down. */
bool listeners_is_inherited(const struct listeners *l, size_t index);

/* A worker's socket of the address with this index; borrowed. */
int listeners_fd(const struct listeners *l, size_t index, unsigned worker);

/*
 * What is configured for it: main thread, by the configuration in force there.
 * And its TLS, which is there where the configuration that the caller goes by
 * has a certificate for it.
 */
const struct conf_listen *listeners_conf(
    const struct listeners *l, size_t index);
struct tls_server *listeners_tls(const struct listeners *l, size_t index);

#endif
