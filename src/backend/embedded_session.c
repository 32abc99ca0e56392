#include "backend/embedded_session.h"

void embedded_session_init(
    struct embedded_session *s, const struct embedded_host *host, uint64_t id)
{
	*s = (struct embedded_session){
		.id = id,
		.is_authenticated = !host->password,
	};
	embedded_listener_init(&s->listener);
}

void embedded_session_fini(struct embedded_session *s)
{
	embedded_transaction_end(&s->transaction);
	embedded_listener_fini(&s->listener);
}
