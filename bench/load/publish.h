/*
 * publish: PUBLISH over the Redis protocol, to Redis itself, to the gateway's
 * embedded port or to the bare server; or POST over HTTP, to a peer that has
 * no other way. Non-blocking; commands are pipelined and their replies only
 * counted.
 */
#ifndef BENCH_PUBLISH_H
#define BENCH_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "payload.h"

enum publish_form {
	PUBLISH_ROOM,     /* the message itself, on the room's channel */
	PUBLISH_ENVELOPE, /* an envelope that names the room */
	PUBLISH_NUL,      /* the room, NUL, the message */
	PUBLISH_SOCKETIO, /* as Socket.IO's Redis emitter does */
	PUBLISH_ANYCABLE, /* JSON: the stream, and the message as a string */
	/* Bodies of a POST: */
	PUBLISH_CENTRIFUGO, /* JSON: the channel and the message */
	PUBLISH_MERCURE,    /* a form's fields: the topic and the message */
};

struct publish {
	int fd;
	enum publish_form form;
	const char *http_path; /* borrowed from the URL; NULL: Redis */
	size_t http_matched;   /* bytes of the status line that is read */
	struct buf filler;     /* of messages; empty: 'x' */
	struct buf out;
	size_t written; /* of out */
	struct buf message;
	uint64_t replies;
	uint64_t refusals; /* replies that are errors */
	char refusal[128]; /* the first of them */
	bool is_line_start;
	bool is_refusal;
	size_t refusal_len;
};

/*
 * Connect, blocking, to redis://host:port, unix:///path or
 * http://host:port/path; url must outlive p. 0, or a negative errno and e
 * filled.
 */
int publish_open(struct publish *p, const char *url, enum publish_form form,
    struct err *e) __attribute__((warn_unused_result));
void publish_close(struct publish *p);

/* Append the command for one message to the room of that name. */
void publish_add(struct publish *p, const char *room_name,
    const struct payload *message, size_t size);

/* Bytes that wait to be written. */
size_t publish_pending(const struct publish *p);

/* Write what the socket takes; 0 or a negative errno. */
int publish_flush(struct publish *p) __attribute__((warn_unused_result));

/* Read all replies that have come; 0 or a negative errno. */
int publish_read(struct publish *p) __attribute__((warn_unused_result));

#endif
