package stream

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Credential lets its holder do everything on the embedded server of a data directory.
type Credential struct {
	URL      string `json:"url"` // "" when the server is stopped or does not listen
	User     string `json:"user"`
	Password string `json:"password"` // made once for the directory, so that others can reconnect after a restart
	PID      int    `json:"pid"`      // 0 when the server is stopped
}

// loadCredential reads the directory's credential, or makes one.
func loadCredential(dir string) (Credential, error) {
	c, err := ReadCredential(dir)
	if err == nil && c.Password != "" {
		return c, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	return Credential{User: "quidnunc", Password: rand.Text()}, nil
}

// ReadCredential reads what the server of a data directory wrote there. The error wraps fs.ErrNotExist where none ever ran.
func ReadCredential(dir string) (Credential, error) {
	var c Credential
	b, err := os.ReadFile(credentialPath(dir))
	if err != nil {
		return c, fmt.Errorf("stream: credential: %w", err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("stream: credential %s: %w (remove the file: the next start makes another)", credentialPath(dir), err)
	}
	return c, nil
}

// save replaces the file at once, readable by its owner only from the first byte.
func (c Credential) save(dir string) error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("stream: credential: %w", err)
	}
	f, err := os.CreateTemp(dir, ".nats-*.json") // 0600
	if err != nil {
		return fmt.Errorf("stream: credential: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("stream: credential: %w", err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, CredentialFile)); err != nil {
		return fmt.Errorf("stream: credential: %w", err)
	}
	return nil
}
