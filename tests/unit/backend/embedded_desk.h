/*
 * embedded_desk: a publisher's session without a socket: what it asks, byte by
 * byte, what it is answered, and what has come of it.
 */
#ifndef EMBEDDED_DESK_H
#define EMBEDDED_DESK_H

#include <string.h>

#include "backend/embedded_commands.h"
#include "backend/embedded_stream.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/backend.h"
#include "proto/resp_write.h"
#include "unit.h"

struct desk {
	struct conf conf;
	struct backend_sink sink;
	struct embedded_host host;
	struct embedded_session session;
	struct transaction_budget budget;
	struct embedded_stream stream;
	struct embedded_events events;
	struct place added; /* the last entry, by what the sink was told */
	unsigned entries;
	struct buf told;  /* of events */
	struct buf taken; /* "channel=payload\n" for each message */
	enum embedded_outcome outcome;
};

/* "bad" is dropped, "nobody" is for nobody here. */
static inline struct backend_verdict judge(struct slice payload)
{
	bool is_bad = slice_eq(payload, slice_str("bad"));
	bool is_for_nobody = slice_eq(payload, slice_str("nobody"));

	return (struct backend_verdict){ !is_bad && !is_for_nobody,
		is_bad ? "a reason" : NULL };
}

static inline struct backend_verdict check_message(
    void *arg, const struct backend_message *m)
{
	(void)arg;
	return judge(m->payload);
}

static inline struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	struct desk *d = arg;
	struct place before = d->added;

	if (m->id.len > 0) {
		d->entries++;
		ck_assert(place_read_entry(m->id, &d->added));
		ck_assert_int_lt(place_compare(&before, &d->added), 0);
	}
	buf_putn(&d->taken, m->channel.ptr, m->channel.len);
	buf_puts(&d->taken, "=");
	if (m->payload.len > 0)
		buf_putn(&d->taken, m->payload.ptr, m->payload.len);
	buf_puts(&d->taken, "\n");
	return judge(m->payload);
}

/* As who has the socket; "<" is for who waits, and is answered later. */
static inline void tell(
    struct embedded_listener *l, const struct app_event *event)
{
	struct desk *d = container_of(l, struct desk, session.listener);
	struct resp_writer w = { .out = &d->told,
		.is_resp3 = d->session.is_resp3 };

	if (l->state == EMBEDDED_WAITING)
		buf_puts(&d->told, "<");
	else
		embedded_events_put_message(&d->events, event, &w);
}

static inline struct desk *set_up(const char *password)
{
	static struct desk d;
	static char send[] = "t:send", broadcast[] = "t:all", control[] = "",
		    prefix[] = "t:room:", events[] = "t:events";
	static const struct embedded_events_ops deaf_ops = { tell, NULL };

	d = (struct desk){ .sink = { .on_message = on_message,
			       .check_message = check_message } };
	d.conf.channels.send = send;
	d.conf.channels.broadcast = broadcast;
	d.conf.channels.control = control;
	d.conf.channels.room_prefix = prefix;
	d.budget = (struct transaction_budget){ 1000, 1500, 0 };
	d.host = (struct embedded_host){ &d.conf, &d.sink, &d, &d.budget,
		password, &d.stream, &d.events };
	d.conf.events.stream = events;
	d.conf.events.maxlen = 3;
	embedded_stream_init(&d.stream);
	embedded_events_init(&d.events, &d.conf.events, &deaf_ops);
	d.added = d.stream.last;
	embedded_session_init(&d.session, &d.host, 7);
	return &d;
}

/* Whoever looks behind the last word does not get far. */
static inline void trap(struct resp_item items[RESP_MAX_ITEMS], size_t count)
{
	for (size_t i = count; i < RESP_MAX_ITEMS; i++)
		items[i] = (struct resp_item){ RESP_STRING,
			slice_of((const char *)1, 1) };
}

/* The reply to a command of words that are separated by one space. */
static inline const char *ask(struct desk *d, const char *line)
{
	static char text[4096];
	struct resp_item items[RESP_MAX_ITEMS];
	struct resp_value command = { true, 0, items };
	struct buf out = { 0 };

	while (line) {
		const char *space = strchr(line, ' ');
		size_t len = space ? (size_t)(space - line) : strlen(line);

		items[command.count++] =
		    (struct resp_item){ RESP_STRING, slice_of(line, len) };
		line = space ? space + 1 : NULL;
	}
	trap(items, command.count);
	do
		d->outcome = embedded_commands_execute(
		    &d->host, &d->session, &command, &out);
	while (embedded_commands_next_queued(&d->session, items, &command));
	ck_assert_uint_lt(out.len, sizeof text);
	if (out.len > 0)
		memcpy(text, out.data, out.len);
	text[out.len] = '\0';
	buf_fini(&out);
	return text;
}

struct exchange {
	const char *command;
	const char *reply;
};

static inline void converse(
    struct desk *d, const struct exchange *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *reply = ask(d, e[i].command);

		ck_assert_msg(strcmp(reply, e[i].reply) == 0, "%s: %s",
		    e[i].command, reply);
	}
}

#define CONVERSE(d, ...)                                             \
	do {                                                         \
		static const struct exchange e_[] = { __VA_ARGS__ }; \
		converse(d, e_, sizeof e_ / sizeof e_[0]);           \
	} while (0)

#endif
