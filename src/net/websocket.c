#include "net/websocket.h"

#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/worker.h"
#include "net/admit.h"
#include "net/welcome.h"
#include "proto/frame.h"
#include "proto/handshake.h"
#include "proto/token.h"
#include "proto/wsdec.h"

_Static_assert(
    HANDSHAKE_RESPONSE_MAX + FRAME_HEAD_MAX + WELCOME_MAX <= SESSION_FIRST_MAX,
    "a start fits");
_Static_assert(
    (int)FRAME_CONTROL_MAX <= (int)SESSION_WORDS_MAX, "a control frame fits");

/* --- start --- */

static size_t put_welcome(const struct conn *c, char *out)
{
	char text[WELCOME_MAX];
	bool as_text = c->route->frames == CONF_FRAMES_TEXT;
	size_t len = welcome_print(c, text);
	size_t head = frame_put_head(
	    as_text ? FRAME_TEXT : FRAME_BINARY, len, (unsigned char *)out);

	memcpy(out + head, text, len);
	return head + len;
}

/* A browser that offered protocols fails when none of them is answered. */
static struct slice choose_subprotocol(
    const struct conf_route *route, const struct request *r)
{
	struct slice chosen = handshake_subprotocol(r->head, r->bytes.ptr,
	    route->subprotocols.items, route->subprotocols.count);

	if (chosen.len == 0 && route->authenticator)
		chosen = token_subprotocol(r->head, r->bytes.ptr);
	return chosen;
}

size_t websocket_put_upgrade(const struct conf_route *route,
    const struct request *r, unsigned window_bits, char *out)
{
	return handshake_response(r->head, r->bytes.ptr,
	    choose_subprotocol(route, r), window_bits, out);
}

/*
 * The 101 answer, and the welcome where the route has one; with ids it goes
 * behind the first note (net/cursor).
 */
static size_t start(const struct conn *c, const struct request *r, char *out)
{
	size_t len =
	    websocket_put_upgrade(c->route, r, admit_window_bits(c), out);

	if (c->route->welcome && !(c->form & MESSAGE_WITH_ID))
		len += put_welcome(c, out + len);
	return len;
}

/* --- input --- */

static enum close_reason mistake(uint16_t code)
{
	switch (code) {
	case 1007:
		return CLOSE_UTF8;
	case 1009:
		return CLOSE_TOO_BIG;
	default:
		return CLOSE_PROTOCOL;
	}
}

/* The decoder reads no further: a close frame has come, or a mistake. */
static void tell_end(
    const struct wsdec_result *result, struct session_input *input)
{
	uint16_t answer = result->answer_code;

	input->is_over = true;
	input->reason = result->is_closed ? CLOSE_PEER : mistake(answer);
	input->sent = answer ? answer : CLOSE_CODE_MISSING;
	input->received =
	    result->is_closed ? result->peer_code : CLOSE_CODE_NONE;
}

static int on_input(struct conn *c, struct slice bytes, struct buf *replies,
    struct session_input *input)
{
	const struct wsdec_rules rules = {
		.max_message = c->worker->conf->limits.inbound_message,
		.may_deflate = message_form_is_deflated(c->form),
	};
	struct wsdec_result result;

	if (wsdec_feed(&c->decoder, bytes.ptr, bytes.len, &rules, replies,
		&result) < 0)
		return -ENOMEM;
	*input = (struct session_input){
		.frames = result.frames,
		.is_fresh = result.is_fresh,
	};
	if (result.is_over)
		tell_end(&result, input);
	return 0;
}

/* --- control frames --- */

static size_t beat(char *out)
{
	return frame_put_ping(slice_of(NULL, 0), (unsigned char *)out);
}

static size_t goodbye(uint16_t code, struct slice reason, char *out)
{
	return frame_put_close(code, reason, (unsigned char *)out);
}

const struct session_ops websocket_ops = {
	.start = start,
	.on_input = on_input,
	.beat = beat,
	.goodbye = goodbye,
};
