// A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
//
//	SECRET_FILE=secret go run sign-token.go 42 lobby 'chat-*'
//
// golang-jwt does the same: jwt.NewWithClaims(jwt.SigningMethodHS256, claims).
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"
)

func main() {
	file := os.Getenv("SECRET_FILE")
	if file == "" {
		file = "/etc/roomcast/token-secret"
	}
	secret, err := os.ReadFile(file)
	if err != nil {
		log.Fatalf("%v: name the file of the secret in SECRET_FILE", err)
	}
	claims, err := json.Marshal(map[string]any{
		"sub": os.Args[1], "rooms": os.Args[2:], "exp": time.Now().Unix() + 300,
	})
	if err != nil {
		log.Fatal(err)
	}
	base64url := base64.RawURLEncoding.EncodeToString
	signed := base64url([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64url(claims)
	mac := hmac.New(sha256.New, bytes.TrimSpace(secret))
	mac.Write([]byte(signed))
	fmt.Println(signed + "." + base64url(mac.Sum(nil)))
}
