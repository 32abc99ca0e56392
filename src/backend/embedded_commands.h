/*
 * embedded_commands: what publishers may ask of the embedded port. One table
 * of commands; each reads its arguments and appends its reply. No sockets.
 */
#ifndef BACKEND_EMBEDDED_COMMANDS_H
#define BACKEND_EMBEDDED_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/resp.h"

struct backend_sink;
struct conf;

/* What all publishers share; borrowed. */
struct embedded_host {
	const struct conf *conf;
	const struct backend_sink *sink;
	void *arg; /* of the sink */
};

enum embedded_reply { REPLY_ON, REPLY_OFF, REPLY_SKIP };

/* What a publisher has said about itself. */
struct embedded_session {
	uint64_t id;
	bool is_authenticated;
	bool is_resp3;
	enum embedded_reply reply;
	char name[64]; /* CLIENT SETNAME; "" for none */
};

enum embedded_outcome {
	EMBEDDED_GO_ON,
	EMBEDDED_QUIT,   /* send what is in the reply, then close */
	EMBEDDED_ATTACK, /* a browser was made to send this: close at once */
	EMBEDDED_NO_MEMORY,
};

/* A publisher that has just connected. */
void embedded_session_init(
    struct embedded_session *s, const struct embedded_host *host, uint64_t id);

/*
 * Execute a command of at least one string and append its reply to out, unless
 * the publisher wants none. A payload goes to the sink before this returns.
 */
enum embedded_outcome embedded_execute(const struct embedded_host *host,
    struct embedded_session *session, const struct resp_value *command,
    struct buf *out) __attribute__((warn_unused_result));

#endif
