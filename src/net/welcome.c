#include "net/welcome.h"

#include <stdio.h>

#include "core/conn.h"

size_t welcome_print(const struct conn *c, char out[WELCOME_MAX])
{
	char id[CONN_ID_LEN + 1];

	conn_id(c, id);
	return (size_t)snprintf(out, WELCOME_MAX,
	    "{\"type\":\"roomcast.welcome\",\"connection\":\"%s\"}", id);
}
