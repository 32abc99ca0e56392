#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static int resolve(struct dial *d, const char *url, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char name[256];
	char *port, *host = name;
	int failure;

	(void)snprintf(name, sizeof name, "%s", d->host);
	port = strrchr(name, ':');
	if (!port)
		return err_set(e, -EINVAL, "%s: no port", url);
	*port++ = '\0';
	if (*host == '[' && port - host > 2 && port[-2] == ']') {
		host++;
		port[-2] = '\0';
	}
	failure = getaddrinfo(host, port, &hints, &found);
	if (failure)
		return err_set(
		    e, -EINVAL, "%s: %s", url, gai_strerror(failure));
	memcpy(&d->address, found->ai_addr, found->ai_addrlen);
	d->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int use_path(
    struct dial *d, const char *path, const char *url, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (*path != '/' || strlen(path) >= sizeof un.sun_path)
		return err_set(e, -EINVAL, "%s: no such path", url);
	memcpy(un.sun_path, path, strlen(path));
	memcpy(&d->address, &un, sizeof un);
	d->len = sizeof un;
	return 0;
}

int dial_parse(struct dial *d, const char *url, struct err *e)
{
	const char *rest = strstr(url, "://");
	size_t len;

	*d = (struct dial){ 0 };
	if (!rest)
		return err_set(e, -EINVAL, "%s: no scheme", url);
	rest += 3;
	if (strncmp(url, "unix:", 5) == 0)
		return use_path(d, rest, url, e);
	len = strcspn(rest, "/");
	if (len >= sizeof d->host)
		return err_set(e, -EINVAL, "%s: too long", url);
	memcpy(d->host, rest, len);
	return resolve(d, url, e);
}
