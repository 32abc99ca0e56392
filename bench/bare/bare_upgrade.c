#include "bare_upgrade.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

enum { KEY_LEN = 24, HEAD_MAX = 8192 };

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

uint32_t bare_number(struct slice name)
{
	uint32_t number = 0, unit = 1;

	for (size_t i = name.len; i > 0; i--) {
		char c = name.ptr[i - 1];

		if (c < '0' || c > '9')
			break;
		number += unit * (uint32_t)(c - '0');
		unit *= 10;
	}
	return number;
}

static void make_accept(const char *key, char accept[32])
{
	unsigned char digest[CRYPTO_SHA1_BYTES];
	char text[KEY_LEN + sizeof guid];

	memcpy(text, key, KEY_LEN);
	memcpy(text + KEY_LEN, guid, sizeof guid);
	crypto_sha1(text, sizeof text - 1, digest);
	(void)crypto_base64_encode(digest, sizeof digest, accept);
}

int bare_upgrade(
    struct slice head, char answer[BARE_ANSWER_MAX], uint32_t *room)
{
	static const char name[] = "\r\nSec-WebSocket-Key: ";
	const char *end = head.len > HEAD_MAX
			      ? NULL
			      : memmem(head.ptr, head.len, "\r\n\r\n", 4);
	const char *space, *key;
	char accept[32];

	if (!end)
		return head.len > HEAD_MAX ? -EINVAL : 0;
	key = memmem(head.ptr, head.len, name, sizeof name - 1);
	if (head.len < 5 || memcmp(head.ptr, "GET /", 5) != 0 || !key ||
	    end - key < (long)sizeof name - 1 + KEY_LEN)
		return -EINVAL;
	space = memchr(head.ptr + 4, ' ', (size_t)(end - head.ptr) - 4);
	if (!space)
		return -EINVAL;
	*room =
	    bare_number(slice_of(head.ptr + 4, (size_t)(space - head.ptr) - 4));
	make_accept(key + sizeof name - 1, accept);
	return snprintf(answer, BARE_ANSWER_MAX,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    accept);
}
