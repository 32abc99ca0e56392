/*
 * reference: prints the pages of docs/ that come from the program's own
 * tables: `reference configuration` and `reference metrics`. Part of the
 * build of the documentation, not of the gateway.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf_print.h"
#include "core/metrics_text.h"

int main(int argc, char **argv)
{
	const char *page = argc == 2 ? argv[1] : "";
	struct buf out = { 0 };
	size_t written;

	if (!strcmp(page, "configuration")) {
		conf_reference(&out);
	} else if (!strcmp(page, "metrics")) {
		metrics_reference(&out);
	} else {
		(void)fputs("usage: reference configuration|metrics\n", stderr);
		return 2;
	}
	written = fwrite(out.data, 1, out.len, stdout);
	if (written != out.len || fflush(stdout) != 0)
		return 1;
	buf_fini(&out);
	return 0;
}
