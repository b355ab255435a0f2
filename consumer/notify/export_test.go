package notify

import (
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Sign lets the test check the signature of a body that is no alert.
func Sign(secret, id string, timestamp int64, body []byte) string {
	key, err := parseSecret(secret)
	if err != nil {
		return err.Error()
	}
	s, err := signatures([]*standardwebhooks.Webhook{key}, id, time.Unix(timestamp, 0), body)
	if err != nil {
		return err.Error()
	}
	return s
}
