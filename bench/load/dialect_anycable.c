/*
 * Action Cable's JSON protocol as AnyCable speaks it: the server welcomes, the
 * client subscribes to a stream by its name and is in with the server's
 * confirmation; a message is the last member of an object that names the
 * stream. Pings want no answer.
 */
#include <errno.h>
#include <string.h>

#include "dialect.h"

enum { TAIL_MAX = PAYLOAD_HEAD_MAX }; /* holds the keys behind the filling */

static const char subscribe[] =
    "{\"command\":\"subscribe\",\"identifier\":\"{\\\"channel\\\":"
    "\\\"$pubsub\\\",\\\"stream_name\\\":\\\"" DIALECT_ROOM "\\\"}\"}";

static bool is_of_type(struct slice text, const char *type)
{
	static const char before[] = "{\"type\":\"";
	size_t len = strlen(type);

	return slice_starts_with(text, slice_str(before)) &&
	       text.len > sizeof before - 1 + len &&
	       memcmp(text.ptr + sizeof before - 1, type, len) == 0;
}

/* The number that stands behind the key in text; 0 where there is none. */
static uint64_t number_of(struct slice text, const char *key)
{
	const char *at = memmem(text.ptr, text.len, key, strlen(key));
	const char *end = text.ptr + text.len;
	uint64_t value = 0;

	if (!at)
		return 0;
	for (at += strlen(key); at < end && *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	return value;
}

/* The server has read the object and written it anew, its keys in order. */
static bool read_sorted(struct payload *p, struct slice body)
{
	static const char first[] = "{\"n\":";
	size_t skipped = body.len > TAIL_MAX ? body.len - TAIL_MAX : 0;
	struct slice tail = slice_after(body, skipped);

	p->number = number_of(body, first);
	p->room = number_of(tail, ",\"r\":");
	p->seq = number_of(tail, ",\"s\":");
	p->sent_ns = number_of(tail, ",\"t\":");
	return slice_starts_with(body, slice_str(first)) && p->sent_ns > 0;
}

static int on_message(
    struct wsclient *c, struct slice text, struct wsclient_sink *sink)
{
	static const char before[] = "\"message\":";
	const char *found =
	    memmem(text.ptr, text.len, before, sizeof before - 1);
	const char *end = text.ptr + text.len - 1;
	struct slice body;

	if (!found)
		return -EPROTO;
	found += sizeof before - 1;
	body = slice_of(found, (size_t)(end - found));
	sink->frames++;
	c->size = body.len;
	c->is_ours = read_sorted(&c->message, body);
	sink->on_message(sink->arg, c);
	return 0;
}

static int on_text(
    struct wsclient *c, struct slice text, struct wsclient_sink *sink)
{
	if (is_of_type(text, "welcome"))
		return wsclient_send(c, WSCLIENT_TEXT, slice_str(subscribe));
	if (is_of_type(text, "ping")) {
		sink->pings++;
		return 0;
	}
	if (is_of_type(text, "confirm_subscription")) {
		c->state = WSCLIENT_OPEN;
		return 0;
	}
	if (is_of_type(text, "disconnect"))
		return -ECONNRESET;
	return on_message(c, text, sink);
}

const struct dialect dialect_anycable = {
	.name = "anycable",
	.on_text = on_text,
};
