package notify

import "strconv"

// Sign lets the test check the signature of a body that is no alert.
func Sign(secret, id string, timestamp int64, body []byte) string {
	key, err := parseSecret(secret)
	if err != nil {
		return err.Error()
	}
	return signature(key, id, strconv.FormatInt(timestamp, 10), body)
}
