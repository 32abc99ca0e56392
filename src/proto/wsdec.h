/*
 * wsdec: what a client sends, through wslay in its role as decoder.
 *
 * Bytes in; out come counts, the control frames that answer (pongs, the close
 * frame) and, when it is over, why. Data is checked as RFC 6455 demands and
 * thrown away: clients talk back through the app's own API. A deflated message
 * is thrown away as it comes, never inflated. A decoder is 9 kB, so there is
 * one only while a frame or a fragmented message is half read; an idle
 * connection has none.
 */
#ifndef PROTO_WSDEC_H
#define PROTO_WSDEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct wsdec;

/* The findings of one call of wsdec_feed. */
struct wsdec_result {
	unsigned frames;      /* frames that began, of any kind */
	bool is_fresh;        /* what is not whole yet began in these bytes */
	bool is_over;         /* no more input will be read */
	bool is_closed;       /* the peer sent a close frame, a valid one */
	uint16_t peer_code;   /* its code then; 1005 when it had none */
	uint16_t answer_code; /* of our close frame in replies; 0: no code */
};

/* Bounds on what a client may send; the same in all calls for one decoder. */
struct wsdec_rules {
	size_t max_message; /* bytes of a data message, as they come */
	bool may_deflate;   /* permessage-deflate was agreed on */
};

/*
 * Decode len bytes. *dec is NULL between frames and is made and freed here
 * as needed. Frames to send in answer are appended to replies. Returns 0, or
 * -ENOMEM.
 */
int wsdec_feed(struct wsdec **dec, const void *bytes, size_t len,
    const struct wsdec_rules *rules, struct buf *replies,
    struct wsdec_result *result) __attribute__((warn_unused_result));

void wsdec_free(struct wsdec *dec);

/* The version of wslay that its headers name; Debian's 1.1.1 is "1.0.1-DEV". */
const char *wsdec_library(void);

#endif
