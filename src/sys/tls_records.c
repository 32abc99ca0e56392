#include "sys/tls_records.h"

#include <errno.h>
#include <string.h>

/* Records without data in one read; who has more of them waits for a turn. */
enum { IDLE_MAX = 8 };

/* Of longer records a part is taken, and what is left fetched. */
enum { PEEK_MAX = 4096 };

/* Of alerts, and of messages of a handshake (RFC 8446, sections 6 and 4). */
enum { WARNING = 1, FATAL = 2 };
enum {
	CLOSE_NOTIFY = 0,
	UNEXPECTED_MESSAGE = 10,
	BAD_RECORD_MAC = 20,
	RECORD_OVERFLOW = 22,
	ILLEGAL_PARAMETER = 47,
	DECODE_ERROR = 50,
	INTERNAL_ERROR = 80,
	USER_CANCELED = 90,
};
enum { KEY_UPDATE = 24, UPDATE_NOT_REQUESTED = 0, UPDATE_REQUESTED = 1 };

void tls_records_fini(struct tls_records *r)
{
	tls_cipher_wipe(&r->in);
	tls_cipher_wipe(&r->out);
	buf_fini(&r->rest);
}

/* --- what goes out --- */

static int write_record(
    struct tls_records *r, struct tls_bio *b, int type, struct slice content)
{
	size_t len = tls_cipher_seal(&r->out, type, content, tls_bio_space());

	return tls_bio_made(b, len);
}

/* The peer cannot read what would follow. */
static int lose(struct tls_records *r)
{
	r->is_broken = r->is_shut = true;
	return -1;
}

/* Tell the peer of our next key, and use it from then on. */
static int update_out(struct tls_records *r, struct tls_bio *b)
{
	static const char message[] = { KEY_UPDATE, 0, 0, 1,
		UPDATE_NOT_REQUESTED };

	if (write_record(
		r, b, TLS_HANDSHAKE, slice_of(message, sizeof message)) < 0)
		return lose(r);
	return tls_cipher_renew(&r->out) ? 0 : lose(r);
}

int tls_records_write(
    struct tls_records *r, struct tls_bio *b, struct slice data)
{
	if (r->is_shut || (tls_cipher_is_worn(&r->out) && update_out(r, b) < 0))
		return -1;
	return write_record(r, b, TLS_DATA, data);
}

static void send_alert(
    struct tls_records *r, struct tls_bio *b, char level, char description)
{
	const char alert[] = { level, description };

	if (r->is_shut)
		return;
	r->is_shut = true;
	/* Who cannot be told anything has gone. */
	(void)write_record(r, b, TLS_ALERT, slice_of(alert, sizeof alert));
}

void tls_records_shut(struct tls_records *r, struct tls_bio *b)
{
	send_alert(r, b, WARNING, CLOSE_NOTIFY);
}

/* --- what comes in, beside data --- */

/* What a record was: with data, without, or the end, of one kind or other. */
enum outcome { HAS_DATA, HAS_NONE, HAS_ENDED, IS_BROKEN };

static enum outcome fail(
    struct tls_records *r, struct tls_bio *b, char description)
{
	r->is_broken = true;
	send_alert(r, b, FATAL, description);
	return IS_BROKEN;
}

static enum outcome take_alert(
    struct tls_records *r, struct tls_bio *b, struct slice alert)
{
	if (alert.len != 2)
		return fail(
		    r, b, alert.len == 0 ? UNEXPECTED_MESSAGE : DECODE_ERROR);
	if (alert.ptr[1] == USER_CANCELED)
		return HAS_NONE; /* a close_notify follows */
	r->has_ended = alert.ptr[1] == CLOSE_NOTIFY;
	r->is_broken = !r->has_ended;
	return r->has_ended ? HAS_ENDED : IS_BROKEN;
}

/* A whole KeyUpdate has come. One answer serves all that came in this read. */
static enum outcome update_in(
    struct tls_records *r, struct tls_bio *b, bool *is_answered)
{
	bool is_requested = r->update[4] == UPDATE_REQUESTED;

	r->update_len = 0;
	if (r->update[4] > UPDATE_REQUESTED)
		return fail(r, b, ILLEGAL_PARAMETER);
	if (!tls_cipher_renew(&r->in))
		return fail(r, b, INTERNAL_ERROR);
	if (!is_requested || *is_answered || r->is_shut)
		return HAS_NONE;
	*is_answered = true;
	return update_out(r, b) < 0 ? IS_BROKEN : HAS_NONE;
}

/* Of all messages of a handshake a client may send this one only. */
static enum outcome take_message(struct tls_records *r, struct tls_bio *b,
    struct slice part, bool *is_answered)
{
	static const unsigned char start[] = { KEY_UPDATE, 0, 0, 1 };
	size_t room = sizeof r->update - r->update_len, known;
	struct slice used =
	    slice_of(part.ptr, part.len < room ? part.len : room);

	(void)slice_put(used, (char *)r->update + r->update_len);
	r->update_len += (unsigned char)used.len;
	known = r->update_len < sizeof start ? r->update_len : sizeof start;
	if (part.len == 0 || r->update[0] != KEY_UPDATE)
		return fail(r, b, UNEXPECTED_MESSAGE);
	if (memcmp(r->update, start, known) != 0)
		return fail(r, b, DECODE_ERROR);
	if (part.len > room)
		return fail(r, b, UNEXPECTED_MESSAGE);
	return r->update_len < sizeof r->update ? HAS_NONE
						: update_in(r, b, is_answered);
}

/* --- records --- */

/* A read, as far as it has come. */
struct reading {
	char *to;         /* room for a record */
	size_t len;       /* of the data in it */
	unsigned idle;    /* records without data */
	bool is_answered; /* a KeyUpdate */
};

static enum outcome take_content(struct tls_records *r, struct tls_bio *b,
    struct reading *reading, int type, struct slice content)
{
	if (type == TLS_HANDSHAKE)
		return take_message(r, b, content, &reading->is_answered);
	if (r->update_len > 0)
		return fail(r, b, UNEXPECTED_MESSAGE);
	if (type == TLS_ALERT)
		return take_alert(r, b, content);
	if (type != TLS_DATA)
		return fail(r, b, UNEXPECTED_MESSAGE);
	reading->len = content.len;
	return content.len > 0 ? HAS_DATA : HAS_NONE;
}

/* What the peer is told of a record that tls_cipher says this of. */
static char alert_of(ssize_t error)
{
	switch (error) {
	case -EBADMSG:
		return BAD_RECORD_MAC;
	case -EMSGSIZE:
		return RECORD_OVERFLOW;
	default:
		return UNEXPECTED_MESSAGE;
	}
}

static enum outcome take_record(struct tls_records *r, struct tls_bio *b,
    struct reading *reading, struct slice record)
{
	char *to = reading->to;
	enum outcome outcome;
	int type;
	ssize_t n = tls_cipher_open(&r->in, record, (unsigned char *)to, &type);

	if (n < 0)
		return fail(r, b, alert_of(n));
	if (n > r->content_max)
		return fail(r, b, RECORD_OVERFLOW);
	outcome = take_content(r, b, reading, type, slice_of(to, (size_t)n));
	reading->idle += outcome == HAS_NONE;
	return outcome;
}

/*
 * The length of the first record of these bytes, 0 where it is not whole. -1:
 * it cannot be one, and the peer is told so.
 */
static ssize_t whole_record(
    struct tls_records *r, struct tls_bio *b, struct slice bytes)
{
	ssize_t len = tls_cipher_record_len(bytes);

	if (len < 0) {
		(void)fail(r, b, alert_of(len));
		return -1;
	}
	return (size_t)len <= bytes.len ? len : 0;
}

/* Take whole records, up to one with data; how many bytes they were. */
static size_t take_records(struct tls_records *r, struct tls_bio *b,
    struct reading *reading, struct slice bytes)
{
	size_t before = bytes.len;
	enum outcome outcome = HAS_NONE;
	ssize_t len;

	while (outcome == HAS_NONE && reading->idle < IDLE_MAX &&
	       (len = whole_record(r, b, bytes)) > 0) {
		struct slice record = slice_of(bytes.ptr, (size_t)len);

		outcome = take_record(r, b, reading, record);
		bytes = slice_after(bytes, (size_t)len);
	}
	return before - bytes.len;
}

/* --- the socket --- */

/*
 * The rest of a record, or its head's: from the socket to where it is kept, and
 * not a byte more. How many came; 0: the end; or -errno.
 */
static ssize_t fetch_rest(struct tls_records *r, struct tls_bio *b)
{
	ssize_t len = tls_cipher_record_len(buf_slice(&r->rest));
	size_t missing = (len > 0 ? (size_t)len : TLS_HEAD_BYTES) - r->rest.len;
	ssize_t n;

	if (buf_reserve_last(&r->rest, missing) < 0)
		return -ENOMEM;
	n = tls_bio_recv(b, r->rest.data + r->rest.len, missing);
	r->rest.len += n > 0 ? (size_t)n : 0;
	return n;
}

/* Go on with a record of which a part has come before. */
static ssize_t read_rest(
    struct tls_records *r, struct tls_bio *b, struct reading *reading)
{
	ssize_t n = fetch_rest(r, b);

	if (n > 0 && r->rest.len == TLS_HEAD_BYTES &&
	    whole_record(r, b, buf_slice(&r->rest)) == 0)
		n = fetch_rest(r, b);
	if (n > 0 && !r->is_broken &&
	    take_records(r, b, reading, buf_slice(&r->rest)) > 0)
		buf_fini(&r->rest);
	return n;
}

/*
 * Whole records are looked at where the socket has them, and taken out when
 * they are done: of those that are left the socket says so again. A part of
 * one it would say without end. What stands behind a broken one goes with it: a
 * socket that is closed with bytes in it is reset, and the alert may be lost.
 */
static ssize_t read_fresh(
    struct tls_records *r, struct tls_bio *b, struct reading *reading)
{
	static _Thread_local char bytes[PEEK_MAX];
	ssize_t n = tls_bio_peek(b, bytes, sizeof bytes);
	size_t used;

	if (n <= 0)
		return n;
	used = take_records(r, b, reading, slice_of(bytes, (size_t)n));
	if (used == 0 && !r->is_broken &&
	    buf_append(&r->rest, bytes, (size_t)n) < 0)
		return -ENOMEM;
	if (used == 0 || r->is_broken)
		used = (size_t)n;
	tls_bio_skip(b, bytes, used);
	return n;
}

/* What is told of a read that has brought no data. */
static ssize_t no_data(const struct tls_records *r, ssize_t n)
{
	if (r->has_ended)
		return 0;
	if (r->is_broken || n == 0) /* at an end without close_notify as well */
		return -EPROTO;
	return n < 0 ? n : -EAGAIN;
}

ssize_t tls_records_read(
    struct tls_records *r, struct tls_bio *b, char *to, unsigned *idle)
{
	struct reading reading = { .to = to };
	ssize_t n = 1;

	if (!r->has_ended && !r->is_broken)
		n = r->rest.len > 0 ? read_rest(r, b, &reading)
				    : read_fresh(r, b, &reading);
	*idle += reading.idle;
	return reading.len > 0 ? (ssize_t)reading.len : no_data(r, n);
}
