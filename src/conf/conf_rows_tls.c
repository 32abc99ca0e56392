/*
 * conf_rows_tls: the rows of TLS towards a server, whichever that is. See
 * conf_rows.c.
 */
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/ip.h"
#include "conf/conf_rows_parts.h"
#include "conf/conf_tls.h"
#include "conf/secret.h"

#define IN_TLS(member_) IN(struct conf_tls, member_)

static int check_server_name(const char *text, struct err *e)
{
	struct address a;
	struct ip ignored;

	if (ip_parse(slice_str(text), &ignored))
		return 0;
	if (strchr(text, ':') || strchr(text, '*') ||
	    address_parse_tcp(&a, slice_str(text), 1, NULL) < 0)
		return err_set(e, -EINVAL,
		    "must be a name or an IP address alone, as it stands in "
		    "the server's certificate");
	return 0;
}

const struct schema_row conf_rows_tls[] = {
	{
	    .key = "ca",
	    .type = SCHEMA_TEXT,
	    IN_TLS(ca),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file with the certificates of those whom the "
		     "server's may be signed by. Not set: those that the "
		     "system trusts.",
	},
	{
	    .key = "certificate",
	    .type = SCHEMA_TEXT,
	    IN_TLS(certificate),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of the certificate, and behind it those of its "
		     "issuers, for a server that asks for one "
		     "(`tls-auth-clients` of Redis).",
	},
	{
	    .key = "key",
	    .type = SCHEMA_TEXT,
	    IN_TLS(key),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of that certificate's private key. These files "
		     "are read each time that roomcast connects to Redis; "
		     "those of an authenticator at the start and on a "
		     "reload.",
	},
	{
	    .key = "server_name",
	    .type = SCHEMA_TEXT,
	    IN_TLS(server_name),
	    .check = check_server_name,
	    .prose = "The name, or the IP address, that the server's "
		     "certificate must be for. Not set: the host that is "
		     "connected to, whoever names it.",
	},
	END,
};
