/*
 * conf_rows_listen_tls: the rows of TLS towards clients. See conf_rows.c.
 */
#include "conf/conf_listen.h"
#include "conf/conf_rows_parts.h"
#include "conf/secret.h"
#include "proto/ticket_keys.h"

#define IN_LISTEN_TLS(member_)  IN(struct conf_listen, tls.member_)
#define IN_CERTIFICATE(member_) IN(struct conf_certificate, member_)

static const struct schema_row certificate_rows[] = {
	{
	    .key = "certificate",
	    .type = SCHEMA_TEXT,
	    IN_CERTIFICATE(certificate),
	    .is_required = true,
	    .is_path = true,
	    .check = secret_check,
	    .prose = "As `tls.certificate`. It is shown to clients that ask "
		     "for one of its DNS names (subjectAltName), of which a "
		     "wildcard stands for one part of a name. A name that "
		     "is there twice is the first one's; two that have the "
		     "same names and keys of different kinds, RSA and "
		     "ECDSA, go together: a client gets what it can use.",
	},
	{
	    .key = "key",
	    .type = SCHEMA_TEXT,
	    IN_CERTIFICATE(key),
	    .is_required = true,
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of this certificate's private key.",
	},
	END,
};

_Static_assert(sizeof(enum conf_tls_version) == 4, "SCHEMA_WORD");

static const char *const version_words[] = {
	[CONF_TLS_1_2] = "1.2",
	[CONF_TLS_1_3] = "1.3",
	NULL,
};

_Static_assert(sizeof(enum conf_client_certificate) == 4, "SCHEMA_WORD");

static const char *const client_certificate_words[] = {
	[CONF_CLIENT_REQUIRED] = "required",
	[CONF_CLIENT_OPTIONAL] = "optional",
	NULL,
};

const struct schema_row conf_rows_listen_tls[] = {
	{
	    .key = "certificate",
	    .also = "cert cert_file crt ssl_certificate tls_cert",
	    .type = SCHEMA_TEXT,
	    IN_LISTEN_TLS(certificate),
	    .is_required = true,
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of the certificate and behind it those of "
		     "its issuers. Without `tls` clients connect in plain.",
	},
	{
	    .key = "key",
	    .also = "key_file private_key ssl_certificate_key tls_key",
	    .type = SCHEMA_TEXT,
	    IN_LISTEN_TLS(key),
	    .is_required = true,
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of the certificate's private key. All files "
		     "of `tls` are read again on SIGHUP.",
	},
	{
	    .key = "certificates",
	    .type = SCHEMA_LIST,
	    IN_LISTEN_TLS(certificates),
	    .rows = certificate_rows,
	    .item_size = sizeof(struct conf_certificate),
	    .max = CONF_CERTIFICATES_MAX,
	    .prose = "More certificates for other names at this address. The "
		     "one above is for clients that ask for a name that none "
		     "has, or for no name.",
	},
	{
	    .key = "min_version",
	    .type = SCHEMA_WORD,
	    IN_LISTEN_TLS(min_version),
	    .preset = "1.2",
	    .words = version_words,
	    .prose = "The oldest version of TLS that clients may come with.",
	},
	{
	    .key = "ticket_keys",
	    .also = "session_ticket_key ssl_session_ticket_key tls_ticket_keys",
	    .type = SCHEMA_TEXT,
	    IN_LISTEN_TLS(ticket_keys),
	    .is_path = true,
	    .check = ticket_keys_check,
	    .prose = "File of the keys of session tickets, by which clients "
		     "come back without a whole handshake: one a line, 64 "
		     "hexadecimal digits, up to 16. The first makes tickets, "
		     "all open them: also those of other instances, and of "
		     "before a restart. Read again on SIGHUP. Not set: keys "
		     "of this process, a new one every 12 hours.",
	},
	{
	    .key = "client_ca",
	    .type = SCHEMA_TEXT,
	    IN_LISTEN_TLS(client_ca),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of the authorities that sign clients' "
		     "certificates. With it each client is asked for one, and "
		     "has to prove that it is its own; who shows one of "
		     "somebody else, or out of its dates, is refused within "
		     "TLS. Sessions are not resumed. Not set: nobody is asked.",
	},
	{
	    .key = "client_certificate",
	    .type = SCHEMA_WORD,
	    IN_LISTEN_TLS(client_certificate),
	    .preset = "required",
	    .words = client_certificate_words,
	    .prose = "With `client_ca`. `optional`: who shows no certificate "
		     "comes in as well, and gets a 401 only where the route "
		     "goes by it (`auth` of type `certificate`).",
	},
	{
	    .key = "client_crl",
	    .type = SCHEMA_TEXT,
	    IN_LISTEN_TLS(client_crl),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of revocation lists, one of each authority "
		     "above a client's certificate: whom a list names is "
		     "refused, and everybody when a list is missing or has "
		     "expired. Up to 1 MiB. Read again on SIGHUP, as all files "
		     "here. Not set: nothing is revoked.",
	},
	END,
};
