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
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// httpProblem is the body of every answer that is not a success (RFC 9457).
type httpProblem struct {
	Type   string        `json:"type" example:"about:blank" doc:"Always about:blank: code tells problems apart."`
	Title  string        `json:"title" example:"Unprocessable Entity" doc:"The status in words."`
	Status int           `json:"status" example:"422"`
	Code   string        `json:"code" example:"invalid" doc:"A stable word for programs."`
	Params reason.Params `json:"params,omitempty" doc:"What the sentence names, by the names that docs/codes.md has."`
	Detail string        `json:"detail,omitempty" example:"Something in the request cannot be taken." doc:"What happened and what to do, for people, in the language asked for."`
	ID     string        `json:"id,omitempty" doc:"The id of what stands in the way, for some conflicts: of the import that did it already."`
	Errors []fieldFault  `json:"errors,omitempty" doc:"The parts of the request that are at fault."`

	why     reason.Reason
	fields  []fault.Field
	headers http.Header
}

// fieldFault is one part of a request that is at fault. It never repeats what
// was sent in full.
type fieldFault struct {
	Location string        `json:"location" example:"body.name" doc:"Where it is: body., path., query. or header. and a path."`
	Message  string        `json:"message" example:"This must have at most 100 characters."`
	Code     string        `json:"code" example:"badEmail" doc:"A stable word. Of a value it is the code that a row of a file is rejected with for it."`
	Params   reason.Params `json:"params,omitempty" doc:"What the message names."`
}

// because sets what the problem says, in English.
func (p *httpProblem) because(why reason.Reason, fields ...fault.Field) *httpProblem {
	p.why, p.fields = why, fields
	return p.in(reason.English)
}

// in says the problem in the language.
func (p *httpProblem) in(lang string) *httpProblem {
	p.Code, p.Params, p.Detail, p.Errors = string(p.why.Code), p.why.Params, p.why.Message(lang), nil
	for _, f := range p.fields {
		p.Errors = append(p.Errors, fieldFault{location(f.Location), f.Message(lang), string(f.Code), f.Params})
	}
	return p
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

// The reason where there is none better.
var plain = map[int]reason.Reason{
	http.StatusBadRequest:            reason.New("badRequest"),
	http.StatusUnauthorized:          reason.New("unauthorised"),
	http.StatusForbidden:             reason.New("forbidden"),
	http.StatusNotFound:              fault.Missing().Reason,
	http.StatusMethodNotAllowed:      reason.New("methodNotAllowed"),
	http.StatusRequestTimeout:        reason.New("requestTimeout"),
	http.StatusConflict:              reason.New("conflict.state"),
	http.StatusGone:                  reason.New("expired"),
	http.StatusPreconditionFailed:    reason.New("changedSince.request"),
	http.StatusRequestEntityTooLarge: reason.New("tooLarge"),
	http.StatusUnsupportedMediaType:  reason.New("unsupportedMediaType"),
	http.StatusUnprocessableEntity:   reason.New("invalid"),
	http.StatusTooManyRequests:       reason.New("tooManyRequests"),
	http.StatusInternalServerError:   reason.New("internal"),
	http.StatusServiceUnavailable:    reason.New("busy"),
}

func newProblem(status int) *httpProblem {
	p, ok := plain[status]
	if !ok {
		p = plain[http.StatusBadRequest]
		if status >= 500 {
			p = plain[http.StatusInternalServerError]
		}
	}
	out := (&httpProblem{Type: "about:blank", Title: http.StatusText(status), Status: status}).because(p)
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
	p.ID = f.ID
	why := p.why
	if f.Shown() {
		why = f.Reason
	}
	return p.because(why, f.Fields...)
}

// gone is the answer for a file that was there once.
func gone(why reason.Reason) *httpProblem { return newProblem(http.StatusGone).because(why) }

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
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	return text.Cut(s, 120)
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
	var fields []fault.Field
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok || len(fields) == maxFaults {
			continue
		}
		e := d.ErrorDetail()
		at := e.Location
		why := schemaReason(e.Message)
		if absent, ok := why.Params["member"].(string); ok {
			at += "." + absent
		}
		fields = append(fields, fault.Field{Location: at, Reason: why})
	}
	return p.because(p.why, fields...)
}

// busy tells whether the error passes by itself.
func busy(ctx context.Context, err error) bool {
	return err != nil && (fault.KindOf(err) == fault.Busy || ctx.Err() != nil)
}

// schemaReason makes the reason of what the schema of an operation refuses. What
// is asked for comes from the schema, never from the request.
func schemaReason(message string) reason.Reason {
	var text string
	var n int
	is := func(form string, into ...any) bool {
		got, _ := fmt.Sscanf(message, form, into...)
		return got == len(into)
	}
	rest := func(form string) (string, bool) {
		before, _, _ := strings.Cut(form, "%")
		return strings.CutPrefix(message, before)
	}
	switch {
	case message == validation.MsgUnexpectedProperty:
		return reason.New("unknownMember")
	case is(validation.MsgExpectedRequiredProperty, &text):
		return reason.New("invalid.required", text)
	case is(validation.MsgExpectedMinLength, &n):
		return reason.New("invalid.shortest", n)
	case is(validation.MsgExpectedMaxLength, &n):
		return reason.New("invalid.longest", n)
	case is(validation.MsgExpectedMinItems, &n):
		return reason.New("invalid.fewest", n)
	case is(validation.MsgExpectedMaxItems, &n):
		return reason.New("invalid.mostElements", n)
	case is(validation.MsgExpectedMinimumNumber, &text):
		return reason.New("invalid.minimum", text)
	case is(validation.MsgExpectedMaximumNumber, &text):
		return reason.New("invalid.maximum", text)
	case message == validation.MsgExpectedArrayItemsUnique:
		return reason.New("invalid.twice")
	case message == validation.MsgExpectedString:
		return reason.New("invalid.string")
	case message == validation.MsgExpectedBoolean:
		return reason.New("invalid.boolean")
	case message == validation.MsgExpectedInteger:
		return reason.New("invalid.integer")
	case message == validation.MsgExpectedNumber:
		return reason.New("invalid.jsonNumber")
	case message == validation.MsgExpectedArray:
		return reason.New("invalid.list")
	case message == validation.MsgExpectedObject:
		return reason.New("invalid.object")
	case message == validation.MsgExpectedRFC3339DateTime:
		return reason.New("invalid.time")
	}
	if list, ok := rest(validation.MsgExpectedOneOf); ok {
		return reason.New("invalid.oneOf", strings.Split(strings.TrimSuffix(list, `"`), ", "))
	}
	if form, ok := rest(validation.MsgExpectedMatchPattern); ok {
		return reason.New("invalid.pattern", form)
	}
	if form, ok := rest(validation.MsgExpectedBePattern); ok {
		return reason.New("invalid.pattern", form)
	}
	return reason.New("invalid")
}
