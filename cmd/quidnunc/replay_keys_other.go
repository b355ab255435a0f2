//go:build !linux

package main

import (
	"log/slog"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
)

// keys would let somebody at a terminal steer a replay; elsewhere than on Linux the API does.
func (r *replaying) keys(*replay.Control, func()) (letGo func()) { return func() {} }

// giveWay would lower the priority of this process; elsewhere than on Linux a replay only yields to the live lag.
func giveWay(*slog.Logger) {}
