/*
 * wsclient: one WebSocket connection of the load client.
 *
 * Small, because there are thousands: nothing is kept of a frame but its
 * first bytes, and those only when a read ends inside them. A deflated one is
 * gathered and inflated whole. The owner polls
 * the socket, reads into one buffer that all connections share, and feeds.
 */
#ifndef BENCH_WSCLIENT_H
#define BENCH_WSCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "payload.h"
#include "tlsclient.h"

enum wsclient_state {
	WSCLIENT_CONNECTING, /* wait for writable, then wsclient_begin */
	WSCLIENT_SECURING,   /* wait for readable, then wsclient_secure */
	WSCLIENT_UPGRADING,  /* wait for readable, as in OPEN */
	WSCLIENT_JOINING,    /* the same; a dialect has not let us in yet */
	WSCLIENT_OPEN,
	WSCLIENT_CLOSED,
};

enum { WSCLIENT_TEXT = 0x81 }; /* the first byte of a text frame */

enum { WSCLIENT_PREFIX_MAX = 10 + 125 }; /* a head and a control payload */

struct dialect;
struct inflater;

struct wsclient {
	int fd;
	SSL *ssl; /* owned; NULL: plain */
	enum wsclient_state state;
	uint32_t room;
	uint16_t close_code; /* what the server's close said; 0: nothing */
	uint8_t part_len;
	uint8_t part[WSCLIENT_PREFIX_MAX]; /* of a frame that is cut */
	bool is_ours;                      /* message is valid */
	struct payload message;            /* of the frame that is read */
	uint64_t size;                     /* of its payload */
	uint64_t left;                     /* of it still to come */
	bool is_deflated;                  /* the frame that is read */
	struct buf
	    packed; /* what came of its payload, or of a dialect's parts */
	struct buf
	    answer; /* the head, while UPGRADING; a dialect's cut frame */
	uint64_t started_ns; /* when it began to connect */
	uint64_t next_seq;   /* for the check of the order */
	uint64_t seen;       /* bit i: next_seq - 1 - i has come */
};

/* Where complete messages go; the counts are added to. */
struct wsclient_sink {
	const struct dialect *dialect; /* NULL: frames are messages */
	/* A message is complete; client->is_ours says whether it is known. */
	void (*on_message)(void *arg, struct wsclient *client);
	void *arg;
	struct inflater *inflater; /* borrowed; NULL: nothing may be deflated */
	uint64_t frames;
	uint64_t deflated; /* of those */
	uint64_t pings;
};

/*
 * Begin to connect; 0 or a negative errno. The state was CLOSED or zero.
 * receive_buffer is SO_RCVBUF; 0 leaves it to the kernel.
 */
int wsclient_connect(struct wsclient *c, const struct sockaddr *address,
    socklen_t len, uint32_t room, int receive_buffer)
    __attribute__((warn_unused_result));

/*
 * The connect is done: begin TLS, unless tls is NULL. 0 when the request can
 * be sent, -EAGAIN when SECURING, or another negative errno.
 */
int wsclient_begin(struct wsclient *c, struct tlsclient *tls)
    __attribute__((warn_unused_result));

/* Go on with the handshake of TLS; returns the same. */
int wsclient_secure(struct wsclient *c, struct tlsclient *tls)
    __attribute__((warn_unused_result));

/* Send the whole head of the request. 0 or a negative errno. */
int wsclient_send_head(struct wsclient *c, struct slice head)
    __attribute__((warn_unused_result));

/*
 * The head for that path; extra holds further header lines, each with its
 * line end; dialect may be NULL. Appended to out.
 */
void wsclient_head(struct buf *out, const char *host, const char *path,
    const char *extra, const struct dialect *dialect);

/*
 * As recv, but with a negative errno. With TLS, size must be that of a record
 * at least: only then nothing read waits in the library, where no poll sees it.
 */
ssize_t wsclient_read(struct wsclient *c, void *to, size_t size);

/*
 * Handle what was read; a good answer makes the state OPEN, or JOINING with a
 * dialect on top of WebSocket. 0, or a negative errno: -EPROTO when the server broke a rule, -ECONNREFUSED when it did not
 * answer with a good 101, -ECONNRESET when it sent a close. The owner then
 * calls wsclient_close.
 */
int wsclient_feed(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink) __attribute__((warn_unused_result));

/*
 * Send a frame with that first byte, masked; len at most 125. 0 or a negative
 * errno.
 */
int wsclient_send(const struct wsclient *c, uint8_t first, struct slice body)
    __attribute__((warn_unused_result));

/* Close at once, without a time-wait on the port. */
void wsclient_close(struct wsclient *c);

#endif
