/*
 * tls_handover: from OpenSSL, which makes the handshake of TLS 1.3, to
 * sys/tls_records, which go on with its keys. What OpenSSL holds for a
 * connection, some 14 kB, can go then.
 *
 * How it is known what is needed: OpenSSL tells the traffic secrets to who
 * wants to log them (SSL_CTX_set_keylog_callback), and the rest to who looks on
 * (SSL_set_msg_callback).
 */
#ifndef SYS_TLS_HANDOVER_H
#define SYS_TLS_HANDOVER_H

#include <stdbool.h>

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct ssl_st;     /* its SSL */
struct tls_records;

/* A handshake, as it is looked at. */
struct tls_handover;

/* Have the connections of a server's context followed. Main thread. */
void tls_handover_prepare(struct ssl_ctx_st *ctx);

/*
 * Follow the handshake of a connection; owned by the caller, NULL: no memory.
 * Its thread, as all that follows. Freed it is when ssl is, or in
 * tls_handover_take; NULL is fine.
 */
struct tls_handover *tls_handover_new(struct ssl_st *ssl);
void tls_handover_free(struct tls_handover *h);

/* What ssl's msg_callback was told. */
void tls_handover_see(
    struct tls_handover *h, bool is_ours, int type, const void *bytes);

/*
 * The handshake is done, and nothing was read or written since: fill *r, and
 * ssl may be freed. False: OpenSSL has to go on, as it is an older TLS, a
 * context that was not prepared, or memory is out. *h is freed and NULL.
 */
bool tls_handover_take(struct tls_handover **h, struct ssl_st *ssl,
    struct tls_records *r) __attribute__((warn_unused_result));

#endif
