package stream

import (
	"context"
	"time"
)

const (
	guardEvery  = 2 * time.Second  // between two looks
	probeWithin = 3 * time.Second  // an answer, or the look has failed
	spaceToHeal = 16 << 20         // free bytes without which starting again heals nothing
	restPause   = 4 * time.Second  // after a restart, doubled while it did not help
	longestRest = 60 * time.Second // and at most
)

// Guard looks after the embedded server until ctx ends. Where writes fail (h is a Hub of this server), or one stream said
// that it takes nothing more, it starts the server again once its disk has space: a server whose disk was full does not
// heal by itself when space is made, and a new start loses nothing that was acknowledged.
func (s *Server) Guard(ctx context.Context, h *Hub) {
	g := guard{server: s, hub: h, pause: restPause}
	ticker := time.NewTicker(guardEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			g.look(ctx)
		}
	}
}

type guard struct {
	server *Server
	hub    *Hub

	failed int  // looks, one after the other
	full   bool // the disk was seen full since writes last succeeded
	rested time.Time
	pause  time.Duration
}

func (g *guard) look(ctx context.Context) {
	log := g.server.config.Log
	err := g.probe(ctx)
	harmed := g.server.harmed.Load()
	if ctx.Err() != nil {
		return
	}
	if err == nil && !harmed {
		if g.failed > 0 {
			log.Info("writes succeed again", "looks failed", g.failed)
		}
		g.failed, g.full, g.pause = 0, false, restPause
		return
	}
	g.failed++
	if free, err := g.server.FreeBytes(); err == nil && free < spaceToHeal {
		if !g.full {
			log.Error("the disk is full: nothing more is acknowledged until there is space", "dir", g.server.Dir(), "free bytes", free)
		}
		g.full = true
		return
	}
	if g.failed < 2 && !g.full && !harmed || time.Since(g.rested) < g.pause {
		return
	}
	log.Warn("writes fail though the disk has space: starting the embedded server again", "err", err)
	if err := g.server.Restart(ctx); err != nil && ctx.Err() == nil {
		log.Error("the embedded server does not start; trying again", "err", err)
	}
	g.rested, g.pause = time.Now(), min(2*g.pause, longestRest)
}

func (g *guard) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	return g.hub.Probe(ctx)
}
