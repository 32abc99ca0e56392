/*
 * base64url: base64 with the URL-safe alphabet and without padding (RFC 4648,
 * section 5; RFC 7515, section 2), as tokens and keys in JSON spell bytes.
 */
#ifndef BASE_BASE64URL_H
#define BASE_BASE64URL_H

#include <stddef.h>

#include "base/slice.h"

/* How many characters len bytes are, without a NUL. */
#define BASE64URL_CHARS(len) (((len)*4 + 2) / 3)

/*
 * Write len bytes as text, NUL-terminated: out holds BASE64URL_CHARS(len) + 1.
 * Any thread.
 */
void base64url_encode(const unsigned char *bytes, size_t len, char *out);

/* How many bytes text_len characters decode to at most. */
#define BASE64URL_BYTES(text_len) ((text_len) / 4 * 3 + 2)

/*
 * Strict and canonical: nothing but the alphabet, no padding, no white space,
 * and the bits behind the last byte are 0, so that no two texts stand for the
 * same bytes. out holds BASE64URL_BYTES(text.len). Returns the number of
 * bytes, or -EINVAL. Any thread.
 */
long base64url_decode(struct slice text, unsigned char *out)
    __attribute__((warn_unused_result));

#endif
