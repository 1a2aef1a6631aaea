// Package httpapi serves HTTP API events (payload format 2.0) with an
// http.Handler, so that the API is written and tested as any other server.
// Paths, queries, headers and bodies arrive as they were sent; answers that are
// not text go out in base64.
package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// Function turns a handler into a Lambda function.
type Function struct {
	Handler http.Handler
	// Front is what stands before the gateway; the zero value is nothing.
	Front Front
}

// Front is a distribution through which alone requests may come. It proves itself
// by one of these secrets, and says whose request it hands on.
type Front struct{ secrets [][sha256.Size]byte }

const (
	originSecret  = "X-Origin-Secret"
	viewerAddress = "X-Viewer-Address"
)

// ParseFront reads "open", for no front, or secrets between blanks, of which those
// that are "none" are not there. It is an error if no secret is left.
func ParseFront(text string) (Front, error) {
	var f Front
	if text == "open" {
		return f, nil
	}
	for secret := range strings.FieldsSeq(text) {
		if secret != "none" {
			f.secrets = append(f.secrets, sha256.Sum256([]byte(secret)))
		}
	}
	if len(f.secrets) == 0 {
		return f, errors.New("the front has no secret")
	}
	return f, nil
}

// admit tells whether the request came the right way, sets whose it is, and takes
// the front's headers away: nobody after it sees the secret.
func (f Front) admit(r *http.Request) bool {
	secret, viewer := r.Header.Get(originSecret), r.Header.Get(viewerAddress)
	r.Header.Del(originSecret)
	r.Header.Del(viewerAddress)
	if len(f.secrets) == 0 {
		return true
	}
	sum, admitted := sha256.Sum256([]byte(secret)), 0
	for _, s := range f.secrets {
		admitted |= subtle.ConstantTimeCompare(sum[:], s[:])
	}
	if viewer != "" {
		r.RemoteAddr = viewer
	}
	return admitted == 1
}

// Serve answers one event. An error means that the event is no request.
func (f Function) Serve(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	r, err := request(ctx, event)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{}, err
	}
	if !f.Front.admit(r) {
		return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusForbidden, Headers: map[string]string{"cache-control": "no-store"}}, nil
	}
	w := &response{header: http.Header{}}
	f.Handler.ServeHTTP(w, r)
	return w.event(r.Method == http.MethodHead), nil
}

func request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return nil, err
		}
	}
	http1 := event.RequestContext.HTTP
	r, err := http.NewRequestWithContext(ctx, http1.Method, "/", io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return nil, err
	}
	r.ContentLength = int64(len(body))
	r.URL = &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString}
	if decoded, err := url.PathUnescape(event.RawPath); err == nil && decoded != event.RawPath {
		r.URL.Path, r.URL.RawPath = decoded, event.RawPath
	}
	if !strings.HasPrefix(r.URL.Path, "/") {
		r.URL.Path, r.URL.RawPath = "/"+r.URL.Path, ""
	}
	r.RequestURI = r.URL.RequestURI()
	for name, value := range event.Headers {
		r.Header.Set(name, value)
	}
	if len(event.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	// The length is that of the decoded body, whatever the client's header says.
	r.Header.Del("Content-Length")
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host")
	if r.Host == "" {
		r.Host = event.RequestContext.DomainName
	}
	r.RemoteAddr = http1.SourceIP
	return r, nil
}

// response collects what the handler writes.
type response struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	// Informational answers cannot be passed on; the final one follows.
	if w.status != 0 || status < 200 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		if w.header.Get("Content-Type") == "" && w.header.Get("Content-Encoding") == "" {
			w.header.Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	return w.body.Write(b)
}

func (w *response) event(head bool) events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: map[string]string{}}
	for name, values := range w.sent {
		if name == "Set-Cookie" {
			out.Cookies = values
			continue
		}
		out.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	if head {
		if out.Headers["content-length"] == "" {
			out.Headers["content-length"] = strconv.Itoa(w.body.Len())
		}
		return out
	}
	if w.sent.Get("Content-Encoding") == "" && utf8.Valid(w.body.Bytes()) {
		out.Body = w.body.String()
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body.Bytes()), true
	}
	return out
}
