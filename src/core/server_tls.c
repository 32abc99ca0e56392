#include "core/server_tls.h"

#include "conf/conf_tls.h"
#include "conf/mistakes.h"
#include "conf/node.h"

struct tls_client_files server_tls_files(const struct conf_tls *conf)
{
	return (struct tls_client_files){
		.ca = conf->ca,
		.certificate = conf->certificate,
		.key = conf->key,
	};
}

void server_tls_check(
    const struct conf_tls *conf, struct node *n, struct mistakes *m)
{
	const struct tls_client_files files = server_tls_files(conf);
	struct err e;

	if (!conf->is_on)
		return;
	if (tls_client_check_ca(&files, &e) < 0)
		mistakes_at(m, node_find(n, "ca"), "%s", e.text);
	if (tls_client_check_pair(&files, &e) < 0)
		mistakes_at(m, node_find(n, "certificate"), "%s", e.text);
}
