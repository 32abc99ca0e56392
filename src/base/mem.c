#include "base/mem.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

static void *need(void *p)
{
	if (!p)
		fatal("mem", "out of memory");
	return p;
}

void *xmalloc(size_t size)
{
	return need(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return need(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc_array(void *old, size_t count, size_t size)
{
	return need(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *p, size_t len)
{
	char *copy = xmalloc(len + 1);

	memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

void *try_alloc(size_t size)
{
	return malloc(size ? size : 1);
}

void *try_realloc(void *old, size_t size)
{
	return realloc(old, size ? size : 1);
}

/* The file that a function was really loaded from. */
static const void *find_home(const char *function)
{
	const void *at = dlsym(RTLD_DEFAULT, function);
	Dl_info info;

	return at && dladdr(at, &info) ? info.dli_fbase : NULL;
}

void mem_trim(void)
{
	const void *home = find_home("malloc_trim");

	if (home && find_home("malloc") == home)
		(void)malloc_trim(0);
}
