package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/httpapi"
)

// serve answers the event with the handler.
func serve(t *testing.T, event events.APIGatewayV2HTTPRequest, h http.HandlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	got, err := httpapi.Function{Handler: h}.Serve(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func event(method, path string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{RawPath: path}
	e.RequestContext.HTTP.Method = method
	return e
}

func TestRecordedRequest(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "events", "api-post.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	serve(t, e, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := map[string]string{
			"method": r.Method, "path": r.URL.Path, "query": r.URL.Query().Get("q"), "type": r.Header.Get("Content-Type"),
			"key": r.Header.Get("Idempotency-Key"), "body": string(body), "remote": r.RemoteAddr,
			"length": fmt.Sprint(r.ContentLength),
		}
		want := map[string]string{
			"method": "POST", "path": "/api/targets/preview", "query": "é a", "type": "application/json",
			"key": "k-1", "body": `{"condition":{"field":"contact:language","op":"is","value":"fr"}}`, "remote": "127.0.0.1",
			"length": "65",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestPaths(t *testing.T) {
	for _, c := range []struct{ raw, path string }{
		{"/", "/"},
		{"", "/"},
		{"/api/contacts/0012", "/api/contacts/0012"},
		{"/a b", "/a b"},
		{"/a%20b", "/a b"},
		{"/caf%C3%A9", "/café"},
		{"/café", "/café"},
		{"/50%", "/50%"},
		{"/a%2Fb", "/a/b"},
		{"/a+b", "/a+b"},
		{"//evil.example/x", "//evil.example/x"},
	} {
		serve(t, event("GET", c.raw), func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != c.path {
				t.Errorf("%q: path is %q, want %q", c.raw, r.URL.Path, c.path)
			}
			if r.URL.Host != "" {
				t.Errorf("%q: host is %q", c.raw, r.URL.Host)
			}
		})
	}
}

func TestCookiesHostAndEncodedBody(t *testing.T) {
	e := event("PUT", "/x")
	e.Cookies = []string{"a=1", "b=2"}
	e.Headers = map[string]string{"host": "rollbook.example", "content-length": "999"}
	e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte{0xff, 0}), true
	serve(t, e, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "\xff\x00" || r.ContentLength != 2 {
			t.Errorf("body is %q of %d", body, r.ContentLength)
		}
		if r.Host != "rollbook.example" || r.Header.Get("Cookie") != "a=1; b=2" {
			t.Errorf("host %q, cookies %q", r.Host, r.Header.Get("Cookie"))
		}
	})
	e.Body = "%"
	if _, err := (httpapi.Function{Handler: http.NotFoundHandler()}).Serve(t.Context(), e); err == nil {
		t.Error("a body that is no base64 is taken")
	}
}

func TestResponses(t *testing.T) {
	for _, c := range []struct {
		name    string
		method  string
		handler http.HandlerFunc
		want    events.APIGatewayV2HTTPResponse
	}{
		{"nothing written", "GET", func(http.ResponseWriter, *http.Request) {},
			events.APIGatewayV2HTTPResponse{StatusCode: 200}},
		{"text", "GET", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "é") },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-type": "text/plain; charset=utf-8"}, Body: "é"}},
		{"binary", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "font/woff2")
			w.Write([]byte{0xff})
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-type": "font/woff2"}, Body: "/w==", IsBase64Encoded: true}},
		{"compressed", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "abc")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-encoding": "br"}, Body: "YWJj", IsBase64Encoded: true}},
		{"redirect with cookies", "GET", func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			w.Header().Add("Vary", "Accept")
			w.Header().Add("Vary", "Origin")
			w.Header().Set("Location", "/x")
			w.WriteHeader(302)
			w.Header().Set("Too", "late")
			w.WriteHeader(500)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 302, Headers: map[string]string{"location": "/x", "vary": "Accept, Origin"}, Cookies: []string{"a=1", "b=2"}}},
		{"early hints", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(204)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 204}},
		{"head", "HEAD", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "abc")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-type": "text/plain", "content-length": "3"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want.Headers == nil {
				c.want.Headers = map[string]string{}
			}
			if d := cmp.Diff(c.want, serve(t, event(c.method, "/"), c.handler)); d != "" {
				t.Error(d)
			}
		})
	}
}

// FuzzServe looks for events that make the adapter fail or hand on what a
// handler does not expect of a request.
func FuzzServe(f *testing.F) {
	f.Add("GET", "/api/contacts/1", "q=é&x=%zz", "x-name", "value", "body", false)
	f.Add("", "", "", "", "", "%%", true)
	f.Add("POST", "//h/%2e%2e", "?", "host", "a\r\nb", "\xff", false)
	f.Fuzz(func(t *testing.T, method, path, query, name, value, body string, encoded bool) {
		e := event(method, path)
		e.RawQueryString, e.Headers, e.Body, e.IsBase64Encoded = query, map[string]string{name: value}, body, encoded
		called := false
		got, err := httpapi.Function{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			called = true
			if r.URL.Path == "" || r.URL.Path[0] != '/' || r.URL.Host != "" {
				t.Errorf("URL is %#v", r.URL)
			}
			r.URL.Query()
			io.Copy(w, r.Body)
		})}.Serve(t.Context(), e)
		if err != nil {
			return
		}
		if !called || got.StatusCode != 200 || !utf8.ValidString(got.Body) {
			t.Errorf("answer is %+v", got)
		}
	})
}
