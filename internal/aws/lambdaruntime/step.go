package lambdaruntime

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"rollbook/internal/domain/fault"
)

// The names under which errors reach the state machine, which retries and
// catches by them.
const (
	FileRejected   = "FileRejected"
	ImportMissing  = "ImportMissing"
	ImportConflict = "ImportConflict"
	Busy           = "Busy"
	Unexpected     = "Unexpected"
)

// ErrorName returns the name for an error, by its kind.
func ErrorName(err error) string {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.TooLarge:
		return FileRejected
	case fault.NotFound, fault.Forbidden:
		return ImportMissing
	case fault.Conflict:
		return ImportConflict
	case fault.Busy:
		return Busy
	default:
		return Unexpected
	}
}

// Step wraps a step of the state machine. It logs that the step begins and how it
// ended, with the cause of an error, and hands the error on under its ErrorName with
// the text that is safe to show: the execution's history keeps both. Each line that is
// logged on the way says what the input is about, if it is Attributed.
func Step[In, Out any](log *slog.Logger, handle func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		start := time.Now()
		if about, ok := any(in).(Attributed); ok {
			ctx = With(ctx, about.LogAttributes()...)
		}
		// What is killed says no more than this.
		log.InfoContext(ctx, "step begins")
		out, err := handle(ctx, in)
		took := slog.Int64("milliseconds", time.Since(start).Milliseconds())
		if err == nil {
			log.InfoContext(ctx, "step done", took)
			return out, nil
		}
		name := ErrorName(err)
		level := slog.LevelError
		if name == FileRejected || name == ImportConflict {
			level = slog.LevelInfo
		}
		log.LogAttrs(ctx, level, "step failed", took,
			slog.String("kind", fault.KindOf(err).String()), slog.String("cause", err.Error()))
		// By value: the runtime takes the name of a pointer's type instead.
		return out, messages.InvokeResponse_Error{Type: name, Message: safeText(err)}
	}
}

// safeText returns what an error says to people, never its cause.
func safeText(err error) string {
	if f, ok := fault.As(err); ok {
		if text := f.Log(); text != "" {
			return string(f.Code) + ": " + text
		}
		return string(f.Code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the time ran out"
	}
	return "something unexpected happened; the log has the cause"
}
