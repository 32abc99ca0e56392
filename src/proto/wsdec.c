#include "proto/wsdec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"

enum {
	CLIENT_HEAD_MAX = 14,
	CODE_SIZE = 2, /* of a close frame, before its reason */
	CLOSE_MAX = CODE_SIZE + FRAME_REASON_MAX,
};

struct wsdec {
	wslay_event_context_ptr ws; /* owned */
	const unsigned char *in;    /* borrowed during wsdec_feed */
	size_t in_len;
	struct buf *replies;         /* borrowed during wsdec_feed */
	struct wsdec_result *result; /* borrowed during wsdec_feed */
	/*
	 * wslay does not tell whether it sits between two frames. So count:
	 * every byte fed, less every byte of a frame that is complete.
	 */
	uint64_t unaccounted;
	uint64_t frame_size; /* of the frame being read, head included */
	bool is_in_frame;    /* its head is read, its payload not all */
	bool is_control;     /* that frame is a control frame */
	bool is_close;       /* and the one that ends it */
	bool is_final;       /* that frame ends its message */
	bool is_fragmented;  /* a data message goes on in a later frame */
	uint64_t message;    /* bytes of the data message so far */
	bool too_big;        /* a message was over max_message */
	unsigned char head[CLIENT_HEAD_MAX]; /* what came of the next head */
	unsigned char close[CLOSE_MAX];      /* what a close frame says */
	size_t close_len;                    /* of that so far */
	uint64_t close_size;
	size_t max_message;
	int error;
};

static ssize_t on_recv(
    wslay_event_context_ptr ws, uint8_t *to, size_t len, int flags, void *arg)
{
	struct wsdec *dec = arg;

	(void)flags;
	if (dec->in_len == 0) {
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	/*
	 * wslay takes the first bytes of each piece of a close frame for a
	 * code, and does not look at them. So it cannot take the rest of a
	 * character for a mistake.
	 */
	if (dec->is_in_frame && dec->is_close && len > CODE_SIZE)
		len = CODE_SIZE;
	if (len > dec->in_len)
		len = dec->in_len;
	memcpy(to, dec->in, len);
	dec->in += len;
	dec->in_len -= len;
	dec->unaccounted += len;
	return (ssize_t)len;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *from,
    size_t len, int flags, void *arg)
{
	struct wsdec *dec = arg;

	(void)flags;
	if (buf_append(dec->replies, from, len) < 0) {
		dec->error = -ENOMEM;
		wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	return (ssize_t)len;
}

static void on_frame_start(wslay_event_context_ptr ws,
    const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	struct wsdec *dec = arg;
	uint64_t payload = frame->payload_length;

	(void)ws;
	dec->result->frames++;
	dec->is_in_frame = true;
	dec->frame_size = frame_head_size(payload) + 4 + payload; /* 4: mask */
	dec->is_control = wslay_is_ctrl_frame(frame->opcode);
	dec->is_close = frame->opcode == WSLAY_CONNECTION_CLOSE;
	dec->close_size = payload;
	dec->is_final = frame->fin != 0;
	if (!dec->is_control)
		dec->message += payload;
	if (dec->message > dec->max_message)
		dec->too_big = true;
}

/* RFC 6455, section 7.4, and the registry that it has founded. */
static bool is_close_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* The code for what is wrong with a close frame, or 0. */
static uint16_t mistake_of(size_t len, unsigned code, struct slice reason)
{
	if (len == 1 || (len > 1 && !is_close_code(code)))
		return WSLAY_CODE_PROTOCOL_ERROR;
	if (!utf8_is_valid(reason, NULL))
		return WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA;
	return 0;
}

/*
 * wslay knows the codes of 2011 only, and judges a reason piece by piece. What
 * it answers comes behind this, and the first answer is the only one.
 */
static void answer_close(struct wsdec *dec)
{
	const unsigned char *said = dec->close;
	size_t len = dec->close_len;
	size_t skip = len < CODE_SIZE ? len : CODE_SIZE;
	unsigned code = len > 1 ? (unsigned)said[0] << 8 | said[1] : 0;
	struct slice reason = slice_of((const char *)said + skip, len - skip);
	uint16_t mistake = mistake_of(len, code, reason);

	dec->result->is_closed = !mistake;
	dec->result->peer_code =
	    code ? (uint16_t)code : WSLAY_CODE_NO_STATUS_RCVD;
	if (mistake)
		reason = slice_of(NULL, 0);
	if (wslay_event_queue_close(dec->ws, mistake ? mistake : (uint16_t)code,
		(const uint8_t *)reason.ptr, reason.len) != 0)
		dec->error = -ENOMEM;
}

static void on_frame_chunk(wslay_event_context_ptr ws,
    const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *arg)
{
	struct wsdec *dec = arg;

	(void)ws;
	if (!dec->is_close ||
	    chunk->data_length > sizeof dec->close - dec->close_len)
		return;
	memcpy(dec->close + dec->close_len, chunk->data, chunk->data_length);
	dec->close_len += chunk->data_length;
	if (dec->close_len == dec->close_size)
		answer_close(dec);
}

static void on_frame_end(wslay_event_context_ptr ws, void *arg)
{
	struct wsdec *dec = arg;

	(void)ws;
	dec->is_in_frame = false;
	dec->unaccounted -= dec->frame_size;
	if (!dec->is_control) {
		dec->is_fragmented = !dec->is_final;
		if (dec->is_final)
			dec->message = 0;
	}
	if (!dec->is_fragmented)
		dec->result->is_fresh = true;
}

static struct wsdec *wsdec_new(const struct wsdec_rules *rules)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.on_frame_recv_start_callback = on_frame_start,
		.on_frame_recv_chunk_callback = on_frame_chunk,
		.on_frame_recv_end_callback = on_frame_end,
	};
	struct wsdec *dec = try_alloc(sizeof *dec);

	if (!dec)
		return NULL;
	*dec = (struct wsdec){ 0 };
	if (wslay_event_context_server_init(&dec->ws, &callbacks, dec) != 0) {
		free(dec);
		return NULL;
	}
	dec->max_message = rules->max_message;
	wslay_event_config_set_no_buffering(dec->ws, 1);
	wslay_event_config_set_max_recv_msg_length(dec->ws, rules->max_message);
	if (rules->may_deflate)
		wslay_event_config_set_allowed_rsv_bits(
		    dec->ws, WSLAY_RSV1_BIT);
	return dec;
}

void wsdec_free(struct wsdec *dec)
{
	if (!dec)
		return;
	wslay_event_context_free(dec->ws);
	free(dec);
}

/* wslay could not go on: our own close frame takes the place of its answer. */
static void fail(struct wsdec *dec, uint16_t code)
{
	unsigned char frame[FRAME_CONTROL_MAX];
	size_t size = frame_put_close(code, slice_of(NULL, 0), frame);

	dec->result->is_over = true;
	dec->result->is_closed = false;
	dec->result->answer_code = code;
	if (buf_append(dec->replies, frame, size) < 0)
		dec->error = -ENOMEM;
}

static void settle(struct wsdec *dec, int recv_status)
{
	struct wsdec_result *result = dec->result;

	/* Without buffers wslay bounds each frame, but not their sum. */
	if (dec->too_big) {
		fail(dec, WSLAY_CODE_MESSAGE_TOO_BIG);
		return;
	}
	if (recv_status == WSLAY_ERR_CALLBACK_FAILURE) {
		fail(dec, WSLAY_CODE_PROTOCOL_ERROR);
		return;
	}
	if (recv_status == WSLAY_ERR_NOMEM ||
	    wslay_event_send(dec->ws) == WSLAY_ERR_NOMEM) {
		dec->error = -ENOMEM;
		return;
	}
	if (!wslay_event_get_close_sent(dec->ws))
		return;
	result->is_over = true;
	result->answer_code = wslay_event_get_status_code_sent(dec->ws);
	if (result->answer_code == WSLAY_CODE_NO_STATUS_RCVD)
		result->answer_code = 0;
}

/*
 * wslay looks at a frame only once a byte of its payload is there. A head that
 * declares too much must not wait for that: the bytes of a head that came
 * without payload are kept here and read.
 */
static bool declares_too_much(
    struct wsdec *dec, const unsigned char *bytes, size_t len)
{
	size_t have = (size_t)dec->unaccounted;
	uint64_t payload = 0;

	if (dec->is_in_frame || have == 0 || have > CLIENT_HEAD_MAX)
		return false;
	if (have <= len)
		memcpy(dec->head, bytes + len - have, have);
	else
		memcpy(dec->head + have - len, bytes, len);
	if (have < 10 || (dec->head[1] & 0x7f) != 127)
		return false;
	for (int i = 2; i < 10; i++)
		payload = payload << 8 | dec->head[i];
	return payload > dec->max_message;
}

int wsdec_feed(struct wsdec **dec_p, const void *bytes, size_t len,
    const struct wsdec_rules *rules, struct buf *replies,
    struct wsdec_result *result)
{
	struct wsdec *dec = *dec_p ? *dec_p : wsdec_new(rules);
	int error;

	*result = (struct wsdec_result){ .is_fresh = !*dec_p };
	*dec_p = dec;
	if (!dec)
		return -ENOMEM;
	dec->in = bytes;
	dec->in_len = len;
	dec->replies = replies;
	dec->result = result;
	settle(dec, wslay_event_recv(dec->ws));
	if (!result->is_over && declares_too_much(dec, bytes, len))
		fail(dec, WSLAY_CODE_MESSAGE_TOO_BIG);
	error = dec->error;
	if (error || result->is_over ||
	    (dec->unaccounted == 0 && !dec->is_fragmented)) {
		wsdec_free(dec);
		*dec_p = NULL;
	}
	return error;
}

const char *wsdec_library(void)
{
	return WSLAY_VERSION;
}
