// Package replay runs the machine over what was, and records what it says.
package replay
