// uWebSockets with a topic for each room, which is its fastest way to many: the
// room is the last segment of the path; a message is POSTed to /publish/ROOM on
// a port of its own. Nothing else: no authentication, no limits, no logs.
//
//     server PORT PUBLISH_PORT [CERTIFICATE KEY]
#include "App.h"

#include <cstdlib>
#include <string>
#include <string_view>

namespace {

// As much may wait for a member as for one of the others' servers; what goes
// beyond it would be dropped, and the client would say so.
constexpr unsigned pending_max = 16 << 20;

struct Member {};

// Of the member that is let in at this moment: so nothing is kept of it.
std::string_view entered;

template <bool SSL>
uWS::TemplatedApp<SSL>::WebSocketBehavior<Member> members()
{
	return {
		.idleTimeout = 120,
		.maxBackpressure = pending_max,
		.upgrade =
		    [](auto *response, auto *request, auto *context) {
			    entered = request->getParameter(0);
			    response->template upgrade<Member>(
				{},
				request->getHeader("sec-websocket-key"),
				request->getHeader("sec-websocket-protocol"),
				request->getHeader("sec-websocket-extensions"),
				context);
		    },
		.open = [](auto *member) { member->subscribe(entered); },
	};
}

// The publisher's port, in the same loop; it is plain, as with the others.
template <bool SSL>
void publish_from(uWS::App &publisher, uWS::TemplatedApp<SSL> &app)
{
	publisher.post("/publish/:room", [&app](auto *response, auto *request) {
		std::string room(request->getParameter(0)), message;

		response->onAborted([] {});
		response->onData([&app, response, room, message](
				     std::string_view part, bool is_last) mutable {
			if (!is_last) {
				message.append(part);
				return;
			}
			app.publish(room,
			    message.empty() ? part : message.append(part),
			    uWS::OpCode::TEXT);
			response->writeStatus("204 No Content")->endWithoutBody();
		});
	});
}

template <bool SSL>
int serve(uWS::TemplatedApp<SSL> app, char **arguments)
{
	uWS::App publisher;
	bool is_deaf = false;
	auto check = [&is_deaf](auto *listener) { is_deaf |= !listener; };

	app.template ws<Member>("/ws/:room", members<SSL>());
	publish_from(publisher, app);
	publisher.listen("127.0.0.1", std::atoi(arguments[2]), check);
	app.listen("127.0.0.1", std::atoi(arguments[1]), check);
	if (is_deaf)
		return EXIT_FAILURE;
	app.run();
	return EXIT_FAILURE;
}

} // namespace

int main(int count, char **arguments)
{
	if (count == 3)
		return serve<false>(uWS::App(), arguments);
	return serve<true>(uWS::SSLApp({ .key_file_name = arguments[4],
			       .cert_file_name = arguments[3] }),
	    arguments);
}
