/*
 * tlsclient: TLS for the load client's connections, as cheap as a client can
 * be: the server's certificate is not looked at (its signature on the
 * handshake is checked, the library gives no way around that), and idle
 * connections keep no buffers.
 *
 * When it resumes, the first ticket that a server gives serves all later
 * connections, or one from a file serves all: so they show what a handshake
 * costs a server that knows the client already, or by the keys of another.
 */
#ifndef BENCH_TLSCLIENT_H
#define BENCH_TLSCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/ssl.h>

/* What all connections share. */
struct tlsclient {
	SSL_CTX *ctx;         /* owned */
	SSL_SESSION *session; /* owned; the one to resume; NULL: none yet */
	bool resumes;
	uint64_t resumed; /* handshakes that the server resumed */
};

/*
 * t stays where it is until tlsclient_fini. file holds the session to resume
 * from the first connection on; NULL: none. Abort without memory or the file.
 */
void tlsclient_init(struct tlsclient *t, bool resumes, const char *file);
void tlsclient_fini(struct tlsclient *t);

/* TLS over fd, which stays the caller's; free by tlsclient_close. */
SSL *tlsclient_open(struct tlsclient *t, int fd);

/* Say goodbye to nobody; ssl may be NULL. */
void tlsclient_close(SSL *ssl);

/*
 * Go on with the handshake: 0 when it is done, -EAGAIN when more must come
 * from the server, -ECONNREFUSED when it failed.
 */
int tlsclient_shake(struct tlsclient *t, SSL *ssl)
    __attribute__((warn_unused_result));

/* As recv: the count, 0 at the end, or a negative errno. */
ssize_t tlsclient_read(SSL *ssl, void *to, size_t size);

/* Write all of it, or a negative errno. */
int tlsclient_write(SSL *ssl, const void *from, size_t len)
    __attribute__((warn_unused_result));

#endif
