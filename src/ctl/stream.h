/*
 * stream: bytes to and from a server, through TLS or not, each call until a
 * time (clock_ms), which several may have in common. For one thread that waits.
 */
#ifndef CTL_STREAM_H
#define CTL_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/slice.h"

struct address;
struct stream;
struct tls_client_files;

enum { STREAM_READ_MIN = 16384 }; /* see tls_read */

/*
 * Connect; with files through TLS, to a server whose certificate is for the
 * host of the address. 0 with *out, which the caller closes; or a negative
 * errno with e.
 */
int stream_open(struct stream **out, const struct address *to,
    const struct tls_client_files *files, int64_t until_ms, struct err *e)
    __attribute__((warn_unused_result));
/* NULL is fine. */
void stream_close(struct stream *s);

/*
 * Some bytes, STREAM_READ_MIN at most and room for as many at to: how many, 0
 * at the end; or a negative errno with e, -EAGAIN when none has come by
 * then.
 */
ssize_t stream_read(struct stream *s, char *to, int64_t until_ms, struct err *e)
    __attribute__((warn_unused_result));

/* Write all of it: 0, or a negative errno with e. */
int stream_write(struct stream *s, struct slice bytes, int64_t until_ms,
    struct err *e) __attribute__((warn_unused_result));

#endif
