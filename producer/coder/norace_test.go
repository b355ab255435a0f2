//go:build !race

package coder_test

// adversarial is the size of the adversarial texts, in bytes.
const adversarial = 1 << 20
