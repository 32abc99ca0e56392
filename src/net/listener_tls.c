#include "net/listener_tls.h"

#include "conf/conf_listen.h"
#include "sys/tls_server.h"

enum { PAIRS_MAX = 1 + CONF_CERTIFICATES_MAX };

size_t listener_tls_count(const struct conf_listen *conf)
{
	return conf->tls.certificate ? 1 + conf->tls.certificates.count : 0;
}

static struct tls_files files_at(const struct conf_listen *conf, size_t index)
{
	const struct conf_certificate *more = conf->tls.certificates.items;

	if (index == 0)
		return (
		    struct tls_files){ conf->tls.certificate, conf->tls.key };
	return (struct tls_files){ more[index - 1].certificate,
		more[index - 1].key };
}

const char *listener_tls_file(const struct conf_listen *conf, size_t index)
{
	return files_at(conf, index).certificate;
}

/* With room for the pairs, which it borrows. */
static struct tls_settings settings_of(
    const struct conf_listen *conf, struct tls_files pairs[PAIRS_MAX])
{
	for (size_t i = 0; i < listener_tls_count(conf); i++)
		pairs[i] = files_at(conf, i);
	return (struct tls_settings){
		.pairs = pairs,
		.pair_count = listener_tls_count(conf),
		.is_1_3_only = conf->tls.min_version == CONF_TLS_1_3,
		.ticket_keys = conf->tls.ticket_keys,
		.visitors = {
			.ca = conf->tls.client_ca,
			.crl = conf->tls.client_crl,
			.must_show = conf->tls.client_certificate ==
				     CONF_CLIENT_REQUIRED,
		},
	};
}

struct tls_server *listener_tls_new(
    const struct conf_listen *conf, struct err *e)
{
	struct tls_files pairs[PAIRS_MAX];
	const struct tls_settings settings = settings_of(conf, pairs);

	return tls_server_new(&settings, e);
}

int listener_tls_read(
    struct tls_server *t, const struct conf_listen *conf, struct err *e)
{
	struct tls_files pairs[PAIRS_MAX];
	const struct tls_settings settings = settings_of(conf, pairs);

	return tls_server_read(t, &settings, e);
}
