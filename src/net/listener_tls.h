/*
 * listener_tls: from what is configured for a listener to its TLS.
 */
#ifndef NET_LISTENER_TLS_H
#define NET_LISTENER_TLS_H

#include <stddef.h>

#include "base/err.h"

struct conf_listen;
struct tls_server;

/*
 * Read the files of a listener that has TLS, for a start: owned by the caller;
 * or NULL with e filled. Main thread.
 */
struct tls_server *listener_tls_new(
    const struct conf_listen *conf, struct err *e);

/*
 * Read them for a reload, to be used or dropped (sys/tls_server): 0; or -EINVAL
 * with e filled, also for a certificate that is not valid now. Main thread.
 */
int listener_tls_read(struct tls_server *t, const struct conf_listen *conf,
    struct err *e) __attribute__((warn_unused_result));

/*
 * How many certificates are configured for a listener, 0 for a plain one; the
 * file of each, borrowed, with its place as in tls_server_dates.
 */
size_t listener_tls_count(const struct conf_listen *conf);
const char *listener_tls_file(const struct conf_listen *conf, size_t index);

#endif
