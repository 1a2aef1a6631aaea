package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"rollbook/internal/domain/fault"
)

// httpProblem is the body of every answer that is not a success (RFC 9457).
type httpProblem struct {
	Type   string       `json:"type" example:"about:blank" doc:"Always about:blank: code tells problems apart."`
	Title  string       `json:"title" example:"Unprocessable Entity" doc:"The status in words."`
	Status int          `json:"status" example:"422"`
	Code   string       `json:"code" example:"invalid" doc:"A stable word for programs."`
	Detail string       `json:"detail,omitempty" example:"Something in the request cannot be taken." doc:"What happened and what to do, for people."`
	ID     string       `json:"id,omitempty" doc:"The id of what stands in the way, for some conflicts: of the import that did it already."`
	Errors []fieldFault `json:"errors,omitempty" doc:"The parts of the request that are at fault."`

	headers http.Header
}

// fieldFault is one part of a request that is at fault. It never repeats what
// was sent in full.
type fieldFault struct {
	Location string `json:"location" example:"body.name" doc:"Where it is: body., path., query. or header. and a path."`
	Message  string `json:"message" example:"expected length <= 100"`
	Code     string `json:"code,omitempty" example:"badEmail" doc:"Of a value: the code that a row of a file is rejected with for it."`
}

func (p *httpProblem) Error() string             { return p.Code }
func (p *httpProblem) GetStatus() int            { return p.Status }
func (p *httpProblem) GetHeaders() http.Header   { return p.headers }
func (*httpProblem) ContentType(_ string) string { return "application/problem+json" }

var statusOf = map[fault.Kind]int{
	fault.Internal:  http.StatusInternalServerError,
	fault.Invalid:   http.StatusUnprocessableEntity,
	fault.TooLarge:  http.StatusRequestEntityTooLarge,
	fault.NotFound:  http.StatusNotFound,
	fault.Forbidden: http.StatusForbidden,
	fault.Conflict:  http.StatusConflict,
	fault.Busy:      http.StatusServiceUnavailable,
}

// The code and text where there is none better.
var plain = map[int]struct{ code, text string }{
	http.StatusBadRequest:            {"badRequest", "The request cannot be read."},
	http.StatusUnauthorized:          {"unauthorised", "Sign in again: a valid token is needed here."},
	http.StatusForbidden:             {"forbidden", "Your groups do not allow this."},
	http.StatusNotFound:              {fault.Missing().Code, fault.Missing().Text},
	http.StatusMethodNotAllowed:      {"methodNotAllowed", "This address does not take this method."},
	http.StatusRequestTimeout:        {"requestTimeout", "The request came too slowly."},
	http.StatusConflict:              {"conflict", "The thing is not in a state that allows this."},
	http.StatusGone:                  {"expired", "This has expired."},
	http.StatusPreconditionFailed:    {"changedSince", "It was changed since you read it. Read it again and repeat your change."},
	http.StatusRequestEntityTooLarge: {"tooLarge", "The request is too large."},
	http.StatusUnsupportedMediaType:  {"unsupportedMediaType", "The body must be application/json."},
	http.StatusUnprocessableEntity:   {"invalid", "Something in the request cannot be taken."},
	http.StatusTooManyRequests:       {"tooManyRequests", "This is too much at once. Try again later."},
	http.StatusInternalServerError:   {"internal", "Something went wrong on our side. It was noted; try again later."},
	http.StatusServiceUnavailable:    {"busy", "Too much is going on. Try again in a few seconds."},
}

func newProblem(status int) *httpProblem {
	p, ok := plain[status]
	if !ok {
		p = plain[http.StatusBadRequest]
		if status >= 500 {
			p = plain[http.StatusInternalServerError]
		}
	}
	out := &httpProblem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: p.code, Detail: p.text}
	switch status {
	case http.StatusServiceUnavailable:
		out.headers = http.Header{"Retry-After": {"5"}}
	case http.StatusUnauthorized:
		out.headers = http.Header{"Www-Authenticate": {"Bearer"}}
	}
	return out
}

// problemOf makes the answer to an error. Only texts meant for users get in.
func problemOf(err error) *httpProblem {
	if p, ok := errors.AsType[*httpProblem](err); ok {
		return p
	}
	f, ok := fault.As(err)
	p := newProblem(statusOf[fault.KindOf(err)])
	if !ok || p.Status == http.StatusInternalServerError {
		return p
	}
	// Without a text for the user the code is a word for the log.
	if f.Text != "" {
		p.Code, p.Detail = f.Code, f.Text
	}
	p.ID = f.ID
	for _, x := range f.Fields {
		p.Errors = append(p.Errors, fieldFault{location(x.Location), x.Message, x.Code})
	}
	return p
}

// gone is the answer for a file that was there once.
func gone(text string) *httpProblem {
	p := newProblem(http.StatusGone)
	p.Detail = text
	return p
}

func writeProblem(w http.ResponseWriter, p *httpProblem) {
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain strings and numbers
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(p.Status)
	w.Write(append(b, '\n'))
}

// location keeps a path that the request chose in part from filling an answer
// or breaking a line.
func location(s string) string {
	const most = 120
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Huma's own errors repeat the bad value and, in a 500, the cause's text. It
// has no other place to change that than these two variables.
func init() {
	huma.NewErrorWithContext = func(_ huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return humaProblem(status, errs)
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return humaProblem(status, errs)
	}
	huma.DefaultArrayNullable = false
	// Reading a body ignores the case of names, so that {"label":1,"LABEL":2}
	// would be two values for one member.
	huma.ValidateStrictCasing = true
}

// maxFaults is how many parts at fault are named.
const maxFaults = 100

func humaProblem(status int, errs []error) *httpProblem {
	p := newProblem(status)
	if status >= 500 {
		return p
	}
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok || len(p.Errors) == maxFaults {
			continue
		}
		e := d.ErrorDetail()
		at := e.Location
		var absent string
		if n, _ := fmt.Sscanf(e.Message, validation.MsgExpectedRequiredProperty, &absent); n == 1 {
			at += "." + absent
		}
		p.Errors = append(p.Errors, fieldFault{Location: location(at), Message: e.Message})
	}
	return p
}

// busy tells whether the error passes by itself.
func busy(ctx context.Context, err error) bool {
	return err != nil && (fault.KindOf(err) == fault.Busy || ctx.Err() != nil)
}
