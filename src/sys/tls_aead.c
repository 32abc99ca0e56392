#include "sys/tls_aead.h"

#include "base/fatal.h"

const struct tls_aead *tls_aead_for(enum tls_aead_kind kind)
{
	if (tls_aead_mb.has(kind))
		return &tls_aead_mb;
	return tls_aead_evp.has(kind) ? &tls_aead_evp : NULL;
}

void tls_aead_need(bool is_fine)
{
	if (!is_fine)
		fatal("tls", "a cipher fails: out of memory?");
}
