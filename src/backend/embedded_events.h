/*
 * embedded_events: events for the app (core/app_event) at the embedded port,
 * for those of its publishers who listen: on the channel, or to the stream,
 * whose last entries are kept. Nobody waits for a listener: what has not left
 * for one is bounded by whoever has its socket. No sockets here; main thread.
 */
#ifndef BACKEND_EMBEDDED_EVENTS_H
#define BACKEND_EMBEDDED_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/embedded_stream.h"
#include "base/list.h"

struct app_event;
struct conf_events;
struct resp_writer;

enum embedded_listening {
	EMBEDDED_DEAF,       /* it has never asked */
	EMBEDDED_SUBSCRIBED, /* each event is told */
	EMBEDDED_READING,    /* XREAD was answered, and may come again */
	EMBEDDED_WAITING,    /* for XREAD's answer: nothing else is done */
};

/* A part of a publisher's session; see embedded_listener_init. */
struct embedded_listener {
	struct list link; /* of those who are not deaf */
	enum embedded_listening state;
	struct place last; /* that XREAD has had */
	size_t most;       /* entries that it wants at once */
	int64_t until_ms;  /* WAITING: up to then; INT64_MAX: for ever */
};

/* What is asked of whoever has the socket of a listener. */
struct embedded_events_ops {
	/*
	 * SUBSCRIBED: have it leave; it may become deaf by that. WAITING: there
	 * is an entry, and event is NULL; see embedded_events_put, which is not
	 * to be called before this returns.
	 */
	void (*on_event)(
	    struct embedded_listener *l, const struct app_event *event);
	/* Whether some of what it was told has not left. */
	bool (*has_unsent)(struct embedded_listener *l);
};

struct embedded_events {
	const struct conf_events *conf; /* borrowed */
	const struct embedded_events_ops *ops;
	struct embedded_stream ids; /* the last of an entry */
	struct list entries;        /* that are kept, the oldest first */
	size_t count, bytes;
	struct list listeners;
};

/* conf, that of the start, and ops outlive it. */
void embedded_events_init(struct embedded_events *e,
    const struct conf_events *conf, const struct embedded_events_ops *ops);
/* All listeners are gone. */
void embedded_events_fini(struct embedded_events *e);

/* As in struct backend_ops. */
void embedded_events_post(struct embedded_events *e, struct app_event *event);
bool embedded_events_are_leaving(const struct embedded_events *e);

/* The message that a listener on the channel is sent for an event. */
void embedded_events_put_message(const struct embedded_events *e,
    const struct app_event *event, struct resp_writer *w);

/* --- a listener --- */

/* Deaf, or deaf again: it is in no list. */
void embedded_listener_init(struct embedded_listener *l);
void embedded_listener_fini(struct embedded_listener *l);

/* It listens in this state from now on. */
void embedded_events_add(struct embedded_events *e, struct embedded_listener *l,
    enum embedded_listening state);

/* Whether there is an entry behind the last one that it has had. */
bool embedded_events_has_news(
    const struct embedded_events *e, const struct embedded_listener *l);

/*
 * XREAD's answer: what is kept behind its last one, as much as it wants and one
 * answer may have, or null; it has had that, and is READING.
 */
void embedded_events_put(struct embedded_events *e, struct embedded_listener *l,
    struct resp_writer *w);

#endif
