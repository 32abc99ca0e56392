/*
 * deflate_offer: a small parser of extensions, and what to make of them.
 *
 *     extension-list = 1#( token *( ";" token [ "=" ( token | quoted ) ] ) )
 *
 * An offer that has anything we do not know, or a thing twice, is passed over:
 * the client put what it would rather have in front, and a fallback behind.
 */
#include "proto/deflate_offer.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/ascii.h"
#include "proto/http_fields.h"

enum {
	VALUE_MAX = 2, /* a longer value is none that any parameter has */
	BITS_MIN = 8,  /* as RFC 7692 writes them */
	BITS_MAX = 15,
};

/* One parameter, as read. */
struct param {
	struct slice name;
	bool has_value;
	size_t value_len; /* quotes and escapes undone; may be over VALUE_MAX */
	char value[VALUE_MAX];
};

/* An offer of permessage-deflate, as far as it is read. */
struct offer {
	bool is_declined;
	bool server_no_context, client_no_context; /* seen */
	bool server_bits, client_bits;             /* seen */
};

/* --- reading --- */

static void skip_blanks(struct slice *in)
{
	while (in->len > 0 && (in->ptr[0] == ' ' || in->ptr[0] == '\t'))
		*in = slice_after(*in, 1);
}

/* Pass over this character, and blanks before it, when it is next. */
static bool take_first(struct slice *in, char c)
{
	skip_blanks(in);
	if (in->len == 0 || in->ptr[0] != c)
		return false;
	*in = slice_after(*in, 1);
	return true;
}

/* As above, and blanks behind it. */
static bool take_char(struct slice *in, char c)
{
	if (!take_first(in, c))
		return false;
	skip_blanks(in);
	return true;
}

static bool take_token(struct slice *in, struct slice *token)
{
	size_t len = 0;

	while (len < in->len && http_is_token(slice_of(in->ptr + len, 1)))
		len++;
	*token = slice_of(in->ptr, len);
	*in = slice_after(*in, len);
	return len > 0;
}

static void keep_char(struct param *p, char c)
{
	if (p->value_len < VALUE_MAX)
		p->value[p->value_len] = c;
	p->value_len++;
}

/* Take a value up to its second quote. A token is inside (RFC 6455, 9.1). */
static bool take_quoted(struct slice *in, struct param *p)
{
	while (in->len > 0 && in->ptr[0] != '"') {
		if (in->ptr[0] == '\\')
			*in = slice_after(*in, 1);
		if (in->len == 0 || !http_is_token(slice_of(in->ptr, 1)))
			return false;
		keep_char(p, in->ptr[0]);
		*in = slice_after(*in, 1);
	}
	return p->value_len > 0 && take_char(in, '"');
}

static bool take_value(struct slice *in, struct param *p)
{
	struct slice token;

	if (take_first(in, '"'))
		return take_quoted(in, p);
	if (!take_token(in, &token))
		return false;
	for (size_t i = 0; i < token.len; i++)
		keep_char(p, token.ptr[i]);
	return true;
}

static bool take_param(struct slice *in, struct param *p)
{
	*p = (struct param){ 0 };
	if (!take_token(in, &p->name))
		return false;
	p->has_value = take_char(in, '=');
	return !p->has_value || take_value(in, p);
}

/* --- judging --- */

/* A window of 8 to 15 bits, in decimal without leading zeros; else 0. */
static unsigned bits_of(const struct param *p)
{
	struct slice value = slice_of(p->value, p->value_len);
	uint64_t bits;

	if (!p->has_value || p->value[0] == '0' ||
	    !ascii_decimal(value, BITS_MAX, &bits))
		return 0;
	return bits >= BITS_MIN ? (unsigned)bits : 0;
}

static bool is_named(const struct param *p, const char *name)
{
	return slice_eq(p->name, slice_str(name));
}

/* Note that a parameter is there: true when that is the first time. */
static bool see(bool *seen)
{
	bool is_first = !*seen;

	*seen = true;
	return is_first;
}

/*
 * Whether the parameter is one that the offer may have, when our window has
 * so many bits.
 */
static bool judge(struct offer *o, const struct param *p, unsigned window_bits)
{
	if (is_named(p, "server_no_context_takeover"))
		return !p->has_value && see(&o->server_no_context);
	if (is_named(p, "client_no_context_takeover"))
		return !p->has_value && see(&o->client_no_context);
	/* The client's own window matters to nobody: we never inflate. */
	if (is_named(p, "client_max_window_bits"))
		return (!p->has_value || bits_of(p) > 0) &&
		       see(&o->client_bits);
	return is_named(p, "server_max_window_bits") &&
	       bits_of(p) >= window_bits && see(&o->server_bits);
}

/*
 * One extension with its parameters. Returns 1 when it can be accepted, 0 when
 * it cannot, or -EINVAL.
 */
static int read_extension(struct slice *in, unsigned window_bits)
{
	struct offer o = { 0 };
	struct slice name;
	struct param p;

	if (!take_token(in, &name))
		return -EINVAL;
	o.is_declined = !slice_eq(name, slice_str("permessage-deflate"));
	while (take_char(in, ';')) {
		if (!take_param(in, &p))
			return -EINVAL;
		if (!o.is_declined && !judge(&o, &p, window_bits))
			o.is_declined = true;
	}
	return !o.is_declined;
}

/* As read_extension, for all the extensions in one header. */
static int read_list(struct slice in, unsigned window_bits)
{
	int accepted = 0;

	while (take_char(&in, ','))
		; /* empty elements are allowed */
	while (in.len > 0) {
		int status = read_extension(&in, window_bits);

		if (status < 0)
			return status;
		accepted |= status;
		if (in.len > 0 && !take_char(&in, ','))
			return -EINVAL;
		while (take_char(&in, ','))
			;
	}
	return accepted;
}

int deflate_offer_accept(
    const struct http_head *head, const char *bytes, unsigned window_bits)
{
	struct slice list;
	size_t cursor = 0;
	int accepted = 0;

	while (http_header_next(
	    head, bytes, "sec-websocket-extensions", &cursor, &list)) {
		int status = read_list(list, window_bits);

		if (status < 0)
			return status;
		accepted |= status;
	}
	return accepted;
}

/*
 * The window is named even to who did not ask (RFC 7692, section 7.1.2.1
 * allows it): a client may then keep a smaller one itself.
 */
size_t deflate_offer_answer(unsigned window_bits, char out[DEFLATE_ANSWER_MAX])
{
	int len = snprintf(out, DEFLATE_ANSWER_MAX,
	    "permessage-deflate; server_no_context_takeover; "
	    "client_no_context_takeover; server_max_window_bits=%u",
	    window_bits);

	assert(len > 0 && len < DEFLATE_ANSWER_MAX);
	return (size_t)len;
}
