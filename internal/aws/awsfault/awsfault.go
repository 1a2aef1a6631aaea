// Package awsfault tells what an error of an AWS call means to Rollbook, so
// that callers choose by kind and never by a service's code: try later, give
// up, or find out first whether it was done. The adapters use it; nothing else
// imports it.
package awsfault

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"rollbook/internal/domain/fault"
)

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// Of returns err as a fault: kind Busy with code "busy" for throttling, 5xx,
// connections that broke and deadlines; Internal with code "aws" else. A
// fault, a cancelled context and nil are returned as they are.
//
// The text names service, operation, error code and request, never the message:
// that may hold what a user typed, or an object's key.
func Of(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	if Busy(err) {
		return fault.Wrap(fault.Busy, "busy", cause{err})
	}
	return fault.Wrap(fault.Internal, "aws", cause{err})
}

// Busy tells whether the same call may succeed later.
func Busy(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if e, ok := fault.As(err); ok {
		return e.Kind == fault.Busy
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(ratelimit.QuotaExceededError)) {
		return true
	}
	if Throttled(err) || Status(err) >= 500 {
		return true
	}
	return retryable.IsErrorRetryable(err) == aws.TrueTernary
}

// Throttled tells whether the service refused the call for its rate, so that
// nothing was done.
func Throttled(err error) bool {
	return throttled.IsErrorThrottle(err) == aws.TrueTernary || Status(err) == 429
}

// Code returns the service's error code, "" if there was no answer.
func Code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// Status returns the HTTP status of the answer, 0 if there was none.
func Status(err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && e.Response != nil && e.Response.Response != nil {
		return e.HTTPStatusCode()
	}
	return 0
}

// cause shows an error without its message.
type cause struct{ err error }

func (c cause) Unwrap() error { return c.err }

func (c cause) Error() string {
	s := "aws"
	if op, ok := errors.AsType[*smithy.OperationError](c.err); ok {
		s = op.Service() + " " + op.Operation()
	}
	switch code := Code(c.err); {
	case code != "":
		s += ": " + code
	case errors.Is(c.err, context.DeadlineExceeded):
		s += ": deadline exceeded"
	case errors.As(c.err, new(*net.OpError)):
		e, _ := errors.AsType[*net.OpError](c.err)
		s += ": " + e.Op + " failed"
	default:
		s += ": no usable answer"
	}
	if status := Status(c.err); status != 0 {
		s += fmt.Sprintf(" (HTTP %d", status)
		if e, ok := errors.AsType[interface {
			error
			ServiceRequestID() string
		}](c.err); ok && e.ServiceRequestID() != "" {
			s += ", request " + e.ServiceRequestID()
		}
		s += ")"
	}
	return s
}

// Unanswered reports whether a call ended without the service's word: by a
// time-out, a broken connection or a 5xx. What it asked for may have been done,
// or be done yet.
func Unanswered(err error) bool {
	if _, ours := fault.As(err); ours {
		return false
	}
	return err != nil && (Status(err) == 0 || Status(err) >= 500)
}
