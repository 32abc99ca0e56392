package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log"
	"os"
	"strings"
	"time"
)

// A JWT with HS256; an app with more than this takes a library for it.
const header = `{"alg":"HS256","typ":"JWT"}`

type claims struct {
	Name  string   `json:"sub"`
	Rooms []string `json:"rooms"`
	Until int64    `json:"exp"`
}

var (
	secret = sharedSecret()
	base   = base64.RawURLEncoding
)

// sharedSecret is made at the first start; the gateway has the same file.
func sharedSecret() []byte {
	text, err := os.ReadFile("secret")
	if errors.Is(err, os.ErrNotExist) {
		random := make([]byte, 32)
		if _, err = rand.Read(random); err == nil {
			text = []byte(hex.EncodeToString(random))
			err = os.WriteFile("secret", text, 0o600)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
	return []byte(strings.TrimSpace(string(text)))
}

func signature(text string) string {
	code := hmac.New(sha256.New, secret)
	code.Write([]byte(text))
	return base.EncodeToString(code.Sum(nil))
}

func newToken(name string, rooms []string) string {
	body, _ := json.Marshal(claims{name, rooms, time.Now().Add(time.Hour).Unix()})
	text := base.EncodeToString([]byte(header)) + "." + base.EncodeToString(body)
	return text + "." + signature(text)
}

// userOf says who has this token; "" when it is not ours, or too old.
func userOf(token string) string {
	cut := strings.LastIndex(token, ".")
	if cut < 0 || !hmac.Equal([]byte(token[cut+1:]), []byte(signature(token[:cut]))) {
		return ""
	}
	var found claims
	_, middle, _ := strings.Cut(token[:cut], ".")
	body, err := base.DecodeString(middle)
	if err != nil || json.Unmarshal(body, &found) != nil || found.Until < time.Now().Unix() {
		return ""
	}
	return found.Name
}
