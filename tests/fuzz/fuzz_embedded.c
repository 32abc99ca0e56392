/*
 * Any bytes at the embedded port: what is published has a channel and fits the
 * limit, nothing is published before EXEC, and what transactions have taken of
 * their budget is given back. The first byte says whether there is a password.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/embedded_commands.h"
#include "backend/embedded_stream.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/backend.h"
#include "proto/resp_write.h"

enum { PAYLOAD_MAX = 100, BUDGET = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct backend_verdict judge(struct slice payload)
{
	bool is_fine = payload.len <= PAYLOAD_MAX;

	return (struct backend_verdict){ is_fine, is_fine ? NULL : "too big" };
}

static struct backend_verdict check_message(
    void *arg, const struct backend_message *m)
{
	(void)arg;
	must(m->channel.len > 0);
	return judge(m->payload);
}

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	const struct embedded_session *s = arg;

	must(s->is_authenticated);
	must(s->transaction.state == TRANSACTION_NONE ||
	     s->transaction.state == TRANSACTION_RUNNING);
	must(m->channel.len > 0);
	must(s->transaction.state == TRANSACTION_NONE ||
	     m->payload.len <= PAYLOAD_MAX);
	return judge(m->payload);
}

/* Whoever waits is answered; the reply is bounded by what is kept. */
static void on_event(struct embedded_listener *l, const struct app_event *event)
{
	(void)event;
	must(l->state == EMBEDDED_SUBSCRIBED || l->state == EMBEDDED_WAITING);
}

static const struct embedded_events_ops events_ops = { .on_event = on_event };

static void post(struct embedded_events *e)
{
	struct app_event *event = app_event_new(slice_str("{}"));

	must(event);
	embedded_events_post(e, event);
	must(e->count <= 2);
}

static void answer(struct embedded_events *e, struct embedded_session *s)
{
	struct buf out = { 0 };
	struct resp_writer w = { .out = &out, .is_resp3 = s->is_resp3 };

	embedded_events_put(e, &s->listener, &w);
	must(out.len > 0 && out.len < 512);
	must(s->listener.state == EMBEDDED_READING);
	buf_fini(&out);
}

static void converse(const struct embedded_host *host,
    struct embedded_session *s, struct slice bytes)
{
	struct resp_reader *r = resp_reader_new(2 * PAYLOAD_MAX);
	struct resp_item items[RESP_MAX_ITEMS];
	struct resp_value command;
	struct buf replies = { 0 };
	struct err e;

	must(resp_feed(r, bytes.ptr, bytes.len) == 0);
	while (embedded_commands_next_queued(s, items, &command) ||
	       resp_next_command(r, &command, &e) == 1) {
		if (embedded_commands_execute(host, s, &command, &replies) !=
		    EMBEDDED_GO_ON)
			break;
		must(host->budget->used <= host->budget->all);
		must(s->is_authenticated ||
		     s->listener.state == EMBEDDED_DEAF ||
		     s->listener.state == EMBEDDED_READING);
		post(host->events);
		if (s->listener.state == EMBEDDED_WAITING)
			answer(host->events, s);
		replies.len = 0;
	}
	buf_fini(&replies);
	resp_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char send[] = "send", prefix[] = "room:", off[] = "", stream[] = "s";
	const struct conf conf = {
		.channels = { .send = send,
		    .broadcast = off,
		    .control = off,
		    .room_prefix = prefix },
		.limits.payload = PAYLOAD_MAX,
		.events = { .stream =
				size > 0 && data[0] % 8 < 4 ? stream : NULL,
		    .channel = size > 0 && data[0] % 8 >= 4 ? send : NULL,
		    .maxlen = 2 },
		.history.stream = size > 0 && data[0] % 4 < 2 ? stream : NULL,
	};
	const struct backend_sink sink = { .on_message = on_message,
		.check_message = check_message };
	struct transaction_budget budget = { BUDGET, BUDGET, 0 };
	struct embedded_session session;
	struct embedded_stream entries;
	struct embedded_events events;
	const struct embedded_host host = { &conf, &sink, &session, &budget,
		size > 0 && data[0] % 2 ? "s" : NULL, &entries, &events };

	if (size == 0)
		return 0;
	embedded_stream_init(&entries);
	embedded_events_init(&events, &conf.events, &events_ops);
	post(&events);
	embedded_session_init(&session, &host, 1);
	converse(&host, &session, slice_of((const char *)data + 1, size - 1));
	embedded_session_fini(&session);
	must(budget.used == 0);
	embedded_events_fini(&events);
	return 0;
}
