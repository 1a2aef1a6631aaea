// Package fault holds the kinds of error that Rollbook tells apart, each with a
// stable code for programs and a text that is safe to show to the person who
// must act. The cause stays apart, for the log.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind is the short closed list that callers choose by.
type Kind int

// The kinds. Internal is the zero value, so an unknown error is ours.
const (
	Internal  Kind = iota
	Invalid        // what was sent cannot be taken as it is
	TooLarge       // it is over a limit that the text names
	NotFound       // missing, or another institution's
	Forbidden      // the caller's groups do not allow it
	Conflict       // the thing is not in a state that allows it
	Busy           // a dependency is throttled or away: trying again is right
)

// String returns the kind's name as logs show it.
func (k Kind) String() string {
	return [...]string{"internal", "invalid", "tooLarge", "notFound", "forbidden", "conflict", "busy"}[k]
}

// Error is what every Rollbook package returns when a caller may act on it.
type Error struct {
	Kind Kind
	// Code is a stable word in camelCase, listed in docs/codes.md.
	Code string
	// Text says what happened, where and what to do. It may be shown to the
	// user; it never holds personal data that did not come from the same request.
	Text string
	// Fields name the parts of a request that are at fault.
	Fields []Field
	// ID names the thing that stands in the way, for a Conflict.
	ID string
	// Err is the cause, for the log only.
	Err error
}

// Field is one part of a request that is at fault.
type Field struct {
	// Location is a path such as body.condition.all[0].op.
	Location string
	// Message says what is wrong with it and what is taken.
	Message string
	// Code is the code that a row with this value is rejected with, if there is one.
	Code string
}

// Error joins code, text and cause, for the log.
func (e *Error) Error() string {
	s := e.Code
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the kind with a text for the user.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Missing is the one answer for what does not exist and for what belongs to
// another institution, so that the two cannot be told apart.
func Missing() *Error {
	return New(NotFound, "notFound", "There is nothing at this address.")
}

// At returns an Invalid error that names one part of a request.
func At(location, code, format string, args ...any) *Error {
	e := New(Invalid, code, format, args...)
	e.Fields = []Field{{Location: location, Message: e.Text}}
	return e
}

// Wrap marks the cause as of the kind. It returns nil for a nil cause.
func Wrap(kind Kind, code string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Code: code, Err: err}
}

// KindOf returns the kind of the outermost Error in the chain; Busy for a
// deadline that passed, since the same call may succeed later; Internal else.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Busy
	}
	return Internal
}

// As returns the outermost Error in the chain.
func As(err error) (*Error, bool) { return errors.AsType[*Error](err) }
