/* token: see token.h. */
#include "ctl/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_ref.h"
#include "ctl/call.h"
#include "ctl/field.h"
#include "ctl/signer.h"
#include "proto/json_tree.h"
#include "proto/jwt_keys.h"

enum {
	EXPIRES_PRESET_MS = 3600 * 1000,
	CLAIM_NAME_MAX = 128,
};

/* The longest time that a token is good for: a year. */
static const int64_t EXPIRES_MAX_MS = 366LL * 24 * 3600 * 1000;

const struct option token_options[] = {
	{ "--auth", "NAME", "the authenticator, in place of a route" },
	{ "--user", "NAME", "who it is for: the claim user_claim" },
	{ "--room", "NAME",
	    "which rooms: in the claim of permit; may\n"
	    "have * and ?, and be given several times" },
	{ "--claim", "NAME=VALUE", "one more; VALUE is JSON, or else a text" },
	{ "--expires", "TIME", "how long it is good (default: 1h)" },
	{ "--key", "FILE", "a private key in PEM, for RS, ES and EdDSA" },
	{ "--kid", "ID", "of the key" },
	{ "--config", "FILE",
	    "the configuration (default:\n" REACH_DEFAULT_CONFIG ")" },
	{ NULL, NULL, NULL },
};

/* --- for whom: a route, an authenticator --- */

struct wanted {
	const struct conf_auth *auth;
	const char *permit; /* the claim with the rooms; NULL: none */
};

static bool signs(const struct conf_auth *auth)
{
	return auth && auth->type == CONF_AUTH_JWT;
}

static const char *permit_of(const struct conf_route *r)
{
	static const char prefix[] = "claim.";

	return r->permit ? r->permit + sizeof prefix - 1 : NULL;
}

static int by_route(
    struct wanted *w, const struct conf *conf, const char *path, struct err *e)
{
	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *r = &conf->routes.items[i];

		if (strcmp(r->path, path) != 0)
			continue;
		if (!signs(r->authenticator))
			return err_set(e, -EINVAL,
			    "%s has no authenticator of type jwt", path);
		*w = (struct wanted){ r->authenticator, permit_of(r) };
		return 0;
	}
	return err_set(e, -EINVAL,
	    "there is no route %s; it is the path as configured", path);
}

/* The first claim that a route with this authenticator has. */
static const char *find_permit(
    const struct conf *conf, const struct conf_auth *auth)
{
	for (size_t i = 0; i < conf->routes.count; i++)
		if (conf->routes.items[i].authenticator == auth &&
		    conf->routes.items[i].permit)
			return permit_of(&conf->routes.items[i]);
	return NULL;
}

/* The one of this name, or the only one. */
static int by_name(
    struct wanted *w, const struct conf *conf, const char *name, struct err *e)
{
	size_t count = 0;

	for (size_t i = 0; i < conf->auth.count; i++) {
		const struct conf_auth *auth = &conf->auth.items[i];

		if (!signs(auth) || (name && strcmp(auth->name, name) != 0))
			continue;
		*w = (struct wanted){ auth, find_permit(conf, auth) };
		count++;
	}
	if (count == 1)
		return 0;
	return count == 0 ? err_set(e, -EINVAL, "there is no %s of type jwt",
				name ? "such authenticator" : "authenticator")
			  : err_set(e, -EINVAL,
				"there are %zu authenticators of type jwt: "
				"say a route, or --auth NAME",
				count);
}

static int find_wanted(struct wanted *w, const struct call *c,
    const struct conf *conf, struct err *e)
{
	const char *path = args_operand(&c->args, 0);

	return path ? by_route(w, conf, path, e)
		    : by_name(w, conf, args_text(&c->args, "--auth"), e);
}

/* --- by what: a key --- */

struct key {
	struct signer *signer; /* owned */
	char *kid;             /* owned; NULL: none */
};

static void key_fini(struct key *k)
{
	signer_free(k->signer);
	free(k->kid);
}

/* The first secret of a set, or the key itself, that is one. */
static const cJSON *find_secret(const cJSON *tree)
{
	const cJSON *set = cJSON_GetObjectItemCaseSensitive(tree, "keys");
	const cJSON *item;

	if (!set)
		return *field_text(tree, "k") ? tree : NULL;
	cJSON_ArrayForEach(item, set)
	{
		if (*field_text(item, "k"))
			return item;
	}
	return NULL;
}

static int take_jwk(struct key *k, const cJSON *jwk, struct err *e)
{
	struct slice text = slice_str(field_text(jwk, "k"));
	unsigned char *secret = xmalloc(BASE64URL_BYTES(text.len));
	long len = base64url_decode(text, secret);

	if (len < 0)
		(void)err_set(e, -EINVAL, "a JWK whose k is no base64url");
	else
		k->signer =
		    signer_of_secret(slice_of((char *)secret, (size_t)len), e);
	if (*field_text(jwk, "kid"))
		k->kid = xstrdup(field_text(jwk, "kid"));
	free(secret);
	return k->signer ? 0 : -EINVAL;
}

/* As proto/jwt_keys reads the same file, which takes it for JSON by its '{'. */
static int take_secret(struct key *k, struct slice text, struct err *e)
{
	cJSON *tree = json_tree_parse(text);
	const cJSON *jwk = tree ? find_secret(tree) : NULL;
	struct slice line;
	int rc;

	if (jwk)
		rc = take_jwk(k, jwk, e);
	else if (tree)
		rc = err_set(e, -EINVAL, "there is no secret in it");
	else
		rc = file_one_line(text, &line, e);
	cJSON_Delete(tree);
	if (rc == 0 && !jwk)
		k->signer = signer_of_secret(line, e);
	return k->signer ? 0 : -EINVAL;
}

static int take_key(
    struct key *k, const char *file, bool is_secret, struct err *e)
{
	struct buf bytes = { 0 };
	struct slice text;
	struct err why;
	int rc = file_read(file, JWT_KEY_FILE_MAX, &bytes, &why);

	if (rc < 0) {
		buf_wipe(&bytes);
		return err_set(e, rc, "%s", why.text);
	}
	text = buf_slice(&bytes);
	rc = file_pass_mark(&text, &why);
	if (rc == 0 && is_secret)
		rc = take_secret(k, text, &why);
	else if (rc == 0 && !(k->signer = signer_of_pem(text, &why)))
		rc = -EINVAL;
	buf_wipe(&bytes);
	return rc < 0 ? err_set(e, rc, "%s: %s", file, why.text) : 0;
}

static int find_key(struct key *k, const struct call *c,
    const struct conf_auth *auth, struct err *e)
{
	const char *file = args_text(&c->args, "--key");
	const char *kid = args_text(&c->args, "--kid");
	int rc;

	if (file)
		rc = take_key(k, file, false, e);
	else if (auth->secret_file.count > 0)
		rc = take_key(k, auth->secret_file.items[0], true, e);
	else
		rc = err_set(e, -EINVAL,
		    "%s has public keys only: say the private one with --key",
		    auth->name);
	if (rc == 0 && kid) {
		free(k->kid);
		k->kid = xstrdup(kid);
	}
	return rc;
}

/* The first of the authenticator's that the key can do. */
static int find_algorithm(
    const struct key *k, const struct conf_auth *auth, struct err *e)
{
	for (size_t i = 0; i < auth->algorithms.count; i++) {
		int a =
		    signature_algorithm(slice_str(auth->algorithms.items[i]));

		if (a >= 0 && signer_algorithms(k->signer) & SIGNATURE_BIT(a))
			return a;
	}
	return err_set(e, -EINVAL, "the key fits none of the algorithms of %s",
	    auth->name);
}

/* --- what it says: claims --- */

static void put_claim(cJSON *claims, const char *name, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(claims, name);
	(void)cJSON_AddItemToObject(claims, name, value);
}

static int put_rooms(
    cJSON *claims, const struct call *c, const struct wanted *w, struct err *e)
{
	cJSON *rooms;
	const char *room;

	if (!args_has(&c->args, "--room"))
		return 0;
	if (!w->permit)
		return err_set(e, -EINVAL,
		    "--room: no route of %s has a permit", w->auth->name);
	rooms = cJSON_CreateArray();
	for (size_t i = 0; (room = args_nth(&c->args, "--room", i)); i++)
		(void)cJSON_AddItemToArray(rooms, cJSON_CreateString(room));
	put_claim(claims, w->permit, rooms);
	return 0;
}

static int put_other(cJSON *claims, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	char name[CLAIM_NAME_MAX];
	cJSON *value;

	if (!equals || equals == text || (size_t)(equals - text) >= sizeof name)
		return err_set(e, -EINVAL,
		    "--claim: is '%s', and must be NAME=VALUE", text);
	memcpy(name, text, (size_t)(equals - text));
	name[equals - text] = '\0';
	value = cJSON_ParseWithOpts(equals + 1, NULL, true);
	put_claim(claims, name, value ? value : cJSON_CreateString(equals + 1));
	return 0;
}

static int put_claims(
    cJSON *claims, const struct call *c, const struct wanted *w, struct err *e)
{
	const char *user = args_text(&c->args, "--user");
	const char *other;
	int64_t expires_ms;
	int rc;

	rc = args_quantity(&c->args, "--expires", QUANTITY_DURATION,
	    EXPIRES_MAX_MS, EXPIRES_PRESET_MS, &expires_ms, e);
	if (rc < 0)
		return rc;
	put_claim(claims, "exp",
	    cJSON_CreateNumber(
		(double)((clock_wall_ms() + expires_ms) / 1000)));
	if (w->auth->issuer)
		put_claim(claims, "iss", cJSON_CreateString(w->auth->issuer));
	if (w->auth->audience)
		put_claim(claims, "aud", cJSON_CreateString(w->auth->audience));
	if (user)
		put_claim(
		    claims, w->auth->user_claim, cJSON_CreateString(user));
	rc = put_rooms(claims, c, w, e);
	for (size_t i = 0;
	     rc == 0 && (other = args_nth(&c->args, "--claim", i)); i++)
		rc = put_other(claims, other, e);
	return rc;
}

/* --- all of it --- */

static int put_token(struct buf *out, const struct key *k, const struct call *c,
    const struct wanted *w, struct err *e)
{
	int algorithm = find_algorithm(k, w->auth, e);
	cJSON *claims = cJSON_CreateObject();
	char *text = NULL;
	int rc = algorithm < 0 ? algorithm : put_claims(claims, c, w, e);

	if (rc == 0 && (text = cJSON_PrintUnformatted(claims)))
		rc =
		    signer_token(k->signer, (enum signature_algorithm)algorithm,
			k->kid, slice_str(text), out, e);
	cJSON_free(text);
	cJSON_Delete(claims);
	buf_puts(out, "\n");
	return rc;
}

static enum ctl_exit sign_for(const struct call *c, const struct conf *conf)
{
	struct key k = { NULL, NULL };
	struct buf token = { 0 };
	struct wanted w = { NULL, NULL };
	enum ctl_exit code;
	struct err e;

	if (find_wanted(&w, c, conf, &e) < 0 ||
	    find_key(&k, c, w.auth, &e) < 0 ||
	    put_token(&token, &k, c, &w, &e) < 0)
		code = call_fail(CTL_USAGE, "token: %s", e.text);
	else
		code = call_print(buf_slice(&token));
	buf_fini(&token);
	key_fini(&k);
	return code;
}

enum ctl_exit token_print(const struct call *c)
{
	struct conf *conf = reach_load(reach_config(&c->args));
	enum ctl_exit code = conf ? sign_for(c, conf) : CTL_USAGE;

	conf_unref(conf);
	return code;
}
