#include "sys/tls_subject.h"

#include <openssl/x509v3.h>

struct visiting {
	tls_subject_visit_fn visit;
	void *arg;
};

static void visit_text(const struct visiting *v, enum tls_subject_field field,
    const ASN1_STRING *text)
{
	v->visit(v->arg, field,
	    slice_of((const char *)ASN1_STRING_get0_data(text),
		(size_t)ASN1_STRING_length(text)));
}

/* The subject's texts have several encodings, of which some are ancient. */
static void visit_converted(const struct visiting *v,
    enum tls_subject_field field, const ASN1_STRING *text)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, text);

	v->visit(v->arg, field,
	    slice_of((const char *)utf8, len > 0 ? (size_t)len : 0));
	OPENSSL_free(utf8);
}

static void visit_parts(const struct visiting *v, const X509_NAME *subject,
    enum tls_subject_field field, int nid)
{
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, nid, at)) >= 0)
		visit_converted(v, field,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

static void visit_name(const struct visiting *v, const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_DNS:
		visit_text(v, TLS_SUBJECT_DNS, name->d.dNSName);
		break;
	case GEN_EMAIL:
		visit_text(v, TLS_SUBJECT_EMAIL, name->d.rfc822Name);
		break;
	case GEN_URI:
		visit_text(
		    v, TLS_SUBJECT_URI, name->d.uniformResourceIdentifier);
		break;
	default:
		break;
	}
}

void tls_subject_visit(
    const X509 *certificate, tls_subject_visit_fn visit, void *arg)
{
	const struct visiting v = { visit, arg };
	const X509_NAME *subject = X509_get_subject_name(certificate);
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	visit_parts(&v, subject, TLS_SUBJECT_CN, NID_commonName);
	visit_parts(&v, subject, TLS_SUBJECT_O, NID_organizationName);
	visit_parts(&v, subject, TLS_SUBJECT_OU, NID_organizationalUnitName);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		visit_name(&v, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
}
