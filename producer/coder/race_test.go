//go:build race

package coder_test

// adversarial is the size of the adversarial texts, in bytes. The race detector makes a mebibyte take minutes.
const adversarial = 1 << 16
