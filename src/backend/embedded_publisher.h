/*
 * embedded_publisher: one publisher at the embedded port: a wire and a resp
 * reader, and the turns by which it shares the main thread with the others.
 * Who may be here is the matter of embedded_pool.
 */
#ifndef BACKEND_EMBEDDED_PUBLISHER_H
#define BACKEND_EMBEDDED_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/embedded_session.h"
#include "backend/embedded_strangers.h"
#include "base/buf.h"
#include "base/list.h"
#include "sys/wire.h"

struct event;
struct event_base;
struct metrics;
struct resp_reader;

enum { PUBLISHER_ADDRESS_MAX = 80 };

/* Who they are, and what they share. */
struct publisher_shared {
	struct event_base *base;
	struct metrics *metrics;
	struct embedded_host host;
	struct list publishers;
	struct strangers strangers; /* those of them without AUTH */
	size_t count;
	uint64_t last_id;
	bool is_paused;
	struct buf replies; /* of the turn that runs */
};

struct publisher {
	struct list link; /* in publishers */
	struct publisher_shared *shared;
	struct wire wire;
	struct resp_reader *reader; /* owned */
	struct event *timer; /* owned; the next turn, or the end of leaving */
	struct embedded_session session;
	struct stranger stranger;
	bool is_eof;     /* it sends no more */
	bool is_leaving; /* no more commands */
	char address[PUBLISHER_ADDRESS_MAX];
};

/*
 * Serve an accepted, non-blocking socket, which is the publisher's from now
 * on, until it leaves. address is for the log, and copied.
 */
void embedded_publisher_start(
    struct publisher_shared *shared, int fd, const char *address);

/* Go on in the next turn of the loop, if it may, or else when it may. */
void embedded_publisher_run_later(struct publisher *p);

/* The configuration is another one: take what it allows. */
void embedded_publisher_use_conf(struct publisher *p);

/* In a turn of its own, whatever is unsent: also within another call of it. */
void embedded_publisher_end_soon(struct publisher *p);

/* Close at once, whatever is unsent. */
void embedded_publisher_free(struct publisher *p);

#endif
