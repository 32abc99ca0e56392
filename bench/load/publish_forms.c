#include "publish_forms.h"

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
	case PUBLISH_ROOM:
		(void)snprintf(channel, PUBLISH_CHANNEL_MAX, "roomcast:room:%s",
		    room_name);
		payload_put(out, message, size);
		break;
	}
}

void publish_put_post(
    struct buf *out, const char *path, const char *room_name, struct slice body)
{
	buf_printf(out,
	    "POST %s%s HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    path, room_name, body.len);
	buf_putn(out, body.ptr, body.len);
}
