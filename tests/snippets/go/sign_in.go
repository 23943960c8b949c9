// Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

type Member struct{ ID, Name string }

func byJWT(site, tokenSecret string, member Member) (string, error) {
	// snippet:begin jwt
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{"iss": site, "sub": member.ID, "name": member.Name, "iat": now, "exp": now + 600})
	if err != nil {
		return "", err
	}
	base64url := base64.RawURLEncoding.EncodeToString
	token := base64url([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64url(claims)
	mac := hmac.New(sha256.New, []byte(tokenSecret))
	mac.Write([]byte(token))
	token += "." + base64url(mac.Sum(nil))
	// snippet:end
	return token, nil
}

func easy(tokenSecret string, member Member) string {
	// snippet:begin easy
	mac := hmac.New(sha256.New, []byte(tokenSecret))
	mac.Write([]byte(member.ID))
	token := member.ID + "." + hex.EncodeToString(mac.Sum(nil))
	// snippet:end
	return token
}

func main() {
	site, tokenSecret := os.Getenv("NEXTIM_SITE"), os.Getenv("NEXTIM_TOKEN_SECRET")
	args := os.Args[1:]
	switch {
	case len(args) == 3 && args[0] == "jwt":
		token, err := byJWT(site, tokenSecret, Member{ID: args[1], Name: args[2]})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(token)
	case len(args) == 2 && args[0] == "easy":
		fmt.Println(easy(tokenSecret, Member{ID: args[1]}))
	default:
		fmt.Fprintln(os.Stderr, "usage: sign_in jwt USERID NAME | easy USERID")
		os.Exit(2)
	}
}
