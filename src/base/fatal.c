#include "base/fatal.h"

#include <stdlib.h>

#include "base/log.h"

void fatal(const char *component, const char *text)
{
	log_last_words(component, text);
	abort();
}
