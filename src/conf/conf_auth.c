/*
 * conf_auth: see conf_auth.h. Whether a file holds a key that fits is found
 * out where keys are read (proto/jwt_keys).
 */
#include "conf/conf_auth.h"

#include <errno.h>
#include <string.h>

#include "base/signature.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/url.h"

enum { NAME_MAX_BYTES = 64 };

const char *conf_auth_url(const struct conf_auth *auth)
{
	return auth->type == CONF_AUTH_JWT ? auth->jwks_url : auth->url;
}

int conf_auth_check_name(const char *name, struct err *e)
{
	static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789_-";
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || strspn(name, name_chars) != len)
		return err_set(e, -EINVAL,
		    "a name has 1 to %d letters, digits, '_' and '-'",
		    NAME_MAX_BYTES);
	if (!strcmp(name, "none"))
		return err_set(e, -EINVAL,
		    "none stands for no authenticator; choose another name");
	return 0;
}

bool conf_auth_may_claim(const struct conf_auth *auth, struct slice name)
{
	static const char *const fields[] = { "cn", "o", "ou", "dns", "email",
		"uri" };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (slice_eq(slice_str(fields[i]), name))
			return true;
	return auth->type != CONF_AUTH_CERTIFICATE;
}

static const char *file_key_of(const char *algorithm)
{
	int known = signature_algorithm(slice_str(algorithm));

	return known >= 0 && signature_secret_min(known) > 0
		   ? "secret_file"
		   : "public_key_file";
}

/* What is at the URL are public keys. */
static bool has_keys(struct node *n, const char *key)
{
	return node_child(n, key) ||
	       (!strcmp(key, "public_key_file") && node_child(n, "jwks_url"));
}

/* Whoever can publish keys there signs whatever is signed here. */
static void check_jwks(struct node *n, struct mistakes *m)
{
	struct node *url = node_child(n, "jwks_url");

	if (url &&
	    (node_child(n, "secret_file") || node_child(n, "public_key_file")))
		mistakes_at_key(m, url,
		    "is where all keys come from: leave the files away, or "
		    "make another authenticator of them");
}

static void check_keys(
    const struct conf_auth *auth, struct node *n, struct mistakes *m)
{
	struct node *algorithms = node_find(n, "algorithms");

	for (size_t i = 0; i < auth->algorithms.count; i++) {
		const char *algorithm = auth->algorithms.items[i];
		const char *key = algorithm ? file_key_of(algorithm) : NULL;

		if (key && !has_keys(n, key))
			mistakes_at(m, algorithms->children[i], "%s needs %s",
			    algorithm, key);
	}
}

static void complete_tls(
    struct conf_auth *auth, struct node *n, struct mistakes *m)
{
	/* Keys may hardly ever come without TLS. */
	static const struct conf_tls_url jwt = { "jwks_url", "https://", NULL },
					 http = { "url", "https://",
						 "http://" };
	const struct conf_tls_url *words =
	    auth->type == CONF_AUTH_JWT ? &jwt : &http;
	const char *url = conf_auth_url(auth);
	struct node *at = node_child(n, "tls");

	if (!node_find(n, words->key)->has_mistake && !(at && at->has_mistake))
		conf_tls_complete(
		    &auth->tls, at, url && url_is_https(url), words, m);
}

/* Clients show their certificates to a listener: no server is asked. */
static void refuse_tls(
    struct conf_auth *auth, struct node *n, struct mistakes *m)
{
	struct node *at = node_child(n, "tls");

	if (at && !at->has_mistake && auth->tls.is_on)
		mistakes_at_key(m, at, "belongs to types http and jwt");
	auth->tls.is_on = false;
}

void conf_auth_complete(void *item, struct node *n, struct mistakes *m)
{
	struct conf_auth *auth = item;

	if (auth->type == CONF_AUTH_JWT) {
		check_keys(auth, n, m);
		check_jwks(n, m);
	}
	if (auth->type == CONF_AUTH_CERTIFICATE)
		refuse_tls(auth, n, m);
	else
		complete_tls(auth, n, m);
}
