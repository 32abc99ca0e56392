/* websocket: see websocket.h. */
#include "ctl/websocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "ctl/stream.h"
#include "proto/frame.h"
#include "proto/handshake.h"
#include "proto/http.h"
#include "proto/http_reply.h"

enum {
	NO_CODE = 1006,
	SWITCHING_PROTOCOLS = 101,
	REFUSAL_MAX = 16384, /* bytes of the body that says why */
	WHY_SHOWN = 200,
	SEND_MS = 10000, /* for a frame; each is a few bytes */
};

struct websocket {
	struct stream *stream;      /* owned */
	wslay_event_context_ptr ws; /* owned */
	struct buf in;              /* owned; read, and not looked at yet */
	struct buf out;             /* owned; to be sent */
	uint16_t code;              /* of the end; NO_CODE: none has come */
	char reason[FRAME_REASON_MAX + 1]; /* beside that; may be empty */
	websocket_fn fn;                   /* for the time of a step */
	void *arg;
};

/* --- frames, by wslay --- */

static ssize_t on_recv(
    wslay_event_context_ptr ws, uint8_t *to, size_t len, int flags, void *arg)
{
	struct websocket *w = arg;

	(void)flags;
	if (w->in.len == 0) {
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (len > w->in.len)
		len = w->in.len;
	memcpy(to, w->in.data, len);
	buf_consume(&w->in, len);
	return (ssize_t)len;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *from,
    size_t len, int flags, void *arg)
{
	struct websocket *w = arg;

	(void)ws, (void)flags;
	buf_putn(&w->out, (const char *)from, len);
	return (ssize_t)len;
}

static int on_mask(
    wslay_event_context_ptr ws, uint8_t *to, size_t len, void *arg)
{
	(void)ws, (void)arg;
	crypto_random(to, len);
	return 0;
}

/* Its first two bytes are the code. */
static void take_close(
    struct websocket *w, const struct wslay_event_on_msg_recv_arg *m)
{
	struct slice body = slice_of((const char *)m->msg, m->msg_length);

	w->code = m->status_code ? m->status_code : WSLAY_CODE_NO_STATUS_RCVD;
	if (body.len > 2 && body.len - 2 <= FRAME_REASON_MAX)
		*slice_put(slice_after(body, 2), w->reason) = '\0';
}

static void on_message(wslay_event_context_ptr ws,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct websocket *w = arg;

	(void)ws;
	if (m->opcode == WSLAY_CONNECTION_CLOSE)
		take_close(w, m);
	else if (!wslay_is_ctrl_frame(m->opcode))
		w->fn(w->arg, m->opcode == WSLAY_TEXT_FRAME,
		    slice_of((const char *)m->msg, m->msg_length));
}

static int flush(struct websocket *w, struct err *e)
{
	int rc;

	if (wslay_event_send(w->ws) != 0)
		return err_set(e, -EPROTO, "it cannot be written to");
	rc = stream_write(
	    w->stream, buf_slice(&w->out), clock_ms() + SEND_MS, e);
	w->out.len = 0;
	return rc;
}

/* Look at what was read; what it has asked for is sent. */
static int take(struct websocket *w, struct err *e)
{
	int status = wslay_event_recv(w->ws);
	int rc = flush(w, e);

	if (w->code != NO_CODE)
		return err_set(e, -ECONNRESET, "closed with code %u%s%s",
		    w->code, w->reason[0] ? ": " : "", w->reason);
	if (status != 0 || !wslay_event_want_read(w->ws))
		return err_set(e, -EPROTO,
		    "what has come is no WebSocket frame, or too large (%u)",
		    wslay_event_get_status_code_sent(w->ws));
	return rc;
}

int websocket_step(struct websocket *w, int patience_ms, websocket_fn fn,
    void *arg, struct err *e)
{
	char bytes[STREAM_READ_MIN];
	ssize_t got = 0;

	w->fn = fn;
	w->arg = arg;
	if (w->in.len > 0) /* what came with the handshake */
		return take(w, e);
	got = stream_read(w->stream, bytes, clock_ms() + patience_ms, e);
	if (got == 0)
		return err_set(e, -ECONNRESET, "the connection was lost");
	if (got < 0)
		return (int)got;
	buf_putn(&w->in, bytes, (size_t)got);
	return take(w, e);
}

int websocket_ping(struct websocket *w, struct err *e)
{
	const struct wslay_event_msg ping = { .opcode = WSLAY_PING };

	if (wslay_event_queue_msg(w->ws, &ping) != 0)
		return err_set(e, -EPROTO, "it cannot be pinged");
	return flush(w, e);
}

uint16_t websocket_code(const struct websocket *w)
{
	return w->code;
}

/* Whether the goodbye arrives is nobody's concern any more. */
void websocket_close(struct websocket *w)
{
	struct err ignored;

	if (!w)
		return;
	if (w->ws && w->code == NO_CODE &&
	    wslay_event_queue_close(
		w->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) == 0)
		(void)flush(w, &ignored);
	wslay_event_context_free(w->ws);
	stream_close(w->stream);
	buf_fini(&w->in);
	buf_fini(&w->out);
	free(w);
}

/* --- the handshake --- */

static void put_request(
    const struct websocket_request *r, const char *key, struct buf *out)
{
	buf_puts(out, "GET ");
	buf_putn(out, r->target.ptr, r->target.len);
	buf_printf(out,
	    " HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: %s\r\nUser-Agent: roomcastctl/%s\r\n",
	    (int)r->host.len, r->host.ptr, key, ROOMCAST_VERSION);
	if (r->headers.len > 0)
		buf_putn(out, r->headers.ptr, r->headers.len);
	buf_puts(out, "\r\n");
}

/*
 * Read the answer; what follows it is left in w->in. Of a page that is too
 * large to say why, its status is enough.
 */
static int read_answer(struct websocket *w, struct http_reply *reply,
    int64_t until_ms, struct err *e)
{
	char bytes[STREAM_READ_MIN];
	int rc = HTTP_MORE;

	while (rc == HTTP_MORE) {
		ssize_t got = stream_read(w->stream, bytes, until_ms, e);
		size_t used = 0;

		if (got < 0)
			return (int)got;
		rc = got > 0 ? http_reply_feed(
				   reply, slice_of(bytes, (size_t)got), &used)
			     : http_reply_end(reply);
		if (rc == -EFBIG)
			return 0;
		if (rc < 0)
			return err_set(e, rc, "%s", reply->why);
		buf_putn(&w->in, bytes + used, (size_t)got - used);
	}
	return 0;
}

/* It is a WebSocket, and answers this very request. */
static int judge(
    const struct http_reply *reply, const char *key, int *status, struct err *e)
{
	char accept[HANDSHAKE_ACCEPT_LEN + 1];
	struct slice body = buf_slice(&reply->body);
	struct slice why = slice_cut(&body, '\n');

	if (reply->status != SWITCHING_PROTOCOLS)
		*status = reply->status;
	if (*status != 0)
		return err_set(e, -EACCES, "refused with %d%s%.*s",
		    reply->status, why.len > 0 ? ": " : "",
		    (int)(why.len < WHY_SHOWN ? why.len : WHY_SHOWN),
		    why.len > 0 ? why.ptr : "");
	handshake_accept(slice_str(key), accept);
	if (strcmp(accept, reply->accept) != 0)
		return err_set(
		    e, -EPROTO, "the answer is to somebody else's handshake");
	return 0;
}

static int shake_hands(struct websocket *w, const struct websocket_request *r,
    int64_t until_ms, int *status, struct err *e)
{
	unsigned char nonce[HANDSHAKE_KEY_BYTES];
	char key[HANDSHAKE_KEY_LEN + 1];
	struct http_reply reply;
	int rc;

	crypto_random(nonce, sizeof nonce);
	(void)crypto_base64_encode(nonce, sizeof nonce, key);
	put_request(r, key, &w->out);
	rc = stream_write(w->stream, buf_slice(&w->out), until_ms, e);
	buf_wipe(&w->out); /* it may have had a token */
	http_reply_init(&reply, REFUSAL_MAX);
	reply.may_upgrade = true;
	if (rc == 0)
		rc = read_answer(w, &reply, until_ms, e);
	if (rc == 0)
		rc = judge(&reply, key, status, e);
	http_reply_fini(&reply);
	return rc;
}

static int start_frames(struct websocket *w, size_t max_message, struct err *e)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_client_init(&w->ws, &callbacks, w) != 0)
		return err_set(e, -ENOMEM, "out of memory");
	wslay_event_config_set_max_recv_msg_length(w->ws, max_message);
	return 0;
}

int websocket_open(struct websocket **out, struct stream **s,
    const struct websocket_request *r, int64_t until_ms, int *status,
    struct err *e)
{
	struct websocket *w = xcalloc(1, sizeof *w);
	int rc;

	w->stream = *s;
	w->code = NO_CODE;
	*s = NULL;
	*status = 0;
	rc = shake_hands(w, r, until_ms, status, e);
	if (rc == 0)
		rc = start_frames(w, r->max_message, e);
	if (rc < 0) {
		websocket_close(w);
		return rc;
	}
	*out = w;
	return 0;
}
