/*
 * goodbye: see the header. Who closes: the peer (we answer and half-close), its
 * mistakes (we tell it the code and half-close), or this side (we send a close
 * frame and wait a while for the peer's).
 */
#include "net/goodbye.h"

#include "core/backlog.h"
#include "core/conn.h"
#include "core/flush.h"
#include "core/tell_app.h"
#include "core/worker.h"
#include "net/access_log.h"
#include "net/io.h"
#include "net/linger.h"
#include "net/session_form.h"

/* For the peer to read our close frame and answer. */
enum { CLOSE_MS = 5000 };

/*
 * The one place where the end of an open connection is counted and logged, and
 * the app told of it. sent and received are the codes of the two close frames,
 * as far as there are any; what the peer answers to ours is not waited for.
 */
static void record_close(
    struct conn *c, enum close_reason reason, uint16_t sent, uint16_t received)
{
	struct metrics *m = &c->worker->metrics;
	uint16_t code = reason == CLOSE_PEER ? received : sent;

	metrics_inc(m, closed_metric(reason, code));
	metrics_inc(m, metrics_of_route(METRIC_ROUTE_CLOSED, c->route->number));
	metrics_observe(m, METRIC_LIFETIME, (uint64_t)conn_age_ms(c) * 1000);
	access_log_closed(c, reason, code);
	tell_app_disconnected(c, reason, code);
}

/* --- last words --- */

/* Send the last words, behind what is queued when flush is true. */
static void say_last(struct conn *c, struct slice words, bool flush)
{
	conn_set_state(c, CONN_CLOSING);
	io_arm(c, CLOSE_MS);
	linger_note_closing(c);
	if (session_form_of(c)->is_one_way)
		c->input_is_over = true; /* no answer to wait for */
	if (!flush)
		backlog_drop(c);
	if (flush_control(c, words, true) < 0)
		conn_kill(c);
	else
		(void)io_has_moved(c); /* our own words are no sign of it */
}

static void say_goodbye(
    struct conn *c, uint16_t code, struct slice reason, bool flush)
{
	char words[SESSION_WORDS_MAX];
	size_t len = session_form_of(c)->goodbye(code, reason, words);

	say_last(c, slice_of(words, len), flush);
}

/* --- ours --- */

void goodbye_close(struct conn *c, enum close_reason reason, bool flush)
{
	uint16_t code = closed_code(reason);

	if (c->state != CONN_OPEN) {
		conn_kill(c);
		return;
	}
	record_close(c, reason, code, CLOSE_CODE_NONE);
	if (code == CLOSE_CODE_NONE) {
		conn_kill(c);
		return;
	}
	say_goodbye(c, code, slice_str(closed_text(reason)), flush);
}

void goodbye_disconnect(struct conn *c, uint16_t code, struct slice reason)
{
	record_close(c, CLOSE_APP, code, CLOSE_CODE_NONE);
	say_goodbye(c, code, reason, true);
}

/* --- the peer's --- */

/* Where we were first it is the answer to ours. */
void goodbye_answer(
    struct conn *c, const struct session_input *input, struct slice words)
{
	c->input_is_over = true;
	if (c->state == CONN_CLOSING) {
		if (!c->outq)
			linger_start(c);
		return;
	}
	record_close(c, input->reason, input->sent, input->received);
	say_last(c, words, false);
}

/* A client that cannot say goodbye has said it by closing. */
void goodbye_leave(struct conn *c)
{
	if (session_form_of(c)->is_one_way && c->state == CONN_OPEN) {
		record_close(
		    c, CLOSE_PEER, CLOSE_CODE_NONE, CLOSE_CODE_MISSING);
		conn_kill(c);
	} else {
		goodbye_close(c, CLOSE_PEER_GONE, false);
	}
}

/* --- CLOSING --- */

void goodbye_on_flushed(struct conn *c)
{
	if (c->input_is_over)
		linger_start(c);
}

void goodbye_on_due(struct conn *c)
{
	linger_wait_or_kill(c, CLOSE_MS);
}
