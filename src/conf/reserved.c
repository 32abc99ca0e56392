/* reserved: see reserved.h. */
#include "conf/reserved.h"

#include "base/ascii.h"

#define OF_THE_CONNECTION                                            \
	"concerns the client's own connection and cannot be handed " \
	"on"
#define OF_THE_ANSWER  "would let the client change the form of the answer"
#define OF_THE_GATEWAY "is set by the gateway itself"

static const struct {
	const char *name; /* lower case; one that ends in '-' is a prefix */
	const char *why;
} rows[] = {
	{ "connection", OF_THE_CONNECTION },
	{ "content-length", OF_THE_CONNECTION },
	{ "expect", OF_THE_CONNECTION },
	{ "host", OF_THE_CONNECTION },
	{ "keep-alive", OF_THE_CONNECTION },
	{ "proxy-authenticate", OF_THE_CONNECTION },
	{ "proxy-authorization", OF_THE_CONNECTION },
	{ "proxy-connection", OF_THE_CONNECTION },
	{ "sec-websocket-", OF_THE_CONNECTION },
	{ "te", OF_THE_CONNECTION },
	{ "trailer", OF_THE_CONNECTION },
	{ "transfer-encoding", OF_THE_CONNECTION },
	{ "upgrade", OF_THE_CONNECTION },
	{ "accept-encoding", OF_THE_ANSWER },
	{ "if-match", OF_THE_ANSWER },
	{ "if-modified-since", OF_THE_ANSWER },
	{ "if-none-match", OF_THE_ANSWER },
	{ "if-range", OF_THE_ANSWER },
	{ "if-unmodified-since", OF_THE_ANSWER },
	{ "range", OF_THE_ANSWER },
	{ "user-agent", OF_THE_GATEWAY },
	{ "x-connection-id", OF_THE_GATEWAY },
	{ "x-forwarded-for", OF_THE_GATEWAY },
	{ "x-original-uri", OF_THE_GATEWAY },
};

static bool begins_with(struct slice name, struct slice lower)
{
	if (name.len < lower.len)
		return false;
	for (size_t i = 0; i < lower.len; i++) {
		char c = name.ptr[i] == '_' ? '-' : name.ptr[i];

		if (ascii_to_lower(c) != lower.ptr[i])
			return false;
	}
	return true;
}

const char *reserved_header(struct slice name)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slice row = slice_str(rows[i].name);
		bool is_prefix = row.ptr[row.len - 1] == '-';

		if (begins_with(name, row) &&
		    (is_prefix || name.len == row.len))
			return rows[i].why;
	}
	return NULL;
}
