// Package shell is what every command of the command line works with: the terminal
// it speaks to, and the register it was given. The manners are those of package cli.
//
// A command embeds Store, which opens the register and says who acts, and gets the
// World to read from and to print to. What was asked for goes to Printf, JSON or Line;
// anything else to Note. Long work shows a Bar.
package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// World is what commands act on besides the register: the terminal.
type World struct {
	Ctx context.Context
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// ErrFindings ends a command with exit code 1 after it has printed what it found.
var ErrFindings = errors.New("findings")

// Usage is a wrong use that only the command itself can see.
type Usage string

// Error implements error.
func (u Usage) Error() string { return string(u) }

// JSON writes v to standard output, indented.
func (w *World) JSON(v any) error {
	enc := json.NewEncoder(w.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Line writes v to standard output as one line of JSON.
func (w *World) Line(v any) error {
	enc := json.NewEncoder(w.Out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Printf writes to standard output.
func (w *World) Printf(format string, args ...any) { fmt.Fprintf(w.Out, format, args...) }

// Note tells the person at the terminal something that is not the answer.
func (w *World) Note(format string, args ...any) { fmt.Fprintf(w.Err, format+"\n", args...) }
