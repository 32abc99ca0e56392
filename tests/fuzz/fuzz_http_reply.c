/*
 * Any bytes as an answer of a server, whole and in pieces: the results must be
 * the same. The first byte chooses the size of a piece, and whether a WebSocket
 * was asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "proto/http_reply.h"

enum { MAX_BODY = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Feed all, each piece in memory of its own; *used counts what was taken. */
static int feed(struct http_reply *r, struct slice text, bool may_upgrade,
    size_t piece, size_t *used)
{
	int rc = HTTP_MORE;

	http_reply_init(r, MAX_BODY);
	r->may_upgrade = may_upgrade;
	*used = 0;
	while (rc == HTTP_MORE && text.len > 0) {
		size_t len = text.len < piece ? text.len : piece, taken;
		char *copy = malloc(len);

		must(copy != NULL);
		memcpy(copy, text.ptr, len);
		rc = http_reply_feed(r, slice_of(copy, len), &taken);
		free(copy);
		must(taken <= len && (rc != HTTP_MORE || taken == len));
		*used += taken;
		text = slice_after(text, taken);
	}
	return rc == HTTP_MORE ? http_reply_end(r) : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reply whole, pieces;
	size_t used, pieces_used;
	struct slice text;
	bool may_upgrade;
	int rc;

	if (size < 1)
		return 0;
	text = slice_of((const char *)data + 1, size - 1);
	may_upgrade = data[0] >= 128;
	rc = feed(&whole, text, may_upgrade, size, &used);
	must(feed(&pieces, text, may_upgrade, 1u + data[0] % 16,
		 &pieces_used) == rc);
	if (rc == HTTP_DONE) {
		must(used == pieces_used);
		must(whole.status >= 200 ||
		     (may_upgrade && whole.status == 101));
		must(whole.status == pieces.status);
		must(!strcmp(whole.accept, pieces.accept));
		must(whole.is_reusable == pieces.is_reusable);
		must(whole.body.len <= MAX_BODY);
		must(slice_eq(buf_slice(&whole.body), buf_slice(&pieces.body)));
	} else {
		must(rc < 0 && whole.why && pieces.why);
	}
	http_reply_fini(&whole);
	http_reply_fini(&pieces);
	return 0;
}
