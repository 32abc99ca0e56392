// A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
//
//	go run sign-token.go 42 lobby 'chat-*'
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
	secret, err := os.ReadFile("/etc/roomcast/token-secret")
	if err != nil {
		log.Fatal(err)
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
