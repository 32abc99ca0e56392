/* ids: see ids.h. */
#include "core/ids.h"

#include <assert.h>
#include <string.h>

#include "base/base64url.h"
#include "base/crypto.h"

/* What is encrypted, in the byte order of the machine: no other reads it. */
struct plain {
	uint32_t instance;
	uint32_t worker_and_slot;
	uint64_t serial;
};
_Static_assert(sizeof(struct plain) == CRYPTO_BLOCK_BYTES, "one cipher block");
_Static_assert(
    BASE64URL_CHARS(CRYPTO_BLOCK_BYTES) == CONN_ID_LEN, "an id is its text");

enum { SLOT_BITS = 24 };

void conn_id_encode(struct crypto_block *cipher, uint32_t instance,
    const struct conn_ref *ref, char out[CONN_ID_LEN + 1])
{
	/* serial is unique in the worker, so a block never comes twice. */
	const struct plain plain = {
		instance,
		ref->worker << SLOT_BITS | ref->slot,
		ref->serial,
	};
	unsigned char in[CRYPTO_BLOCK_BYTES], block[CRYPTO_BLOCK_BYTES];

	assert(ref->worker <= CONN_REF_MAX_WORKER);
	assert(ref->slot <= CONN_REF_MAX_SLOT);
	memcpy(in, &plain, sizeof in);
	crypto_block_encrypt(cipher, in, block);
	base64url_encode(block, sizeof block, out);
}

bool conn_id_decode(struct crypto_block *cipher, uint32_t instance,
    struct slice text, struct conn_ref *out)
{
	unsigned char block[BASE64URL_BYTES(CONN_ID_LEN)];
	unsigned char in[CRYPTO_BLOCK_BYTES];
	struct plain plain;

	if (text.len != CONN_ID_LEN ||
	    base64url_decode(text, block) != CRYPTO_BLOCK_BYTES)
		return false;
	crypto_block_decrypt(cipher, block, in);
	memcpy(&plain, in, sizeof plain);
	if (plain.instance != instance)
		return false;
	*out = (struct conn_ref){
		.serial = plain.serial,
		.worker = plain.worker_and_slot >> SLOT_BITS,
		.slot = plain.worker_and_slot & CONN_REF_MAX_SLOT,
	};
	return true;
}
