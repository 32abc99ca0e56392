// Centrifuge, the library that Centrifugo is built on, as a server with its
// memory engine: the room is the last segment of the path, subscribed by the
// server when the client connects; a message is POSTed to /publish/ROOM on a
// port of its own. Defaults, with write buffers shared; no logs.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"path"

	"github.com/centrifugal/centrifuge"
)

type roomKey struct{}

func newNode() *centrifuge.Node {
	node, err := centrifuge.New(centrifuge.Config{
		LogLevel: centrifuge.LogLevelNone,
	})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		room := ctx.Value(roomKey{}).(string)
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{},
			Subscriptions: map[string]centrifuge.SubscribeOptions{room: {}},
		}, nil
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	return node
}

func subscriber(node *centrifuge.Node) http.Handler {
	handler := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		UseWriteBufferPool: true,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), roomKey{}, path.Base(r.URL.Path))
		handler.ServeHTTP(w, r.WithContext(ctx))
	})
}

func publisher(node *centrifuge.Node) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = node.Publish(path.Base(r.URL.Path), message)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func main() {
	node := newNode()
	go func() {
		log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[2], publisher(node)))
	}()
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], subscriber(node)))
}
