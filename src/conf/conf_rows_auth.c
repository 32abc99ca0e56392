/*
 * conf_rows_auth: the rows of an authenticator, of both types, and what is
 * wrong with their values. See conf_rows.c.
 */
#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "base/signature.h"
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"
#include "conf/reserved.h"
#include "conf/secret.h"
#include "conf/url.h"
#include "proto/glob.h"
#include "proto/names.h"

enum { HEADER_NAME_MAX = 128, FILES_MAX = 16 };

#define JWT         "jwt"
#define HTTP        "http"
#define CERTIFICATE "certificate"

_Static_assert(sizeof(enum conf_auth_type) == 4, "SCHEMA_WORD");

static const char *const type_words[] = {
	[CONF_AUTH_JWT] = JWT,
	[CONF_AUTH_HTTP] = HTTP,
	[CONF_AUTH_CERTIFICATE] = CERTIFICATE,
	NULL,
};

_Static_assert(sizeof(enum conf_user_field) == 4, "SCHEMA_WORD");

static const char *const user_words[] = {
	[CONF_USER_CN] = "cn",
	[CONF_USER_DNS] = "dns",
	[CONF_USER_EMAIL] = "email",
	[CONF_USER_URI] = "uri",
	NULL,
};

static const char *const algorithm_words[] = {
#define X(id, name, kind, digest) name,
	SIGNATURE_ALGORITHMS(X)
#undef X
	    NULL,
};

static int check_algorithm(const char *text, struct err *e)
{
	if (ascii_eq(slice_str(text), slice_str("none")))
		return err_set(e, -EINVAL,
		    "would admit tokens that nobody has signed, and is never "
		    "accepted");
	if (ascii_to_lower(text[0]) == 'p' && ascii_to_lower(text[1]) == 's')
		return err_set(e, -EINVAL, "is not in this version");
	return 0;
}

static int check_query_name(const char *name, struct err *e)
{
	if (!query_name_is_valid(slice_str(name)))
		return err_set(e, -EINVAL,
		    "query.NAME needs a name of letters, digits, '_', '.' and "
		    "'-'");
	return 0;
}

static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) ? NULL : text + len;
}

static int check_source(const char *text, struct err *e)
{
	const char *name;

	if (!strcmp(text, "subprotocol") ||
	    !strcmp(text, "header.authorization"))
		return 0;
	if ((name = behind(text, "query.")))
		return check_query_name(name, e);
	if ((name = behind(text, "cookie.")))
		return name[0] ? conf_rows_check_token(name, e)
			       : err_set(e, -EINVAL, "cookie.NAME has no name");
	return err_set(e, -EINVAL,
	    "must be query.NAME, header.authorization, cookie.NAME or "
	    "subprotocol");
}

static int check_glob(const char *text, struct err *e)
{
	if (strlen(text) > GLOB_MAX)
		return err_set(
		    e, -EINVAL, "must have at most %d bytes", GLOB_MAX);
	return 0;
}

static int check_header(const char *text, struct err *e)
{
	const char *why = reserved_header(slice_str(text));

	if (conf_rows_check_token(text, e) < 0)
		return -EINVAL;
	if (strlen(text) > HEADER_NAME_MAX)
		return err_set(
		    e, -EINVAL, "must have at most %d bytes", HEADER_NAME_MAX);
	return why ? err_set(e, -EINVAL, "%s", why) : 0;
}

const struct schema_row conf_rows_auth[] = {
	{
	    .key = "type",
	    .type = SCHEMA_WORD,
	    IN(struct conf_auth, type),
	    .is_required = true,
	    .words = type_words,
	    .prose =
		"`jwt`: the client brings a signed token. `http`: the "
		"app is asked about each handshake. `certificate`: the "
		"client has shown one in TLS, see `listen[].tls.client_ca`.",
	},
	{
	    .key = "algorithms",
	    .also = "algorithm alg",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_auth, algorithms),
	    .only = JWT,
	    .is_required = true,
	    .is_distinct = true,
	    .min = 1,
	    .max = 10,
	    .check = check_algorithm,
	    .words = algorithm_words,
	    .prose = "The algorithms that a token may be signed with, and no "
		     "others.",
	},
	{
	    .key = "secret_file",
	    .also = "secret hmac_secret hmac_secret_key jwt_secret",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_auth, secret_file),
	    .only = JWT,
	    .may_be_alone = true,
	    .is_distinct = true,
	    .min = 1,
	    .max = FILES_MAX,
	    .is_path = true,
	    .check = secret_check,
	    .prose = "File, or several during a rotation, of the secret that "
		     "HS256, HS384 and HS512 need, on its one line: a line end "
		     "and a byte order mark are no part of it, more lines "
		     "are refused. Or a JWK, for arbitrary bytes. Read again "
		     "on SIGHUP.",
	},
	{
	    .key = "public_key_file",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_auth, public_key_file),
	    .only = JWT,
	    .may_be_alone = true,
	    .is_distinct = true,
	    .min = 1,
	    .max = FILES_MAX,
	    .is_path = true,
	    .check = secret_check,
	    .prose = "File, or several during a rotation, of the public keys "
		     "that the RS, ES and EdDSA algorithms need: PEM, JWK or "
		     "a set of JWKs. Read again on SIGHUP.",
	},
	{
	    .key = "jwks_url",
	    .also = "jwks jwks_uri",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_auth, jwks_url),
	    .only = JWT,
	    .check = url_check_jwks,
	    .print = url_print_without_query,
	    .prose = "`https://HOST[:PORT]/PATH` of a set of JWKs, in place of "
		     "`public_key_file`: fetched at the start, every "
		     "`jwks_refresh`, and when a token names a key that is "
		     "not in it. Until it has been fetched once, this "
		     "authenticator's clients get a 503. `http://` is for "
		     "this machine only. A query is sent, and shown nowhere.",
	},
	{
	    .key = "jwks_refresh",
	    .type = SCHEMA_DURATION,
	    IN(struct conf_auth, jwks_refresh_ms),
	    .only = JWT,
	    .preset = "10m",
	    .min = SECOND,
	    .max = 24 * HOUR,
	    .prose = "How often it is fetched, up to a tenth earlier; also "
		     "earlier, but not within a minute, where the answer "
		     "says so (`Cache-Control: max-age`). Keys that are no "
		     "more in it check nothing from then on.",
	},
	{
	    .key = "token",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_auth, token),
	    .only = JWT,
	    .is_distinct = true,
	    .preset = "[header.authorization, query.token]",
	    .min = 1,
	    .max = 16,
	    .check = check_source,
	    .prose = "Where to look for the token, in this order: "
		     "`header.authorization`, `query.NAME`, `cookie.NAME`, "
		     "`subprotocol`. A browser's script can set only a query "
		     "parameter, which may show up in the logs of proxies, "
		     "or a subprotocol.",
	},
	{
	    .key = "issuer",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_auth, issuer),
	    .only = JWT,
	    .prose = "What the claim `iss` must be. Not set: not checked.",
	},
	{
	    .key = "audience",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_auth, audience),
	    .only = JWT,
	    .prose = "What the claim `aud` must be, or hold among others. "
		     "Not set: not checked.",
	},
	{
	    .key = "leeway",
	    .type = SCHEMA_DURATION,
	    IN(struct conf_auth, leeway_ms),
	    .only = JWT,
	    .preset = "30s",
	    .max = 10 * MINUTE,
	    .prose = "How far the clocks of the app and of the gateway may "
		     "be apart, for `exp` and `nbf`.",
	},
	{
	    .key = "user_claim",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_auth, user_claim),
	    .only = JWT,
	    .preset = "sub",
	    .prose = "The claim that says who the client is: `{user}` in "
		     "rooms, and a target of messages.",
	},
	{
	    .key = "url",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_auth, url),
	    .only = HTTP,
	    .is_required = true,
	    .check = url_check_http,
	    .prose = "`https://HOST[:PORT]/PATH` in the app, or `http://` "
		     "over a network of your own. It answers 200 "
		     "with a JSON object such as `{\"user\": \"42\", "
		     "\"rooms\": [\"a\"], \"expires_at\": 1893456000}` to "
		     "admit, where each field may be missing or `null`, 401 "
		     "or 403 to refuse. Anything else, an empty 200 and a "
		     "204 too, is a 503 for the client.",
	},
	{
	    .key = "tls",
	    .type = SCHEMA_MAP,
	    IN(struct conf_auth, tls.is_on),
	    .rows = conf_rows_tls,
	    .within = offsetof(struct conf_auth, tls),
	    .zero = "off",
	    .prose = "TLS with an `https://` URL, which alone means `{}`. A "
		     "server whose certificate is not valid, not signed by "
		     "who is trusted or not for its name is asked nothing.",
	},
	{
	    .key = "timeout",
	    .type = SCHEMA_DURATION,
	    IN(struct conf_auth, timeout_ms),
	    .only = HTTP,
	    .preset = "2s",
	    .min = 100,
	    .max = MINUTE,
	    .prose = "Time for the whole call, waiting for its turn "
		     "included; then 503.",
	},
	{
	    .key = "headers",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_auth, headers),
	    .only = HTTP,
	    .is_lower_case = true,
	    .is_distinct = true,
	    .preset = "[cookie, authorization]",
	    .max = 64,
	    .check = check_header,
	    .prose = "Headers of the client's request that the app gets, "
		     "beside `X-Original-URI`, `X-Forwarded-For` and "
		     "`X-Connection-Id`.",
	},
	{
	    .key = "max_parallel",
	    .type = SCHEMA_COUNT,
	    IN(struct conf_auth, max_parallel),
	    .only = HTTP,
	    .preset = "64",
	    .min = 1,
	    .max = 10000,
	    .prose = "Calls in progress at the same time; further ones wait "
		     "for their turn. Each worker has an equal share, rounded "
		     "up.",
	},
	{
	    .key = "user",
	    .type = SCHEMA_WORD,
	    IN(struct conf_auth, user_field),
	    .only = CERTIFICATE,
	    .preset = "cn",
	    .words = user_words,
	    .prose = "The field of the certificate that says who the client "
		     "is: the subject's common name, or a DNS name, an "
		     "e-mail address or a URI among its alternative names. "
		     "One with none of these, or several, is refused with "
		     "401. All are claims: `{claim.cn}`, `{claim.o}`, "
		     "`{claim.ou}`, `{claim.dns}`, `{claim.email}`, "
		     "`{claim.uri}`, up to 64 texts each.",
	},
	{
	    .key = "users",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_auth, users),
	    .only = CERTIFICATE,
	    .is_distinct = true,
	    .max = 1000,
	    .check = check_glob,
	    .prose = "Glob patterns, such as `*.devices.example.com`, of "
		     "which the user must match one; else 403. Not set: "
		     "everybody whose certificate is good.",
	},
	END,
};
