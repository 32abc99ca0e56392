/* auth_files: see auth_files.h. */
#include "net/auth_files.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "conf/node.h"
#include "core/server_tls.h"
#include "net/http_tls.h"
#include "net/jwks.h"
#include "proto/jwt_keys.h"

struct auth_files {
	atomic_uint references;
	size_t count;
	struct item {
		struct jwt_keys *keys; /* a reference; NULL: not of files */
		struct jwks *jwks;     /* a reference; NULL: not of a URL */
		struct http_tls *tls;  /* a reference; NULL: of no https:// */
	} items[];
};

static int algorithms_of(
    const struct conf_auth *auth, unsigned *algorithms, struct err *e)
{
	*algorithms = 0;
	for (size_t i = 0; i < auth->algorithms.count; i++) {
		const char *name = auth->algorithms.items[i];
		int algorithm = signature_algorithm(slice_str(name));

		if (algorithm < 0)
			return err_set(
			    e, -EINVAL, "%s: unknown algorithm", name);
		*algorithms |= SIGNATURE_BIT(algorithm);
	}
	return 0;
}

/* Find the files that cannot be used each by itself. Returns how many. */
static size_t blame_files(unsigned algorithms, enum jwt_key_role role,
    const struct conf_strings *files, struct node *n, struct mistakes *problems)
{
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		struct jwt_keys *alone = jwt_keys_new(algorithms);
		struct err e;

		if (jwt_keys_add_file(alone, role, files->items[i], &e) < 0) {
			mistakes_at(problems, n->count > 0 ? n->children[i] : n,
			    "%s", e.text);
			count++;
		}
		jwt_keys_unref(alone);
	}
	return count;
}

/* What stopped jwt_keys_load: some files, or how they go together (e). */
static void blame(const struct conf_auth *auth, unsigned algorithms,
    const struct err *e, struct node *n, struct mistakes *problems)
{
	size_t count = blame_files(algorithms, JWT_KEY_SECRET,
	    &auth->secret_file, node_find(n, "secret_file"), problems);

	count += blame_files(algorithms, JWT_KEY_PUBLIC, &auth->public_key_file,
	    node_find(n, "public_key_file"), problems);
	if (count == 0)
		mistakes_at(problems, n, "%s", e->text);
}

static struct jwt_keys *read_keys(
    const struct conf_auth *auth, struct node *n, struct mistakes *problems)
{
	struct jwt_keys *keys = NULL;
	unsigned algorithms;
	struct err e;

	if (algorithms_of(auth, &algorithms, &e) < 0)
		mistakes_at(problems, n, "%s", e.text);
	else if (jwt_keys_load(algorithms, auth->secret_file.items,
		     auth->secret_file.count, auth->public_key_file.items,
		     auth->public_key_file.count, &keys, &e) < 0)
		blame(auth, algorithms, &e, n, problems);
	return keys;
}

static struct jwks *find_jwks(
    const struct auth_files *f, const struct conf_auth *auth, unsigned mask)
{
	for (size_t i = 0; f && i < f->count; i++) {
		struct jwks *j = f->items[i].jwks;

		if (j && jwks_is_for(j, auth->name, auth->jwks_url, mask))
			return jwks_ref(j);
	}
	return NULL;
}

static struct jwks *make_jwks(const struct conf_auth *auth,
    const struct auth_files *before, struct node *n, struct mistakes *problems)
{
	struct jwks *known;
	unsigned algorithms;
	struct err e;

	if (algorithms_of(auth, &algorithms, &e) < 0) {
		mistakes_at(problems, n, "%s", e.text);
		return NULL;
	}
	known = find_jwks(before, auth, algorithms);
	return known ? known : jwks_new(auth->name, auth->jwks_url, algorithms);
}

static struct http_tls *read_tls(
    const struct conf_auth *auth, struct node *n, struct mistakes *problems)
{
	size_t before = problems->count;
	struct http_tls *tls;
	struct err e;

	if (!auth->tls.is_on)
		return NULL;
	server_tls_check(&auth->tls, node_find(n, "tls"), problems);
	if (problems->count > before)
		return NULL;
	tls = http_tls_new(auth, conf_auth_url(auth),
	    auth->type == CONF_AUTH_HTTP ? LOG_HOOK : LOG_AUTH, &e);
	if (!tls)
		mistakes_at(problems, n, "%s", e.text);
	return tls;
}

static struct item read_item(const struct conf_auth *auth,
    const struct auth_files *before, struct node *n, struct mistakes *problems)
{
	struct item item = { .tls = read_tls(auth, n, problems) };

	if (auth->jwks_url)
		item.jwks = make_jwks(auth, before, n, problems);
	else if (auth->type == CONF_AUTH_JWT)
		item.keys = read_keys(auth, n, problems);
	return item;
}

struct auth_files *auth_files_read(const struct conf *conf,
    const struct auth_files *before, struct mistakes *problems)
{
	struct node *auth = node_find(conf->document, "auth");
	size_t mistakes = problems->count;
	struct auth_files *f =
	    xcalloc(1, sizeof *f + conf->auth.count * sizeof f->items[0]);

	atomic_init(&f->references, 1);
	f->count = conf->auth.count;
	for (size_t i = 0; i < f->count; i++)
		f->items[i] = read_item(
		    &conf->auth.items[i], before, auth->children[i], problems);
	if (problems->count == mistakes)
		return f;
	auth_files_unref(f);
	return NULL;
}

struct auth_files *auth_files_ref(struct auth_files *f)
{
	(void)atomic_fetch_add(&f->references, 1);
	return f;
}

void auth_files_unref(struct auth_files *f)
{
	if (!f || atomic_fetch_sub(&f->references, 1) > 1)
		return;
	for (size_t i = 0; i < f->count; i++) {
		jwt_keys_unref(f->items[i].keys);
		jwks_unref(f->items[i].jwks);
		http_tls_unref(f->items[i].tls);
	}
	free(f);
}

struct jwt_keys *auth_files_keys(const struct auth_files *f, size_t index)
{
	const struct item *i = &f->items[index];

	return i->jwks ? jwks_keys(i->jwks) : jwt_keys_ref(i->keys);
}

struct jwks *auth_files_jwks(const struct auth_files *f, size_t index)
{
	return f->items[index].jwks;
}

struct http_tls *auth_files_tls(const struct auth_files *f, size_t index)
{
	return f->items[index].tls;
}
