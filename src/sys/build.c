#include "sys/build.h"

const char *build_commit(void)
{
	return ROOMCAST_COMMIT;
}

/* A sanitizer says so itself: clang by a question, gcc by a name. */
#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define SANITIZER " asan"
#elif defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
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
