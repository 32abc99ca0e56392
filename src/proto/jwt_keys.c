/*
 * jwt_keys: see jwt_keys.h. There are few keys: looking one up is a walk.
 */
#include "proto/jwt_keys.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/mem.h"
#include "proto/json.h"
#include "proto/json_tree.h"
#include "proto/jwk.h"

/* A try is left for the key that has the token's kid. */
enum { UNNAMED_MAX = JWT_KEYS_TRIED - 1 };

struct entry {
	struct signature_key *key; /* owned */
	char *kid;                 /* owned; NULL: has none */
	unsigned algorithms;       /* what it may check, never none */
};

struct jwt_keys {
	atomic_uint references;
	unsigned algorithms;
	bool is_foreign; /* a server's: what is of no use is passed over */
	size_t left_out; /* of those without a kid, at a server */
	size_t count;
	struct entry entries[JWT_KEYS_MAX];
};

struct jwt_keys *jwt_keys_new(unsigned algorithms)
{
	struct jwt_keys *keys = xcalloc(1, sizeof *keys);

	atomic_init(&keys->references, 1);
	keys->algorithms = algorithms;
	return keys;
}

struct jwt_keys *jwt_keys_ref(struct jwt_keys *keys)
{
	(void)atomic_fetch_add(&keys->references, 1);
	return keys;
}

void jwt_keys_unref(struct jwt_keys *keys)
{
	if (!keys || atomic_fetch_sub(&keys->references, 1) > 1)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		signature_key_free(keys->entries[i].key);
		free(keys->entries[i].kid);
	}
	free(keys);
}

unsigned jwt_keys_algorithms(const struct jwt_keys *keys)
{
	return keys->algorithms;
}

/* Every listed algorithm that a secret is for must find it long enough. */
static int check_secret(
    const struct jwt_keys *keys, const struct jwk *jwk, struct err *e)
{
	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++) {
		size_t min = signature_secret_min(i);

		if (keys->algorithms & jwk->algorithms & SIGNATURE_BIT(i) &&
		    jwk->secret_len < min)
			return err_set(e, -EINVAL,
			    "a secret of %zu bytes; %s needs at least %zu",
			    jwk->secret_len, signature_algorithm_name(i), min);
	}
	return 0;
}

static int check_role(
    enum jwt_key_role role, const struct jwk *jwk, struct err *e)
{
	if (role == JWT_KEY_PUBLIC && jwk->secret_len > 0)
		return err_set(e, -EINVAL, "a secret in a file of public keys");
	if (role == JWT_KEY_SECRET && jwk->secret_len == 0)
		return err_set(e, -EINVAL, "a public key in a file of secrets");
	return 0;
}

static bool has_kid(const struct entry *entry, struct slice kid)
{
	return entry->kid && slice_eq(slice_str(entry->kid), kid);
}

/*
 * Bounds on names by which a token never has too many keys to try. -EOVERFLOW:
 * enough have no kid.
 */
static int check_names(
    const struct jwt_keys *keys, const struct entry *added, struct err *e)
{
	size_t unnamed[SIGNATURE_ALGORITHM_COUNT] = { 0 };

	for (size_t i = 0; i < keys->count; i++) {
		const struct entry *other = &keys->entries[i];
		unsigned both = other->algorithms & added->algorithms;

		if (added->kid && both && has_kid(other, slice_str(added->kid)))
			return err_set(
			    e, -EINVAL, "two keys with the same kid");
		if (added->kid || other->kid)
			continue;
		for (int a = 0; a < SIGNATURE_ALGORITHM_COUNT; a++)
			if (both & SIGNATURE_BIT(a) &&
			    ++unnamed[a] == UNNAMED_MAX)
				return err_set(e, -EOVERFLOW,
				    "more than %d keys without a kid for %s",
				    UNNAMED_MAX, signature_algorithm_name(a));
	}
	return 0;
}

/* Takes what is in jwk. -ENOTSUP: a key for other algorithms. */
static int add_key(struct jwt_keys *keys, enum jwt_key_role role,
    struct jwk *jwk, struct err *e)
{
	struct entry entry = { jwk->key, jwk->kid,
		keys->algorithms & jwk->algorithms &
		    signature_key_algorithms(jwk->key) };
	int rc = check_role(role, jwk, e);

	if (rc == 0 && role == JWT_KEY_SECRET)
		rc = check_secret(keys, jwk, e);
	if (rc == 0 && entry.algorithms == 0)
		rc = err_set(
		    e, -ENOTSUP, "a key that fits none of the algorithms");
	if (rc == 0)
		rc = check_names(keys, &entry, e);
	if (rc == 0 && keys->count == JWT_KEYS_MAX)
		rc = err_set(e, -E2BIG, "more than %d keys", JWT_KEYS_MAX);
	if (rc < 0) {
		jwk_fini(jwk);
		return rc;
	}
	keys->entries[keys->count++] = entry;
	*jwk = (struct jwk){ 0 };
	return 0;
}

static int add_jwk(
    struct jwt_keys *keys, enum jwt_key_role role, cJSON *object, struct err *e)
{
	struct jwk jwk;
	int rc = jwk_parse(object, &jwk, e);

	return rc < 0 ? rc : add_key(keys, role, &jwk, e);
}

/*
 * RFC 7517, section 5: a set may hold keys of kinds and sizes that are nothing
 * to us. In a file of one's own a broken one is a mistake; at a server it must
 * not keep out those beside it.
 */
static bool is_passed_over(const struct jwt_keys *keys, int rc)
{
	return rc == -ENOTSUP ||
	       (keys->is_foreign && (rc == -EINVAL || rc == -EOVERFLOW));
}

static int add_set(
    struct jwt_keys *keys, enum jwt_key_role role, cJSON *set, struct err *e)
{
	size_t before = keys->count;
	cJSON *object;
	int rc = 0;

	if (!cJSON_IsArray(set))
		return err_set(e, -EINVAL, "a JWK set without a list of keys");
	cJSON_ArrayForEach(object, set)
	{
		rc = add_jwk(keys, role, object, e);
		if (rc < 0 && !is_passed_over(keys, rc))
			return rc;
		keys->left_out += rc == -EOVERFLOW;
	}
	if (keys->count > before)
		return 0;
	if (rc == -EINVAL)
		return rc; /* what is wrong with the last one says more */
	return err_set(
	    e, -EINVAL, "a JWK set without a key that fits the algorithms");
}

static int add_json(struct jwt_keys *keys, enum jwt_key_role role,
    struct slice text, struct err *e)
{
	cJSON *tree = json_tree_parse(text);
	cJSON *set;
	int rc;

	if (!tree)
		return err_set(
		    e, -EINVAL, "begins with '{' but is not a JSON object");
	set = cJSON_GetObjectItemCaseSensitive(tree, "keys");
	rc = set ? add_set(keys, role, set, e) : add_jwk(keys, role, tree, e);
	cJSON_Delete(tree);
	return rc;
}

/* Everybody has a public key: as a secret, anybody could sign with it. */
static bool is_pem(struct slice text)
{
	static const char begin[] = "-----BEGIN ";

	return text.len > 0 &&
	       memmem(text.ptr, text.len, begin, sizeof begin - 1) != NULL;
}

static int add_raw_secret(
    struct jwt_keys *keys, struct slice text, struct err *e)
{
	struct jwk jwk = { .algorithms = keys->algorithms };
	struct slice line;
	int rc;

	if (is_pem(text))
		return err_set(
		    e, -EINVAL, "a key or certificate in a file of secrets");
	rc = file_one_line(text, &line, e);
	if (rc == -ENODATA)
		return err_set(e, rc, "an empty secret");
	if (rc < 0)
		return rc;
	jwk.key = signature_key_of_secret(line);
	jwk.secret_len = line.len;
	return add_key(keys, JWT_KEY_SECRET, &jwk, e);
}

static int add_pem(struct jwt_keys *keys, struct slice text, struct err *e)
{
	struct jwk jwk = { .algorithms = keys->algorithms };
	struct public_key *k = public_key_from_pem(text, e);

	if (!k)
		return -EINVAL;
	jwk.key = signature_key_of_public(&k);
	return add_key(keys, JWT_KEY_PUBLIC, &jwk, e);
}

static bool is_json(struct slice text)
{
	struct json_scan scan = { text.ptr, text.ptr + text.len };

	return json_take(&scan, '{');
}

int jwt_keys_add(struct jwt_keys *keys, enum jwt_key_role role,
    struct slice text, struct err *e)
{
	struct slice unmarked = text;
	int rc = file_pass_mark(&unmarked, e);

	if (rc < 0)
		return rc;
	if (is_json(unmarked))
		rc = add_json(keys, role, unmarked, e);
	else if (role == JWT_KEY_SECRET)
		rc = add_raw_secret(keys, text, e);
	else
		rc = add_pem(keys, unmarked, e);
	return rc < 0 ? -EINVAL : 0;
}

int jwt_keys_add_file(struct jwt_keys *keys, enum jwt_key_role role,
    const char *path, struct err *e)
{
	struct buf text = { 0 };
	struct err inner;
	int rc = file_read(path, JWT_KEY_FILE_MAX, &text, e);

	if (rc == 0) {
		rc = jwt_keys_add(keys, role, buf_slice(&text), &inner);
		if (rc < 0)
			(void)err_set(e, rc, "%s: %s", path, inner.text);
	}
	buf_wipe(&text);
	return rc;
}

static int add_files(struct jwt_keys *keys, enum jwt_key_role role,
    char *const *files, size_t count, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = jwt_keys_add_file(keys, role, files[i], e);
	return rc;
}

static int check_complete(const struct jwt_keys *keys, struct err *e)
{
	unsigned served = 0;

	for (size_t i = 0; i < keys->count; i++)
		served |= keys->entries[i].algorithms;
	for (int a = 0; a < SIGNATURE_ALGORITHM_COUNT; a++)
		if (keys->algorithms & ~served & SIGNATURE_BIT(a))
			return err_set(e, -EINVAL, "no key fits %s",
			    signature_algorithm_name(a));
	return 0;
}

int jwt_keys_load(unsigned algorithms, char *const *secret_files,
    size_t secret_count, char *const *public_files, size_t public_count,
    struct jwt_keys **keys, struct err *e)
{
	struct jwt_keys *made = jwt_keys_new(algorithms);
	int rc = add_files(made, JWT_KEY_SECRET, secret_files, secret_count, e);

	if (rc == 0)
		rc = add_files(
		    made, JWT_KEY_PUBLIC, public_files, public_count, e);
	if (rc == 0)
		rc = check_complete(made, e);
	if (rc < 0) {
		jwt_keys_unref(made);
		return rc;
	}
	*keys = made;
	return 0;
}

int jwt_keys_read(unsigned algorithms, struct slice text,
    struct jwt_keys **keys, struct err *e)
{
	struct jwt_keys *made;
	int rc;

	if (!is_json(text))
		return err_set(e, -EINVAL, "what came is no JSON object");
	made = jwt_keys_new(algorithms);
	made->is_foreign = true;
	rc = jwt_keys_add(made, JWT_KEY_PUBLIC, text, e);
	if (rc < 0) {
		jwt_keys_unref(made);
		return rc;
	}
	*keys = made;
	return 0;
}

size_t jwt_keys_count(const struct jwt_keys *keys)
{
	return keys->count;
}

size_t jwt_keys_left_out(const struct jwt_keys *keys)
{
	return keys->left_out;
}

static bool has_name_of(const struct entry *a, const struct entry *b)
{
	if (!a->kid || !b->kid)
		return a->kid == b->kid;
	return strcmp(a->kid, b->kid) == 0;
}

bool jwt_keys_have_same_names(
    const struct jwt_keys *a, const struct jwt_keys *b)
{
	size_t same = 0;

	if (a->count != b->count)
		return false;
	while (same < a->count &&
	       has_name_of(&a->entries[same], &b->entries[same]))
		same++;
	return same == a->count;
}

static size_t select_by(const struct jwt_keys *keys, unsigned bit,
    const struct slice *kid, bool is_any,
    const struct signature_key *found[JWT_KEYS_TRIED], size_t count)
{
	for (size_t i = 0; i < keys->count && count < JWT_KEYS_TRIED; i++) {
		const struct entry *entry = &keys->entries[i];
		bool is_named = kid ? has_kid(entry, *kid) : !entry->kid;

		if (entry->algorithms & bit && (is_any || is_named))
			found[count++] = entry->key;
	}
	return count;
}

bool jwt_keys_have_kid(const struct jwt_keys *keys,
    enum signature_algorithm algorithm, struct slice kid)
{
	const struct signature_key *found[JWT_KEYS_TRIED];

	return select_by(
		   keys, SIGNATURE_BIT(algorithm), &kid, false, found, 0) > 0;
}

size_t jwt_keys_select(const struct jwt_keys *keys,
    enum signature_algorithm algorithm, const struct slice *kid,
    const struct signature_key *found[JWT_KEYS_TRIED])
{
	unsigned bit = SIGNATURE_BIT(algorithm);
	size_t count;

	if (!kid)
		return select_by(keys, bit, NULL, true, found, 0);
	count = select_by(keys, bit, kid, false, found, 0);
	return select_by(keys, bit, NULL, false, found, count);
}
