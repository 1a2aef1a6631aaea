package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rollbook/internal/aws/httpapi"
)

func TestOnlyThroughTheFront(t *testing.T) {
	now, next := strings.Repeat("a1B2", 8), strings.Repeat("c3D4", 8)
	for _, c := range []struct {
		front, secret, viewer string
		status                int
		remote                string
	}{
		{"open", "", "", 200, "192.0.2.1"},
		// Without a front nobody says for others whose a request is.
		{"open", "", "198.51.100.7", 200, "192.0.2.1"},
		{now + " none", now, "198.51.100.7", 200, "198.51.100.7"},
		{now + " none", now, "2001:db8::7", 200, "2001:db8::7"},
		{now + " none", "", "198.51.100.7", 403, ""},
		{now + " none", "none", "198.51.100.7", 403, ""},
		{now + " none", now + "a", "198.51.100.7", 403, ""},
		{now + " none", now[:31], "198.51.100.7", 403, ""},
		{now + " none", now + " none", "198.51.100.7", 403, ""},
		{now + " none", strings.ToUpper(now), "", 403, ""},
		{now + " none", next, "", 403, ""},
		// While the secret is changed both are taken.
		{now + " " + next, now, "", 200, "192.0.2.1"},
		{now + " " + next, next, "", 200, "192.0.2.1"},
		{next + " none", now, "", 403, ""},
	} {
		front, err := httpapi.ParseFront(c.front)
		if err != nil {
			t.Fatal(err)
		}
		e := event("GET", "/api/me")
		e.RequestContext.HTTP.SourceIP = "192.0.2.1"
		e.Headers = map[string]string{"x-origin-secret": c.secret}
		if c.viewer != "" {
			e.Headers["x-viewer-address"] = c.viewer
		}
		remote := ""
		got, err := httpapi.Function{Front: front, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			remote = r.RemoteAddr
			if left := r.Header.Get("X-Origin-Secret") + r.Header.Get("X-Viewer-Address"); left != "" {
				t.Errorf("%+v: the handler sees %q", c, left)
			}
		})}.Serve(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if got.StatusCode != c.status || remote != c.remote || c.status == 403 && got.Body != "" {
			t.Errorf("%+v: %d %q, of %s", c, got.StatusCode, got.Body, remote)
		}
	}
	for _, without := range []string{"", "none none", "none", " "} {
		if _, err := httpapi.ParseFront(without); err == nil {
			t.Errorf("%q: a front without a secret lets everybody in", without)
		}
	}
	// Nor does a line that prints the function say it.
	front, err := httpapi.ParseFront(now)
	if err != nil {
		t.Fatal(err)
	}
	if printed := fmt.Sprintf("%+v", httpapi.Function{Front: front}); strings.Contains(printed, now) {
		t.Error(printed)
	}
}
