#include "sys/build.h"

#include "base/sanitizer.h"

const char *build_commit(void)
{
	return ROOMCAST_COMMIT;
}

#if SANITIZER_ADDRESS
#define SANITIZER " asan"
#elif SANITIZER_THREAD
#define SANITIZER " tsan"
#else
#define SANITIZER ""
#endif

#ifdef ROOMCAST_CHECKED
#define CHECKED " checked"
#else
#define CHECKED ""
#endif

const char *build_features(void)
{
	return "websocket sse permessage-deflate tls redis sentinel cluster "
	       "embedded jwt hook systemd" CHECKED SANITIZER;
}
