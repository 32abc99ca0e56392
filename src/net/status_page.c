/* status_page: see status_page.h. */
#include "net/status_page.h"

#include <string.h>

#include "base/crypto.h"
#include "base/fatal.h"
#include "net/admin_call.h"

static const unsigned char page[] = {
#include "net/status_page.inc"
};

static const char *find(const char *from, const char *mark)
{
	size_t left = sizeof page - (size_t)(from - (const char *)page);
	const char *at = memmem(from, left, mark, strlen(mark));

	if (!at)
		fatal("admin", "the status page is not whole");
	return at;
}

/* What stands between two tags, by its hash (CSP Level 3, section 2.3.1). */
static void put_hash(struct buf *out, const char *open, const char *close)
{
	unsigned char digest[CRYPTO_SHA256_BYTES];
	char text[4 * ((sizeof digest + 2) / 3) + 1];
	const char *begin = find((const char *)page, open) + strlen(open);

	crypto_sha256(begin, (size_t)(find(begin, close) - begin), digest);
	(void)crypto_base64_encode(digest, sizeof digest, text);
	buf_printf(out, "'sha256-%s'", text);
}

/*
 * Whatever name somebody has given to a room, it is no script here: nothing is
 * carried out but the very bytes of the page, nothing is loaded from elsewhere
 * or sent there, and no other page has it in a frame.
 */
static void put_policy(struct buf *out)
{
	buf_puts(out, "Content-Security-Policy: default-src 'none'; "
		      "script-src ");
	put_hash(out, "<script>", "</script>");
	buf_puts(out, "; style-src ");
	put_hash(out, "<style>", "</style>");
	buf_puts(out, "; img-src data:; connect-src 'self'; base-uri 'none'; "
		      "form-action 'none'; frame-ancestors 'none'\r\n");
}

void status_page_show(struct admin_call *c)
{
	put_policy(&c->fields);
	buf_puts(&c->fields, "X-Frame-Options: DENY\r\n"
			     "Referrer-Policy: no-referrer\r\n"
			     "Cross-Origin-Opener-Policy: same-origin\r\n"
			     "Cross-Origin-Resource-Policy: same-origin\r\n");
	buf_putn(&c->answer, (const char *)page, sizeof page);
}
