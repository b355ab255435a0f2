//go:build !linux

// Package pages lays tables that are read here and there where reading them costs least.
package pages

// Spread makes a slice of n zero elements that is read here and there.
func Spread[T any](n int) []T { return make([]T, n) }
