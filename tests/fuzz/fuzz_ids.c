/*
 * Any text as a connection id, for an instance that is read from the id
 * itself, as if somebody had guessed it: it must be the one spelling.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/crypto.h"
#include "core/ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The instance that an id of the right length was made by. */
static uint32_t instance_of(struct crypto_block *cipher, struct slice text)
{
	unsigned char block[BASE64URL_BYTES(CONN_ID_LEN)] = { 0 };
	unsigned char plain[CRYPTO_BLOCK_BYTES];
	uint32_t instance;

	if (text.len == CONN_ID_LEN && base64url_decode(text, block) < 0)
		return 0;
	crypto_block_decrypt(cipher, block, plain);
	memcpy(&instance, plain, sizeof instance);
	return instance;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[CRYPTO_BLOCK_BYTES] = "a key for tests";
	struct crypto_block *cipher = crypto_block_new(key);
	struct slice text = slice_of((const char *)data, size);
	uint32_t instance = instance_of(cipher, text);
	char back[CONN_ID_LEN + 1];
	struct conn_ref ref;

	if (conn_id_decode(cipher, instance, text, &ref)) {
		must(!conn_id_decode(cipher, ~instance, text, &ref));
		conn_id_encode(cipher, instance, &ref, back);
		must(slice_eq(text, slice_str(back)));
	}
	crypto_block_free(cipher);
	return 0;
}
