package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

// REDIS_URL says where to publish: the gateway's embedded port, or a Redis. With
// STREAM the messages are added to that stream, and who was away gets them.
var (
	stream = os.Getenv("STREAM")
	link   = connect(env("REDIS_URL", "redis://127.0.0.1:6390"))
)

func connect(url string) *redis.Client {
	options, err := redis.ParseURL(url)
	if err != nil {
		log.Fatal(err)
	}
	return redis.NewClient(options)
}

func publish(channel string, payload []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if stream == "" {
		return link.Publish(ctx, channel, payload).Err()
	}
	return link.XAdd(ctx, &redis.XAddArgs{Stream: stream, MaxLen: 100000,
		Approx: true, Values: []any{channel, payload}}).Err()
}

// send takes a typed message to the rooms, users or connections of an envelope.
func send(message object, envelope object) error {
	envelope["message"] = message
	payload, err := json.Marshal(envelope)
	if err != nil {
		return err
	}
	return publish("roomcast:send", payload)
}
