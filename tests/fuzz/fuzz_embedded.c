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
#include "core/backend.h"

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
		.history.stream = size > 0 && data[0] % 4 < 2 ? stream : NULL,
	};
	const struct backend_sink sink = { .on_message = on_message,
		.check_message = check_message };
	struct transaction_budget budget = { BUDGET, BUDGET, 0 };
	struct embedded_session session;
	struct embedded_stream entries;
	const struct embedded_host host = { &conf, &sink, &session, &budget,
		size > 0 && data[0] % 2 ? "s" : NULL, &entries };

	if (size == 0)
		return 0;
	embedded_stream_init(&entries);
	embedded_session_init(&session, &host, 1);
	converse(&host, &session, slice_of((const char *)data + 1, size - 1));
	embedded_session_fini(&session);
	must(budget.used == 0);
	return 0;
}
