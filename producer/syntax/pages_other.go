//go:build !linux

package syntax

// spread makes a slice that is read here and there.
func spread[T any](n int) []T { return make([]T, n) }
