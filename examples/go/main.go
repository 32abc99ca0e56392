// net/http and go-redis: an app that publishes to roomcast (publish.go) and
// issues tokens (token.go).
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

type object = map[string]any

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

var rooms = []string{"lobby", "news"} // where each user may be

func answer(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// with reads the body of a POST, and finds out who it is from.
func with(handle func(http.ResponseWriter, *http.Request, map[string]string, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := map[string]string{}
		if r.Method != http.MethodPost ||
			json.NewDecoder(http.MaxBytesReader(w, r.Body, 16384)).Decode(&body) != nil {
			answer(w, 400, object{"error": "POST an object of JSON"})
			return
		}
		name := userOf(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if name == "" && r.URL.Path != "/login" {
			answer(w, 401, object{"error": "log in first"})
			return
		}
		handle(w, r, body, name)
	}
}

// login: your app would look at a password here, and at who may be where.
func login(w http.ResponseWriter, r *http.Request, body map[string]string, _ string) {
	url := env("GATEWAY", "ws://127.0.0.1:8080/ws/lobby")
	answer(w, 200, object{"url": url, "token": newToken(body["name"], rooms)})
}

// say: to all in the room; the tab that says it has this answer instead.
func say(w http.ResponseWriter, r *http.Request, body map[string]string, name string) {
	room := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/rooms/"), "/messages")
	if room != rooms[0] && room != rooms[1] {
		answer(w, 404, object{"error": "no such room"})
		return
	}
	message := object{"type": "message", "from": name, "text": body["text"]}
	envelope := object{"rooms": []string{room}}
	if body["connection"] != "" {
		envelope["except"] = []string{body["connection"]}
	}
	if err := send(message, envelope); err != nil {
		answer(w, 503, object{"error": err.Error()})
		return
	}
	answer(w, 201, message)
}

// report: a job that takes a while tells all tabs of its user how far it is.
func report(w http.ResponseWriter, r *http.Request, _ map[string]string, name string) {
	go func() {
		for percent := 25; percent <= 100; percent += 25 {
			time.Sleep(200 * time.Millisecond)
			send(object{"type": "report", "percent": percent}, object{"users": []string{name}})
		}
	}()
	answer(w, 202, object{})
}

func main() {
	http.HandleFunc("/login", with(login))
	http.HandleFunc("/rooms/", with(say))
	http.HandleFunc("/reports", with(report))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "../page.html")
	})
	address := "127.0.0.1:" + env("PORT", "8000")
	log.Printf("http://%s/", address)
	log.Fatal(http.ListenAndServe(address, nil))
}
