#include "base/fatal.h"

#include <stdlib.h>

#include "base/log.h"

void fatal(const char *token, const char *text)
{
	log_error(token, text, kv_none);
	abort();
}
