// Package fault holds the kinds of error that Rollbook tells apart, each with the
// reason that is safe to show to the person who must act. The cause stays apart,
// for the log.
package fault

import (
	"context"
	"errors"

	"rollbook/internal/domain/reason"
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
	// Reason says what happened, where and what to do, to whoever asked. One with
	// a code that only the log has is shown to nobody. It holds no personal data
	// that did not come from the same request.
	reason.Reason
	// Fields name the parts of a request that are at fault.
	Fields []Field
	// ID names the thing that stands in the way, for a Conflict.
	ID string
	// Err is the cause, for the log only.
	Err error

	// wrapped says that the cause tells more than the sentence, which is then left
	// out of the log.
	wrapped bool
}

// Field is one part of a request that is at fault, and why.
type Field struct {
	// Location is a path such as body.condition.all[0].op.
	Location string
	// Reason is the one for which a row with this value is rejected, if rows can
	// have it.
	reason.Reason
}

// Error joins code, sentence and cause, for the log: without what people wrote
// into their files.
func (e *Error) Error() string {
	s := string(e.Code)
	if text := e.Log(); text != "" && !e.wrapped {
		s += ": " + text
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the kind for the reason of a code ("code" or
// "code.case") with its parameters, as reason.New has them.
func New(kind Kind, key string, values ...any) *Error {
	return &Error{Kind: kind, Reason: reason.New(key, values...)}
}

// Missing is the one answer for what does not exist and for what belongs to
// another institution, so that the two cannot be told apart.
func Missing() *Error { return New(NotFound, "notFound") }

// At returns an Invalid error that names one part of a request.
func At(location, key string, values ...any) *Error {
	e := New(Invalid, key, values...)
	e.Fields = []Field{{location, e.Reason}}
	return e
}

// Wrap marks the cause as of the kind. It returns nil for a nil cause.
func Wrap(kind Kind, key string, err error) error {
	if err == nil {
		return nil
	}
	e := New(kind, key)
	e.Err, e.wrapped = err, true
	return e
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
