/* auth_keys: see auth_keys.h. */
#include "net/auth_keys.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "conf/node.h"
#include "proto/jwt_keys.h"

struct auth_keys {
	atomic_uint references;
	size_t count;
	struct jwt_keys *items[]; /* owned; NULL: not of type jwt */
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
		jwt_keys_free(alone);
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

static struct jwt_keys *read_one(
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

struct auth_keys *auth_keys_read(
    const struct conf *conf, struct mistakes *problems)
{
	struct node *auth = node_find(conf->document, "auth");
	size_t before = problems->count;
	struct auth_keys *k =
	    xcalloc(1, sizeof *k + conf->auth.count * sizeof k->items[0]);

	atomic_init(&k->references, 1);
	k->count = conf->auth.count;
	for (size_t i = 0; i < k->count; i++)
		if (conf->auth.items[i].type == CONF_AUTH_JWT)
			k->items[i] = read_one(
			    &conf->auth.items[i], auth->children[i], problems);
	if (problems->count == before)
		return k;
	auth_keys_unref(k);
	return NULL;
}

struct auth_keys *auth_keys_ref(struct auth_keys *k)
{
	(void)atomic_fetch_add(&k->references, 1);
	return k;
}

void auth_keys_unref(struct auth_keys *k)
{
	if (!k || atomic_fetch_sub(&k->references, 1) > 1)
		return;
	for (size_t i = 0; i < k->count; i++)
		jwt_keys_free(k->items[i]);
	free(k);
}

const struct jwt_keys *auth_keys_of(const struct auth_keys *k, size_t index)
{
	return k->items[index];
}
