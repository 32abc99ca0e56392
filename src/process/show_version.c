#include "process/show_version.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "process/libraries.h"
#include "sys/build.h"
#include "sys/tls_aead.h"

static void put_libraries(struct buf *out)
{
	buf_puts(out, "libraries:");
	for (const struct library *l = libraries; l->name; l++)
		buf_printf(out, "%s %s %s", l == libraries ? "" : ",", l->name,
		    l->version());
	buf_puts(out, "\n");
}

int show_version(void)
{
	struct buf out = { 0 };

	buf_printf(&out, "roomcast %s\ncommit: %s\n", ROOMCAST_VERSION,
	    build_commit());
	put_libraries(&out);
	buf_printf(&out, "features: %s%s\n", build_features(),
	    tls_aead_for(TLS_AES_128_GCM) == &tls_aead_mb ? " ipsec-mb" : "");
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_fini(&out);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
