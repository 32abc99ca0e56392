#include "sys/tls_hosts.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"

enum { NAME_MAX_BYTES = 255 }; /* of a name in DNS */

struct tls_hosts {
	struct hash_key hash_key;
	struct map hosts;
};

struct host {
	struct map_node node;
	SSL_CTX *ctx; /* a reference; NULL: the default */
	size_t len;
	char name[]; /* in lower case */
};

/* A name on its way: in lower case, and hashed. */
struct wanted {
	uint64_t hash;
	size_t len;
	char name[NAME_MAX_BYTES];
};

struct tls_hosts *tls_hosts_new(void)
{
	struct tls_hosts *h = xcalloc(1, sizeof *h);

	crypto_random(&h->hash_key, sizeof h->hash_key);
	map_init(&h->hosts);
	return h;
}

void tls_hosts_free(struct tls_hosts *h)
{
	struct map_node *node;

	if (!h)
		return;
	while ((node = map_next(&h->hosts, NULL))) {
		struct host *host = (struct host *)node;

		map_del(&h->hosts, node);
		SSL_CTX_free(host->ctx);
		free(host);
	}
	map_fini(&h->hosts);
	free(h);
}

static bool want(
    const struct tls_hosts *h, struct slice name, struct wanted *out)
{
	if (name.len > sizeof out->name)
		return false;
	out->len = name.len;
	for (size_t i = 0; i < name.len; i++)
		out->name[i] = ascii_to_lower(name.ptr[i]);
	out->hash = hash_bytes(&h->hash_key, out->name, out->len);
	return true;
}

static struct host *find(const struct tls_hosts *h, const struct wanted *w)
{
	struct map_node *node = map_find(&h->hosts, w->hash);

	for (; node; node = map_find_next(node)) {
		struct host *host = (struct host *)node;

		if (slice_eq(slice_of(host->name, host->len),
			slice_of(w->name, w->len)))
			return host;
	}
	return NULL;
}

static void add(struct tls_hosts *h, const struct wanted *w, SSL_CTX *ctx)
{
	struct host *host = xmalloc(sizeof *host + w->len);

	if (ctx)
		(void)SSL_CTX_up_ref(ctx);
	host->ctx = ctx;
	host->len = w->len;
	memcpy(host->name, w->name, w->len);
	map_add(&h->hosts, &host->node, w->hash);
}

/* --- the names of a certificate --- */

static GENERAL_NAMES *names_of(const X509 *certificate)
{
	return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

/* The i-th of them; false when it is something else than the name of a host. */
static bool name_at(const struct tls_hosts *h, const GENERAL_NAMES *names,
    int i, struct wanted *out)
{
	const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
	const ASN1_STRING *text;

	if (name->type != GEN_DNS)
		return false;
	text = name->d.dNSName;
	return want(h,
	    slice_of((const char *)ASN1_STRING_get0_data(text),
		(size_t)ASN1_STRING_length(text)),
	    out);
}

size_t tls_hosts_add(struct tls_hosts *h, const X509 *certificate, SSL_CTX *ctx)
{
	GENERAL_NAMES *names = names_of(certificate);
	size_t count = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		struct wanted w;

		if (!name_at(h, names, i, &w) || find(h, &w))
			continue;
		add(h, &w, ctx);
		count++;
	}
	GENERAL_NAMES_free(names);
	return count;
}

static size_t count_of(const struct tls_hosts *h, const SSL_CTX *ctx)
{
	struct map_node *node = NULL;
	size_t count = 0;

	while ((node = map_next(&h->hosts, node)))
		count += ((struct host *)node)->ctx == ctx;
	return count;
}

bool tls_hosts_are_of_one(
    const struct tls_hosts *h, const X509 *certificate, SSL_CTX **ctx)
{
	GENERAL_NAMES *names = names_of(certificate);
	const struct host *first = NULL, *host;
	bool is_one = true;
	size_t count = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		struct wanted w;

		if (!name_at(h, names, i, &w))
			continue;
		host = find(h, &w);
		first = first ? first : host;
		is_one = is_one && host && host->ctx == first->ctx;
		count++;
	}
	GENERAL_NAMES_free(names);
	*ctx = first ? first->ctx : NULL;
	return is_one && first && count == count_of(h, first->ctx);
}

/* --- the name that a client wants --- */

/* What stands for all names that have another first part only. */
static bool widen(
    const struct tls_hosts *h, const struct wanted *name, struct wanted *out)
{
	struct slice rest = slice_of(name->name, name->len);
	char text[NAME_MAX_BYTES + 1] = "*.";

	(void)slice_cut(&rest, '.');
	if (rest.len == 0 || rest.len + 2 > sizeof text)
		return false;
	memcpy(text + 2, rest.ptr, rest.len);
	return want(h, slice_of(text, rest.len + 2), out);
}

SSL_CTX *tls_hosts_find(const struct tls_hosts *h, struct slice name)
{
	const struct host *host;
	struct wanted exact, wide;

	if (!want(h, name, &exact))
		return NULL;
	host = find(h, &exact);
	if (!host && widen(h, &exact, &wide))
		host = find(h, &wide);
	return host ? host->ctx : NULL;
}
