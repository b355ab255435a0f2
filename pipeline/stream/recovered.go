package stream

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// unreadStreams is ErrCorrupt where the data directory holds a stream that the server did not bring up: it only warns, and the next
// set-up would begin that stream anew over the old one's data.
func unreadStreams(server *natsserver.Server, dir string, logger *serverLog) error {
	streams := filepath.Join(dir, natsserver.JetStreamStoreDir, "$G", "streams")
	kept, err := filepath.Glob(filepath.Join(streams, "*", natsserver.JetStreamMetaFile))
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	j, err := server.Jsz(&natsserver.JSzOptions{Accounts: true, Streams: true})
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	var up []string
	for _, account := range j.AccountDetails {
		for _, s := range account.Streams {
			up = append(up, s.Name)
		}
	}
	for _, meta := range kept {
		if name := filepath.Base(filepath.Dir(meta)); !slices.Contains(up, name) {
			return fmt.Errorf("stream: %w: stream %s cannot be read%s; restore %s from a copy, or move it away to begin that stream anew",
				ErrCorrupt, name, said(logger), filepath.Join(streams, name)+string(os.PathSeparator))
		}
	}
	return nil
}

func said(logger *serverLog) string {
	if text := logger.warns.Load(); text != nil {
		return " (" + *text + ")"
	}
	return ""
}
