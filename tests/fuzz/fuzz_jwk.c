/*
 * Any bytes as a file of keys: the first byte chooses public keys or secrets.
 * Keys that come out must be for listed algorithms, and their checks must hold
 * for any signature.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/jwt_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALL = (1 << SIGNATURE_ALGORITHM_COUNT) - 1 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_keys(const struct jwt_keys *keys, struct slice text)
{
	const struct signature_key *found[JWT_KEYS_TRIED];
	struct slice kid = slice_str("k");

	for (int a = 0; a < SIGNATURE_ALGORITHM_COUNT; a++) {
		size_t count = jwt_keys_select(keys, a, NULL, found);

		must(count <= JWT_KEYS_TRIED);
		for (size_t i = 0; i < count; i++) {
			must(signature_key_algorithms(found[i]) &
			     SIGNATURE_BIT(a));
			must(!signature_verify(found[i], a, text, kid));
		}
		must(jwt_keys_select(keys, a, &kid, found) <= JWT_KEYS_TRIED);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jwt_keys *keys;
	struct slice text;
	struct err e = { "" };
	char *copy;
	int rc;

	if (size == 0)
		return 0;
	copy = malloc(size);
	must(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	text = slice_of(copy, size - 1);
	keys = jwt_keys_new(data[0] % 4 < 2 ? ALL : ALL & ~0x6u);
	rc = jwt_keys_add(
	    keys, data[0] % 2 == 0 ? JWT_KEY_PUBLIC : JWT_KEY_SECRET, text, &e);
	must(rc == 0 || e.text[0] != '\0');
	try_keys(keys, text);
	jwt_keys_unref(keys);
	free(copy);
	return 0;
}
