/*
 * ids: the public id of a connection, as text and back.
 *
 * An id is one cipher block in base64url: an encryption of (instance, worker,
 * slot, serial) under a key that only this process has. So it is unguessable
 * and never given again, nothing is kept for it, and whoever holds the key
 * finds the connection by it. Whether that connection still lives is the
 * worker's to say: the slot may have another one, with another serial.
 */
#ifndef CORE_IDS_H
#define CORE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct crypto_block;

enum {
	CONN_ID_LEN = 22,
	CONN_REF_MAX_WORKER = 0xff,
	CONN_REF_MAX_SLOT = 0xffffff,
};

/* Where a connection is, or was: good for this instance only. */
struct conn_ref {
	uint64_t serial; /* never given twice by a worker */
	uint32_t worker;
	uint32_t slot; /* in that worker's table */
};

/*
 * Write the id of a connection of this instance, NUL-terminated. The worker
 * and the slot are within CONN_REF_MAX_*. The thread that owns the cipher.
 */
void conn_id_encode(struct crypto_block *cipher, uint32_t instance,
    const struct conn_ref *ref, char out[CONN_ID_LEN + 1]);

/*
 * Read an id. False when it is none, or one of another instance (told by 32
 * bits of the block: what somebody made up passes once in 4 billion times,
 * and then names a connection that is hardly there). The worker and the slot
 * may be ones that do not exist. The thread that owns the cipher.
 */
bool conn_id_decode(struct crypto_block *cipher, uint32_t instance,
    struct slice text, struct conn_ref *out);

#endif
