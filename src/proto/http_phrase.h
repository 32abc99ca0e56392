/*
 * http_phrase: what a status line says beside the number (RFC 9110, section
 * 15).
 */
#ifndef PROTO_HTTP_PHRASE_H
#define PROTO_HTTP_PHRASE_H

/* The phrase of a status that is answered here; "Error" for any other. */
const char *http_phrase(int status);

#endif
