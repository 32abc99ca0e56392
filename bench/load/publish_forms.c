#include "publish_forms.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void put_envelope(struct buf *out, const char *room_name,
    const struct payload *message, size_t size)
{
	buf_printf(out, "{\"rooms\":[\"%s\"],\"message\":", room_name);
	payload_put(out, message, size);
	buf_puts(out, "}");
}

/* MessagePack: only what Socket.IO's packet needs. */
static void put_array(struct buf *out, unsigned count)
{
	buf_putn(out, &(char){ (char)(0x90 | count) }, 1);
}

static void put_map(struct buf *out, unsigned count)
{
	buf_putn(out, &(char){ (char)(0x80 | count) }, 1);
}

static void put_big_endian(struct buf *out, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0)
		buf_putn(out, &(char){ (char)(value >> bytes * 8) }, 1);
}

static void put_string(struct buf *out, struct slice text)
{
	put_big_endian(out, 0xdb, 1);
	put_big_endian(out, text.len, 4);
	buf_putn(out, text.ptr, text.len);
}

static void put_text(struct buf *out, const char *text)
{
	put_string(out, slice_str(text));
}

static void put_number(struct buf *out, const char *key, uint64_t value)
{
	put_text(out, key);
	put_big_endian(out, 0xcf, 1);
	put_big_endian(out, value, 8);
}

/* The object that payload_put writes, so that the server writes it so, too. */
static void put_payload(
    struct buf *out, const struct payload *message, size_t size)
{
	static const char key[] = "\"p\":\"";
	struct buf json = { 0 };
	const char *filling;

	payload_put(&json, message, size);
	filling = memmem(json.data, json.len, key, sizeof key - 1);
	filling += sizeof key - 1;
	put_map(out, 5);
	put_number(out, "s", message->seq);
	put_number(out, "t", message->sent_ns);
	put_number(out, "n", message->number);
	put_number(out, "r", message->room);
	put_text(out, "p");
	put_string(out,
	    slice_of(filling, (size_t)(json.data + json.len - 2 - filling)));
	buf_fini(&json);
}

/* [sender, {type: EVENT, data: ["m", payload], nsp}, {rooms, except, flags}] */
static void put_socketio(struct buf *out, const char *room_name,
    const struct payload *message, size_t size)
{
	put_array(out, 3);
	put_text(out, "emitter");
	put_map(out, 3);
	put_number(out, "type", 2);
	put_text(out, "data");
	put_array(out, 2);
	put_text(out, "m");
	put_payload(out, message, size);
	put_text(out, "nsp");
	put_text(out, "/");
	put_map(out, 3);
	put_text(out, "rooms");
	put_array(out, 1);
	put_text(out, room_name);
	put_text(out, "except");
	put_array(out, 0);
	put_text(out, "flags");
	put_map(out, 0);
}

/* A byte of JSON that is itself a string of JSON. */
static void put_escaped(struct buf *out, char c)
{
	if (c == '"' || c == '\\')
		buf_putn(out, "\\", 1);
	buf_putn(out, &c, 1);
}

/* A byte of a form's field. */
static void put_percent(struct buf *out, char c)
{
	if (isalnum((unsigned char)c))
		buf_putn(out, &c, 1);
	else
		buf_printf(out, "%%%02X", (unsigned char)c);
}

static void put_each(struct buf *out, const struct payload *message,
    size_t size, void (*put)(struct buf *out, char c))
{
	struct buf json = { 0 };

	payload_put(&json, message, size);
	for (size_t i = 0; i < json.len; i++)
		put(out, json.data[i]);
	buf_fini(&json);
}

void publish_put_form(struct buf *out, char channel[PUBLISH_CHANNEL_MAX],
    enum publish_form form, const char *room_name,
    const struct payload *message, size_t size)
{
	(void)snprintf(channel, PUBLISH_CHANNEL_MAX, "roomcast:send");
	switch (form) {
	case PUBLISH_ENVELOPE:
		put_envelope(out, room_name, message, size);
		break;
	case PUBLISH_NUL:
		buf_putn(out, room_name, strlen(room_name) + 1);
		payload_put(out, message, size);
		break;
	case PUBLISH_SOCKETIO:
		(void)snprintf(
		    channel, PUBLISH_CHANNEL_MAX, "socket.io#/#%s#", room_name);
		put_socketio(out, room_name, message, size);
		break;
	case PUBLISH_ANYCABLE:
		(void)snprintf(channel, PUBLISH_CHANNEL_MAX, "__anycable__");
		buf_printf(out, "{\"stream\":\"%s\",\"data\":\"", room_name);
		put_each(out, message, size, put_escaped);
		buf_puts(out, "\"}");
		break;
	default:
		(void)snprintf(channel, PUBLISH_CHANNEL_MAX, "roomcast:room:%s",
		    room_name);
		payload_put(out, message, size);
		break;
	}
}

static void put_body(struct buf *out, enum publish_form form,
    const char *room_name, const struct payload *message, size_t size)
{
	switch (form) {
	case PUBLISH_CENTRIFUGO:
		buf_printf(out, "{\"channel\":\"%s\",\"data\":", room_name);
		payload_put(out, message, size);
		buf_puts(out, "}");
		break;
	case PUBLISH_MERCURE:
		buf_printf(out, "topic=%s&data=", room_name);
		put_each(out, message, size, put_percent);
		break;
	default:
		payload_put(out, message, size);
		break;
	}
}

void publish_put_post(struct buf *out, const char *path, enum publish_form form,
    const char *room_name, const struct payload *message, size_t size)
{
	const char *type = form == PUBLISH_MERCURE
			       ? "application/x-www-form-urlencoded"
			       : "application/json";
	struct buf body = { 0 };

	put_body(&body, form, room_name, message, size);
	buf_printf(out,
	    "POST %s%s HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
	    path, form == PUBLISH_ROOM ? room_name : "", type, body.len);
	buf_putn(out, body.data, body.len);
	buf_fini(&body);
}
