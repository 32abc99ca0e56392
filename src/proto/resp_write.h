/*
 * resp_write: replies in Redis' protocol, for the server's side. RESP2, and
 * the few types of RESP3 in which the two differ. And commands, for a client's.
 */
#ifndef PROTO_RESP_WRITE_H
#define PROTO_RESP_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* Where replies go. Memory that is out is noted and found at the end. */
struct resp_writer {
	struct buf *out; /* borrowed */
	bool is_resp3;
	bool is_out_of_memory; /* what is in out is then not whole */
};

/* Raw bytes: a whole "+OK\r\n", or a part of a reply. */
void resp_put(struct resp_writer *w, const char *p, size_t len);
void resp_put_text(struct resp_writer *w, const char *text);

/* A number as ':', or the head of an array as '*'. */
void resp_put_number(struct resp_writer *w, char type, long long number);

/* A string of any bytes. */
void resp_put_bulk(struct resp_writer *w, struct slice text);

/* The null value. */
void resp_put_nil(struct resp_writer *w);

/* The head of a map of count pairs; RESP2 has a flat array for it. */
void resp_put_map(struct resp_writer *w, long long count);

/* -text, which begins with a code: "ERR no such thing". */
void resp_put_error(struct resp_writer *w, const char *text);

/* A command: its name and its arguments, count in all. */
void resp_put_command(
    struct resp_writer *w, const struct slice *arguments, size_t count);

#endif
