#include "process/libraries.h"

#include <stddef.h>

#include <event2/event.h>

#include "base/crypto.h"
#include "conf/yamldoc.h"
#include "proto/deflater.h"
#include "proto/json_tree.h"
#include "proto/resp.h"
#include "proto/wsdec.h"

const struct library libraries[] = {
	{ "libevent", "libevent", event_get_version },
	{ "OpenSSL", "openssl", crypto_library },
	{ "zlib", "zlib", deflater_library },
	{ "hiredis", "hiredis", resp_library },
	{ "wslay", "wslay", wsdec_library },
	{ "cJSON", "cjson", json_tree_library },
	{ "libyaml", "libyaml", yamldoc_library },
	{ NULL, NULL, NULL },
};
